"""Until when a question about a line is to be answered: pure decisions."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from engage import clock, periods
from engage import definitions as read
from engage.definitions import DefinitionError

#: Working days that a manager has, where the programme file says nothing.
WORKING_DAYS = 5
_MOST_DAYS = 60
_SATURDAY = 5


def parse_working_days(raw: Mapping[str, Any]) -> int:
    """The ``[disputes]`` table of a programme file."""
    take = read.Every()
    take(read.known_keys, raw, ("working_days",))
    days = raw.get("working_days", WORKING_DAYS)
    if isinstance(days, bool) or not isinstance(days, int) or not 1 <= days <= _MOST_DAYS:
        said = f"{days!r} is no number of days: write one from 1 to {_MOST_DAYS}"
        raise DefinitionError("working_days", said)
    return take.settled(days)


def due(asked_at: datetime, working_days: int, timezone: str) -> datetime:
    """The end of the last of so many working days (Monday to Friday) after the local day of asking.

    The day of asking does not count, so that who is asked late in the evening has as long as anybody.
    """
    day = clock.local_day(asked_at, timezone)
    while working_days:
        day += timedelta(days=1)
        working_days -= day.weekday() < _SATURDAY
    return periods.containing(day, "day").ends_at(timezone)
