"""Numbers of drafts are never given twice: SQLite would give the highest one again once it is gone."""

from alembic import op

revision = "0022"
down_revision = "0021"
branch_labels = None
depends_on = None


def upgrade() -> None:
    _rebuilt(sqlite_autoincrement=True)


def downgrade() -> None:
    _rebuilt()


def _rebuilt(**kept: bool) -> None:
    if op.get_bind().dialect.name == "sqlite":
        with op.batch_alter_table("rule_drafts", recreate="always", table_kwargs=kept):
            pass
