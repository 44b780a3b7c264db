"""Sending the outbox: right after a commit by who committed, and swept by the scheduler."""

import logging
from collections.abc import Callable, Sequence
from datetime import datetime
from importlib import import_module
from typing import Any

from redis.exceptions import RedisError

from engage.clock import now as clock_now
from engage.db import aside, db
from engage.outbox import service

log = logging.getLogger(__name__)

#: Topic -> who receives (programme id, payload, now). Receivers may be called twice for a message.
RECEIVERS = {
    "moved": "engage.live.receivers:moved",
    "joined": "engage.videos.jobs:joined",
    "withdrawn": "engage.videos.jobs:withdrawn",
    "climbed": "engage.live.receivers:climbed",
    "fell": "engage.live.receivers:fell",
    "film": "engage.live.receivers:film",
    "payout": "engage.live.receivers:payout",
}

Receiver = Callable[[int, dict[str, Any], datetime], None]


def receiver(topic: str) -> Receiver:
    """The function that takes messages of ``topic``.

    Looked up by name when the first message comes: the outbox stands below those it calls.
    """
    module, _, name = RECEIVERS[topic].partition(":")
    found: Receiver = getattr(import_module(module), name)
    return found


def deliver() -> int:
    """Send what this session left, or else what is waiting, oldest first; how many went out.

    A receiver that cannot be reached leaves its message, and those after it, for the next sweep.
    """
    sent = 0
    with aside():
        if mine := service.in_hand():
            return len(_send(mine))
        while batch := service.waiting():
            gone = _send(batch)
            sent += len(gone)
            if len(gone) < service.AT_ONCE:
                break
    return sent


def _send(batch: Sequence[Any]) -> list[int]:
    """Send messages until a receiver cannot be reached; the ids of those that went out."""
    gone: list[int] = []
    try:
        for message in batch:
            receiver(message.topic)(message.programme_id, message.payload, clock_now())
            gone.append(message.id)
    except RedisError as error:
        log.info("outbox waits: %s", error)
    finally:
        if db.session().in_transaction():  # what receivers read ends before what says that they did
            db.session.commit()
        if gone:
            service.delivered(gone)
    return gone
