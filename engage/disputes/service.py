"""Asking about a line, answering, and finding what is asked."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any, NamedTuple

from sqlalchemy import func, select, update

from engage import flow
from engage.accounts import trust
from engage.db import changed, db
from engage.disputes import rules
from engage.disputes.models import Dispute
from engage.ledger.models import Transfer
from engage.ledger.rules import Move
from engage.outbox import service as outbox
from engage.partners.models import Partner
from engage.payouts import service as payouts
from engage.payouts.rules import needs_second as needs_two
from engage.programmes.models import Programme

_REASON = 500
ANSWERED = ("explained", "corrected")


class AlreadyOpen(ValueError):
    """There is an open question about this line."""


class OwnQuestion(ValueError):
    """Whoever decides is one of the people whose question it is."""


def ask(
    programme: Programme,
    line: Transfer,
    question: str,
    expected: str | None,
    *,
    by: int,
    now: datetime,
) -> Dispute:
    """Ask about one of a partner's own lines; the deadline is the programme's.

    :raises AlreadyOpen: an earlier question about it waits for its answer.
    """
    if any(dispute.state == "open" for dispute in of_line(line.id)):
        raise AlreadyOpen(line.id)
    dispute = Dispute(
        programme_id=programme.id,
        partner_id=line.partner_id,
        transfer_id=line.id,
        question=question,
        expected=expected,
        asked_at=now,
        asked_by=by,
        due_at=rules.due(now, programme.dispute_days, programme.timezone),
        state="open",
    )
    db.session.add(dispute)
    db.session.flush()
    return dispute


def _change(*conditions: Any, **values: Any) -> bool:
    """Change what is open under these conditions; False when there is nothing (any more)."""
    here = update(Dispute).where(Dispute.state == "open", *conditions)
    return changed(here.values(**values)) > 0


def withdraw(partner_id: int, dispute_id: int, *, by: int, now: datetime) -> bool:
    """Take one's own open question back; False when it is not open (any more)."""
    mine = (Dispute.id == dispute_id, Dispute.partner_id == partner_id)
    return _change(*mine, state="withdrawn", settled_at=now, settled_by=by)


def answer(
    programme: Programme, dispute_id: int, text: str, amount: int | None, *, by: int, now: datetime
) -> str | None:
    """Answer with an explanation, or with one and a correction of ``amount`` (minor units).

    ``settled``; or ``proposed``: so much needs another manager, see `second`. None when somebody was
    faster.

    :raises OwnQuestion: a correction for those who ask is for somebody else to decide.
    """
    asked = one(programme.id, dispute_id)
    if asked is None:
        return None
    if amount is not None and is_own(asked, by):
        raise OwnQuestion
    if amount is not None and needs_second(programme, asked.line, amount):
        proposal = {"proposed_answer": text, "proposed_amount": amount}
        here = Dispute.id == dispute_id
        return "proposed" if _change(here, proposed_by=by, proposed_at=now, **proposal) else None
    none = dict.fromkeys(("proposed_answer", "proposed_amount", "proposed_by", "proposed_at"))
    return "settled" if _decide(programme, asked, text, amount, by, now, **none) else None


def is_own(asked: "Asked", user_id: int) -> bool:
    """Whether somebody would decide what they or their own partner asked for."""
    dispute = asked.dispute
    return dispute.asked_by == user_id or trust.sat_for(user_id, asked.partner.id, dispute.asked_at)


def needs_second(programme: Programme, line: Transfer, amount: int) -> bool:
    """Whether a line's corrections come to more than one manager pays out alone."""
    terms = payouts.terms_of(programme)
    earlier = select(func.sum(func.abs(Dispute.amount))).where(Dispute.transfer_id == line.id)
    so_far = int(db.session.scalar(earlier) or 0)
    return terms is not None and needs_two({line.unit: so_far + abs(amount)}, terms)


def second(
    programme: Programme, dispute_id: int, proposed_at: datetime, *, by: int, now: datetime
) -> bool:
    """Another manager's yes to the proposal of that instant; False when it is not to be had (any more).

    :raises OwnQuestion: as for `answer`.
    """
    asked = one(programme.id, dispute_id)
    if asked is None:
        return False
    dispute = asked.dispute
    if is_own(asked, by):
        raise OwnQuestion
    if dispute.proposed_at != proposed_at or dispute.proposed_by == by:
        return False
    text, amount = dispute.proposed_answer or "", dispute.proposed_amount
    return _decide(programme, asked, text, amount, by, now)


def _decide(
    programme: Programme,
    asked: "Asked",
    text: str,
    amount: int | None,
    by: int,
    now: datetime,
    **changed: None,
) -> bool:
    """Settle a question; its correction counts on the day of the line it is about."""
    dispute_id, line = asked.dispute.id, asked.line
    state = "explained" if amount is None else "corrected"
    settled = {"state": state, "settled_at": now, "settled_by": by, "answer": text}
    if not _change(Dispute.id == dispute_id, amount=amount, **settled, **changed):
        return False
    if amount is None:
        outbox.write(programme.id, "moved", {"boards": [], "partners": [asked.partner.id]}, now)
        return True
    correction = Move(
        kind="adjustment",
        partner_id=line.partner_id,
        unit=line.unit,
        amount=amount,
        key=f"dispute:{dispute_id}",
        occurred_at=line.occurred_at,
        day=line.day,
        fact_id=line.fact_id,
        dispute_id=dispute_id,
        reason=text[:_REASON],
    )
    flow.move_on(programme, correction, now=now)
    return True


class Asked(NamedTuple):
    """A question with the line it is about and who asks."""

    dispute: Dispute
    line: Transfer
    partner: Partner


_ASKED = (
    select(Dispute, Transfer, Partner)
    .join(Transfer, Transfer.id == Dispute.transfer_id)
    .join(Partner, Partner.id == Dispute.partner_id)
)


def queue(programme_id: int, *, answered: bool, limit: int, offset: int = 0) -> list[Asked]:
    """What is open, those due first in front; or what is settled, the newest in front."""
    state = Dispute.state != "open" if answered else Dispute.state == "open"
    order = Dispute.settled_at.desc() if answered else Dispute.due_at
    rows = db.session.execute(
        _ASKED.where(Dispute.programme_id == programme_id, state)
        .order_by(order, Dispute.id)
        .limit(limit)
        .offset(offset)
    )
    return [Asked(*row) for row in rows]


def one(programme_id: int, dispute_id: int) -> Asked | None:
    row = db.session.execute(
        _ASKED.where(Dispute.id == dispute_id, Dispute.programme_id == programme_id)
    ).first()
    return Asked(*row) if row else None


def of_partner(partner_id: int, limit: int) -> list[Asked]:
    """What a partner asked, the newest in front."""
    rows = db.session.execute(
        _ASKED.where(Dispute.partner_id == partner_id).order_by(Dispute.id.desc()).limit(limit)
    )
    return [Asked(*row) for row in rows]


def of_line(transfer_id: int) -> Sequence[Dispute]:
    """Every question about a line, the newest in front."""
    return db.session.scalars(
        select(Dispute).where(Dispute.transfer_id == transfer_id).order_by(Dispute.id.desc())
    ).all()


class Waiting(NamedTuple):
    """How many questions are open in a programme, and how many of them are late."""

    open: int
    overdue: int


def waiting(programme_id: int, now: datetime) -> Waiting:
    here = (Dispute.programme_id == programme_id, Dispute.state == "open")
    counted = select(func.count()).select_from(Dispute)
    open_now = db.session.scalar(counted.where(*here)) or 0
    overdue = db.session.scalar(counted.where(*here, Dispute.due_at <= now)) or 0
    return Waiting(open_now, overdue)


def unseen(partner_id: int) -> int:
    """How many answers a partner has not looked at."""
    counted = select(func.count()).select_from(Dispute)
    new = (Dispute.partner_id == partner_id, Dispute.state.in_(ANSWERED), Dispute.seen_at.is_(None))
    return db.session.scalar(counted.where(*new)) or 0


def see(dispute_ids: Sequence[int], now: datetime) -> None:
    """Note that the partner has looked at these answers."""
    db.session.execute(
        update(Dispute)
        .where(Dispute.id.in_(dispute_ids), Dispute.seen_at.is_(None))
        .values(seen_at=now)
    )
