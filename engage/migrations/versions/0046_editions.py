"""editions: what rules and missions say is read once for each edition of a programme

Revision ID: 0046
Revises: 0045
"""

import sqlalchemy as sa
from alembic import op

revision = "0046"
down_revision = "0045"
branch_labels = None
depends_on = None


def upgrade() -> None:
    drawn = {"sqlite": "lower(hex(randomblob(8)))", "postgresql": "left(md5(random()::text), 16)"}
    edition = sa.Column("edition", sa.String(16), nullable=False, server_default="")
    op.add_column("programmes", edition)
    op.execute(f"UPDATE programmes SET edition = {drawn[op.get_bind().dialect.name]}")
