"""news: until when each of a partner's people has read what happened to what they earned

Revision ID: 0028
Revises: 0027
"""

import sqlalchemy as sa
from alembic import op

from engage.db import UtcDateTime

revision = "0028"
down_revision = "0027"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("seats", sa.Column("news_read_at", UtcDateTime(timezone=True), nullable=True))
