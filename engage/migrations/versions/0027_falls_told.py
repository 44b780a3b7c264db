"""until when partners were told of tiers they lost

Revision ID: 0027
Revises: 0026
"""

import sqlalchemy as sa
from alembic import op

from engage.db import UtcDateTime

revision = "0027"
down_revision = "0026"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("programmes", sa.Column("falls_told_at", UtcDateTime(timezone=True), nullable=True))


def downgrade() -> None:
    op.drop_column("programmes", "falls_told_at")
