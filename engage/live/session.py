"""Who listens: the session of the pages, read outside a request."""

from collections.abc import Sequence
from typing import Protocol

from flask import Flask
from werkzeug.http import parse_cookie

from engage import clock
from engage.accounts import service
from engage.leaderboards import service as leaderboards
from engage.live.rules import Viewer
from engage.screens import service as screens
from engage.web.access import session_choice

#: What a screen's session begins with, as no cookie can.
_SCREEN = "screen "


class Sessions(Protocol):
    """What /live asks of sign-in, from any thread."""

    def find(self, cookies: str, screen: str) -> str | None:
        """The session in a Cookie header, as it stands there, or that of a screen's token.

        None when there is neither.
        """

    def viewers(self, sessions: Sequence[str]) -> list[Viewer | None]:
        """Who sits behind each session; None where it is no longer good, or has no seat."""


class FlaskSessions:
    """The signed cookie of `app`: the user it names, their stamp, the seat they chose."""

    def __init__(self, app: Flask) -> None:
        self._app = app

    def find(self, cookies: str, screen: str) -> str | None:
        if screen:
            return _SCREEN + screen
        return parse_cookie(cookies).get(self._app.config["SESSION_COOKIE_NAME"])

    def viewers(self, sessions: Sequence[str]) -> list[Viewer | None]:
        with self._app.app_context():
            return [self._viewer(session) for session in sessions]

    def _viewer(self, session: str) -> Viewer | None:
        if session.startswith(_SCREEN):
            return _screen(session.removeprefix(_SCREEN))
        choice = session_choice(self._app, session)
        seat = service.seat_for_session(*choice) if choice else None
        if seat is None:
            return None
        partner_id = seat.partner.id if seat.partner else None
        found = leaderboards.for_some(seat.programme, seat.partner, clock.now())
        boards = frozenset(board.model.slug for board in found)
        return Viewer(f"user {seat.user.id}", seat.programme.id, partner_id, seat.role, boards)


def _screen(token: str) -> Viewer | None:
    found = screens.by_token(token)
    if found is None or found.revoked_at is not None:
        return None
    return Viewer(f"screen {found.id}", found.programme_id, None, "screen")
