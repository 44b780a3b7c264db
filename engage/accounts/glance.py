"""A glance at who is behind a session: the rows as they stand just now, compared and not read.

It takes microseconds. Where the rows are those of last time, so is all that was made of them: the
person with their seats (`service.signed_in`) and pages (`engage.web.door`). Who signed out, was locked
out, lost a seat or got another name has other rows, or none.
"""

import hmac
from collections.abc import Sequence
from datetime import UTC, datetime
from functools import cache
from typing import Any, NamedTuple

from sqlalchemy import JSON, Select, Text, and_, bindparam, cast, exists, or_, select

from engage.accounts.models import Seat, SignedOut, User
from engage.db import as_text
from engage.leaderboards.models import Board
from engage.partners.models import Partner
from engage.programmes.models import Programme

#: Change without anything that is shown: when somebody was here is noted daily.
_ASIDE = {User.last_seen_at.key, User.password_hash.key}

#: What the database has of a person, their seats, programmes and partners.
Mark = tuple[tuple[Any, ...], ...]


class SessionId(NamedTuple):
    """What a session says: whose it is, the stamp it lives by, and the part that is its own alone."""

    user_id: int
    stamp: str
    token: str


class Moved(NamedTuple):
    """How far a board is: see `Board.version` and what stands beside it. ``at`` is as the driver has it."""

    version: int
    reshaped: int
    at: Any

    @property
    def changed_at(self) -> datetime:
        if isinstance(self.at, datetime):
            return self.at
        return datetime.fromisoformat(self.at).replace(tzinfo=UTC)


class Glance(NamedTuple):
    """``mark`` is who was seen; ``board`` is the one that was asked for, None without."""

    mark: Mark
    board: Moved | None


def parse(session_id: str) -> SessionId | None:
    """The parts of `service.session_id`; None where it is none."""
    parts = session_id.split(".")
    if len(parts) != 3 or not parts[0].isascii() or not parts[0].isdigit():
        return None
    return SessionId(int(parts[0]), *parts[1:])


def people(*what: Any) -> Select[Any]:
    """``what`` of the person behind a living session, a row for each seat, in the order they got them.

    Parameters ``user_id`` and ``token``.
    """
    return (
        select(*what)
        .select_from(User)
        .outerjoin(Seat, Seat.user_id == User.id)
        .outerjoin(Programme, or_(Programme.id == Seat.programme_id, User.is_admin))
        .outerjoin(
            Partner, and_(Partner.id == Seat.partner_id, Partner.programme_id == Programme.id)
        )
        .where(
            User.id == bindparam("user_id"),
            User.disabled_at.is_(None),
            ~exists().where(SignedOut.token == bindparam("token")),
        )
        .order_by(Seat.id, Programme.id)
    )


@cache
def question(dialect: str) -> str:
    """Who is there, and how far a board is, in one statement for the driver.

    Parameters ``user_id``, ``token`` and ``board_id``.
    """
    columns = [
        cast(column, Text) if isinstance(column.type, JSON) else column
        for model in (User, Seat, Programme, Partner)
        for column in model.__table__.c
        if column.key not in _ASIDE
    ]
    of_board = (Board.id == bindparam("board_id"), Board.retired_at.is_(None))
    asked = (Board.version, Board.reshaped, Board.changed_at)
    marks = (select(column).where(*of_board).scalar_subquery() for column in asked)
    return as_text(people(User.stamp, *columns, *marks), dialect)


def look(connection: Any, dialect: str, who: SessionId) -> Glance | None:
    """Who is there; None when the session is over. ``connection`` is the driver's own."""
    wanted = {"user_id": who.user_id, "token": who.token, "board_id": None}
    return read(connection.execute(question(dialect), wanted).fetchall(), who)


def read(rows: Sequence[Any], who: SessionId) -> Glance | None:
    """What the rows of `question` say; None when the session is over."""
    if not rows or not hmac.compare_digest(rows[0][0], who.stamp):
        return None
    version, reshaped, changed_at = rows[0][-3:]
    board = None if version is None else Moved(version, reshaped, changed_at)
    return Glance(tuple(row[:-3] for row in rows), board)
