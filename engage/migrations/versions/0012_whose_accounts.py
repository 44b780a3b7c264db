"""whose accounts: the database knows whose account a line credits, and which programme's it debits

Two keys of two columns say more than the four of one that they replace, and cost half: every line
that goes in is looked at once for each.

Revision ID: 0012
Revises: 0011
"""

from alembic import op

from engage.migrations import rebuilding

revision = "0012"
down_revision = "0011"
branch_labels = None
depends_on = None

#: Table that is named -> the column of a line that names it, and the one that must agree.
NAMED = {
    "debit_id": ("accounts", "programme_id"),
    "credit_id": ("accounts", "partner_id"),
    "link_id": ("ledger_links", "programme_id"),
}


def upgrade() -> None:
    for table, owner in sorted(set(NAMED.values())):
        op.create_index(f"uq_{table}_id_{owner}", table, ["id", owner], unique=True)
    with rebuilding("transfers"), op.batch_alter_table("transfers") as transfers:
        for column in ("programme_id", "partner_id", *NAMED):
            transfers.drop_constraint(op.f(f"fk_transfers_{column}"), type_="foreignkey")
        for column, (table, owner) in NAMED.items():
            transfers.create_foreign_key(
                op.f(f"fk_transfers_{column}_{owner}"), table, [column, owner], ["id", owner]
            )
