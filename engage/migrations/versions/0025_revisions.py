"""revisions: versions of missions and boards, with who published them, when and why

Revision ID: 0025
Revises: 0024
"""

import sqlalchemy as sa
from alembic import op

from engage.db import UtcDateTime

revision = "0025"
down_revision = "0024"
branch_labels = None
depends_on = None

ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
UNIQUE = ("programme_id", "kind", "slug", "number")
REFUSED = "revisions is append-only: publish a new version instead"


def upgrade() -> None:
    op.create_table(
        "revisions",
        sa.Column("id", ID, nullable=False),
        sa.Column("programme_id", ID, nullable=False),
        sa.Column("kind", sa.String(length=10), nullable=False),
        sa.Column("slug", sa.String(length=80), nullable=False),
        sa.Column("number", sa.BigInteger(), nullable=False),
        sa.Column("before", sa.JSON(), nullable=True),
        sa.Column("after", sa.JSON(), nullable=True),
        sa.Column("published_at", UtcDateTime(timezone=True), nullable=False),
        sa.Column("reason", sa.Text(), nullable=True),
        sa.Column("published_by", ID, nullable=True),
        sa.CheckConstraint("kind IN ('board', 'mission')", name="ck_revisions_kind_known"),
        sa.ForeignKeyConstraint(
            ["programme_id"], ["programmes.id"], name="fk_revisions_programme_id"
        ),
        sa.ForeignKeyConstraint(["published_by"], ["users.id"], name="fk_revisions_published_by"),
        sa.PrimaryKeyConstraint("id", name="pk_revisions"),
        sa.UniqueConstraint(*UNIQUE, name="uq_revisions_programme_id_kind_slug_number"),
    )
    lite = op.get_bind().dialect.name == "sqlite"
    same = " AND ".join(f"{column} = NEW.{column}" for column in UNIQUE)
    found = f"EXISTS (SELECT 1 FROM revisions WHERE id = NEW.id OR {same})"
    events = {"UPDATE": "", "DELETE": ""} | ({"INSERT": f" WHEN ({found})"} if lite else {})
    for event, when in events.items():
        do = f"BEGIN SELECT RAISE(ABORT, '{REFUSED}'); END" if lite else "EXECUTE FUNCTION stands()"
        op.execute(
            f"CREATE TRIGGER revisions_stand_{event.lower()} BEFORE {event} ON revisions "
            f"FOR EACH ROW{when} {do}"
        )
    if not lite:
        op.execute(
            "CREATE TRIGGER revisions_keep BEFORE TRUNCATE ON revisions "
            "FOR EACH STATEMENT EXECUTE FUNCTION stands()"
        )


def downgrade() -> None:
    op.drop_table("revisions")
