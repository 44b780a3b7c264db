"""The messages waiting to leave; what left is gone."""

from datetime import datetime
from typing import Any

from sqlalchemy import JSON, ForeignKey, String
from sqlalchemy.orm import Mapped, mapped_column

from engage.db import Id, Model


class Message(Model):
    """``topic`` names the receiver, ``payload`` is what it needs (ids, never content); the id is the
    nanosecond in which it was written, so they are in order and none has that of one that left."""

    __tablename__ = "outbox"

    id: Mapped[int] = mapped_column(Id, primary_key=True)
    programme_id: Mapped[int] = mapped_column(ForeignKey("programmes.id"))
    topic: Mapped[str] = mapped_column(String(40))
    payload: Mapped[dict[str, Any]] = mapped_column(JSON)
    created_at: Mapped[datetime]
