"""When a board freezes, and when the result of a period is final.

A period runs, may be frozen for its last stretch, is provisional once it is over, and final from its
cut-off on. Days of a span are days of the calendar, so they are an hour longer or shorter where the
clock is changed; hours always have sixty minutes.
"""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from engage import periods
from engage.definitions import DefinitionError
from engage.periods import Period

_SPAN = re.compile(r"(?:(\d{1,3})d)?\s*(?:(\d{1,3})h)?", re.ASCII)


@dataclass(frozen=True, slots=True)
class Span:
    """So many days and hours."""

    days: int
    hours: int

    def __str__(self) -> str:
        shown = (f"{n}{mark}" for n, mark in ((self.days, "d"), (self.hours, "h")) if n)
        return " ".join(shown) or "0d"


#: Three days are enough for what is reported late; who needs more says so.
FINAL_AFTER = Span(3, 0)


def span(raw: Mapping[str, Any], key: str) -> Span:
    """``"3d"``, ``"12h"``, ``"2d 18h"``.

    :raises DefinitionError: another form.
    """
    text = raw[key]
    found = _SPAN.fullmatch(text.strip()) if isinstance(text, str) else None
    if not found or not any(found.groups()):
        raise DefinitionError(
            key, f'{text!r} is no span: write days and hours, as "3d" or "2d 18h"'
        )
    return Span(*(int(n or 0) for n in found.groups()))


def freezes_at(period: Period, freeze: Span | None, timezone: str) -> datetime | None:
    """When the public board of a period stands still; None where it never does."""
    if freeze is None or period.last == periods.LAST_DAY:
        return None
    first = periods.midnight(period.last + timedelta(days=1 - freeze.days), timezone)
    return max(period.starts_at(timezone), first - timedelta(hours=freeze.hours))


def final_at(period: Period, final_after: Span | None, timezone: str) -> datetime | None:
    """From when on no late fact moves the result of a period; None where it always may."""
    if final_after is None or period.last == periods.LAST_DAY:
        return None
    last = periods.midnight(period.last + timedelta(days=1 + final_after.days), timezone)
    return last + timedelta(hours=final_after.hours)


@dataclass(frozen=True, slots=True)
class Stage:
    """Where a period of a board stands.

    ``name`` is running, frozen (since ``at``), provisional (until ``at``, None: for ever), final
    (since ``at``), or history: it was over before the board was there, so nobody announced it.
    """

    name: str
    at: datetime | None = None


def closings(
    over: Iterable[Period], final_after: Span | None, opened_at: datetime, timezone: str
) -> list[tuple[Period, datetime]]:
    """The periods (of those ``over``, newest first) that ended while the board was there, and when
    each is final."""
    found = []
    for period in over:
        at = final_at(period, final_after, timezone)
        if at is None or period.ends_at(timezone) <= opened_at:
            break
        found.append((period, at))
    return found


def stage(
    period: Period,
    final_after: Span | None,
    opened_at: datetime,
    timezone: str,
    now: datetime,
    frozen_at: datetime | None = None,
    closed_at: datetime | None = None,
) -> Stage:
    """What to say of a period; ``frozen_at`` and ``closed_at`` are when its pictures were taken."""
    if closed_at:
        return Stage("final", closed_at)
    if frozen_at:
        return Stage("frozen", frozen_at)
    if period.last == periods.LAST_DAY or now < (ends_at := period.ends_at(timezone)):
        return Stage("running")
    if ends_at <= opened_at:
        return Stage("history")
    return Stage("provisional", final_at(period, final_after, timezone))
