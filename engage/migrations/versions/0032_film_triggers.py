"""what makes films by itself, as managers left it; and which occasion a batch answers

Revision ID: 0032
Revises: 0031
"""

import sqlalchemy as sa
from alembic import op

import engage.db

revision = "0032"
down_revision = "0031"
branch_labels = None
depends_on = None

ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    instant = engage.db.UtcDateTime(timezone=True)
    op.create_table(
        "film_triggers",
        sa.Column("programme_id", ID, nullable=False),
        sa.Column("slug", sa.String(80), nullable=False),
        sa.Column("definition", sa.JSON(), nullable=False),
        sa.Column("since", instant, nullable=True),
        sa.Column("changed_by", ID, nullable=True),
        sa.Column("created_at", instant, nullable=False),
        sa.ForeignKeyConstraint(
            ["programme_id"], ["programmes.id"], name="fk_film_triggers_programme_id"
        ),
        sa.ForeignKeyConstraint(["changed_by"], ["users.id"], name="fk_film_triggers_changed_by"),
        sa.PrimaryKeyConstraint("programme_id", "slug", name="pk_film_triggers"),
    )
    op.add_column("video_batches", sa.Column("trigger", sa.String(80), nullable=True))
    op.add_column("video_batches", sa.Column("occasion", sa.String(120), nullable=True))
    op.add_column(
        "video_batches",
        sa.Column("whole", sa.Boolean(), nullable=False, server_default=sa.true()),
    )
    # Who was welcomed already is not welcomed again.
    op.execute(
        "UPDATE video_batches SET trigger = 'welcome', occasion = 'joined' WHERE reason = 'joined'"
    )
    op.create_index(
        "ix_video_batches_occasion", "video_batches", ["programme_id", "trigger", "occasion"]
    )
