"""a chain of hashes over the ledger: one link per posting, and one for all that stands already

Revision ID: 0005
Revises: 0004
"""

import sqlalchemy as sa
from alembic import op

from engage.db import Id, UtcDateTime
from engage.ledger.chain import BEGINNING, link_hash, seal
from engage.migrations import rebuilding

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None

#: What is sealed of a line, as `engage.ledger.chain` began.
SEALED = sa.table(
    "transfers",
    *(
        sa.column(name, UtcDateTime() if name.endswith("_at") else sa.Date() if name == "day" else None)
        for name in (
            "id",
            "programme_id",
            "partner_id",
            "debit_id",
            "credit_id",
            "unit",
            "amount",
            "kind",
            "fact_id",
            "rule_version_id",
            "stage_id",
            "payout_id",
            "redemption_id",
            "dispute_id",
            "reason",
            "period",
            "total_before",
            "total_after",
            "key",
            "occurred_at",
            "posted_at",
            "day",
        )
    ),
    sa.column("link_id"),
)
TRIGGERS = {
    "sqlite": tuple(
        f"""
        CREATE TRIGGER ledger_links_stand_{when.lower()} BEFORE {when} ON ledger_links
        BEGIN SELECT RAISE(ABORT, 'links of the ledger are append-only'); END
        """
        for when in ("UPDATE", "DELETE")
    ),
    "postgresql": (
        """
        CREATE TRIGGER ledger_links_stand BEFORE UPDATE OR DELETE ON ledger_links
        FOR EACH ROW EXECUTE FUNCTION stands()
        """,
        """
        CREATE TRIGGER ledger_links_keep BEFORE TRUNCATE ON ledger_links
        FOR EACH STATEMENT EXECUTE FUNCTION stands()
        """,
    ),
}


def upgrade() -> None:
    links = op.create_table(
        "ledger_links",
        sa.Column("id", Id, nullable=False),
        sa.Column("programme_id", Id, nullable=False),
        sa.Column("number", sa.BigInteger(), nullable=False),
        sa.Column("previous", sa.String(64), nullable=False),
        sa.Column("hash", sa.String(64), nullable=False),
        sa.Column("size", sa.BigInteger(), nullable=False),
        sa.Column("marks", sa.LargeBinary(), nullable=False),
        sa.Column("posted_at", UtcDateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["programme_id"], ["programmes.id"], name=op.f("fk_ledger_links_programme_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_ledger_links")),
        sa.UniqueConstraint(
            "programme_id", "number", name=op.f("uq_ledger_links_programme_id_number")
        ),
    )
    with rebuilding("transfers"):
        with op.batch_alter_table("transfers") as transfers:
            transfers.add_column(sa.Column("link_id", Id, nullable=True))
        _seal_what_stands(links)
        with op.batch_alter_table("transfers") as transfers:
            transfers.alter_column("link_id", existing_type=Id, nullable=False)
            transfers.create_foreign_key(
                op.f("fk_transfers_link_id"), "ledger_links", ["link_id"], ["id"]
            )
    for statement in TRIGGERS[op.get_bind().dialect.name]:
        op.execute(statement)


def _seal_what_stands(links: sa.Table) -> None:
    bind = op.get_bind()
    columns = SEALED.c
    values = [column for column in columns if column.name != "link_id"]
    programmes = bind.execute(sa.select(columns.programme_id).distinct()).scalars().all()
    for programme_id in programmes:
        here = columns.programme_id == programme_id
        rows = bind.execute(sa.select(*values, sa.null()).where(here).order_by(columns.id))
        sealed = seal(rows)
        last = sa.select(sa.func.max(columns.posted_at)).where(here)
        row = {
            "programme_id": programme_id,
            "number": 1,
            "previous": BEGINNING,
            "size": sealed.size,
            "marks": sealed.marks,
            "hash": link_hash(BEGINNING, programme_id, 1, sealed),
            "posted_at": bind.scalar(last),
        }
        link_id = bind.execute(sa.insert(links).returning(links.c.id), row).scalar_one()
        bind.execute(sa.update(SEALED).where(here).values(link_id=link_id))
