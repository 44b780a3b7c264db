"""Where a request stands: its programme and partner, read in its own session, and the day there."""

from collections.abc import Callable
from datetime import date
from typing import Any, TypeVar
from urllib.parse import urlencode

from flask import g, request
from flask_babel import gettext as _
from werkzeug.wrappers import Response

from engage import clock
from engage.db import db, transaction
from engage.outbox.delivery import deliver
from engage.partners.models import Partner
from engage.programmes.models import Programme
from engage.web.locales import viewer
from engage.web.texts import form_text

T = TypeVar("T")
#: What a view gives: a page, one with a status, or where to look next.
Answer = str | Response | tuple[str, int]

#: Characters of the reason for a change.
LONGEST_WHY = 500


def programme() -> Programme:
    """The programme of who looks at the page."""
    return db.session.get_one(Programme, g.seat.programme.id)


def mine() -> tuple[Programme, Partner]:
    """The programme and the partner of who looks at the page."""
    return programme(), db.session.get_one(Partner, g.seat.partner.id)


def committed(work: Callable[[Programme], T]) -> T:
    """Run ``work`` in one transaction of this programme, and send what it leaves in the outbox."""
    found = transaction(lambda: work(programme()))
    deliver()
    return found


def today(of: Programme) -> date:
    """The day it is now in the programme's time zone."""
    return clock.local_day(g.now, of.timezone)


def paged(page: int, size: int, total: int) -> dict[str, Any]:
    """Where in a list a ``page`` (from 1) of at most ``size`` stands, and the addresses beside it."""
    number = viewer().number
    asked = [(name, value) for name, value in request.args.items() if value and name != "page"]

    def address(of: int) -> str:
        return f"{request.path}?{urlencode([*asked, ('page', of)])}"

    first, last = (page - 1) * size + 1, min(page * size, total)
    shown = {"first": number(first), "last": number(last), "total": number(total)}
    return {
        "total": total,
        "shown": _("%(first)s–%(last)s of %(total)s", **shown),
        "previous": address(page - 1) if page > 1 else None,
        "following": address(page + 1) if last < total else None,
    }


def reason() -> str | None:
    """Why something is changed, as far as that was said."""
    return form_text("why", LONGEST_WHY)[:LONGEST_WHY] or None
