"""The one place that reads the time. Everything else is told what time it is."""

from collections.abc import Mapping
from datetime import UTC, date, datetime, time, timedelta
from functools import cache
from zoneinfo import ZoneInfo, available_timezones


def now() -> datetime:
    """The current instant, aware, in UTC. Called once at the edge (a request, a job, a command)."""
    return datetime.now(UTC)


def local_day(instant: datetime, timezone: str) -> date:
    """The calendar day on which ``instant`` falls in ``timezone``."""
    return instant.astimezone(ZoneInfo(timezone)).date()


def next_day(instant: datetime, *timezones: str) -> datetime:
    """The first instant after this one at which another day begins in one of the ``timezones``."""
    return min(
        datetime.combine(local_day(instant, name) + timedelta(days=1), time(), ZoneInfo(name))
        for name in timezones
    ).astimezone(UTC)


def timezone(name: str) -> str | None:
    """The IANA name in its own spelling, ``europe/berlin -> Europe/Berlin``; None: there is none."""
    return timezones().get(name.casefold())


@cache
def timezones() -> Mapping[str, str]:
    """All IANA names by themselves in small letters."""
    return {name.casefold(): name for name in available_timezones()}
