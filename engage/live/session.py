"""Who listens: the session of the pages, read outside a request."""

from collections.abc import Sequence
from typing import Protocol

from flask import Flask
from werkzeug.http import parse_cookie

from engage.accounts import service
from engage.live.rules import Viewer
from engage.web.access import session_choice


class Sessions(Protocol):
    """What /live asks of sign-in, from any thread."""

    def find(self, cookies: str) -> str | None:
        """The session in a Cookie header, as it stands there; None when there is none."""

    def viewers(self, sessions: Sequence[str]) -> list[Viewer | None]:
        """Who sits behind each session; None where it is no longer good, or has no seat."""


class FlaskSessions:
    """The signed cookie of `app`: the user it names, their stamp, the seat they chose."""

    def __init__(self, app: Flask) -> None:
        self._app = app

    def find(self, cookies: str) -> str | None:
        return parse_cookie(cookies).get(self._app.config["SESSION_COOKIE_NAME"])

    def viewers(self, sessions: Sequence[str]) -> list[Viewer | None]:
        with self._app.app_context():
            return [self._viewer(session) for session in sessions]

    def _viewer(self, session: str) -> Viewer | None:
        choice = session_choice(self._app, session)
        seat = service.seat_for_session(*choice) if choice else None
        if seat is None:
            return None
        partner_id = seat.partner.id if seat.partner else None
        return Viewer(seat.user.id, seat.programme.id, partner_id, seat.role)
