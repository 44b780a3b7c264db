"""terms of transfers and segments of programmes: growth over a baseline, partners by name

Revision ID: 0008
Revises: 0007
"""

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None


def upgrade() -> None:
    # Not as batches: SQLite would make the tables anew, and triggers and others name their rows.
    op.add_column("transfers", sa.Column("terms", sa.JSON(none_as_null=True), nullable=True))
    op.add_column(
        "programmes", sa.Column("segments", sa.JSON(), nullable=False, server_default="[]")
    )
