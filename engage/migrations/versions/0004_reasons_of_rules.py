"""reasons of rules: why a version was published, and by whom

Revision ID: 0004
Revises: 0003
"""

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    # Not as a batch: SQLite would make the table anew, and transfers name its rows.
    op.add_column("rule_versions", sa.Column("reason", sa.Text(), nullable=True))
    whom = "INTEGER" if op.get_bind().dialect.name == "sqlite" else "BIGINT"
    op.execute(
        f"ALTER TABLE rule_versions ADD COLUMN published_by {whom} "
        "CONSTRAINT fk_rule_versions_published_by REFERENCES users (id)"
    )
