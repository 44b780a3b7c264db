"""batches of films that can rest, and batches that go first

Revision ID: 0014
Revises: 0013
"""

import sqlalchemy as sa
from alembic import op

import engage.db

revision = "0014"
down_revision = "0013"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("video_batches", sa.Column("paused_at", engage.db.UtcDateTime(timezone=True), nullable=True))
    op.add_column(
        "video_batches", sa.Column("urgent", sa.Boolean(), nullable=False, server_default=sa.false())
    )
