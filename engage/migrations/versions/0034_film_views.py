"""how films are watched, and what their partners opened after them

Revision ID: 0034
Revises: 0033
"""

import sqlalchemy as sa
from alembic import op

import engage.db

revision = "0034"
down_revision = "0033"
branch_labels = None
depends_on = None

ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    instant = engage.db.UtcDateTime(timezone=True)
    op.create_table(
        "film_views",
        sa.Column("video_id", ID, autoincrement=False, nullable=False),
        sa.Column("tenths", sa.BigInteger(), nullable=False),
        sa.Column("first_at", instant, nullable=False),
        sa.Column("last_at", instant, nullable=False),
        sa.CheckConstraint("tenths BETWEEN 1 AND 1023", name="ck_film_views_ten_tenths"),
        sa.ForeignKeyConstraint(["video_id"], ["videos.id"], name="fk_film_views_video_id"),
        sa.PrimaryKeyConstraint("video_id", name="pk_film_views"),
    )
    op.create_table(
        "film_steps",
        sa.Column("video_id", ID, autoincrement=False, nullable=False),
        sa.Column("what", sa.String(20), nullable=False),
        sa.Column("at", instant, nullable=False),
        sa.ForeignKeyConstraint(["video_id"], ["videos.id"], name="fk_film_steps_video_id"),
        sa.PrimaryKeyConstraint("video_id", "what", name="pk_film_steps"),
    )
