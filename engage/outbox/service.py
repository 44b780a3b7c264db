"""Writing messages in the transaction that causes them, and claiming them after it."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import bindparam, select, update

from engage.outbox.models import Message
from engage.prepared import Prepared
from engage.rows import among, insert_rows

_messages: Any = Message.__table__.c
_WAITING = Prepared(
    select(Message.__table__)
    .where(_messages.delivered_at.is_(None))
    .order_by(_messages.id)
    .limit(bindparam("most"))
)
_DELIVERED = Prepared(
    update(Message)
    .where(among(_messages.id, "message_ids"), _messages.delivered_at.is_(None))
    .values(delivered_at=bindparam("now"))
)


def write(programme_id: int, topic: str, payload: Mapping[str, Any], now: datetime) -> None:
    """Leave a message that goes out once the transaction stands."""
    row = {"programme_id": programme_id, "topic": topic, "payload": payload, "created_at": now}
    insert_rows(Message.__table__, [row])


#: Messages that a deliverer takes at a time.
AT_ONCE = 100


def waiting(limit: int = AT_ONCE) -> list[Any]:
    """The oldest messages nobody has delivered, as their rows say."""
    return _WAITING.all(most=limit)


def delivered(message_ids: Sequence[int], now: datetime) -> None:
    """Mark messages as out."""
    _DELIVERED.run({"message_ids": message_ids, "now": now})
