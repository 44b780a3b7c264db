"""Facts: what happened, once each, for ever; and reports that wait to become one."""

from datetime import date, datetime
from typing import Any

from sqlalchemy import JSON, CheckConstraint, ForeignKey, Index, String
from sqlalchemy.orm import Mapped, mapped_column

from engage.activity.rules import REASONS
from engage.db import Id, Model, index_where, one_of
from engage.definitions import FACT_KINDS


class Fact(Model):
    """A sale, a deal, a training: inserted, never edited.

    ``amount`` and ``quantity`` are integers in ten-thousandths. A correction is a new row; the one
    it replaces is stamped ``superseded_at``, the only column that ever changes. ``day`` is the local
    calendar day of ``occurred_at`` in the programme's time zone.
    """

    __tablename__ = "facts"

    id: Mapped[int] = mapped_column(Id, primary_key=True)
    programme_id: Mapped[int] = mapped_column(ForeignKey("programmes.id"))
    source: Mapped[str] = mapped_column(String(40))
    external_id: Mapped[str] = mapped_column(String(200))
    partner_id: Mapped[int] = mapped_column(ForeignKey("partners.id"))
    kind: Mapped[str] = mapped_column(String(20))
    occurred_at: Mapped[datetime]
    day: Mapped[date]
    amount: Mapped[int] = mapped_column(default=0)
    currency: Mapped[str | None] = mapped_column(String(3))
    quantity: Mapped[int] = mapped_column(default=0)
    product: Mapped[str | None] = mapped_column(String(200))
    category: Mapped[str | None] = mapped_column(String(200))
    customer: Mapped[str | None] = mapped_column(String(200))
    recorded_at: Mapped[datetime]
    superseded_at: Mapped[datetime | None]

    __table_args__ = (
        # One standing fact per source and external id; what it replaced stays beside it.
        index_where(
            "superseded_at IS NULL",
            "uq_facts_standing",
            "programme_id",
            "source",
            "external_id",
            unique=True,
        ),
        Index("ix_facts_partner_id_day", "partner_id", "day"),
        # Corrections are few: what a partner's statement says of them is found through these.
        index_where("superseded_at IS NOT NULL", "ix_facts_superseded", "partner_id"),
        Index("ix_facts_programme_id_day", "programme_id", "day"),
        one_of("kind", FACT_KINDS),
    )


class CurrencyRate(Model):
    """What one unit of ``currency`` is worth in the programme's, from ``day`` on; a decimal."""

    __tablename__ = "currency_rates"

    programme_id: Mapped[int] = mapped_column(
        Id, ForeignKey("programmes.id"), primary_key=True, autoincrement=False
    )
    currency: Mapped[str] = mapped_column(String(3), primary_key=True)
    day: Mapped[date] = mapped_column(primary_key=True)
    rate: Mapped[str] = mapped_column(String(20))


class Conversion(Model):
    """What a fact was reported as, where that was another currency: ``amount`` (ten-thousandths of
    ``currency``) times ``rate`` is the fact's own. It stays when the published rate changes."""

    __tablename__ = "conversions"

    fact_id: Mapped[int] = mapped_column(
        Id, ForeignKey("facts.id"), primary_key=True, autoincrement=False
    )
    amount: Mapped[int]
    currency: Mapped[str] = mapped_column(String(3))
    rate: Mapped[str] = mapped_column(String(20))


HELD_STATES = ("waiting", "taken", "replaced", "dismissed")


class HeldFact(Model):
    """A report that could not be taken and was not thrown away either.

    ``report`` is all of it (see `engage.activity.held.raw`), ``came_by`` the way it came ("API: crm"),
    ``reason`` the first thing wrong with it, ``problem`` everything, with its remedy. It is taken
    once that has changed, replaced by a later report of the same fact, or dismissed by a manager.
    """

    __tablename__ = "held_facts"

    id: Mapped[int] = mapped_column(Id, primary_key=True)
    programme_id: Mapped[int] = mapped_column(ForeignKey("programmes.id"))
    source: Mapped[str] = mapped_column(String(40))
    external_id: Mapped[str] = mapped_column(String(200))
    partner: Mapped[str] = mapped_column(String(200))
    occurred_at: Mapped[datetime]
    report: Mapped[dict[str, Any]] = mapped_column(JSON)
    came_by: Mapped[str] = mapped_column(String(200))
    reason: Mapped[str] = mapped_column(String(20))
    problem: Mapped[str] = mapped_column(String(1_000))
    held_at: Mapped[datetime]
    state: Mapped[str] = mapped_column(String(10), default="waiting")
    settled_at: Mapped[datetime | None]
    settled_by: Mapped[int | None] = mapped_column(ForeignKey("users.id"))
    note: Mapped[str | None] = mapped_column(String(500))

    __table_args__ = (
        # One waiting report per fact; the waiting ones are also looked for by what they wait for.
        index_where(
            "state = 'waiting'",
            "uq_held_facts_waiting",
            "programme_id",
            "source",
            "external_id",
            unique=True,
        ),
        Index("ix_held_facts_programme_id_state", "programme_id", "state", "id"),
        one_of("state", HELD_STATES),
        one_of("reason", REASONS),
        CheckConstraint("(state = 'waiting') = (settled_at IS NULL)", name="settled_when"),
        CheckConstraint("(state = 'dismissed') = (note IS NOT NULL)", name="dismissed_with_reason"),
    )
