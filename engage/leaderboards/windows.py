"""Over which days a board counts: calendar periods, rolling days, a mission's window, seasons."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from functools import lru_cache
from itertools import islice, pairwise
from typing import Any

from engage import definitions as read
from engage import periods
from engage.definitions import DefinitionError
from engage.periods import Period, UnknownPeriod

ROLLING, MISSION, SEASON = "rolling", "mission", "season"
#: What the running period is called where one is asked for.
CURRENT = "current"
KINDS = (*periods.KINDS, ROLLING, MISSION, SEASON)
KEYS = ("period", "days", "mission", "seasons")
_OF = {"days": ROLLING, "mission": MISSION, "seasons": SEASON}
_SEASON_KEYS = ("slug", "name", "starts", "ends")
_MOST_DAYS = 366
_MOST_SEASONS = 40
#: Where periods are looked for whose baseline is a year earlier: weeks have years of their own.
_A_YEAR_LATER = tuple(timedelta(days=n) for n in (357, 364, 365, 366, 371, 378))


@dataclass(frozen=True, slots=True)
class Windows:
    """``days`` are those of a rolling window; ``spans`` the seasons, or the window of the mission
    once it is known (`Board.within`).
    """

    kind: str
    days: int = 0
    mission: str | None = None
    spans: tuple[Period, ...] = ()

    def ending(self, day: date) -> Period:
        """The rolling window up to a day, named by it."""
        first = day - timedelta(days=self.days - 1)
        return Period(day.isoformat(), ROLLING, first, day)

    def running(self, today: date) -> Period:
        """What a board shows today; between seasons the last one, before all of them the first."""
        if self.kind == ROLLING:
            return self.ending(today)
        if self.spans:
            begun = [span for span in self.spans if span.first <= today]
            return begun[-1] if begun else self.spans[0]
        return periods.containing(today, self.kind)

    def called(self, name: str, today: date | None = None) -> Period:
        """The period of that name: one of the board's, ``current``, or any of the calendar.

        :raises UnknownPeriod: there is none.
        """
        if today and name in ("", CURRENT):
            return self.running(today)
        for span in self.spans:
            if span.name == name:
                return span
        try:
            found = periods.parse(name)
        except UnknownPeriod as error:
            known = ", ".join([*(span.name for span in self.spans), CURRENT])
            raise UnknownPeriod(f"{error}; of this board {known}") from None
        if self.kind == ROLLING and found.kind == "day" and found.first.year > 1:
            return self.ending(found.last)
        return found

    def over(self, today: date) -> Iterator[Period]:
        """The periods that have ended, newest first; a window that moves on never does."""
        if self.kind in periods.KINDS:
            yield from periods.containing(today, self.kind).earlier()
        yield from (span for span in reversed(self.spans) if span.last < today)

    def turns(self, today: date) -> list[date]:
        """The days to come on which a period ends or begins, at least the next one."""
        spans = self.spans if self.spans else (self.running(today),)
        days = [
            (span.first, span.last + timedelta(days=1))
            for span in spans
            if span.last != periods.LAST_DAY
        ]
        return sorted(day for pair in days for day in pair if day > today)

    def holding(self, days: Iterable[date], kept_on: date | None) -> set[Period]:
        """The periods, of those whose standings are kept, that facts of these days count in."""
        if self.kind == ROLLING:
            spans: tuple[Period, ...] = (self.ending(kept_on),) if kept_on else ()
        elif self.kind in periods.KINDS:
            return {periods.containing(day, self.kind) for day in days}
        else:
            spans = self.spans
        return {span for day in days for span in spans if span.first <= day <= span.last}

    def before(self, period: Period, count: int | None) -> list[Period]:
        """What growth in a period is measured against: so many before it, or (None) a year earlier."""
        if period.first.year <= periods.FIRST_DAY.year + 100:
            return []
        return [period.year_before()] if count is None else list(islice(period.earlier(), count))

    def after(self, day: date, count: int | None, kept_on: date | None) -> set[Period]:
        """The kept periods whose baseline a fact of that day is part of."""
        if self.kind not in periods.KINDS:
            asked = self.spans or ((self.ending(kept_on),) if kept_on else ())
        elif count is None:
            asked = tuple(periods.containing(day + later, self.kind) for later in _A_YEAR_LATER)
        else:
            found = [periods.containing(day, self.kind)]
            while len(found) <= count and (following := found[-1].following()):
                found.append(following)
            asked = tuple(found[1:])
        return {
            period
            for period in set(asked)
            if any(span.first <= day <= span.last for span in self.before(period, count))
        }


@lru_cache(maxsize=8192)
def touched(
    windows: Windows, day: date, kept_on: date | None, before: tuple[int | None] | None
) -> tuple[str, ...]:
    """The names of the kept periods in which a fact of that day makes a difference.

    ``before`` holds how many periods growth is measured against, where it is (`Windows.before`).
    """
    found = windows.holding((day,), kept_on)
    if before is not None:
        found |= windows.after(day, before[0], kept_on)
    return tuple(sorted(period.name for period in found))


def parse(raw: Mapping[str, Any]) -> Windows:
    """The keys ``period``, ``days``, ``mission`` and ``seasons`` of a board.

    :raises DefinitionError: naming the key and what to write.
    """
    take = read.Every()
    kind = take(read.choice, raw, "period", KINDS)
    for key, needs in _OF.items():
        if kind and kind != needs and key in raw:
            take.note(key, f"has no meaning with period {kind!r}; remove it")
    days, mission = 0, None
    seasons: tuple[Period, ...] = ()
    if kind == ROLLING:
        days = take(read.whole, raw, "days", 1, _MOST_DAYS)
    elif kind == MISSION:
        mission = take(read.slug, raw, "mission")
    elif kind == SEASON:
        seasons = take(_seasons, raw)
    return take.settled(Windows(kind, days, mission, seasons))


def _seasons(raw: Mapping[str, Any]) -> tuple[Period, ...]:
    rows = raw.get("seasons")
    example = '[ { slug = "spring", name = "Spring", starts = 2013-03-01, ends = 2013-05-31 } ]'
    if not isinstance(rows, list) or not rows:
        raise DefinitionError("seasons", f"is missing: write seasons = {example}")
    if len(rows) > _MOST_SEASONS:
        raise DefinitionError("seasons", f"are {len(rows)}: at most {_MOST_SEASONS}")
    take = read.Every()
    found = [take.under(f"seasons[{n}]", _season, row, example) for n, row in enumerate(rows, 1)]
    known = [(number, season) for number, season in enumerate(found, 1) if season]
    for (_, before), (number, season) in pairwise(known):
        if season.first <= before.last:
            remedy = "put them in order of their days, none in two of them"
            take.note(
                f"seasons[{number}].starts", f"lies before the end of {before.name}: {remedy}"
            )
    if len({season.name for _, season in known}) < len(known):
        take.note("seasons", "two of them have the same slug: every one is its own")
    return take.settled(tuple(found))


def _season(row: Any, example: str) -> Period:
    if not isinstance(row, Mapping):
        raise DefinitionError("", f"write {example[2:-2]}")
    take = read.Every()
    take(read.known_keys, row, _SEASON_KEYS)
    starts, ends = take(read.window, row) or (None, None)
    for key, day in (("starts", starts), ("ends", ends)):
        if day is None and key not in row:
            take.note(key, "is missing: a season has a first and a last day")
    slug, name = take(read.slug, row), take(read.text, row, "name")
    if slug == CURRENT:
        take.note("slug", f"{slug!r} means the one that runs: choose another")
    return take.settled(Period(slug, SEASON, starts or date.min, ends or date.max, name))


def to_json(windows: Windows) -> dict[str, Any]:
    """The mapping that ``parse`` reads back."""
    raw: dict[str, Any] = {"period": windows.kind}
    if windows.kind == ROLLING:
        raw["days"] = windows.days
    elif windows.kind == MISSION:
        raw["mission"] = windows.mission
    elif windows.kind == SEASON:
        raw["seasons"] = [
            {
                "slug": span.name,
                "name": span.label,
                "starts": span.first.isoformat(),
                "ends": span.last.isoformat(),
            }
            for span in windows.spans
        ]
    return raw
