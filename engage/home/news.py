"""What happened to what a partner earned since they last looked: answers, payments, rewards, tiers.

Nothing is stored of it but until when each person has read: the news are the instants of the things
themselves, so that none is told twice or forgotten.
"""

from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import NamedTuple

from flask import url_for as url
from sqlalchemy import or_, select, update

from engage.accounts.models import Seat
from engage.db import db
from engage.disputes.models import Dispute
from engage.disputes.service import ANSWERED
from engage.ledger.models import Transfer
from engage.partners import service as partners
from engage.partners.models import Partner
from engage.payouts import sentences as payouts
from engage.payouts import standing
from engage.payouts.models import Payout
from engage.programmes.models import Programme
from engage.rewards.models import Redemption
from engage.tiers.rules import in_force
from engage.voice import Voice

#: Older than this is no news, and so many are told.
FRESH = timedelta(days=45)
MOST = 6


class News(NamedTuple):
    """Something that happened, in words, and where to read more."""

    at: datetime
    text: str
    href: str


def unread(
    programme: Programme, partner: Partner, user_id: int, now: datetime, voice: Voice
) -> list[News]:
    """What one of a partner's people has not read yet, the newest first."""
    seat = select(Seat.news_read_at).where(Seat.user_id == user_id, Seat.partner_id == partner.id)
    since = max(db.session.scalar(seat) or now - FRESH, now - FRESH)
    found = [
        *_answers(partner.id, since, voice),
        *_payments(programme, partner.id, since, now, voice),
        *_rewards(partner.id, user_id, since, voice),
        *_tiers(programme, partner.id, since, now, voice),
    ]
    return sorted(found, reverse=True)[:MOST]


def read(partner_id: int, user_id: int, until: datetime) -> None:
    """One of a partner's people has read what happened until then."""
    mine = (Seat.user_id == user_id, Seat.partner_id == partner_id)
    later = or_(Seat.news_read_at.is_(None), Seat.news_read_at < until)
    db.session.execute(update(Seat).where(*mine, later).values(news_read_at=until))


def _answers(partner_id: int, since: datetime, voice: Voice) -> Iterator[News]:
    rows = db.session.execute(
        select(Dispute, Transfer)
        .join(Transfer, Transfer.id == Dispute.transfer_id)
        .where(
            Dispute.partner_id == partner_id,
            Dispute.state.in_(ANSWERED),
            Dispute.settled_at > since,
        )
    )
    for dispute, line in rows:
        said = {"line": voice.pay(line.amount, line.unit, whole=False, sign=True)}
        text = voice.gettext("Your question about %(line)s is answered.", **said)
        if dispute.amount:
            amount = voice.pay(dispute.amount, line.unit, whole=False, sign=True)
            text = voice.gettext(
                "Your question about %(line)s is answered: corrected by %(amount)s.",
                amount=amount,
                **said,
            )
        href = url("earnings.line", number=line.id, _anchor="questions")
        yield News(dispute.settled_at, text, href)


def _payments(
    programme: Programme, partner_id: int, since: datetime, now: datetime, voice: Voice
) -> Iterator[News]:
    """The newest thing that happened to each of the last payments."""
    for payment in standing.of_partner(programme, partner_id, now, limit=MOST):
        payout: Payout = payment.payout
        at = {
            "put_back": payout.put_back_at,
            "paid": payout.paid_at,
            "on_its_way": payment.run.cleared_at,
        }.get(payment.state)
        if at and at > since:
            text = voice.gettext(
                "%(amount)s of %(period)s: %(what)s",
                amount=voice.pay(payout.amount, payout.unit, whole=False),
                period=payouts.of_period(payment.run, voice),
                what=payouts.payment(payment, voice),
            )
            yield News(at, text, url("payouts.run", number=payment.run.number))


def _rewards(partner_id: int, user_id: int, since: datetime, voice: Voice) -> Iterator[News]:
    """What others did with one's redemptions."""
    rows = db.session.scalars(
        select(Redemption).where(
            Redemption.partner_id == partner_id,
            Redemption.settled_at > since,
            Redemption.settled_by != user_id,
        )
    )
    for row in rows:
        said = {"reward": row.name}
        if row.state == "fulfilled":
            text = voice.gettext("%(reward)s is on hand or on its way to you.", **said)
        else:
            text = voice.gettext("%(reward)s was called off, and the points are back.", **said)
        note = f" {row.note}" if row.note else ""
        assert row.settled_at
        yield News(row.settled_at, text + note, url("rewards.index"))


def _tiers(
    programme: Programme, partner_id: int, since: datetime, now: datetime, voice: Voice
) -> Iterator[News]:
    """Where the ladder led meanwhile, up or down."""
    ladder = in_force(partners.ladders_of(programme), now)
    climb = partners.attributes(programme.id, [partner_id])[partner_id]["tier"]
    before, spell = climb.at(since), climb.spell(now)
    if ladder is None or spell is None or spell.since is None or spell.tier == before:
        return
    said = {"before": before, "tier": spell.tier}
    if ladder.place(spell.tier) > ladder.place(before):
        text = voice.gettext("You rose to %(tier)s.", **said)
    elif spell.tier is None:
        text = voice.gettext("You hold %(before)s no longer.", **said)
    else:
        text = voice.gettext("You are in %(tier)s now and hold %(before)s no longer.", **said)
    yield News(spell.since, text, url("earnings.rules", _anchor="tiers"))
