"""Where a request of the console stands: its programme, read in its own session, and the day there."""

from datetime import date

from flask import g

from engage import clock
from engage.db import db
from engage.programmes.models import Programme


def programme() -> Programme:
    """The programme of who looks at the page."""
    return db.session.get_one(Programme, g.seat.programme.id)


def today(of: Programme) -> date:
    """The day it is now in the programme's time zone."""
    return clock.local_day(g.now, of.timezone)
