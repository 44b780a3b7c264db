"""What stands out in a partner's facts: a best day, weeks without a gap, a comeback. Pure."""

from collections import Counter
from collections.abc import Iterable, Sequence
from datetime import date, timedelta
from typing import NamedTuple

from engage.activity.rules import Standing, adds, counted
from engage.money import SCALE

#: Fewer days than this have no best one worth telling of.
DAYS_TO_COMPARE = 3
#: From so many weeks on a row of them is told.
WEEKS_IN_A_ROW = 3
#: A dip is a fall to less than this share, a comeback a rise to more than that one.
DIP, RISE = 80, 110


class Day(NamedTuple):
    """A day with its facts; ``amount`` in ten-thousandths."""

    day: date
    facts: int
    amount: int


def best_day(facts: Iterable[Standing]) -> Day | None:
    """The one day with most, by amount and then by number; None where several are level."""
    counts: Counter[date] = Counter()
    amounts: Counter[date] = Counter()
    for fact in facts:
        counts[fact.day] += counted(fact.amount, fact.quantity)
        amounts[fact.day] += fact.amount
    if len(counts) < DAYS_TO_COMPARE:
        return None
    best, second = sorted(counts, key=lambda day: (amounts[day], counts[day]))[:-3:-1]
    if (amounts[best], counts[best]) == (amounts[second], counts[second]):
        return None
    return Day(best, counts[best] // SCALE, amounts[best])


def count(measure: str, facts: Iterable[Standing]) -> int:
    """How many ``facts``, ``customers`` or ``products`` they count."""
    net: Counter[str] = Counter()
    return sum(adds(measure, fact, net) for fact in facts) // SCALE


def weeks_in_a_row(days: Iterable[date]) -> int:
    """The longest row of ISO weeks that each have one of these days."""
    longest = row = 0
    before: date | None = None
    for monday in sorted({day - timedelta(days=day.weekday()) for day in days}):
        row = row + 1 if before == monday - timedelta(days=7) else 1
        longest, before = max(longest, row), monday
    return longest


def growth(now: int, before: int) -> int | None:
    """By how many whole percent ``now`` is above ``before``, rounded down; None where it is not."""
    if before <= 0 or now <= before:
        return None
    return (now - before) * 100 // before or None


def comeback(now: int, before: int, earlier: int) -> int | None:
    """The growth over a period that had been a dip from the one before it; None where it was none."""
    if earlier <= 0 or before * 100 >= earlier * DIP or now * 100 < before * RISE:
        return None
    return growth(now, before)


def shares(facts: Iterable[Standing], what: str) -> list[tuple[str, int]]:
    """Amounts by ``product`` or ``category``, the largest first; ties by name."""
    sums: Counter[str] = Counter()
    for fact in facts:
        name = getattr(fact, what)
        if name and fact.amount > 0:
            sums[name] += fact.amount
    return sorted(sums.items(), key=lambda item: (-item[1], item[0]))


def top_percent(place: int, of: int, *, least: int, most: int) -> int | None:
    """``place`` of ``of`` as "top n %", rounded up; None below ``least`` members or above ``most`` %."""
    percent = -(-place * 100 // of) if of >= least else 101
    return percent if percent <= most else None


def is_worth_telling(rank: int, of: int, *, climbed: bool) -> bool:
    """Whether a rank is told in a film: down to the middle; of who climbed, down to the last quarter."""
    return rank * 2 <= of + 1 or (climbed and rank * 4 <= of * 3)


def within(facts: Sequence[Standing], first: date, last: date) -> list[Standing]:
    return [fact for fact in facts if first <= fact.day <= last]
