"""past seats: until when somebody last sat for a partner

Revision ID: 0037
Revises: 0036
"""

import sqlalchemy as sa
from alembic import op

from engage.db import UtcDateTime

revision = "0037"
down_revision = "0036"
branch_labels = None
depends_on = None

ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    op.create_table(
        "past_seats",
        sa.Column("user_id", ID, nullable=False),
        sa.Column("partner_id", ID, nullable=False),
        sa.Column("left_at", UtcDateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["user_id"], ["users.id"], name="fk_past_seats_user_id"),
        sa.ForeignKeyConstraint(["partner_id"], ["partners.id"], name="fk_past_seats_partner_id"),
        sa.PrimaryKeyConstraint("user_id", "partner_id", name="pk_past_seats"),
    )
