"""A reward of alice's programme, and one that she redeemed."""

from typing import Any

from sqlalchemy import select

from engage.accounts.models import User
from engage.db import db, transaction
from engage.programmes import service as programmes
from engage.rewards import service
from engage.rewards.models import Redemption, Reward
from engage.rewards.rules import Offer

from ..conftest import NOW, Cast

MUG = Offer("Enamel mug", "Keeps tea warm.", 100, stock=50)


def a_reward(offer: Offer = MUG) -> int:
    """Put an offer into the catalogue; its id."""
    here = programmes.by_slug("resellers").id
    return transaction(lambda: service.add(here, offer, NOW).id)


def reward(cast: Cast) -> dict[str, Any]:
    """The address's values of a reward: ``reward_id``."""
    found = db.session.scalars(select(Reward.id)).first()
    return {"reward_id": found or a_reward()}


def redemption(cast: Cast) -> dict[str, Any]:
    """The address's values of what alice has reserved: ``redemption_id``."""
    partner_id, user_id = cast.alice.partner.id, cast.alice.user.id  # type: ignore[union-attr]
    reserved = select(Redemption.id).where(Redemption.state == "reserved")
    if known := db.session.scalars(reserved).first():
        return {"redemption_id": known}
    number = reward(cast)["reward_id"]

    def work() -> int:
        here = programmes.by_slug("resellers")
        return service.redeem(here, partner_id, number, key="k", by=user_id, now=NOW).id

    return {"redemption_id": transaction(work)}


def a_redemption(partner_id: int) -> int:
    """Only the row that a redemption's transfers name, one for each partner; its id."""
    found = db.session.scalars(select(Redemption.id).where(Redemption.partner_id == partner_id))
    if (known := found.first()) is not None:
        return known

    def work() -> int:
        here = programmes.by_slug("resellers").id
        someone = User(email=f"{partner_id}@example.com", name="", is_admin=False, stamp="s")
        someone.created_at = NOW
        db.session.add(someone)
        mug = service.add(here, MUG, NOW)
        row = Redemption(programme_id=here, partner_id=partner_id, reward_id=mug.id)
        row.name, row.price, row.key, row.reserved_at = mug.name, mug.price, "k", NOW
        row.reserved_by, row.state = someone.id, "reserved"
        db.session.add(row)
        db.session.flush()
        return row.id

    return transaction(work)
