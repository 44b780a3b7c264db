"""The catalogue, and spending points on it.

Stock is taken by a conditional update and points by a transfer that gives no more than there is, both
kept by constraints: whoever comes too late changes nothing.
"""

from collections.abc import Sequence
from dataclasses import asdict, fields, replace
from datetime import datetime
from typing import Any, NamedTuple

from sqlalchemy import func, or_, select, update

from engage import clock, flow
from engage.accounts import trust
from engage.db import changed, db
from engage.ledger import service as ledger
from engage.ledger.rules import Move, Overdrawn
from engage.money import POINTS
from engage.outbox import service as outbox
from engage.partners.models import Partner
from engage.programmes.models import Programme
from engage.rewards import rules
from engage.rewards.models import Redemption, Reward
from engage.rewards.rules import MOST, Offer, Standing

_REASON = 500


class Refused(ValueError):
    """The partner may not have it; ``standing`` says why."""

    def __init__(self, standing: Standing) -> None:
        super().__init__(standing.state)
        self.standing = standing


# --- the catalogue --------------------------------------------------------------------------------


def offer(reward: Reward) -> Offer:
    return Offer(**{field.name: getattr(reward, field.name) for field in fields(Offer)})


def catalogue(programme_id: int, *, retired: bool = False) -> Sequence[Reward]:
    """What can be had (or could be once), the least expensive in front."""
    gone = Reward.retired_at.is_not(None) if retired else Reward.retired_at.is_(None)
    return db.session.scalars(
        select(Reward)
        .where(Reward.programme_id == programme_id, gone)
        .order_by(Reward.price, Reward.id)
    ).all()


def reward(programme_id: int, reward_id: int) -> Reward | None:
    found = db.session.get(Reward, reward_id)
    return found if found and found.programme_id == programme_id else None


def add(programme_id: int, wanted: Offer, now: datetime) -> Reward:
    """A new entry of the catalogue."""
    made = Reward(programme_id=programme_id, created_at=now, **asdict(wanted))
    db.session.add(made)
    db.session.flush()
    return made


def change(reward_id: int, wanted: Offer) -> None:
    """Change everything but the stock, which moves while one types; see `restock`."""
    values = asdict(wanted)
    del values["stock"]
    db.session.execute(update(Reward).where(Reward.id == reward_id).values(**values))


def limit(reward_id: int, pieces: int | None) -> bool:
    """Give a reward without limit so many pieces, or (None) lift its limit; False: it was so already."""
    is_it = Reward.stock.is_not(None) if pieces is None else Reward.stock.is_(None)
    return changed(update(Reward).where(Reward.id == reward_id, is_it).values(stock=pieces)) > 0


def restock(reward_id: int, pieces: int) -> bool:
    """Add pieces (below zero: take some out); False where there would be less than none."""
    left = Reward.stock + pieces
    fitting = update(Reward).where(Reward.id == reward_id, left.between(0, MOST))
    return changed(fitting.values(stock=left)) > 0


def retire(reward_id: int, now: datetime | None) -> None:
    """Take it out of the catalogue; without an instant, put it back. What is reserved stays."""
    db.session.execute(update(Reward).where(Reward.id == reward_id).values(retired_at=now))


# --- spending -------------------------------------------------------------------------------------


def taken(partner_id: int) -> dict[int, int]:
    """How many of each reward a partner has, reserved or fulfilled."""
    rows = db.session.execute(
        select(Redemption.reward_id, func.count())
        .where(Redemption.partner_id == partner_id, Redemption.state != "cancelled")
        .group_by(Redemption.reward_id)
    )
    return dict(rows.tuples().all())


def redeem(
    programme: Programme, partner_id: int, reward_id: int, *, key: str, by: int, now: datetime
) -> Redemption:
    """Reserve one piece and pay for it; the same ``key`` again is the same redemption.

    :raises Refused: it is not to be had, or not by this partner; the caller undoes everything.
    """
    before = db.session.scalar(
        select(Redemption).where(Redemption.partner_id == partner_id, Redemption.key == key)
    )
    if before is not None:
        return before
    here = (Reward.id == reward_id, Reward.programme_id == programme.id)
    in_stock = or_(Reward.stock.is_(None), Reward.stock > 0)
    # First of all, so that two who want the last one, or one who clicks twice, wait for each other.
    got = changed(
        update(Reward)
        .where(*here, Reward.retired_at.is_(None), in_stock)
        .values(stock=Reward.stock - 1)
    )
    found = db.session.scalar(select(Reward).where(*here).execution_options(populate_existing=True))
    if not got or found is None:
        raise Refused(Standing("sold_out" if found and not found.retired_at else "over"))
    balance = ledger.balances(partner_id).get(POINTS, 0)
    how_many = taken(partner_id).get(reward_id, 0)
    today = clock.local_day(now, programme.timezone)
    wanted = offer(found)
    if wanted.stock is not None:  # the piece taken above is meant for this partner
        wanted = replace(wanted, stock=wanted.stock + 1)
    standing = rules.standing(wanted, today=today, balance=balance, taken=how_many)
    if standing.state != "open":
        raise Refused(standing)
    redemption = Redemption(
        programme_id=programme.id,
        partner_id=partner_id,
        reward_id=reward_id,
        name=found.name,
        price=found.price,
        key=key,
        state="reserved",
        reserved_at=now,
        reserved_by=by,
    )
    db.session.add(redemption)
    db.session.flush()
    try:
        _pay(programme, redemption, redemption.price, redemption.name, now)
    except Overdrawn as short:
        raise Refused(Standing("short", redemption.price - balance)) from short
    return redemption


def _pay(
    programme: Programme, redemption: Redemption, points: int, reason: str, now: datetime
) -> None:
    """Move the points; below zero gives them back."""
    move = Move(
        kind="redemption",
        partner_id=redemption.partner_id,
        unit=POINTS,
        amount=points,
        key=f"redemption:{redemption.id}" + ("" if points > 0 else ":back"),
        occurred_at=now,
        day=clock.local_day(now, programme.timezone),
        redemption_id=redemption.id,
        reason=reason[:_REASON],
    )
    flow.move_on(programme, move, now=now)


class OwnRedemption(ValueError):
    """Whoever would fulfil it is one of those who get it."""


def fulfil(programme_id: int, redemption_id: int, note: str, *, by: int, now: datetime) -> bool:
    """The partner has it; False when it is not reserved (any more).

    :raises OwnRedemption: it is for somebody else to say.
    """
    here = (Redemption.id == redemption_id, Redemption.programme_id == programme_id)
    found = db.session.scalar(select(Redemption).where(*here))
    if found and (
        found.reserved_by == by or trust.sat_for(by, found.partner_id, found.reserved_at)
    ):
        raise OwnRedemption
    if not _settle(*here, state="fulfilled", settled_at=now, settled_by=by, note=note or None):
        return False
    whose = db.session.get_one(Redemption, redemption_id).partner_id
    outbox.write(programme_id, "moved", {"boards": [], "partners": [whose]}, now)
    return True


def _settle(*conditions: Any, **values: Any) -> bool:
    """Close what is reserved under these conditions; False when there is nothing (any more)."""
    reserved = Redemption.state == "reserved"
    return changed(update(Redemption).where(reserved, *conditions).values(**values)) > 0


def cancel(
    programme: Programme,
    redemption_id: int,
    note: str,
    *,
    by: int,
    now: datetime,
    partner_id: int | None = None,
) -> bool:
    """Give points and piece back; False when it is not reserved (any more).

    With ``partner_id`` only that partner's own.
    """
    mine = (Redemption.partner_id == partner_id,) if partner_id is not None else ()
    here = (Redemption.id == redemption_id, Redemption.programme_id == programme.id, *mine)
    if not _settle(*here, state="cancelled", settled_at=now, settled_by=by, note=note or None):
        return False
    redemption = db.session.get_one(Redemption, redemption_id, populate_existing=True)
    restock(redemption.reward_id, 1)
    said = f"{redemption.name}: {note}" if note else redemption.name
    _pay(programme, redemption, -redemption.price, said, now)
    return True


def of_partner(partner_id: int, limit: int) -> Sequence[Redemption]:
    """What a partner redeemed, the newest in front."""
    return db.session.scalars(
        select(Redemption)
        .where(Redemption.partner_id == partner_id)
        .order_by(Redemption.id.desc())
        .limit(limit)
    ).all()


class Order(NamedTuple):
    """A redemption and whose it is."""

    redemption: Redemption
    partner: Partner


def orders(programme_id: int, *, settled: bool, limit: int, offset: int = 0) -> list[Order]:
    """What is to be fulfilled, the oldest in front; or what was, the newest in front."""
    state = Redemption.state != "reserved" if settled else Redemption.state == "reserved"
    order = Redemption.settled_at.desc() if settled else Redemption.id
    rows = db.session.execute(
        select(Redemption, Partner)
        .join(Partner, Partner.id == Redemption.partner_id)
        .where(Redemption.programme_id == programme_id, state)
        .order_by(order, Redemption.id)
        .limit(limit)
        .offset(offset)
    )
    return [Order(*row) for row in rows]


def redeemed(
    programme_id: int, *, partner_id: int | None, state: str | None, before: int | None, limit: int
) -> list[tuple[Redemption, str]]:
    """Redemptions with their partners' external ids, newest first: a partner's, in a state, before one."""
    of = [] if partner_id is None else [Redemption.partner_id == partner_id]
    of += [] if state is None else [Redemption.state == state]
    of += [] if before is None else [Redemption.id < before]
    rows = db.session.execute(
        select(Redemption, Partner.external_id)
        .join(Partner, Partner.id == Redemption.partner_id)
        .where(Redemption.programme_id == programme_id, *of)
        .order_by(Redemption.id.desc())
        .limit(limit)
    )
    return list(rows.tuples())


def to_fulfil(programme_id: int) -> int:
    """How many redemptions wait for a manager."""
    waiting = (Redemption.programme_id == programme_id, Redemption.state == "reserved")
    return db.session.scalar(select(func.count()).select_from(Redemption).where(*waiting)) or 0
