"""Sending the outbox: right after a commit by who committed, and swept by the scheduler."""

import logging
from collections.abc import Callable
from datetime import datetime
from importlib import import_module
from typing import Any

from redis.exceptions import RedisError

from engage.clock import now as clock_now
from engage.db import db, transaction
from engage.outbox import service

log = logging.getLogger(__name__)

#: Topic -> who receives (programme id, payload, now). Receivers may be called twice for a message.
RECEIVERS = {
    "moved": "engage.live.receivers:moved",
    "joined": "engage.videos.jobs:partners_joined",
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
    """Send what is waiting, oldest first; how many went out.

    A receiver that cannot be reached leaves its message, and those after it, for the next sweep.
    """
    sent = 0
    while batch := service.waiting():
        for message_id, programme_id, topic, payload in [
            (m.id, m.programme_id, m.topic, m.payload) for m in batch
        ]:
            now = clock_now()
            db.session.rollback()
            try:
                receiver(topic)(programme_id, payload, now)
            except RedisError as error:
                log.info("outbox waits: %s", error)
                db.session.rollback()
                return sent
            transaction(lambda i=message_id, n=now: service.delivered(i, n))  # type: ignore[misc]
            sent += 1
        if len(batch) < service.AT_ONCE:
            break
    db.session.rollback()
    return sent
