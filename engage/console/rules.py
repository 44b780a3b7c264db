"""What a programme manager should look at first: comparisons, who falls behind, and names for missions."""

import re
import unicodedata
from collections.abc import Collection, Iterable, Mapping
from datetime import date, timedelta
from typing import NamedTuple

from engage.periods import Period, containing

#: Selling less by this share than at this day of the period before is falling behind.
NOTABLE_DROP = (1, 5)
_SLUG_LENGTH = 60


class Stretch(NamedTuple):
    """A period up to a day, and as much of the one before it; all four days included."""

    first: date
    last: date
    before_first: date
    before_last: date


def stretch(period: Period, today: date) -> Stretch:
    """The days to compare: from the start of ``period`` to today, with as many of the one before.

    A period that is over is compared whole with the whole one before.
    """
    before = period.previous()
    assert before is not None, "the whole of time has nothing before it"
    if today >= period.last:
        return Stretch(period.first, period.last, before.first, before.last)
    last = max(today, period.first)
    reached = before.first + (last - period.first)
    return Stretch(period.first, last, before.first, min(reached, before.last))


def change(now: int, before: int) -> int | None:
    """By how many whole percent ``now`` is above ``before`` (below zero: under it); None: no base."""
    if before <= 0:
        return None
    scaled = (now - before) * 100
    return scaled // before if scaled >= 0 else -(-scaled // before)


class Falling(NamedTuple):
    """A partner who sells less; amounts in ten-thousandths."""

    partner_id: int
    before: int
    now: int

    @property
    def silent(self) -> bool:
        return self.now <= 0

    @property
    def lost(self) -> int:
        return self.before - self.now


def falling(sums: Iterable[tuple[int, int, int]], limit: int) -> list[Falling]:
    """Who fell behind the most, in money: silent, or down by a notable share.

    ``sums`` are (partner, before, now).
    """
    part, whole = NOTABLE_DROP
    found = [Falling(*row) for row in sums]
    behind = [f for f in found if f.before > 0 and f.lost * whole >= f.before * part]
    return sorted(behind, key=lambda f: (-f.lost, f.partner_id))[:limit]


class Bar(NamedTuple):
    """A part of a period and its sum."""

    period: Period
    amount: int


_PARTS = {"year": "month", "quarter": "week", "month": "week", "week": "day"}


def bars(period: Period, last: date, by_day: Mapping[date, int]) -> list[Bar]:
    """A period up to ``last`` in parts that can be compared (quarter: weeks, year: months)."""
    kind = _PARTS.get(period.kind, "day")
    found: dict[str, Bar] = {}
    day = period.first
    while day <= last:
        part = containing(day, kind)
        so_far = found.get(part.name, Bar(part, 0)).amount
        found[part.name] = Bar(part, so_far + by_day.get(day, 0))
        day += timedelta(days=1)
    return list(found.values())


def slug_of(name: str, taken: Collection[str], nameless: str = "mission") -> str:
    """A short name for an address: ``Spring sprint -> spring-sprint``, numbered where it is taken."""
    plain = unicodedata.normalize("NFKD", name[:200]).encode("ascii", "ignore").decode().lower()
    stem = "-".join(re.findall(r"[a-z0-9]+", plain))[:_SLUG_LENGTH].strip("-") or nameless
    slug, number = stem, 2
    while slug in taken:
        slug, number = f"{stem}-{number}", number + 1
    return slug


def highest_cost(
    rewards: Iterable[tuple[str, int]], partners: int, limits: Mapping[str, int]
) -> dict[str, int]:
    """What a mission costs when everybody addressed reaches everything, by unit, in minor units.

    Where it stops at a budget (``limits``), that is the most.
    """
    cost: dict[str, int] = {}
    for unit, amount in rewards:
        cost[unit] = cost.get(unit, 0) + amount * partners
    return {unit: min(amount, limits.get(unit, amount)) for unit, amount in cost.items()}
