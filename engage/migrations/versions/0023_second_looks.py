"""second looks: a large correction is proposed by one manager and settled by another

Revision ID: 0023
Revises: 0022
"""

import sqlalchemy as sa
from alembic import op

from engage.db import Id, UtcDateTime
from engage.migrations import rebuilding, refuse

revision = "0023"
down_revision = "0022"
branch_labels = None
depends_on = None

PROPOSED = ("proposed_answer", "proposed_amount", "proposed_by", "proposed_at")


def upgrade() -> None:
    with rebuilding("disputes"), op.batch_alter_table("disputes") as disputes:
        disputes.add_column(sa.Column("proposed_answer", sa.String(2_000), nullable=True))
        disputes.add_column(sa.Column("proposed_amount", sa.BigInteger(), nullable=True))
        disputes.add_column(sa.Column("proposed_by", Id, nullable=True))
        disputes.add_column(sa.Column("proposed_at", UtcDateTime(timezone=True), nullable=True))
        disputes.create_foreign_key(
            op.f("fk_disputes_proposed_by"), "users", ["proposed_by"], ["id"]
        )
        disputes.create_check_constraint(
            op.f("ck_disputes_proposed_by_another"),
            "state <> 'corrected' OR proposed_by IS NULL OR proposed_by <> settled_by",
        )
    other = "IS NOT" if op.get_bind().dialect.name == "sqlite" else "IS DISTINCT FROM"
    old, new = (", ".join(f"{row}.{name}" for name in PROPOSED) for row in ("OLD", "NEW"))
    moved = f"OLD.settled_at IS NOT NULL AND ({old}) {other} ({new})"
    refuse("disputes_stand_proposed", "UPDATE", "disputes", moved)
