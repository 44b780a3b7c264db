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
    """Send `messages` (each one of the above) to all web processes and say how many listened.

    BadMessage when one is none of the above: nothing is sent then. Telling twice is harmless.
    """
    bodies = [json.dumps(message, separators=(",", ":")) for message in messages]
    for body in bodies:
        rules.read(body)
    with redis.pipeline(transaction=False) as together:  # one way to the server and back
        for body in bodies:
            together.publish(CHANNEL, body)
        return max(together.execute(), default=0)
