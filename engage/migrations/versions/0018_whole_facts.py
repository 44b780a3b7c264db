"""whole facts: what rules ask of a fact is as little to be edited as its amount

Revision ID: 0018
Revises: 0017
"""

from alembic import op

revision = "0018"
down_revision = "0017"
branch_labels = None
depends_on = None

REMEDY = "post a correction instead"
#: Every column but ``superseded_at``.
KEPT = (
    "id",
    "programme_id",
    "source",
    "external_id",
    "partner_id",
    "kind",
    "occurred_at",
    "day",
    "amount",
    "currency",
    "quantity",
    "product",
    "category",
    "customer",
    "recorded_at",
)
OLD, NEW = (", ".join(f"{row}.{name}" for name in KEPT) for row in ("OLD", "NEW"))

SQLITE = (
    "DROP TRIGGER facts_stand_update",
    f"""
    CREATE TRIGGER facts_stand_update BEFORE UPDATE ON facts
    WHEN OLD.superseded_at IS NOT NULL OR ({OLD}) IS NOT ({NEW})
    BEGIN SELECT RAISE(ABORT, 'facts are immutable: {REMEDY}'); END
    """,
)
POSTGRESQL = (
    "DROP TRIGGER facts_stand_update ON facts",
    f"""
    CREATE TRIGGER facts_stand_update BEFORE UPDATE ON facts FOR EACH ROW
    WHEN (OLD.superseded_at IS NOT NULL OR ({OLD}) IS DISTINCT FROM ({NEW}))
    EXECUTE FUNCTION stands()
    """,
)


def upgrade() -> None:
    for statement in SQLITE if op.get_bind().dialect.name == "sqlite" else POSTGRESQL:
        op.execute(statement)
