"""What points can be spent on, and who spent them."""

from datetime import date, datetime

from sqlalchemy import CheckConstraint, ForeignKey, Index, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from engage.db import Id, Model, one_of

STATES = ("reserved", "fulfilled", "cancelled")


class Reward(Model):
    """An entry of the catalogue; see `engage.rewards.rules.Offer`. ``stock`` is what is left."""

    __tablename__ = "catalogue_rewards"

    id: Mapped[int] = mapped_column(Id, primary_key=True)
    programme_id: Mapped[int] = mapped_column(ForeignKey("programmes.id"))
    name: Mapped[str] = mapped_column(String(80))
    description: Mapped[str] = mapped_column(String(500))
    price: Mapped[int]
    stock: Mapped[int | None]
    per_partner: Mapped[int | None]
    starts: Mapped[date | None]
    ends: Mapped[date | None]
    created_at: Mapped[datetime]
    retired_at: Mapped[datetime | None]

    __table_args__ = (
        Index("ix_catalogue_rewards_programme_id", "programme_id", "price"),
        CheckConstraint("price > 0", name="price_above_zero"),
        CheckConstraint("stock >= 0", name="stock_not_below_zero"),
        CheckConstraint("per_partner > 0", name="limit_above_zero"),
        CheckConstraint("ends >= starts", name="window_forward"),
    )


class Redemption(Model):
    """One piece of a reward for a partner: reserved and paid at once, then fulfilled or cancelled.

    ``name`` and ``price`` are the reward's at that moment. ``key`` is the form's it came by: sent
    twice, it is one redemption. ``note`` says how it was fulfilled, or why it was cancelled.
    """

    __tablename__ = "redemptions"

    id: Mapped[int] = mapped_column(Id, primary_key=True)
    programme_id: Mapped[int] = mapped_column(ForeignKey("programmes.id"))
    partner_id: Mapped[int] = mapped_column(ForeignKey("partners.id"))
    reward_id: Mapped[int] = mapped_column(ForeignKey("catalogue_rewards.id"))
    name: Mapped[str] = mapped_column(String(80))
    price: Mapped[int]
    key: Mapped[str] = mapped_column(String(40))
    state: Mapped[str] = mapped_column(String(10), default="reserved")
    reserved_at: Mapped[datetime]
    reserved_by: Mapped[int] = mapped_column(ForeignKey("users.id"))
    settled_at: Mapped[datetime | None]
    settled_by: Mapped[int | None] = mapped_column(ForeignKey("users.id"))
    note: Mapped[str | None] = mapped_column(String(300))

    __table_args__ = (
        UniqueConstraint("partner_id", "key"),
        Index("ix_redemptions_programme_id_state", "programme_id", "state", "id"),
        Index("ix_redemptions_partner_id_reward", "partner_id", "reward_id"),
        CheckConstraint("price > 0", name="price_above_zero"),
        one_of("state", STATES),
        CheckConstraint("(state = 'reserved') = (settled_at IS NULL)", name="settled_when"),
    )
