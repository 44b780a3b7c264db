"""Double entry, append-only: accounts, and the transfers between them.

A transfer moves ``amount`` (minor units; below zero it takes back what an earlier one gave) from the
account it debits to the one it credits. Triggers made by the migration refuse to change or delete
one. An account's ``balance`` is the sum of its credits less its debits.
"""

from datetime import date, datetime

from sqlalchemy import CheckConstraint, ForeignKey, Index, String, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from engage.db import Id, Model


class Account(Model):
    __tablename__ = "accounts"

    id: Mapped[int] = mapped_column(Id, primary_key=True)
    programme_id: Mapped[int] = mapped_column(ForeignKey("programmes.id"))
    kind: Mapped[str] = mapped_column(String(20))
    partner_id: Mapped[int | None] = mapped_column(ForeignKey("partners.id"))
    unit: Mapped[str] = mapped_column(String(10))
    balance: Mapped[int] = mapped_column(default=0)

    __table_args__ = (
        UniqueConstraint("programme_id", "kind", "unit", "partner_id"),
        Index(
            "uq_accounts_of_programme",
            "programme_id",
            "kind",
            "unit",
            unique=True,
            sqlite_where=text("partner_id IS NULL"),
            postgresql_where=text("partner_id IS NULL"),
        ),
        Index("ix_accounts_partner_id", "partner_id"),
        CheckConstraint("kind IN ('budget', 'accrued')", name="kind_known"),
        CheckConstraint("(kind = 'budget') = (partner_id IS NULL)", name="budget_has_no_partner"),
    )


class Transfer(Model):
    """One line: what was paid to whom, for which fact, by which rule version or mission stage.

    ``total_before`` and ``total_after`` are the running totals (ten-thousandths) the pay was
    computed from, so that the arithmetic can be shown again; ``day`` and ``occurred_at`` are those of
    the fact, ``period`` is the rule's.
    """

    __tablename__ = "transfers"

    id: Mapped[int] = mapped_column(Id, primary_key=True)
    programme_id: Mapped[int] = mapped_column(ForeignKey("programmes.id"))
    partner_id: Mapped[int] = mapped_column(ForeignKey("partners.id"))
    debit_id: Mapped[int] = mapped_column(ForeignKey("accounts.id"))
    credit_id: Mapped[int] = mapped_column(ForeignKey("accounts.id"))
    unit: Mapped[str] = mapped_column(String(10))
    amount: Mapped[int]
    fact_id: Mapped[int] = mapped_column(ForeignKey("facts.id"))
    rule_version_id: Mapped[int | None] = mapped_column(ForeignKey("rule_versions.id"))
    stage_id: Mapped[int | None] = mapped_column(ForeignKey("mission_stages.id"))
    period: Mapped[str | None] = mapped_column(String(10))
    occurred_at: Mapped[datetime]
    day: Mapped[date]
    total_before: Mapped[int]
    total_after: Mapped[int]
    posted_at: Mapped[datetime]
    key: Mapped[str] = mapped_column(String(80), unique=True)

    __table_args__ = (
        Index("ix_transfers_partner_id_posted", "partner_id", "id"),
        Index("ix_transfers_programme_id_day", "programme_id", "day"),
        Index("ix_transfers_fact_id", "fact_id"),
        CheckConstraint("amount <> 0", name="amount_moves_something"),
        CheckConstraint("debit_id <> credit_id", name="two_accounts"),
        CheckConstraint(
            "(rule_version_id IS NULL) <> (stage_id IS NULL)", name="rule_or_mission_stage"
        ),
    )
