"""Answers kept so that a request sent twice is carried out once."""

from datetime import datetime
from typing import Any

from sqlalchemy import JSON, ForeignKey, Index, String
from sqlalchemy.orm import Mapped, mapped_column

from engage.db import Id, Model


class IdempotencyKey(Model):
    """What a client's ``Idempotency-Key`` was answered; kept for a day."""

    __tablename__ = "idempotency_keys"

    programme_id: Mapped[int] = mapped_column(
        Id, ForeignKey("programmes.id"), primary_key=True, autoincrement=False
    )
    key: Mapped[str] = mapped_column(String(200), primary_key=True)
    request_hash: Mapped[str] = mapped_column(String(64))
    status: Mapped[int]
    answer: Mapped[Any] = mapped_column(JSON)
    created_at: Mapped[datetime]

    __table_args__ = (Index("ix_idempotency_keys_created_at", "created_at"),)
