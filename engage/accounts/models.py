"""Who may sign in, in which programme they sit, and the keys of API clients."""

from datetime import datetime

from sqlalchemy import CheckConstraint, ForeignKey, Index, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from engage.db import Id, Model, one_of


class User(Model):
    """A person. What they may do stands in their seats; ``stamp`` is part of every session."""

    __tablename__ = "users"

    id: Mapped[int] = mapped_column(Id, primary_key=True)
    email: Mapped[str] = mapped_column(String(254), unique=True)
    name: Mapped[str] = mapped_column(String(200), default="")
    password_hash: Mapped[str | None] = mapped_column(String(255))
    is_admin: Mapped[bool] = mapped_column(default=False)
    locale: Mapped[str | None] = mapped_column(String(20))
    timezone: Mapped[str | None] = mapped_column(String(64))
    theme: Mapped[str | None] = mapped_column(String(10))
    stamp: Mapped[str] = mapped_column(String(32))
    created_at: Mapped[datetime]
    last_seen_at: Mapped[datetime | None]
    disabled_at: Mapped[datetime | None]

    seats: Mapped[list["Seat"]] = relationship(back_populates="user")

    __table_args__ = (CheckConstraint("email = lower(email)", name="email_lower"),)


class Seat(Model):
    """A user's place in a programme: manager, or one of the people of a partner.

    ``news_read_at`` is until when they have read what happened to what they earned.
    """

    __tablename__ = "seats"

    id: Mapped[int] = mapped_column(Id, primary_key=True)
    user_id: Mapped[int] = mapped_column(ForeignKey("users.id"))
    programme_id: Mapped[int] = mapped_column(ForeignKey("programmes.id"))
    role: Mapped[str] = mapped_column(String(10))
    partner_id: Mapped[int | None] = mapped_column(ForeignKey("partners.id"))
    news_read_at: Mapped[datetime | None]

    user: Mapped[User] = relationship(back_populates="seats")

    __table_args__ = (
        UniqueConstraint("user_id", "programme_id", "role", "partner_id"),
        Index("ix_seats_partner_id", "partner_id"),
        one_of("role", ("partner", "manager")),
        CheckConstraint(
            "(role = 'partner') = (partner_id IS NOT NULL)", name="partner_has_partner"
        ),
    )


class PastSeat(Model):
    """Until when somebody last sat for a partner: what came up by then others still decide."""

    __tablename__ = "past_seats"

    user_id: Mapped[int] = mapped_column(ForeignKey("users.id"), primary_key=True)
    partner_id: Mapped[int] = mapped_column(ForeignKey("partners.id"), primary_key=True)
    left_at: Mapped[datetime]


class SignedOut(Model):
    """A session that was ended before its time, by the part of it that is its own alone."""

    __tablename__ = "signed_out"

    token: Mapped[str] = mapped_column(String(32), primary_key=True)
    until: Mapped[datetime]

    __table_args__ = (Index("ix_signed_out_until", "until"),)


class ApiKey(Model):
    """A client's key. Only the hash of its secret is kept (the secret is 32 random bytes)."""

    __tablename__ = "api_keys"

    id: Mapped[int] = mapped_column(Id, primary_key=True)
    programme_id: Mapped[int] = mapped_column(ForeignKey("programmes.id"))
    name: Mapped[str] = mapped_column(String(100))
    prefix: Mapped[str] = mapped_column(String(12), unique=True)
    secret_hash: Mapped[str] = mapped_column(String(64))
    scopes: Mapped[str] = mapped_column(String(200))
    created_at: Mapped[datetime]
    last_used_at: Mapped[datetime | None]
    revoked_at: Mapped[datetime | None]

    __table_args__ = (UniqueConstraint("programme_id", "name"),)
