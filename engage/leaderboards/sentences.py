"""Boards in plain words: what is measured, how ties are ranked, what a score says."""

from engage import periods
from engage.activity import sentences as facts
from engage.leaderboards.rules import Board
from engage.money import POINTS, minor_digits
from engage.periods import Period
from engage.voice import ENGLISH, Voice


def measure(rule: Board, period: Period, voice: Voice = ENGLISH) -> str:
    """``Sum of sales in category Bikes, Apr 1 – Jun 30, 2013.``"""
    if rule.counts_facts:
        kinds = facts.named(rule.on or "", voice).many + facts.narrowed(rule.where, voice)
        what = {
            "amount": voice.gettext("Sum of %(kinds)s", kinds=kinds),
            "quantity": voice.gettext("Units of %(kinds)s", kinds=kinds),
            "facts": voice.gettext("Number of %(kinds)s", kinds=kinds),
        }[rule.measure]
    elif rule.measure == POINTS:
        what = voice.gettext("Points earned")
    else:
        what = voice.gettext("Money earned")
    if rule.by != "partner":
        whose = {
            "organisation": voice.gettext("by all partners of an organisation"),
            "team": voice.gettext("by all partners of a team"),
            "region": voice.gettext("by all partners of a region"),
        }[rule.by]
        what = f"{what} {whose}"
    if period is periods.ALL:
        return voice.gettext("%(what)s, since the start.", what=what)
    span = voice.days(period.first, period.last)
    return voice.gettext("%(what)s, %(span)s.", what=what, span=span)


def tie(rule: Board, currency: str, voice: Voice = ENGLISH) -> str:
    """How equal scores are ranked; that the lowest leads, and how much it takes, where that is so."""
    told = [_tie(rule, voice)]
    if rule.direction == "lowest":
        told.append(voice.gettext("The lowest score leads."))
    if rule.minimum is not None:
        least = score(rule, rule.minimum, currency, voice)
        told.append(voice.gettext("Ranked from %(score)s on.", score=least))
    return " ".join(told)


def _tie(rule: Board, voice: Voice) -> str:
    if rule.tie == "dense":
        return voice.gettext("Equal scores share a rank: 1, 1, 2.")
    if rule.tie == "first":
        return voice.gettext("With equal scores, who got there first stands first.")
    return voice.gettext("Equal scores share a rank and the next is left out: 1, 1, 3.")


def score(
    rule: Board,
    value: int,
    currency: str,
    voice: Voice = ENGLISH,
    *,
    whole: bool = False,
    bare: bool = False,
) -> str:
    """A score of the board: ``$46,140.00``, ``12,480 points``, ``31 sales``.

    ``whole`` rounds money to whole units, where there is little room; ``bare`` leaves out what is
    counted, where the board says it already.
    """
    if bare and rule.measure == "facts":
        return voice.quantity(value)
    if bare and rule.measure == POINTS:
        return voice.number(value)
    if rule.measure == "amount":
        return voice.amount(rounded(value) if whole else value, currency, whole=whole)
    if rule.measure == "quantity":
        return voice.quantity(value)
    if rule.measure == "facts":
        return facts.counted(rule.on or "", value, voice)
    digits = minor_digits(rule.measure)
    return voice.pay(rounded(value, digits) if whole else value, rule.measure, whole=whole)


def is_told_whole(rule: Board, best: int) -> bool:
    """Whether the scores of a board are told without cents: where the best has four digits or more.

    One answer for a whole board, so that its podium, its rows and its gaps look alike.
    """
    return best >= 1_000 * int(10 ** _digits(rule))


def between(
    rule: Board, ahead: int, behind: int, best: int, currency: str, voice: Voice = ENGLISH
) -> str:
    """How far two scores are apart, as the scores beside it are told: ``$1,240``, ``3 sales``."""
    if is_told_whole(rule, best) and rule.measure not in ("quantity", "facts"):
        gap = rounded(ahead, _digits(rule)) - rounded(behind, _digits(rule))
        if gap:
            return score(rule, gap, currency, voice, whole=True)
    return score(rule, ahead - behind, currency, voice)


def _digits(rule: Board) -> int:
    """Digits after the point of a stored score."""
    return 4 if rule.counts_facts else minor_digits(rule.measure)


def rounded(value: int, digits: int = 4) -> int:
    """Half up, to whole units."""
    unit = int(10**digits)
    return (value + unit // 2) // unit * unit


def members(rule: Board, count: int, voice: Voice = ENGLISH) -> str:
    """``701 partners``, ``8 regions``."""
    n, shown = voice.ngettext, voice.number(count)
    return {
        "partner": n("%(shown)s partner", "%(shown)s partners", count, shown=shown),
        "organisation": n("%(shown)s organisation", "%(shown)s organisations", count, shown=shown),
        "team": n("%(shown)s team", "%(shown)s teams", count, shown=shown),
        "region": n("%(shown)s region", "%(shown)s regions", count, shown=shown),
    }[rule.by]


def gap(rule: Board, mine: int, theirs: int, currency: str, voice: Voice = ENGLISH) -> str | None:
    """How far a neighbour is: ``$1,240 ahead``; None where they are level."""
    if mine == theirs:
        return None
    shown = score(rule, abs(theirs - mine), currency, voice)
    if theirs > mine:
        return voice.gettext("%(score)s ahead", score=shown)
    return voice.gettext("%(score)s behind", score=shown)
