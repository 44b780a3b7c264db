"""Boards in plain words: what is measured, how ties are ranked, what a score says."""

from decimal import Decimal

from engage import formats
from engage.activity import sentences as facts
from engage.leaderboards.rules import PERCENT, Board
from engage.money import POINTS, SCALE, minor_digits
from engage.periods import LAST_DAY, Period
from engage.voice import ENGLISH, Voice

#: Digits after the point of what is divided, where the board does not say how many.
_DIVIDED = {PERCENT: 1, "average": 2}


def measure(rule: Board, period: Period, currency: str, voice: Voice = ENGLISH) -> str:
    """``Sum of sales in category Bikes, Apr 1 – Jun 30, 2013.`` and what it is compared with."""
    _ = voice.gettext
    what = f"{_what(rule, currency, voice)}{_whose(rule, voice)}"
    what, besides = _compared(rule, what, currency, voice)
    if period.last == LAST_DAY:
        said = _("%(what)s, since the start.", what=what)
    else:
        span = voice.days(period.first, period.last)
        said = _("%(what)s, %(span)s.", what=what, span=span)
    return " ".join(text for text in (said, besides, _for_whom(rule, voice)) if text)


def _what(rule: Board, currency: str, voice: Voice) -> str:
    _ = voice.gettext
    if rule.measure == POINTS:
        return _("Points earned")
    if not rule.counts_facts:
        return _("Money earned")
    kinds = facts.named(rule.on or "", voice).many + facts.narrowed(rule.where, voice, currency)
    return {
        "amount": _("Sum of %(kinds)s", kinds=kinds),
        "quantity": _("Units of %(kinds)s", kinds=kinds),
        "facts": _("Number of %(kinds)s", kinds=kinds),
        "customers": _("Different customers of %(kinds)s", kinds=kinds),
        "products": _("Different products of %(kinds)s", kinds=kinds),
    }[rule.measure]


def _whose(rule: Board, voice: Voice) -> str:
    """How a group's score comes from its partners; empty where partners are ranked."""
    _ = voice.gettext
    if rule.by == "partner":
        return ""
    group = {
        "organisation": _("an organisation"),
        "team": _("a team"),
        "region": _("a region"),
    }[rule.by]
    if rule.score == "best":
        said = voice.ngettext(
            "by the best partner of %(group)s",
            "by the best %(num)s partners of %(group)s",
            rule.best,
            group=group,
        )
    elif rule.score == "average":
        said = voice.ngettext(
            "by each active partner of %(group)s on average",
            "by each active partner of %(group)s on average, of %(num)s at least",
            rule.floor,
            group=group,
        )
    else:
        said = _("by all partners of %(group)s", group=group)
    return f" {said}"


def _compared(rule: Board, what: str, currency: str, voice: Voice) -> tuple[str, str]:
    """What is measured, with what it is compared with, and what holds for those who have none."""
    _ = voice.gettext
    if rule.baseline:
        before = (
            _("the same period last year")
            if rule.baseline.periods is None
            else voice.ngettext(
                "the period before",
                "the mean of the last %(num)s periods",
                rule.baseline.periods,
            )
        )
        newcomers = _least(rule, rule.baseline.newcomers, currency, voice)
        besides = _("Who did nothing then is compared with %(newcomers)s.", newcomers=newcomers)
        if rule.growth == PERCENT:
            return (
                _("%(what)s: growth in percent over %(before)s", what=what, before=before),
                besides,
            )
        return _("%(what)s: growth over %(before)s", what=what, before=before), besides
    target = _least(rule, rule.target, currency, voice) if rule.target is not None else ""
    if rule.own_targets:
        besides = _("Who has none is measured by %(target)s.", target=target) if target else ""
        return _("%(what)s, in percent of the partner's own target", what=what), besides
    if target:
        return _("%(what)s, in percent of %(target)s", what=what, target=target), ""
    return what, ""


def _least(rule: Board, value: int, currency: str, voice: Voice) -> str:
    """What somebody wrote down: without cents where there are none."""
    unit = SCALE if rule.counts_facts else int(10 ** minor_digits(rule.measure))
    return _total(rule, value, currency, voice, whole=value % unit == 0)


def _for_whom(rule: Board, voice: Voice) -> str:
    if not rule.audience:
        return ""
    whom = facts.partners(rule.audience, voice)
    if rule.seen_by == "everyone":
        return voice.gettext("For %(partners)s; everybody sees it.", partners=whom)
    return voice.gettext("For %(partners)s.", partners=whom)


def tie(rule: Board, currency: str, voice: Voice = ENGLISH) -> str:
    """How equal scores are ranked; that the lowest leads, and how much it takes, where that is so."""
    told = [_tie(rule, voice)]
    if rule.direction == "lowest":
        told.append(voice.gettext("The lowest score leads."))
    if rule.minimum is not None:
        least = size(rule, rule.minimum, currency, voice)
        told.append(voice.gettext("Ranked from %(score)s on.", score=least))
    return " ".join(told)


def _tie(rule: Board, voice: Voice) -> str:
    if rule.tie == "dense":
        return voice.gettext("Equal scores share a rank: 1,\u00a01,\u00a02.")
    if rule.tie == "first":
        return voice.gettext("With equal scores, who got there first stands first.")
    return voice.gettext("Equal scores share a rank and the next is left out: 1,\u00a01,\u00a03.")


def score(
    rule: Board,
    value: int,
    currency: str,
    voice: Voice = ENGLISH,
    *,
    whole: bool = False,
    bare: bool = False,
) -> str:
    """A score of the board: ``$46,140.00``, ``12,480 points``, ``31 sales``, ``+12.5%``.

    ``whole`` rounds money to whole units, where there is little room; ``bare`` leaves out what is
    counted, where the board says it already.
    """
    said = size(rule, value, currency, voice, whole=whole, bare=bare)
    return f"+{said}" if rule.baseline and value > 0 else said


def size(
    rule: Board,
    value: int,
    currency: str,
    voice: Voice = ENGLISH,
    *,
    whole: bool = False,
    bare: bool = False,
) -> str:
    """How much a score, or what lies between two of them, is."""
    places = _places(rule)
    if rule.unit == PERCENT:
        places = places or 0
        return voice.percent(Decimal(rounded(value, 4 - places)) / (100 * SCALE), places)
    if rule.decimals is not None:
        whole = rule.decimals == 0
    if not _is_money(rule) and places is not None:
        value = rounded(value, rule.digits - places)
    return _total(rule, value, currency, voice, whole=whole, bare=bare)


def _places(rule: Board) -> int | None:
    """Digits after the point; None where what is measured says how many."""
    if rule.decimals is not None:
        return rule.decimals
    return _DIVIDED.get(PERCENT if rule.unit == PERCENT else rule.score)


def _total(
    rule: Board,
    value: int,
    currency: str,
    voice: Voice,
    *,
    whole: bool = False,
    bare: bool = False,
) -> str:
    """A value in what the board measures."""
    if rule.measure == "amount":
        return voice.amount(rounded(value) if whole else value, currency, whole=whole)
    if bare and rule.counts_facts:
        return voice.quantity(value, _places(rule))
    if rule.measure == "facts":
        return facts.counted(rule.on or "", value, voice)
    if rule.counts_facts:
        n, shown = 1 if value == SCALE else 2, voice.quantity(value)
        if rule.measure == "quantity":
            return voice.ngettext("%(shown)s unit", "%(shown)s units", n, shown=shown)
        if rule.measure == "customers":
            return voice.ngettext("%(shown)s customer", "%(shown)s customers", n, shown=shown)
        return voice.ngettext("%(shown)s product", "%(shown)s products", n, shown=shown)
    if bare and rule.measure == POINTS:
        return voice.number(value)
    digits = minor_digits(rule.measure)
    return voice.pay(rounded(value, digits) if whole else value, rule.measure, whole=whole)


def _is_money(rule: Board) -> bool:
    return rule.unit == "amount" or (not rule.counts_facts and rule.unit not in (PERCENT, POINTS))


def is_told_whole(rule: Board, best: int) -> bool:
    """Whether the scores of a board are told without cents: where the best has four digits or more.

    One answer for a whole board, so that its podium, its rows and its gaps look alike.
    """
    if rule.decimals is not None:
        return rule.decimals == 0
    return best >= 1_000 * int(10**rule.digits)


def between(
    rule: Board, one: int, other: int, best: int, currency: str, voice: Voice = ENGLISH
) -> str:
    """How far two scores are apart, with as many digits as the scores beside it: ``$1,240``, ``3 sales``.

    Up to what is enough: 16.62 are ``16.7 percentage points``.
    """
    gap, places = abs(one - other), _places(rule)
    if rule.unit == PERCENT:
        places = places or 0
        shown = formats.decimal4(_enough(gap, 4 - places), voice.locale, places)
        return voice.gettext("%(shown)s percentage points", shown=shown)
    is_money = _is_money(rule)
    whole = is_money and is_told_whole(rule, best)
    if whole:
        gap = _enough(gap, rule.digits)
    elif places is not None and not is_money:
        gap = _enough(gap, rule.digits - places)
    return size(rule, gap, currency, voice, whole=whole)


def rounded(value: int, digits: int = 4) -> int:
    """Half up, to whole units."""
    unit = int(10**digits)
    return (value + unit // 2) // unit * unit


def _enough(value: int, digits: int) -> int:
    """Up, to units of so many digits."""
    unit = int(10**digits)
    return -(-value // unit) * unit


def members(rule: Board, count: int, voice: Voice = ENGLISH) -> str:
    """``701 partners``, ``8 regions``."""
    n, shown = voice.ngettext, voice.number(count)
    return {
        "partner": n("%(shown)s partner", "%(shown)s partners", count, shown=shown),
        "organisation": n("%(shown)s organisation", "%(shown)s organisations", count, shown=shown),
        "team": n("%(shown)s team", "%(shown)s teams", count, shown=shown),
        "region": n("%(shown)s region", "%(shown)s regions", count, shown=shown),
    }[rule.by]
