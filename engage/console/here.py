"""Where a request of the console stands: its programme, read in its own session, and the day there."""

from datetime import date

from flask import g

from engage import clock
from engage.db import db
from engage.programmes.models import Programme
from engage.web.texts import form_text

#: Characters of the reason for a change.
LONGEST_WHY = 500


def programme() -> Programme:
    """The programme of who looks at the page."""
    return db.session.get_one(Programme, g.seat.programme.id)


def today(of: Programme) -> date:
    """The day it is now in the programme's time zone."""
    return clock.local_day(g.now, of.timezone)


def reason() -> str | None:
    """Why something is changed, as far as that was said."""
    return form_text("why", LONGEST_WHY)[:LONGEST_WHY] or None
