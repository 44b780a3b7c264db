"""The screens of a programme, and what each shows."""

from datetime import datetime
from typing import Any

from sqlalchemy import JSON, ForeignKey, Index, String
from sqlalchemy.orm import Mapped, mapped_column

from engage.db import Id, Model


class Screen(Model):
    """A screen on a wall. Only the hash of its token is kept (the token is 24 random bytes).

    ``plan`` is what ``rules.parse`` reads. A revoked one is kept: its address says what became of it.
    """

    __tablename__ = "screens"

    id: Mapped[int] = mapped_column(Id, primary_key=True)
    programme_id: Mapped[int] = mapped_column(ForeignKey("programmes.id"))
    token_hash: Mapped[str] = mapped_column(String(64), unique=True)
    plan: Mapped[dict[str, Any]] = mapped_column(JSON)
    created_at: Mapped[datetime]
    created_by: Mapped[int | None] = mapped_column(ForeignKey("users.id"))
    revoked_at: Mapped[datetime | None]

    __table_args__ = (Index("ix_screens_programme_id", "programme_id"),)
