"""Writing messages in the transaction that causes them, and claiming them after it."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import CursorResult, select, update

from engage.db import db
from engage.outbox.models import Message


def write(programme_id: int, topic: str, payload: Mapping[str, Any], now: datetime) -> None:
    """Leave a message that goes out once the transaction stands."""
    db.session.add(
        Message(programme_id=programme_id, topic=topic, payload=dict(payload), created_at=now)
    )
    db.session.flush()


#: Messages that a deliverer takes at a time.
AT_ONCE = 100


def waiting(limit: int = AT_ONCE) -> Sequence[Message]:
    """The oldest messages nobody has delivered."""
    return db.session.scalars(
        select(Message).where(Message.delivered_at.is_(None)).order_by(Message.id).limit(limit)
    ).all()


def delivered(message_id: int, now: datetime) -> bool:
    """Mark a message as out; False when another deliverer was faster."""
    result: CursorResult[Any] = db.session.execute(  # type: ignore[assignment]
        update(Message)
        .where(Message.id == message_id, Message.delivered_at.is_(None))
        .values(delivered_at=now)
    )
    return bool(result.rowcount)
