"""gone once out: a message that left the outbox is taken away, where it was marked and kept for good

What says that boards moved tells their versions with it from now on; those that wait go, as pages look
anew when the house is there again.

Revision ID: 0045
Revises: 0044
"""

from alembic import op

revision = "0045"
down_revision = "0044"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute("DELETE FROM outbox WHERE delivered_at IS NOT NULL OR topic = 'moved'")
    with op.batch_alter_table("outbox") as outbox:
        outbox.drop_index("ix_outbox_waiting")
        outbox.drop_column("delivered_at")
