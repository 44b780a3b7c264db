"""kinds of transfers: what moves on after it was earned, with its sources, and never too much

Revision ID: 0003
Revises: 0002
"""

import sqlalchemy as sa
from alembic import op

from engage.migrations import rebuilding

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None

SOURCES = {
    "award": ("fact_id", "rule_version_id"),
    "reward": ("fact_id", "stage_id"),
    "adjustment": ("dispute_id", "reason"),
    "payout": ("payout_id",),
    "paid": ("payout_id",),
    "redemption": ("redemption_id",),
    "expiry": ("reason",),
    "clawback": ("reason",),
}
COLUMNS = ("fact_id", "rule_version_id", "stage_id", "payout_id", "redemption_id", "dispute_id")

ACCOUNT_KINDS = "'budget', 'accrued', 'payable', 'paid', 'redeemed', 'expired', 'clawed_back'"

#: A payout, redemption or expiry leaves no account below zero that it takes from; the balances are
#: moved before the transfers come in. What an account is never changes; only its balance and floor.
OVERDRAWN = (
    "NEW.kind IN ('payout', 'redemption', 'expiry') AND (SELECT balance FROM accounts "
    "WHERE id = CASE WHEN NEW.amount > 0 THEN NEW.debit_id ELSE NEW.credit_id END) < 0"
)
REFUSED = "an account gives no more than it has: take less"
IDENTITY = "id, programme_id, kind, partner_id, unit"
MOVED = "an account keeps its owner, kind and unit: open another"

SQLITE = (
    f"""
    CREATE TRIGGER transfers_overdraw BEFORE INSERT ON transfers WHEN {OVERDRAWN}
    BEGIN SELECT RAISE(ABORT, '{REFUSED}'); END
    """,
    f"""
    CREATE TRIGGER accounts_stand_update BEFORE UPDATE OF {IDENTITY} ON accounts
    BEGIN SELECT RAISE(ABORT, '{MOVED}'); END
    """,
    f"""
    CREATE TRIGGER accounts_stand_delete BEFORE DELETE ON accounts
    BEGIN SELECT RAISE(ABORT, '{MOVED}'); END
    """,
)

POSTGRESQL = (
    f"""
    CREATE FUNCTION overdrawn() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
      IF {OVERDRAWN} THEN RAISE EXCEPTION '{REFUSED}' USING ERRCODE = 'check_violation'; END IF;
      RETURN NEW;
    END $$
    """,
    """
    CREATE TRIGGER transfers_overdraw BEFORE INSERT ON transfers FOR EACH ROW
    WHEN (NEW.kind IN ('payout', 'redemption', 'expiry')) EXECUTE FUNCTION overdrawn()
    """,
    f"""
    CREATE TRIGGER accounts_stand_update BEFORE UPDATE OF {IDENTITY} ON accounts
    FOR EACH ROW EXECUTE FUNCTION stands()
    """,
    """
    CREATE TRIGGER accounts_stand_delete BEFORE DELETE ON accounts
    FOR EACH ROW EXECUTE FUNCTION stands()
    """,
)


def has_its_sources() -> str:
    kinds = []
    for kind, named in SOURCES.items():
        said = [f"{column} IS NOT NULL" for column in named]
        free = {*named, "fact_id"} if kind == "adjustment" else {*named}
        said += [f"{column} IS NULL" for column in COLUMNS if column not in free]
        kinds.append(f"kind = '{kind}' AND " + " AND ".join(said))
    return " OR ".join(f"({kind})" for kind in kinds)


def upgrade() -> None:
    with op.batch_alter_table("accounts") as accounts:
        accounts.add_column(sa.Column("floor", sa.BigInteger(), nullable=True))
        accounts.drop_constraint(op.f("ck_accounts_kind_known"), type_="check")
        accounts.create_check_constraint(
            op.f("ck_accounts_kind_known"), f"kind IN ({ACCOUNT_KINDS})"
        )
        accounts.create_check_constraint(
            op.f("ck_accounts_stands_above_its_floor"), "floor IS NULL OR balance >= floor"
        )
        accounts.create_check_constraint(
            op.f("ck_accounts_not_overdrawn"), "kind IN ('budget', 'accrued') OR balance >= 0"
        )
    with rebuilding("transfers"):
        with op.batch_alter_table("transfers") as transfers:
            transfers.add_column(
                sa.Column("kind", sa.String(20), nullable=False, server_default="award")
            )
            for name in ("payout_id", "redemption_id", "dispute_id"):
                transfers.add_column(sa.Column(name, sa.BigInteger(), nullable=True))
            transfers.add_column(sa.Column("reason", sa.String(500), nullable=True))
            transfers.alter_column("fact_id", nullable=True)
            transfers.drop_constraint(op.f("ck_transfers_rule_or_mission_stage"), type_="check")
        op.execute("UPDATE transfers SET kind = 'reward' WHERE stage_id IS NOT NULL")
        with op.batch_alter_table("transfers") as transfers:
            transfers.alter_column("kind", server_default=None)
            transfers.create_check_constraint(
                op.f("ck_transfers_has_its_sources"), has_its_sources()
            )
    for statement in SQLITE if op.get_bind().dialect.name == "sqlite" else POSTGRESQL:
        op.execute(statement)
