"""payouts: the terms of a programme, runs, and the payments that transfers belong to

Revision ID: 0010
Revises: 0009
"""

import sqlalchemy as sa
from alembic import op

from engage.db import Id, UtcDateTime
from engage.migrations import rebuilding

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None

#: What a payment is never changes; only what became of it is added. Nothing of it is deleted.
STANDS = "id, run_id, partner_id, unit, amount, fresh, earlier, held, holds"
TRIGGERS = {
    "sqlite": (
        f"""
        CREATE TRIGGER payouts_stand_update BEFORE UPDATE OF {STANDS} ON payouts
        BEGIN SELECT RAISE(ABORT, 'a payment stands: put it back instead'); END
        """,
        """
        CREATE TRIGGER payouts_stand_delete BEFORE DELETE ON payouts
        BEGIN SELECT RAISE(ABORT, 'a payment stands: put it back instead'); END
        """,
    ),
    "postgresql": (
        f"""
        CREATE TRIGGER payouts_stand_update BEFORE UPDATE OF {STANDS} ON payouts
        FOR EACH ROW EXECUTE FUNCTION stands()
        """,
        """
        CREATE TRIGGER payouts_stand_delete BEFORE DELETE ON payouts
        FOR EACH ROW EXECUTE FUNCTION stands()
        """,
    ),
}


def _instant(name: str, *, nullable: bool = True) -> sa.Column[object]:
    return sa.Column(name, UtcDateTime(timezone=True), nullable=nullable)


def _user(table: str, name: str) -> tuple[sa.Column[object], sa.ForeignKeyConstraint]:
    key = sa.ForeignKeyConstraint([name], ["users.id"], name=op.f(f"fk_{table}_{name}"))
    column: sa.Column[object] = sa.Column(name, Id, nullable=True)  # type: ignore[arg-type]
    return column, key


def upgrade() -> None:
    op.add_column("programmes", sa.Column("payouts", sa.JSON(none_as_null=True), nullable=True))
    op.create_table(
        "payout_runs",
        sa.Column("id", Id, nullable=False),
        sa.Column("programme_id", Id, nullable=False),
        sa.Column("number", sa.BigInteger(), nullable=False),
        sa.Column("period", sa.String(10), nullable=False),
        sa.Column("last_day", sa.Date(), nullable=False),
        sa.Column("promised_on", sa.Date(), nullable=False),
        sa.Column("needs_second", sa.Boolean(), nullable=False),
        _instant("collected_at", nullable=False),
        _instant("approved_at"),
        _instant("cleared_at"),
        *_user("payout_runs", "collected_by"),
        *_user("payout_runs", "approved_by"),
        *_user("payout_runs", "seconded_by"),
        sa.ForeignKeyConstraint(
            ["programme_id"], ["programmes.id"], name=op.f("fk_payout_runs_programme_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_payout_runs")),
        sa.UniqueConstraint("programme_id", "number", name=op.f("uq_payout_runs_programme_id_number")),
        sa.UniqueConstraint(
            "programme_id", "last_day", name=op.f("uq_payout_runs_programme_id_last_day")
        ),
        sa.CheckConstraint(
            "(approved_at IS NULL) = (approved_by IS NULL)",
            name=op.f("ck_payout_runs_approved_by_one"),
        ),
        sa.CheckConstraint(
            "seconded_by <> approved_by", name=op.f("ck_payout_runs_seconded_by_another")
        ),
        sa.CheckConstraint(
            "cleared_at IS NULL OR approved_by IS NOT NULL "
            "AND (NOT needs_second OR seconded_by IS NOT NULL)",
            name=op.f("ck_payout_runs_cleared_by_enough"),
        ),
    )
    op.create_table(
        "payouts",
        sa.Column("id", Id, nullable=False),
        sa.Column("run_id", Id, nullable=False),
        sa.Column("partner_id", Id, nullable=False),
        sa.Column("unit", sa.String(10), nullable=False),
        sa.Column("amount", sa.BigInteger(), nullable=False),
        sa.Column("fresh", sa.BigInteger(), nullable=False),
        sa.Column("earlier", sa.BigInteger(), nullable=False),
        sa.Column("held", sa.Boolean(), nullable=False),
        sa.Column("holds", sa.JSON(), nullable=False),
        sa.Column("reference", sa.String(100), nullable=True),
        sa.Column("note", sa.String(500), nullable=True),
        _instant("released_at"),
        _instant("paid_at"),
        _instant("put_back_at"),
        *_user("payouts", "released_by"),
        *_user("payouts", "paid_by"),
        *_user("payouts", "put_back_by"),
        sa.ForeignKeyConstraint(["run_id"], ["payout_runs.id"], name=op.f("fk_payouts_run_id")),
        sa.ForeignKeyConstraint(
            ["partner_id"], ["partners.id"], name=op.f("fk_payouts_partner_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_payouts")),
        sa.UniqueConstraint(
            "run_id", "partner_id", "unit", name=op.f("uq_payouts_run_id_partner_id_unit")
        ),
        sa.CheckConstraint(
            "amount > 0 AND amount = fresh + earlier", name=op.f("ck_payouts_amount_is_its_parts")
        ),
        sa.CheckConstraint(
            "(paid_at IS NULL) = (reference IS NULL)", name=op.f("ck_payouts_paid_with_a_reference")
        ),
        sa.CheckConstraint(
            "NOT held OR released_at IS NOT NULL OR paid_at IS NULL",
            name=op.f("ck_payouts_held_back"),
        ),
    )
    op.create_index("ix_payouts_partner_id", "payouts", ["partner_id"])
    with rebuilding("transfers"), op.batch_alter_table("transfers") as transfers:
        transfers.alter_column("payout_id", type_=Id, existing_nullable=True)
        transfers.create_foreign_key(
            op.f("fk_transfers_payout_id"), "payouts", ["payout_id"], ["id"]
        )
    for statement in TRIGGERS[op.get_bind().dialect.name]:
        op.execute(statement)
