"""what a search on a board looks at: the name that others see, in plain letters

Revision ID: 0026
Revises: 0025
"""

import sqlalchemy as sa
from alembic import op

from engage.partners.rules import found_by

revision = "0026"
down_revision = "0025"
branch_labels = None
depends_on = None

#: Partners read and written at a time.
STRIDE = 5_000


def upgrade() -> None:
    op.add_column("partners", sa.Column("found_by", sa.Text(), nullable=True))
    bind = op.get_bind()
    read = sa.text(
        "SELECT id, name, visibility, pseudonym FROM partners WHERE id > :last ORDER BY id LIMIT :n"
    )
    write = sa.text("UPDATE partners SET found_by = :found_by WHERE id = :id")
    last = 0
    while rows := bind.execute(read, {"last": last, "n": STRIDE}).all():
        last = rows[-1].id
        bind.execute(write, [{"id": i, "found_by": found_by(*who)} for i, *who in rows])
