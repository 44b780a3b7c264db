"""Telling every web process that something changed. Called after the commit, by the outbox."""

import json
from typing import Any

from redis import Redis

from engage.live import rules

CHANNEL = "engage:live"


def board_changed(
    programme_id: int, board: str, version: int, *, public: bool = True
) -> dict[str, Any]:
    """The rows of `board` (its slug) are at `version` now; who may look at it hears it."""
    said = {"programme": programme_id, "topic": "board", "board": board, "version": version}
    return said | {"public": public}


def partner_changed(programme_id: int, partner_id: int) -> dict[str, Any]:
    """That partner's own pages changed; nobody else hears it."""
    return {"programme": programme_id, "topic": "partner", "partner": partner_id}


def videos_changed(programme_id: int, batch_id: int | None) -> dict[str, Any]:
    """A film moved on, of that batch or of none; the programme's managers hear it."""
    return {"programme": programme_id, "topic": "videos", "batch": batch_id}


def celebrated(programme_id: int, what: str) -> dict[str, Any]:
    """Something to celebrate, by its reference (`screens.celebrations`); the screens hear it."""
    return {"programme": programme_id, "topic": "celebration", "what": what}


def publish(redis: Redis, *messages: dict[str, Any]) -> int:
    """Send `messages` (each one of the above, on a line of its own) to all web processes, all at once;
    how many listened.

    BadMessage when one is none of the above: nothing is sent then. Telling twice is harmless.
    """
    for message in messages:
        rules.change(message)
    body = "\n".join(json.dumps(message, separators=(",", ":")) for message in messages)
    heard: Any = redis.publish(CHANNEL, body) if body else 0
    return int(heard)
