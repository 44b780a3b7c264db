"""Tiers: who stands where, as a pure function of facts in event-time order.

A partner holds a tier from the instant after the fact that reached its threshold, through the end of
that period, and through the days of grace after it; a return below the threshold leaves the grace,
too. What stands after the last fact says when it will end: a fall needs no fact.
"""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from itertools import zip_longest
from typing import NamedTuple
from zoneinfo import ZoneInfo

from engage import periods
from engage.activity.rules import Standing, adds, concerns
from engage.conditions import Where
from engage.money import POINTS, SCALE

_INSTANT = timedelta(microseconds=1)


@dataclass(frozen=True, slots=True)
class Tier:
    """``threshold`` in ten-thousandths; ``on`` and ``where`` are of facts, so points have none.

    ``multiplier`` says how many times what rules pay in a unit is paid to who holds the tier.
    """

    name: str
    measure: str
    on: str | None
    where: Where
    period: str
    threshold: int
    grace: int
    multiplier: tuple[tuple[str, Decimal], ...]
    perks: tuple[str, ...]


class Ladder(NamedTuple):
    """The tiers, lowest first, as they read from an instant on (None: always)."""

    valid_from: datetime | None
    tiers: tuple[Tier, ...]

    def place(self, name: str | None) -> int:
        """Where the tier of that name stands, the lowest at 0; -1 where it is none of these."""
        return next((n for n, tier in enumerate(self.tiers) if tier.name == name), -1)


class Spell(NamedTuple):
    """A tier (None: none) from an instant on (None: always), and the fact that reached it."""

    tier: str | None
    since: datetime | None
    fact_id: int | None = None


@dataclass(frozen=True, slots=True)
class Climb:
    """A partner's tiers over time: the spells, and the ladders that say what each gives."""

    spells: Sequence[Spell] = ()
    ladders: Sequence[Ladder] = ()

    def at(self, instant: datetime) -> str | None:
        """The tier that a fact at ``instant`` falls under."""
        found = self.spell(instant)
        return found.tier if found else None

    def spell(self, instant: datetime) -> Spell | None:
        newest_first = reversed(self.spells)
        return next((x for x in newest_first if not x.since or x.since <= instant), None)

    def until(self, instant: datetime) -> datetime | None:
        """When what is held at ``instant`` ends, as things stand; None where it does not."""
        later = (spell.since for spell in self.spells if spell.since and spell.since > instant)
        return min(later, default=None)

    def times(self, unit: str, instant: datetime) -> tuple[str, Decimal] | None:
        """The tier, and how many times what rules pay in ``unit`` it gives; None where it is once."""
        name = self.at(instant) if self.ladders else None
        ladder = in_force(self.ladders, instant) if name else None
        for tier in ladder.tiers if ladder else ():
            if tier.name == name:
                return next(((name, times) for u, times in tier.multiplier if u == unit), None)
        return None


def in_force(ladders: Sequence[Ladder], instant: datetime) -> Ladder | None:
    newest_first = reversed(ladders)
    return next((x for x in newest_first if not x.valid_from or x.valid_from <= instant), None)


@dataclass(slots=True)
class _Count:
    """Where a partner stands in what one tier counts."""

    tier: Tier
    period: periods.Period | None = None
    total: int = 0
    net: Counter[str] = field(default_factory=Counter)
    #: The last day of grace of what is over, and whether the threshold is met now.
    closed: date = date.min
    met: bool = False

    @property
    def until(self) -> date:
        """The last day on which the tier is held, if nothing else happens."""
        if self.tier.threshold == 0:
            return periods.LAST_DAY
        if not self.met or self.period is None:
            return self.closed
        return max(self.closed, _after(self.period.last, self.tier.grace))

    def add(self, fact: Standing, points: int) -> None:
        in_points = self.tier.measure == POINTS
        if not in_points and not concerns(self.tier.on, self.tier.where, fact):
            return
        period = periods.containing(fact.day, self.tier.period)
        if period != self.period:
            self.closed, self.met = self.until, False
            self.period, self.total, self.net = period, 0, Counter()
        self.total += points * SCALE if in_points else adds(self.tier.measure, fact, self.net)
        met = self.total >= self.tier.threshold
        if self.met and not met:
            self.keep(fact.day)
        self.met = met

    def keep(self, day: date) -> None:
        """What is lost on ``day`` stays for the grace."""
        self.closed = max(self.closed, _after(day, self.tier.grace))


def _after(day: date, days: int) -> date:
    return day if day >= periods.LAST_DAY - timedelta(days=days) else day + timedelta(days=days)


def spells(
    ladders: Sequence[Ladder], facts: Iterable[Standing], points: Mapping[int, int], timezone: str
) -> list[Spell]:
    """The tiers of one partner over time, from all of the partner's facts in event-time order.

    ``points`` are those that rules pay, by fact. Changed terms hold from their own instant on;
    who holds a tier then keeps it for the grace.
    """
    ascent = _Ascent(ladders, timezone)
    changes = [ladder for ladder in ladders if ladder.valid_from is not None]
    for fact in facts:
        while changes and changes[0].valid_from and changes[0].valid_from <= fact.occurred_at:
            ascent.change(changes.pop(0))
        ascent.count(fact, points.get(fact.id, 0))
    for ladder in changes:
        ascent.change(ladder)
    ascent.fall(periods.LAST_DAY)
    return ascent.found


class _Ascent:
    """One partner's way: counts of every tier of every ladder, and the spells so far."""

    def __init__(self, ladders: Sequence[Ladder], timezone: str) -> None:
        self._timezone = timezone
        self._counts = {id(ladder): [_Count(tier) for tier in ladder.tiers] for ladder in ladders}
        always = next((ladder for ladder in ladders if ladder.valid_from is None), None)
        self._active = self._counts[id(always)] if always else []
        self.found: list[Spell] = []
        self._stand(self._top(periods.FIRST_DAY + timedelta(days=1)), None)

    def count(self, fact: Standing, points: int) -> None:
        self.fall(fact.day)
        for counts in self._counts.values():
            for one in counts:
                one.add(fact, points)
        self._stand(self._top(fact.day), fact.occurred_at + _INSTANT, fact.id)

    def change(self, ladder: Ladder) -> None:
        assert ladder.valid_from is not None
        day = ladder.valid_from.astimezone(ZoneInfo(self._timezone)).date()
        self.fall(day)
        held = self._top(day)
        self._active = self._counts[id(ladder)]
        for one in self._active:
            if held and one.tier.name == held.tier.name:
                one.keep(day)
        self._stand(self._top(day), ladder.valid_from)

    def fall(self, until: date) -> None:
        """Let go what ends before ``until``."""
        while self.found and (name := self.found[-1].tier) is not None:
            holding = next((one for one in self._active if one.tier.name == name), None)
            if holding is None or holding.until >= until:
                return
            day = holding.until + timedelta(days=1)
            self._stand(self._top(day), periods.containing(day, "day").starts_at(self._timezone))

    def _top(self, day: date) -> _Count | None:
        return next((one for one in reversed(self._active) if one.until >= day), None)

    def _stand(
        self, top: _Count | None, since: datetime | None, fact_id: int | None = None
    ) -> None:
        name = top.tier.name if top else None
        if since is not None and self.found and self.found[-1].since == since:
            self.found.pop()  # of what happens at one instant, only the end is seen
        before = self.found[-1].tier if self.found else None
        if name == before:
            return
        rises = self._place(name) > self._place(before)
        self.found.append(Spell(name, since, fact_id if rises else None))

    def _place(self, name: str | None) -> int:
        return next((n for n, one in enumerate(self._active) if one.tier.name == name), -1)


def fallen(ladder: Ladder, spells: Sequence[Spell], at: datetime) -> tuple[str | None, str | None]:
    """The tier held at an instant, and the higher one that was held before; None where it is none."""
    begun = [spell for spell in spells if spell.since is None or spell.since <= at]
    if not begun:
        return None, None
    held, before = begun[-1].tier, begun[-2].tier if len(begun) > 1 else None
    return held, before if ladder.place(before) > ladder.place(held) else None


class Outlook(NamedTuple):
    """Where a partner stands towards a tier now: ``value`` in its present period, which ends ``last``.

    ``until`` is the last day on which it is held as things stand, None where it is not.
    """

    tier: Tier
    value: int
    last: date
    until: date | None

    @property
    def needed(self) -> int:
        return max(0, self.tier.threshold - self.value)


def outlook(
    ladder: Ladder, facts: Iterable[Standing], points: Mapping[int, int], today: date
) -> list[Outlook]:
    """Each tier with what counts towards it today, and until when it is held as things stand."""
    counting = [_Count(tier) for tier in ladder.tiers]
    for fact in facts:
        for one in counting:
            one.add(fact, points.get(fact.id, 0))
    found = []
    for one in counting:
        period = periods.containing(today, one.tier.period)
        value = one.total if one.period == period else 0
        until = one.until if one.until >= today else None
        found.append(Outlook(one.tier, value, period.last, until))
    return found


BEGINNING = datetime.min.replace(tzinfo=UTC)


def first_difference(before: Sequence[Spell], after: Sequence[Spell]) -> datetime | None:
    """The first instant at which two histories differ; None where they are the same."""
    for one, other in zip_longest(before, after):
        if not (one and other and one[:2] == other[:2]):
            return min(spell.since or BEGINNING for spell in (one, other) if spell)
    return None
