"""Payout runs, and the payments in them: what became of each stands in its instants."""

from datetime import date, datetime
from typing import Any

from sqlalchemy import JSON, CheckConstraint, ForeignKey, Index, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from engage.db import Id, Model


class PayoutRun(Model):
    """A closed period's payments. Cleared by one manager, or by two who are not the same."""

    __tablename__ = "payout_runs"

    id: Mapped[int] = mapped_column(Id, primary_key=True)
    programme_id: Mapped[int] = mapped_column(ForeignKey("programmes.id"))
    number: Mapped[int]
    period: Mapped[str] = mapped_column(String(10))
    last_day: Mapped[date]
    promised_on: Mapped[date]
    needs_second: Mapped[bool]
    collected_at: Mapped[datetime]
    collected_by: Mapped[int | None] = mapped_column(ForeignKey("users.id"))
    approved_at: Mapped[datetime | None]
    approved_by: Mapped[int | None] = mapped_column(ForeignKey("users.id"))
    seconded_by: Mapped[int | None] = mapped_column(ForeignKey("users.id"))
    cleared_at: Mapped[datetime | None]

    __table_args__ = (
        UniqueConstraint("programme_id", "number"),
        UniqueConstraint("programme_id", "last_day"),
        CheckConstraint("(approved_at IS NULL) = (approved_by IS NULL)", name="approved_by_one"),
        CheckConstraint("seconded_by <> approved_by", name="seconded_by_another"),
        CheckConstraint(
            "cleared_at IS NULL OR approved_by IS NOT NULL "
            "AND (NOT needs_second OR seconded_by IS NOT NULL)",
            name="cleared_by_enough",
        ),
    )


class Payout(Model):
    """One payment to a partner in a unit: it stands in the partner's payable account.

    ``fresh`` and ``earlier`` make its amount (minor units), see `rules.Due`. With ``holds`` it waits
    until somebody released it; put back, or returned by the bank, its amount is accrued again and
    comes with the next run.
    """

    __tablename__ = "payouts"

    id: Mapped[int] = mapped_column(Id, primary_key=True)
    run_id: Mapped[int] = mapped_column(ForeignKey("payout_runs.id"))
    partner_id: Mapped[int] = mapped_column(ForeignKey("partners.id"))
    unit: Mapped[str] = mapped_column(String(10))
    amount: Mapped[int]
    fresh: Mapped[int]
    earlier: Mapped[int]
    held: Mapped[bool]
    holds: Mapped[list[Any]] = mapped_column(JSON)
    released_at: Mapped[datetime | None]
    released_by: Mapped[int | None] = mapped_column(ForeignKey("users.id"))
    paid_at: Mapped[datetime | None]
    paid_by: Mapped[int | None] = mapped_column(ForeignKey("users.id"))
    reference: Mapped[str | None] = mapped_column(String(100))
    put_back_at: Mapped[datetime | None]
    put_back_by: Mapped[int | None] = mapped_column(ForeignKey("users.id"))
    note: Mapped[str | None] = mapped_column(String(500))

    __table_args__ = (
        UniqueConstraint("run_id", "partner_id", "unit"),
        Index("ix_payouts_partner_id", "partner_id"),
        CheckConstraint("amount > 0 AND amount = fresh + earlier", name="amount_is_its_parts"),
        CheckConstraint("(paid_at IS NULL) = (reference IS NULL)", name="paid_with_a_reference"),
        CheckConstraint("NOT held OR released_at IS NOT NULL OR paid_at IS NULL", name="held_back"),
    )
