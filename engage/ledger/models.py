"""Double entry, append-only: accounts, and the transfers between them.

A transfer moves ``amount`` (minor units; below zero it takes back what an earlier one gave) from the
account it debits to the one it credits. Triggers made by the migrations refuse to change, delete or
replace one, and to pay out or redeem what is not there. An account's ``balance`` is the sum of its
credits less its debits. What a partner ever earned is the sum of all of their accounts.
"""

from datetime import date, datetime
from typing import Any

from sqlalchemy import (
    JSON,
    CheckConstraint,
    ForeignKey,
    ForeignKeyConstraint,
    Index,
    LargeBinary,
    String,
    UniqueConstraint,
)
from sqlalchemy.orm import Mapped, mapped_column

from engage.db import Id, Model, index_where, one_of


class Account(Model):
    __tablename__ = "accounts"

    id: Mapped[int] = mapped_column(Id, primary_key=True)
    programme_id: Mapped[int] = mapped_column(ForeignKey("programmes.id"))
    kind: Mapped[str] = mapped_column(String(20))
    partner_id: Mapped[int | None] = mapped_column(ForeignKey("partners.id"))
    unit: Mapped[str] = mapped_column(String(10))
    balance: Mapped[int] = mapped_column(default=0)
    #: How far below zero the balance may go; without one there is no limit.
    floor: Mapped[int | None]

    __table_args__ = (
        UniqueConstraint("programme_id", "kind", "unit", "partner_id"),
        index_where(
            "partner_id IS NULL",
            "uq_accounts_of_programme",
            "programme_id",
            "kind",
            "unit",
            unique=True,
        ),
        Index("ix_accounts_partner_id", "partner_id"),
        Index("uq_accounts_id_programme_id", "id", "programme_id", unique=True),
        Index("uq_accounts_id_partner_id", "id", "partner_id", unique=True),
        one_of(
            "kind", ("budget", "accrued", "payable", "paid", "redeemed", "expired", "clawed_back")
        ),
        CheckConstraint("(kind = 'budget') = (partner_id IS NULL)", name="budget_has_no_partner"),
        CheckConstraint("floor IS NULL OR balance >= floor", name="stands_above_its_floor"),
        # Accrued may go below: a return after the payout takes back what is paid already.
        CheckConstraint("kind IN ('budget', 'accrued') OR balance >= 0", name="not_overdrawn"),
    )


class Link(Model):
    """The seal of one posting, and of every one before it in the programme; see `chain`."""

    __tablename__ = "ledger_links"

    id: Mapped[int] = mapped_column(Id, primary_key=True)
    programme_id: Mapped[int] = mapped_column(ForeignKey("programmes.id"))
    number: Mapped[int]
    previous: Mapped[str] = mapped_column(String(64))
    hash: Mapped[str] = mapped_column(String(64))
    size: Mapped[int]
    marks: Mapped[bytes] = mapped_column(LargeBinary)
    posted_at: Mapped[datetime]

    __table_args__ = (
        UniqueConstraint("programme_id", "number"),
        Index("uq_ledger_links_id_programme_id", "id", "programme_id", unique=True),
    )


#: Which sources a transfer of each kind has (``reason`` is a text); all others are null.
#: The fact of an adjustment may be missing.
_SOURCES = {
    "award": ("fact_id", "rule_version_id"),
    "reward": ("fact_id", "stage_id"),
    "adjustment": ("dispute_id", "reason"),
    "payout": ("payout_id",),
    "paid": ("payout_id",),
    "redemption": ("redemption_id",),
    "expiry": ("reason",),
    "clawback": ("reason",),
}


def _has_its_sources() -> str:
    """The condition that a transfer names what its kind comes from, and nothing else."""
    columns = ("fact_id", "rule_version_id", "stage_id", "payout_id", "redemption_id", "dispute_id")
    kinds = []
    for kind, named in _SOURCES.items():
        said = [f"{column} IS NOT NULL" for column in named]
        free = {*named, "fact_id"} if kind == "adjustment" else {*named}
        said += [f"{column} IS NULL" for column in columns if column not in free]
        kinds.append(f"kind = '{kind}' AND " + " AND ".join(said))
    return " OR ".join(f"({kind})" for kind in kinds)


class Transfer(Model):
    """One line: what moved for whom, and what it comes from.

    What was earned (``rules.EARNED``) names its fact and rule version or mission stage;
    ``total_before`` and ``total_after`` are the running totals (ten-thousandths) the pay was computed
    from, so that the arithmetic can be shown again, and zero elsewhere; ``day`` and ``occurred_at``
    are those of the fact, ``period`` is the rule's. Other kinds name their payout or redemption.
    """

    __tablename__ = "transfers"

    id: Mapped[int] = mapped_column(Id, primary_key=True)
    programme_id: Mapped[int] = mapped_column(Id)
    partner_id: Mapped[int] = mapped_column(Id)
    debit_id: Mapped[int] = mapped_column(Id)
    credit_id: Mapped[int] = mapped_column(Id)
    unit: Mapped[str] = mapped_column(String(10))
    amount: Mapped[int]
    kind: Mapped[str] = mapped_column(String(20))
    fact_id: Mapped[int | None] = mapped_column(ForeignKey("facts.id"))
    rule_version_id: Mapped[int | None] = mapped_column(ForeignKey("rule_versions.id"))
    stage_id: Mapped[int | None] = mapped_column(ForeignKey("mission_stages.id"))
    payout_id: Mapped[int | None] = mapped_column(ForeignKey("payouts.id"))
    redemption_id: Mapped[int | None] = mapped_column(ForeignKey("redemptions.id"))
    # The two tables name each other: a question its line, a correction its question.
    dispute_id: Mapped[int | None] = mapped_column(ForeignKey("disputes.id", use_alter=True))
    reason: Mapped[str | None] = mapped_column(String(500))
    period: Mapped[str | None] = mapped_column(String(10))
    occurred_at: Mapped[datetime]
    day: Mapped[date]
    total_before: Mapped[int]
    total_after: Mapped[int]
    #: What else the arithmetic took; null for plain rules.
    terms: Mapped[dict[str, Any] | None] = mapped_column(JSON(none_as_null=True))
    posted_at: Mapped[datetime]
    key: Mapped[str] = mapped_column(String(80), unique=True)
    link_id: Mapped[int] = mapped_column(Id)

    __table_args__ = (
        # Programme and partner have no keys of their own: these say more, and each costs every line.
        # On PostgreSQL most are looked up once a statement, by a trigger (migration 0038).
        ForeignKeyConstraint(
            ["debit_id", "programme_id"], ["accounts.id", "accounts.programme_id"]
        ),
        ForeignKeyConstraint(["credit_id", "partner_id"], ["accounts.id", "accounts.partner_id"]),
        ForeignKeyConstraint(
            ["link_id", "programme_id"], ["ledger_links.id", "ledger_links.programme_id"]
        ),
        Index("ix_transfers_partner_id_posted", "partner_id", "id"),
        Index("ix_transfers_programme_id_day", "programme_id", "day"),
        Index("ix_transfers_fact_id", "fact_id"),
        CheckConstraint("amount <> 0", name="amount_moves_something"),
        CheckConstraint("debit_id <> credit_id", name="two_accounts"),
        CheckConstraint(_has_its_sources(), name="has_its_sources"),
    )


class AwardedSoFar(Model):
    """A projection: what a rule or mission that stops at its budget has awarded, in minor units."""

    __tablename__ = "awarded_so_far"

    source: Mapped[str] = mapped_column(String(40), primary_key=True)
    unit: Mapped[str] = mapped_column(String(10), primary_key=True)
    programme_id: Mapped[int] = mapped_column(ForeignKey("programmes.id"), index=True)
    amount: Mapped[int]
