"""versions of film templates that programmes publish, drafts of the next ones, and logos

Revision ID: 0033
Revises: 0032
"""

import sqlalchemy as sa
from alembic import op

from engage.db import UtcDateTime
from engage.migrations import refuse

revision = "0033"
down_revision = "0032"
branch_labels = None
depends_on = None

ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
UNIQUE = ("programme_id", "slug", "number")


def upgrade() -> None:
    op.create_table(
        "film_versions",
        sa.Column("id", ID, nullable=False),
        sa.Column("programme_id", ID, nullable=False),
        sa.Column("slug", sa.String(length=80), nullable=False),
        sa.Column("number", sa.BigInteger(), nullable=False),
        sa.Column("edits", sa.JSON(), nullable=False),
        sa.Column("shipped", sa.String(length=64), nullable=False),
        sa.Column("note", sa.Text(), nullable=False),
        sa.Column("published_by", ID, nullable=False),
        sa.Column("published_at", UtcDateTime(timezone=True), nullable=False),
        *_owned("film_versions", by="published_by"),
        sa.PrimaryKeyConstraint("id", name="pk_film_versions"),
        sa.UniqueConstraint(*UNIQUE, name="uq_film_versions_programme_id_slug_number"),
    )
    op.create_table(
        "film_drafts",
        sa.Column("programme_id", ID, nullable=False),
        sa.Column("slug", sa.String(length=80), nullable=False),
        sa.Column("edits", sa.JSON(), nullable=False),
        sa.Column("base", sa.BigInteger(), nullable=False),
        sa.Column("changed_by", ID, nullable=False),
        sa.Column("changed_at", UtcDateTime(timezone=True), nullable=False),
        *_owned("film_drafts", by="changed_by"),
        sa.PrimaryKeyConstraint("programme_id", "slug", name="pk_film_drafts"),
    )
    op.create_table(
        "film_logos",
        sa.Column("programme_id", ID, nullable=False),
        sa.Column("digest", sa.String(length=64), nullable=False),
        sa.Column("png", sa.LargeBinary(), nullable=False),
        *_owned("film_logos"),
        sa.PrimaryKeyConstraint("programme_id", "digest", name="pk_film_logos"),
    )
    for event in ("update", "delete"):
        refuse(f"film_versions_stand_{event}", event.upper(), "film_versions")
    if op.get_bind().dialect.name == "sqlite":
        same = " AND ".join(f"{column} = NEW.{column}" for column in UNIQUE)
        known = f"EXISTS (SELECT 1 FROM film_versions WHERE id = NEW.id OR {same})"
        refuse("film_versions_stand_insert", "INSERT", "film_versions", known)
    else:
        op.execute(
            "CREATE TRIGGER film_versions_keep BEFORE TRUNCATE ON film_versions "
            "FOR EACH STATEMENT EXECUTE FUNCTION stands()"
        )


def _owned(table: str, by: str | None = None) -> list[sa.ForeignKeyConstraint]:
    owners = {"programme_id": "programmes.id"} | ({by: "users.id"} if by else {})
    return [
        sa.ForeignKeyConstraint([column], [target], name=f"fk_{table}_{column}")
        for column, target in owners.items()
    ]


def downgrade() -> None:
    for table in ("film_logos", "film_drafts", "film_versions"):
        op.drop_table(table)
