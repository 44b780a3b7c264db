"""Calendar periods by name: ``2013``, ``2013-Q1``, ``2013-02``, ``2013-W07``, ``2013-02-14``, ``all``.

A period is a span of local calendar days; which instants those are depends on the programme's time
zone and is settled once, when a fact is stamped with its local day. Weeks are those of ISO 8601.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from functools import lru_cache
from itertools import count
from typing import NamedTuple
from zoneinfo import ZoneInfo

KINDS = ("day", "week", "month", "quarter", "year", "all")
FIRST_DAY, LAST_DAY = date(1, 1, 1), date(9999, 12, 31)

_NAME = re.compile(
    r"(?P<year>\d{4})(?:-Q(?P<quarter>[1-4])|-W(?P<week>\d\d)|-(?P<month>\d\d)(?:-(?P<day>\d\d))?)?",
    re.ASCII,
)


class UnknownPeriod(ValueError):
    """The text names no period."""


@dataclass(frozen=True, slots=True)
class Period:
    """A named span of days, both ends included.

    Beside those of the calendar there are others, whose kind is none of ``KINDS``: seasons, missions,
    the last so many days. ``label`` is what people call one.
    """

    name: str
    kind: str
    first: date
    last: date
    label: str | None = None

    @property
    def is_calendar(self) -> bool:
        return self.kind in KINDS

    def starts_at(self, timezone: str) -> datetime:
        """The first instant of the period in ``timezone``, in UTC."""
        return midnight(self.first, timezone)

    def ends_at(self, timezone: str) -> datetime:
        """The first instant after the period, in UTC; for ``all`` the end of the calendar."""
        if self.last == LAST_DAY:
            return datetime.max.replace(tzinfo=UTC)
        return midnight(self.last + timedelta(days=1), timezone)

    def previous(self) -> "Period | None":
        if self.kind == "all" or not self.is_calendar:
            return None
        return containing(self.first - timedelta(days=1), self.kind)

    def following(self) -> "Period | None":
        if self.kind == "all" or not self.is_calendar:
            return None
        return containing(self.last + timedelta(days=1), self.kind)

    def earlier(self) -> Iterator["Period"]:
        """The periods before, nearest first; where the calendar names none, stretches as long."""
        length, found = self.last - self.first + timedelta(days=1), self.previous()
        if not self.is_calendar:
            for back in count(1):
                yield Period("", self.kind, self.first - back * length, self.last - back * length)
        while found is not None:
            yield found
            found = found.previous()

    def year_before(self) -> "Period":
        """The same a year earlier; week 53 falls back to 52, 29 February to the 28th.

        What is longer than a year goes back by as many as it takes to lie before itself.
        """
        if self.kind == "week":
            year, week, _ = self.first.isocalendar()
            last = date(year - 1, 12, 28).isocalendar().week
            return containing(date.fromisocalendar(year - 1, min(week, last), 1), "week")
        if self.is_calendar:
            return containing(_years_back(self.first, 1), self.kind)
        years = next(n for n in count(1) if _years_back(self.last, n) < self.first)
        return Period("", self.kind, _years_back(self.first, years), _years_back(self.last, years))


ALL = Period("all", "all", FIRST_DAY, LAST_DAY)


def _years_back(day: date, years: int) -> date:
    last = 28 if (day.month, day.day) == (2, 29) else day.day
    return date(day.year - years, day.month, last)


class Moment(NamedTuple):
    """A time on the clocks of a zone, and the instant (in UTC) at which they show it."""

    local: datetime
    timezone: str
    at: datetime

    @property
    def is_skipped(self) -> bool:
        """Whether the clocks never show it: they are put forward over it."""
        return self.shown.replace(tzinfo=None) != self.local

    @property
    def shown(self) -> datetime:
        """What the clocks show at that instant."""
        return self.at.astimezone(ZoneInfo(self.timezone))

    @property
    def is_twice(self) -> bool:
        """Whether the clocks show it twice: they are put back over it."""
        other = self.shown.replace(fold=1 - self.shown.fold)
        return other.utcoffset() != self.shown.utcoffset()


def moment(local: datetime, timezone: str, *, last: bool = False) -> Moment:
    """The instant of a local time; the first, or the ``last``, where the clocks show it twice."""
    there = local.replace(tzinfo=ZoneInfo(timezone), fold=int(last))
    return Moment(local, timezone, there.astimezone(UTC))


def midnight(day: date, timezone: str) -> datetime:
    """When ``day`` begins in ``timezone``, in UTC."""
    return datetime.combine(day, time(), ZoneInfo(timezone)).astimezone(UTC)


@lru_cache(maxsize=8192)
def containing(day: date, kind: str) -> Period:
    """The period of ``kind`` that holds ``day``."""
    if kind == "day":
        return Period(day.isoformat(), kind, day, day)
    if kind == "week":
        monday = day - timedelta(days=day.weekday())
        year, week, _ = day.isocalendar()
        sunday = monday + min(timedelta(days=6), LAST_DAY - monday)
        return Period(f"{year:04d}-W{week:02d}", kind, monday, sunday)
    if kind == "month":
        return _months(f"{day.year:04d}-{day.month:02d}", kind, day.year, day.month, 1)
    if kind == "quarter":
        quarter = (day.month - 1) // 3
        return _months(f"{day.year:04d}-Q{quarter + 1}", kind, day.year, quarter * 3 + 1, 3)
    if kind == "year":
        return _months(f"{day.year:04d}", kind, day.year, 1, 12)
    if kind == "all":
        return ALL
    raise UnknownPeriod(f"{kind!r} is not one of {', '.join(KINDS)}")


def _months(name: str, kind: str, year: int, month: int, length: int) -> Period:
    after = month - 1 + length
    end = date(year + after // 12, after % 12 + 1, 1) if year < 9999 else LAST_DAY
    last = end - timedelta(days=1) if end != LAST_DAY else LAST_DAY
    return Period(name, kind, date(year, month, 1), last)


@lru_cache(maxsize=1024)
def parse(name: str) -> Period:
    """The period with that name.

    :raises UnknownPeriod: the text is none of the forms, or names a day that does not exist.
    """
    if name == "all":
        return ALL
    found = _NAME.fullmatch(name)
    try:
        if not found:
            raise ValueError(name)
        year = int(found["year"])
        if found["quarter"]:
            return containing(date(year, int(found["quarter"]) * 3, 1), "quarter")
        if found["week"]:
            return containing(date.fromisocalendar(year, int(found["week"]), 1), "week")
        if found["day"]:
            return containing(date(year, int(found["month"]), int(found["day"])), "day")
        if found["month"]:
            return containing(date(year, int(found["month"]), 1), "month")
        return containing(date(year, 1, 1), "year")
    except ValueError as error:
        raise UnknownPeriod(
            f"{name!r} names no period: write 2013, 2013-Q1, 2013-02, 2013-W07, 2013-02-14 or all"
        ) from error
