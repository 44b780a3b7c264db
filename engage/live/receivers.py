"""The outbox's way to open pages: looks up what changed and tells every web process."""

from datetime import datetime
from typing import Any

from sqlalchemy import select

from engage.db import db
from engage.leaderboards.models import Board
from engage.live import publish
from engage.queue import connection


def moved(programme_id: int, payload: dict[str, Any], now: datetime) -> None:
    """Topic ``moved``: these boards have new standings, these partners new numbers."""
    versions = db.session.execute(
        select(Board.slug, Board.version).where(
            Board.programme_id == programme_id, Board.slug.in_(payload["boards"])
        )
    )
    redis = connection()
    for slug, version in versions:
        publish.publish(redis, publish.board_changed(programme_id, slug, version))
    for partner_id in payload["partners"]:
        publish.publish(redis, publish.partner_changed(programme_id, partner_id))


def film(programme_id: int, payload: dict[str, Any], now: datetime) -> None:
    """Topic ``film``: a film moved on; its managers hear it, and its partner when one is named."""
    redis = connection()
    publish.publish(redis, publish.videos_changed(programme_id, payload.get("batch")))
    if payload.get("partner"):
        publish.publish(redis, publish.partner_changed(programme_id, payload["partner"]))


def payout(programme_id: int, payload: dict[str, Any], now: datetime) -> None:
    """Topic ``payout``: money of these partners was put on its way, paid or put back."""
    redis = connection()
    for partner_id in payload["partners"]:
        publish.publish(redis, publish.partner_changed(programme_id, partner_id))


def climbed(programme_id: int, payload: dict[str, Any], now: datetime) -> None:
    """Topic ``climbed``: a partner reached a tier; the pages it has open say so."""
    publish.publish(connection(), publish.partner_changed(programme_id, payload["partner"]))
