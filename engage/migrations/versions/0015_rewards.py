"""a catalogue of rewards for points, and what was redeemed

Revision ID: 0015
Revises: 0014
"""

import sqlalchemy as sa
from alembic import op

import engage.db
from engage.migrations import rebuilding

revision = "0015"
down_revision = "0014"
branch_labels = None
depends_on = None

ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def _foreign(table: str, **columns: str) -> list[sa.ForeignKeyConstraint]:
    return [
        sa.ForeignKeyConstraint([column], [f"{target}.id"], name=f"fk_{table}_{column}")
        for column, target in columns.items()
    ]


def upgrade() -> None:
    instant = engage.db.UtcDateTime(timezone=True)
    op.create_table(
        "catalogue_rewards",
        sa.Column("id", ID, nullable=False),
        sa.Column("programme_id", ID, nullable=False),
        sa.Column("name", sa.String(length=80), nullable=False),
        sa.Column("description", sa.String(length=500), nullable=False),
        sa.Column("price", sa.BigInteger(), nullable=False),
        sa.Column("stock", sa.BigInteger(), nullable=True),
        sa.Column("per_partner", sa.BigInteger(), nullable=True),
        sa.Column("starts", sa.Date(), nullable=True),
        sa.Column("ends", sa.Date(), nullable=True),
        sa.Column("created_at", instant, nullable=False),
        sa.Column("retired_at", instant, nullable=True),
        sa.CheckConstraint("price > 0", name="ck_catalogue_rewards_price_above_zero"),
        sa.CheckConstraint("stock >= 0", name="ck_catalogue_rewards_stock_not_below_zero"),
        sa.CheckConstraint("per_partner > 0", name="ck_catalogue_rewards_limit_above_zero"),
        sa.CheckConstraint("ends >= starts", name="ck_catalogue_rewards_window_forward"),
        *_foreign("catalogue_rewards", programme_id="programmes"),
        sa.PrimaryKeyConstraint("id", name="pk_catalogue_rewards"),
    )
    op.create_index("ix_catalogue_rewards_programme_id", "catalogue_rewards", ["programme_id", "price"])
    op.create_table(
        "redemptions",
        sa.Column("id", ID, nullable=False),
        sa.Column("programme_id", ID, nullable=False),
        sa.Column("partner_id", ID, nullable=False),
        sa.Column("reward_id", ID, nullable=False),
        sa.Column("name", sa.String(length=80), nullable=False),
        sa.Column("price", sa.BigInteger(), nullable=False),
        sa.Column("key", sa.String(length=40), nullable=False),
        sa.Column("state", sa.String(length=10), nullable=False),
        sa.Column("reserved_at", instant, nullable=False),
        sa.Column("reserved_by", ID, nullable=False),
        sa.Column("settled_at", instant, nullable=True),
        sa.Column("settled_by", ID, nullable=True),
        sa.Column("note", sa.String(length=300), nullable=True),
        sa.CheckConstraint("price > 0", name="ck_redemptions_price_above_zero"),
        sa.CheckConstraint(
            "state IN ('reserved', 'fulfilled', 'cancelled')", name="ck_redemptions_state_known"
        ),
        sa.CheckConstraint(
            "(state = 'reserved') = (settled_at IS NULL)", name="ck_redemptions_settled_when"
        ),
        *_foreign(
            "redemptions",
            programme_id="programmes",
            partner_id="partners",
            reward_id="catalogue_rewards",
            reserved_by="users",
            settled_by="users",
        ),
        sa.PrimaryKeyConstraint("id", name="pk_redemptions"),
        sa.UniqueConstraint("partner_id", "key", name="uq_redemptions_partner_id_key"),
    )
    op.create_index("ix_redemptions_programme_id_state", "redemptions", ["programme_id", "state", "id"])
    op.create_index("ix_redemptions_partner_id_reward", "redemptions", ["partner_id", "reward_id"])
    with rebuilding("transfers"), op.batch_alter_table("transfers") as transfers:
        for name, target in (("redemption_id", "redemptions"), ("dispute_id", "disputes")):
            transfers.alter_column(name, type_=ID, existing_nullable=True)
            transfers.create_foreign_key(op.f(f"fk_transfers_{name}"), target, [name], ["id"])
