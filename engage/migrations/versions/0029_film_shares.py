"""links to films for people without a seat

Revision ID: 0029
Revises: 0028
"""

import sqlalchemy as sa
from alembic import op

import engage.db

revision = "0029"
down_revision = "0028"
branch_labels = None
depends_on = None

ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    instant = engage.db.UtcDateTime(timezone=True)
    op.create_table(
        "film_shares",
        sa.Column("id", ID, nullable=False),
        sa.Column("video_id", ID, nullable=False),
        sa.Column("with_name", sa.Boolean(), nullable=False),
        sa.Column("with_poster", sa.Boolean(), nullable=False),
        sa.Column("created_at", instant, nullable=False),
        sa.Column("expires_at", instant, nullable=False),
        sa.Column("revoked_at", instant, nullable=True),
        sa.CheckConstraint("expires_at > created_at", name="ck_film_shares_expires_later"),
        sa.ForeignKeyConstraint(["video_id"], ["videos.id"], name="fk_film_shares_video_id"),
        sa.PrimaryKeyConstraint("id", name="pk_film_shares"),
        sqlite_autoincrement=True,
    )
    op.create_index("ix_film_shares_video_id", "film_shares", ["video_id"])
