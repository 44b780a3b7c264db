"""Writing messages in the transaction that causes them, and taking away those that left."""

import time
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, NamedTuple

from sqlalchemy import bindparam, delete, event, select
from sqlalchemy.orm import Session

from engage.among import among
from engage.db import db
from engage.outbox.models import Message
from engage.prepared import Prepared
from engage.rows import insert_rows

_messages: Any = Message.__table__.c
_WAITING = Prepared(select(Message.__table__).order_by(_messages.id).limit(bindparam("most")))
_DELIVERED = Prepared(delete(Message).where(among(_messages.id, "message_ids")))


class Left(NamedTuple):
    """A message as who wrote it has it in hand."""

    id: int
    programme_id: int
    topic: str
    payload: Mapping[str, Any]


def write(programme_id: int, topic: str, payload: Mapping[str, Any], now: datetime) -> None:
    """Leave a message that goes out once the transaction stands."""
    left = Left(time.time_ns(), programme_id, topic, payload)
    insert_rows(Message.__table__, [left._asdict() | {"created_at": now}])
    hand = db.session().info.setdefault("left", [])
    if hand is not None:
        hand.append(left)


@event.listens_for(Session, "after_soft_rollback")
def _let_fall(session: Session, _transaction: Any) -> None:
    # Some of them may stand, of a transaction or a savepoint before: the table knows.
    if session.info.get("left"):
        session.info["left"] = None


def in_hand() -> Sequence[Any]:
    """What this session wrote since it was asked last; nothing where not all of that is sure to stand."""
    found: Sequence[Any] | None = db.session().info.pop("left", None)
    return found or ()


#: Messages that a deliverer takes at a time.
AT_ONCE = 100


def waiting(limit: int = AT_ONCE) -> list[Any]:
    """The oldest messages nobody has delivered, as their rows say."""
    return _WAITING.all(most=limit)


def delivered(message_ids: Sequence[int]) -> None:
    """Take away messages that are out."""
    _DELIVERED.run({"message_ids": message_ids})
