"""what a mission pays all partners together, and whether it stops there

Revision ID: 0016
Revises: 0015
"""

import sqlalchemy as sa
from alembic import op

revision = "0016"
down_revision = "0015"
branch_labels = None
depends_on = None


def upgrade() -> None:
    # Not as a batch: SQLite would make the table anew, and others name its rows.
    op.add_column("missions", sa.Column("budget", sa.JSON(), nullable=False, server_default="{}"))
    op.add_column("missions", sa.Column("at_budget", sa.String(4), nullable=True))
