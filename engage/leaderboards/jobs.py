"""Periodic work of boards."""

import logging
from datetime import datetime

from sqlalchemy import select

from engage import clock, effect
from engage.db import db, transaction
from engage.leaderboards import buckets, days, service
from engage.leaderboards.models import Board
from engage.programmes.models import Programme

log = logging.getLogger(__name__)


def keep_days(now: datetime | None = None) -> int:
    """Write down yesterday's places of every board that lack them; how many rows were written.

    Runs every hour, because midnight comes at another hour in each programme. Crowds of an hour
    are split in it, too.
    """
    instant = now or clock.now()
    programme_ids = list(db.session.scalars(select(Programme.id)))
    written = sum(
        transaction(lambda i=programme_id: _keep(i, instant))  # type: ignore[misc]
        for programme_id in programme_ids
    )
    for programme_id in programme_ids:
        # One in a transaction: a fact that comes meanwhile waits for seconds at most.
        while transaction(lambda i=programme_id: _split(i)):  # type: ignore[misc]
            pass
    if written:
        log.info("kept %d places of yesterday", written)
    return written


def turn(now: datetime | None = None) -> None:
    """What is due by the clock: boards freeze, periods end and become final."""
    instant = now or clock.now()
    due = select(Board.programme_id).where(Board.turns_at <= instant, Board.retired_at.is_(None))
    for programme_id in db.session.scalars(due.distinct()).all():
        transaction(
            lambda i=programme_id: effect.turn(db.session.get_one(Programme, i), now=instant)  # type: ignore[misc]
        )


def _split(programme_id: int) -> bool:
    return any(map(buckets.split, service.boards(db.session.get_one(Programme, programme_id))))


def _keep(programme_id: int, now: datetime) -> int:
    programme = db.session.get_one(Programme, programme_id)
    today = clock.local_day(now, programme.timezone)
    kept = {board: days.keep(programme, board, today) for board in service.boards(programme)}
    service.stamp([board for board, rows in kept.items() if rows], now)
    return sum(kept.values())
