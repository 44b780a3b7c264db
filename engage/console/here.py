"""Where a request of the console stands: its programme, read in its own session, and the day there."""

from collections.abc import Callable
from datetime import date
from typing import TypeVar

from flask import g

from engage import clock
from engage.db import db, transaction
from engage.outbox.delivery import deliver
from engage.programmes.models import Programme
from engage.web.texts import form_text

T = TypeVar("T")

#: Characters of the reason for a change.
LONGEST_WHY = 500


def programme() -> Programme:
    """The programme of who looks at the page."""
    return db.session.get_one(Programme, g.seat.programme.id)


def committed(work: Callable[[Programme], T]) -> T:
    """Run ``work`` in one transaction of this programme, and send what it leaves in the outbox."""
    found = transaction(lambda: work(programme()))
    deliver()
    return found


def today(of: Programme) -> date:
    """The day it is now in the programme's time zone."""
    return clock.local_day(g.now, of.timezone)


def reason() -> str | None:
    """Why something is changed, as far as that was said."""
    return form_text("why", LONGEST_WHY)[:LONGEST_WHY] or None
