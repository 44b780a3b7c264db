"""Why a fact earned nothing, what pays better next, and where spending goes: pure decisions."""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from fractions import Fraction
from math import isqrt
from typing import NamedTuple

from engage.home.rules import Goal, is_winnable
from engage.incentives.rules import Rule, Step, pay


def shortfall(rule: Rule, step: Step) -> str:
    """Why a fact that a rule counts was paid nothing there: the first limit that it met.

    ``nothing`` it adds to the total; ``cap`` is used up; ``minimum``, ``baseline``, ``band`` or
    ``milestone`` is not reached yet; ``step`` it is less than the smallest step of the unit and
    counts towards the next one.
    """
    if step.before == step.after:
        return "nothing"
    if rule.cap is not None and pay(rule, step.before) >= rule.cap:
        return "cap"
    if rule.minimum is not None and step.after < rule.minimum:
        return "minimum"
    if rule.baseline is not None and step.after <= 0:
        return "baseline"
    if rule.band and not any(b.rate.numerator for b in rule.band if step.after > b.start):
        return "band"
    return "step" if rule.rate or rule.band else "milestone"


# --- what is ahead --------------------------------------------------------------------------------


def next_edge(rule: Rule, total: int) -> int | None:
    """The running total from which a rule pays better than at ``total``; None where nothing is ahead.

    A better band, a milestone, the minimum, or where growth begins; nothing once the cap is paid.
    """
    if rule.cap is not None and pay(rule, total) >= rule.cap:
        return None
    rate = next((b.rate.decimal for b in reversed(rule.band) if total >= b.start), 0)
    edges = [band.start for band in rule.band if band.rate.decimal > rate]
    edges += [milestone.at for milestone in rule.milestones]
    edges += [rule.minimum] if rule.minimum is not None else []
    edges += [0] if rule.baseline is not None else []
    return min((edge for edge in edges if edge > total), default=None)


def at_once(rule: Rule, edge: int) -> int:
    """What an edge pays by itself, in minor units: nothing where only the rate rises from there."""
    without = replace(
        rule,
        band=tuple(band for band in rule.band if band.start != edge),
        milestones=tuple(one for one in rule.milestones if one.at != edge),
        minimum=edge + 1 if rule.minimum == edge else rule.minimum,
    )
    return pay(rule, edge) - pay(without, edge)


# --- what stays unearned --------------------------------------------------------------------------


class Leak(NamedTuple):
    """What a partner at its pace leaves unearned: ``amount`` in minor units of ``unit``.

    ``cause`` is ``band``, ``milestone`` or ``minimum`` (a step of a rule just out of reach), ``stage`` (of a mission),
    ``tier`` (the next one; ``amount`` 0 where it multiplies no pay), ``falls`` (the one that ends), or ``cap`` (what is done beyond the most a rule pays).
    ``needed`` (ten-thousandths) is what is missing to the step; for a cap, 0.
    """

    cause: str
    unit: str
    amount: int
    needed: int


def projected(done: int, days: int, days_left: int) -> int:
    """Where ``done`` in ``days`` (today included) ends at that pace; ``days_left`` counts today."""
    return done * (days + days_left - 1) // days


def leaks(rule: Rule, total: int, days: int, days_left: int) -> Iterator[Leak]:
    """What a rule would pay for the step ahead that the pace misses, while it is still winnable.

    The step is worth what the rule pays there, less what it pays where the pace ends.
    """
    if total <= 0 or days_left < 1:
        return
    end, edge = projected(total, days, days_left), next_edge(rule, total)
    if edge is not None and end < edge:
        worth = pay(rule, edge) - pay(rule, end)
        if worth > 0 and is_winnable(Goal(rule.slug, total, edge, days, days_left, 0)):
            yield Leak(_cause(rule, edge), rule.earn, worth, edge - total)
    beyond = pay(replace(rule, cap=None), end) - (rule.cap or 0)
    if rule.cap is not None and beyond > 0:
        yield Leak("cap", rule.earn, beyond, 0)


def _cause(rule: Rule, edge: int) -> str:
    if edge == rule.minimum:
        return "minimum"
    return "band" if any(edge == band.start for band in rule.band) else "milestone"


def goal_leaks(cause: str, goal: Goal, gains: Sequence[tuple[str, int]]) -> list[Leak]:
    """The gains of a goal (an open stage, the next tier) that has begun and that the pace misses."""
    if goal.done <= 0 or not goal.days_left or not goal.needed or not is_winnable(goal):
        return []
    if projected(goal.done, goal.days, goal.days_left) >= goal.target:
        return []
    return [Leak(cause, unit, amount, goal.needed) for unit, amount in gains]


def lifted(paid: int, days: int, to_come: int, times: Fraction) -> int:
    """What a tier that pays so many ``times`` more adds in the days ``to_come``, at the pace of ``days``."""
    return max(0, int(paid * to_come * (times - 1) / days))


# --- forecast -------------------------------------------------------------------------------------

#: Days without which a forecast says nothing, and how many of them something must be awarded on.
FEWEST_DAYS, FEWEST_ACTIVE = 14, 5
#: Student's t for 90 % between both ends, by degrees of freedom, in thousandths (any table of it).
_T = ((13, 1771), (14, 1761), (15, 1753), (17, 1740), (20, 1725), (25, 1708), (30, 1697), (40, 1684), (60, 1671), (120, 1658))  # fmt: skip


class Forecast(NamedTuple):
    """Minor units at the end: what the pace comes to, and between what it ends nine times in ten."""

    low: int
    expected: int
    high: int


def forecast(days: Sequence[int], left: int) -> Forecast | None:
    """Where awards end that came to ``days`` (minor units, one number a whole day, oldest first).

    ``left`` days are to come. The run rate is the mean day; the interval is Student's prediction
    interval for the sum of ``left`` further days like those ``n`` seen, mean and spread both estimated
    from them: sum ± t(n-1) · s · √(left · (1 + left / n)) (Hahn & Meeker, Statistical Intervals,
    section 4.8). It takes days to be alike and independent of one another. None: too early to tell.
    """
    n, total = len(days), sum(days)
    if n < FEWEST_DAYS or sum(day != 0 for day in days) < FEWEST_ACTIVE:
        return None
    expected = total + total * left // n
    t = next((t for df, t in reversed(_T) if df <= n - 1), _T[0][1])
    spread = n * sum(day * day for day in days) - total * total  # n(n-1)s²
    squared = Fraction(t * t * spread * left * (n + left), 1_000_000 * n * n * (n - 1))
    half = isqrt(squared.numerator // squared.denominator)
    low = expected - half
    # Nothing is taken back where nothing ever was.
    return Forecast(max(low, total) if min(days) >= 0 else low, expected, expected + half)


def lasts(budget: int, spent: int, days: Sequence[int]) -> int | None:
    """How many whole days a budget still lasts at the mean of ``days``; None: it is not going down."""
    rate = sum(days)
    if rate <= 0 or not days:
        return None
    return max(0, budget - spent) * len(days) // rate
