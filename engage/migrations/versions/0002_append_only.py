"""append only: the database itself refuses to edit or delete transfers and facts

Revision ID: 0002
Revises: 0001
"""

from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

REMEDY = "post a correction instead"

SQLITE = (
    f"""
    CREATE TRIGGER transfers_stand_update BEFORE UPDATE ON transfers
    BEGIN SELECT RAISE(ABORT, 'transfers are append-only: {REMEDY}'); END
    """,
    f"""
    CREATE TRIGGER transfers_stand_delete BEFORE DELETE ON transfers
    BEGIN SELECT RAISE(ABORT, 'transfers are append-only: {REMEDY}'); END
    """,
    f"""
    CREATE TRIGGER facts_stand_update BEFORE UPDATE ON facts
    WHEN OLD.superseded_at IS NOT NULL
      OR (OLD.id, OLD.programme_id, OLD.source, OLD.external_id, OLD.partner_id, OLD.kind,
          OLD.occurred_at, OLD.day, OLD.amount, OLD.quantity, OLD.recorded_at)
      IS NOT (NEW.id, NEW.programme_id, NEW.source, NEW.external_id, NEW.partner_id, NEW.kind,
          NEW.occurred_at, NEW.day, NEW.amount, NEW.quantity, NEW.recorded_at)
    BEGIN SELECT RAISE(ABORT, 'facts are immutable: {REMEDY}'); END
    """,
    f"""
    CREATE TRIGGER facts_stand_delete BEFORE DELETE ON facts
    BEGIN SELECT RAISE(ABORT, 'facts are immutable: {REMEDY}'); END
    """,
)

POSTGRESQL = (
    f"""
    CREATE FUNCTION stands() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN RAISE EXCEPTION '% is append-only: {REMEDY}', TG_TABLE_NAME; END $$
    """,
    """
    CREATE TRIGGER transfers_stand BEFORE UPDATE OR DELETE ON transfers
    FOR EACH ROW EXECUTE FUNCTION stands()
    """,
    """
    CREATE TRIGGER transfers_keep BEFORE TRUNCATE ON transfers
    FOR EACH STATEMENT EXECUTE FUNCTION stands()
    """,
    """
    CREATE TRIGGER facts_stand_delete BEFORE DELETE ON facts
    FOR EACH ROW EXECUTE FUNCTION stands()
    """,
    """
    CREATE TRIGGER facts_stand_update BEFORE UPDATE ON facts FOR EACH ROW
    WHEN (OLD.superseded_at IS NOT NULL
      OR (OLD.id, OLD.programme_id, OLD.source, OLD.external_id, OLD.partner_id, OLD.kind,
          OLD.occurred_at, OLD.day, OLD.amount, OLD.quantity, OLD.recorded_at)
      IS DISTINCT FROM (NEW.id, NEW.programme_id, NEW.source, NEW.external_id, NEW.partner_id,
          NEW.kind, NEW.occurred_at, NEW.day, NEW.amount, NEW.quantity, NEW.recorded_at))
    EXECUTE FUNCTION stands()
    """,
)


def upgrade() -> None:
    for statement in SQLITE if op.get_bind().dialect.name == "sqlite" else POSTGRESQL:
        op.execute(statement)
