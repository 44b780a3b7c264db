"""Dates and times as people write them, read into instants.

``03/04/2013`` is in April or in March; the order is decided once per column from all its values, and
a column that leaves it open is refused with the way to decide. Times without an offset are local
times of a zone: a time that happens twice when clocks go back is its first occurrence, and told; one
that clocks skip is refused. A date alone is the start of that day in the programme.
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta, timezone
from zoneinfo import ZoneInfo

from engage.activity.problems import Undecided, Unreadable, shown

ORDERS = ("DMY", "MDY")
FIRST_YEAR, LAST_YEAR = 1900, 2199

_DATE = (
    r"(?:(?P<year>[0-9]{4})(?:(?P<dash>[-/.])(?P<month>[0-9]{1,2})(?P=dash)(?P<day>[0-9]{1,2})"
    r"|(?P<packed>[0-9]{4}))"
    r"|(?P<one>[0-9]{1,2})(?P<mark>[-/.])(?P<two>[0-9]{1,2})(?P=mark)(?P<end>[0-9]{4}|[0-9]{2}))"
)
_TIME = (
    r"(?P<hour>[0-9]{1,2}):(?P<minute>[0-9]{2})(?::(?P<second>[0-9]{2})(?:[.,](?P<part>[0-9]{1,9}))?)?"
    r"(?: ?(?P<half>[AaPp])\.?[Mm]\.?)?"
    r"(?: ?(?P<zone>Z|z|UTC|GMT|[-+−][0-9]{2}(?::?[0-9]{2})?))?"
)
_INSTANT = re.compile(rf"{_DATE}(?:[T ,]+{_TIME})?")
_REMEDY = "write it like 2013-12-25 or 2013-12-25T14:30:00Z"

Written = str | date | datetime


@dataclass(frozen=True, slots=True)
class Reading:
    """How the dates of one column are read: the order of day and month where it is needed, the zone
    of written local times, and the zone whose days count. ``twice`` collects the local times that
    clocks showed twice."""

    order: str
    written_in: ZoneInfo
    programme: ZoneInfo
    twice: list[datetime] = field(default_factory=list)


def decide_order(values: Iterable[str]) -> str:
    """``DMY`` or ``MDY``: the order under which every slashed date of a column exists.

    Dates that begin with the year, and dates with dots (day first), need no decision. Raises
    Undecided where both orders fit and would give different days, or neither fits all.
    """
    only: dict[str, str] = {}
    either = ""
    for text in values:
        found = _INSTANT.fullmatch(text)
        if not found or found["mark"] not in ("/", "-"):
            continue
        one, two = int(found["one"]), int(found["two"])
        if one <= 12 < two:
            only.setdefault("MDY", text)
        elif two <= 12 < one:
            only.setdefault("DMY", text)
        elif one != two and one <= 12 and two <= 12:
            either = either or text
    if len(only) == 2:
        raise Undecided(
            f"holds dates of two orders, {shown(only['DMY'])} and {shown(only['MDY'])}: write all in "
            'one order, best as 2013-12-25, or say which one counts with [format] dates = "DMY" or '
            '"MDY" in the mapping file'
        )
    if only:
        return next(iter(only))
    if either:
        raise Undecided(
            f"can be read in two ways: {shown(either)} has day and month in unknown order. Say which "
            'in the mapping file: [format] dates = "DMY" (day first) or dates = "MDY" (month first)'
        )
    return "DMY"


def read_instant(value: Written, reading: Reading) -> tuple[datetime, date]:
    """The instant in UTC, and its day in the programme's zone.

    Takes text, or the date or datetime of a spreadsheet's typed cell. Raises Unreadable.
    """
    if isinstance(value, datetime):
        return _placed(value, reading)
    if isinstance(value, date):
        return _start_of(_sane(value), reading)
    found = _INSTANT.fullmatch(value)
    if not found:
        raise Unreadable(f"not a date: {_REMEDY}")
    day = _day(found, reading.order)
    if found["hour"] is None:
        return _start_of(day, reading)
    return _placed(datetime.combine(day, _time(found), _offset(found["zone"])), reading)


def _day(found: re.Match[str], order: str) -> date:
    if found["packed"]:
        year, month, day = found["year"], found["packed"][:2], found["packed"][2:]
    elif found["year"]:
        year, month, day = found["year"], found["month"], found["day"]
    else:
        year, day, month = found["end"], found["one"], found["two"]
        if len(year) == 2:
            raise Unreadable("a date whose year has two digits: write all four, like 2013-12-25")
        if order == "MDY" and found["mark"] != ".":
            day, month = month, day
    try:
        return _sane(date(int(year), int(month), int(day)))
    except ValueError as error:
        if isinstance(error, Unreadable):
            raise
        said = "" if found["year"] else " (day first)" if day == found["one"] else " (month first)"
        raise Unreadable(f"a day that does not exist{said}: {_REMEDY}") from None


def _sane(day: date) -> date:
    if not FIRST_YEAR <= day.year <= LAST_YEAR:
        raise Unreadable(
            f"outside the years {FIRST_YEAR} to {LAST_YEAR}: correct the year, {_REMEDY}"
        )
    return day


def _time(found: re.Match[str]) -> time:
    hour, half = int(found["hour"]), (found["half"] or "").lower()
    if half and not 1 <= hour <= 12:
        raise Unreadable(f"a time that does not exist: {_REMEDY}")
    if half:
        hour = hour % 12 + (12 if half == "p" else 0)
    micro = int((found["part"] or "0")[:6].ljust(6, "0"))
    try:
        return time(hour, int(found["minute"]), int(found["second"] or 0), micro)
    except ValueError:
        raise Unreadable(f"a time that does not exist: {_REMEDY}") from None


def _offset(zone: str | None) -> timezone | None:
    if not zone:
        return None
    if zone[0] not in "-+−":
        return UTC
    hours, minutes = int(zone[1:3]), int(zone[3:].lstrip(":") or 0)
    if hours > 15 or minutes > 59:
        raise Unreadable(f"an offset from UTC that does not exist: {_REMEDY}")
    shift = timedelta(hours=hours, minutes=minutes)
    return timezone(shift if zone[0] == "+" else -shift)


def _start_of(day: date, reading: Reading) -> tuple[datetime, date]:
    """A day has no time of its own, so it is the programme's day, wherever the file was written."""
    instant = datetime.combine(day, time(), reading.programme).astimezone(UTC)
    return instant, instant.astimezone(reading.programme).date()


def _placed(moment: datetime, reading: Reading) -> tuple[datetime, date]:
    _sane(moment.date())
    local = moment if moment.tzinfo else _on_clocks(moment, reading)
    instant = local.astimezone(UTC)
    return instant, instant.astimezone(reading.programme).date()


def _on_clocks(moment: datetime, reading: Reading) -> datetime:
    """A local time as the clocks of its zone show it, for the first time where they do twice.

    Midnight is how many write a day alone, so it is the beginning of its day also where clocks skip it.
    """
    first = moment.replace(tzinfo=reading.written_in, fold=0)
    second = first.replace(fold=1)
    if first.utcoffset() != second.utcoffset():
        if first.astimezone(UTC) < second.astimezone(UTC):
            reading.twice.append(moment)
        elif moment.time() != time():
            later = first.astimezone(UTC).astimezone(reading.written_in)
            raise Unreadable(
                f"a time over which the clocks of {reading.written_in} were put forward: "
                f"write what they showed, {later:%Y-%m-%dT%H:%M}, or an offset from UTC with it"
            )
    return first
