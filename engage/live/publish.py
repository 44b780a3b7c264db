"""Telling every web process that something changed. Called after the commit, by the outbox."""

import json
from typing import Any

from redis import Redis

from engage.live import rules

CHANNEL = "engage:live"


def board_changed(programme_id: int, board: str, version: int) -> dict[str, Any]:
    """The rows of `board` (its slug) are at `version` now; everyone of the programme hears it."""
    return {"programme": programme_id, "topic": "board", "board": board, "version": version}


def partner_changed(programme_id: int, partner_id: int) -> dict[str, Any]:
    """That partner's own pages changed; nobody else hears it."""
    return {"programme": programme_id, "topic": "partner", "partner": partner_id}


def videos_changed(programme_id: int, batch_id: int | None) -> dict[str, Any]:
    """A film moved on, of that batch or of none; the programme's managers hear it."""
    return {"programme": programme_id, "topic": "videos", "batch": batch_id}


def publish(redis: Redis, message: dict[str, Any]) -> int:
    """Send `message` (one of the above) to all web processes and say how many listened.

    BadMessage when it is none of the above: nothing is sent then. Telling twice is harmless.
    """
    body = json.dumps(message, separators=(",", ":"))
    rules.read(body)
    return int(redis.publish(CHANNEL, body))  # type: ignore[arg-type]
