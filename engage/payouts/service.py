"""From accrued to paid: a period is collected, looked at, cleared by managers and marked paid.

Every step claims its rows by a conditional update, so that two who do the same do it once; the
ledger's lines go with it in the same transaction.
"""

from datetime import date, datetime
from typing import Any

from sqlalchemy import Row, case, or_, select, update

from engage.accounts import trust
from engage.accounts.models import User
from engage.db import changed, db
from engage.ledger import service as ledger
from engage.ledger.rules import Move
from engage.outbox import service as outbox
from engage.payouts import rules
from engage.payouts.models import Payout, PayoutRun
from engage.payouts.rules import Terms
from engage.programmes.models import Programme
from engage.texts import legible


class Refused(ValueError):
    """The step cannot be taken; the message says why in one line."""


def terms_of(programme: Programme) -> Terms | None:
    return rules.parse(programme.payouts) if programme.payouts else None


# --- clearing and paying --------------------------------------------------------------------------


def approve(run: PayoutRun, user_id: int, now: datetime) -> bool:
    """A manager's yes to a run; True where it clears the run.

    :raises Refused: it is cleared already, this manager said yes before and another is needed, or
        something of it is this manager's own.
    """
    if is_of(run, user_id):
        raise Refused("a payment of this run is yours: another manager approves it")
    here = update(PayoutRun).where(PayoutRun.id == run.id)
    first = here.where(PayoutRun.approved_at.is_(None)).values(
        approved_at=now,
        approved_by=user_id,
        cleared_at=case((PayoutRun.needs_second, None), else_=now),
    )
    second = here.where(
        PayoutRun.needs_second, PayoutRun.cleared_at.is_(None), PayoutRun.approved_by != user_id
    ).values(seconded_by=user_id, cleared_at=now)
    if not changed(first) and not changed(second):
        db.session.refresh(run)
        raise Refused(
            "this run is cleared already"
            if run.cleared_at
            else "you approved this run: it needs another manager's yes as well"
        )
    db.session.refresh(run)
    if run.cleared_at:
        _tell(run, {payout.partner_id for payout in payments(run)}, now)
    return run.cleared_at is not None


def is_of(run: PayoutRun, user_id: int) -> bool:
    """Whether a run pays a partner whom this person sits for, or did since it was collected."""
    own = select(Payout.id).where(
        Payout.run_id == run.id,
        Payout.put_back_at.is_(None),
        Payout.partner_id.in_(trust.partners_of(user_id, run.collected_at)),
    )
    return db.session.scalar(own.limit(1)) is not None


#: Payments that may be made: of a cleared run, not held, not paid and not put back.
PAYABLE = (
    Payout.paid_at.is_(None),
    Payout.put_back_at.is_(None),
    or_(~Payout.held, Payout.released_at.is_not(None)),
)


def pay(
    run: PayoutRun,
    user_id: int,
    reference: str,
    now: datetime,
    today: date,
    *,
    payout_id: int | None = None,
    partner_id: int | None = None,
) -> int:
    """Mark a run's payments as made, or one of them, or a partner's; how many that were.

    :raises Refused: the run is not cleared, or nothing of it is left to be paid.
    """
    reference = legible(reference)
    if not reference or len(reference) > 100:
        raise Refused("write the reference of the payment: 1 to 100 characters")
    if run.cleared_at is None:
        raise Refused("this run is not approved yet")
    one = [] if payout_id is None else [Payout.id == payout_id]
    one += [] if partner_id is None else [Payout.partner_id == partner_id]
    made = db.session.execute(
        update(Payout)
        .where(Payout.run_id == run.id, *PAYABLE, *one)
        .values(paid_at=now, paid_by=user_id, reference=reference)
        .returning(Payout.id, Payout.partner_id, Payout.unit, Payout.amount)
        .execution_options(synchronize_session=False)
    ).all()
    if not made:
        raise Refused("nothing of this is left to be paid")
    moves = [_move("paid", row, f"paid:{row.id}", row.amount, now, today) for row in made]
    ledger.transfer(run.programme_id, sorted(moves), now)
    _tell(run, {row.partner_id for row in made}, now)
    return len(made)


def release(run: PayoutRun, payout_id: int, user_id: int, note: str, now: datetime) -> None:
    """Let a held payment be made after all.

    :raises Refused: it is not held (any more), or goes to whoever would release it.
    """
    _refuse_own(run, payout_id, user_id)
    won = changed(
        update(Payout)
        .where(
            Payout.id == payout_id,
            Payout.run_id == run.id,
            Payout.held,
            Payout.released_at.is_(None),
            Payout.put_back_at.is_(None),
        )
        .values(released_at=now, released_by=user_id, note=_note(note))
    )
    if not won:
        raise Refused("this payment is not held any more")


def _refuse_own(run: PayoutRun, payout_id: int, user_id: int) -> None:
    payout = db.session.get(Payout, payout_id)
    if payout and trust.sat_for(user_id, payout.partner_id, run.collected_at):
        raise Refused("this payment is yours: another manager decides on it")


def put_back(
    run: PayoutRun, payout_id: int, user_id: int, note: str, now: datetime, today: date
) -> None:
    """Take a payment out of its run, or note that the bank returned it: it is accrued again.

    :raises Refused: it was put back before, no reason is given, or it goes to whoever would do it.
    """
    if not _note(note):
        raise Refused("write why: the partner reads it")
    _refuse_own(run, payout_id, user_id)
    row = db.session.execute(
        update(Payout)
        .where(Payout.id == payout_id, Payout.run_id == run.id, Payout.put_back_at.is_(None))
        .values(put_back_at=now, put_back_by=user_id, note=_note(note))
        .returning(Payout.id, Payout.partner_id, Payout.unit, Payout.amount, Payout.paid_at)
        .execution_options(synchronize_session=False)
    ).first()
    if row is None:
        raise Refused("this payment was put back already")
    back = [_move("payout", row, f"payout:{row.id}:back", -row.amount, now, today, _note(note))]
    if row.paid_at:
        back.insert(0, _move("paid", row, f"paid:{row.id}:back", -row.amount, now, today))
    ledger.transfer(run.programme_id, back, now)
    _tell(run, {row.partner_id}, now)


def _note(text: str) -> str | None:
    return legible(text)[:500] or None


def _move(
    kind: str,
    row: Row[Any],
    key: str,
    amount: int,
    now: datetime,
    today: date,
    reason: str | None = None,
) -> Move:
    return Move(
        kind, row.partner_id, row.unit, amount, key, now, today, payout_id=row.id, reason=reason
    )


def _tell(run: PayoutRun, partner_ids: set[int], now: datetime) -> None:
    """Partners hear the same day what became of their money."""
    payload = {"run": run.id, "partners": sorted(partner_ids)}
    outbox.write(run.programme_id, "payout", payload, now)


# --- reading --------------------------------------------------------------------------------------


def runs(programme_id: int) -> list[PayoutRun]:
    """The programme's runs, newest first."""
    statement = select(PayoutRun).where(PayoutRun.programme_id == programme_id)
    return list(db.session.scalars(statement.order_by(PayoutRun.number.desc())))


def newest(programme_id: int) -> PayoutRun | None:
    return db.session.scalar(
        select(PayoutRun)
        .where(PayoutRun.programme_id == programme_id)
        .order_by(PayoutRun.last_day.desc())
        .limit(1)
    )


def run_of(programme_id: int, number: int) -> PayoutRun | None:
    return db.session.scalar(
        select(PayoutRun).where(PayoutRun.programme_id == programme_id, PayoutRun.number == number)
    )


def payments(run: PayoutRun) -> list[Payout]:
    """A run's payments, the held ones first, then the largest."""
    statement = select(Payout).where(Payout.run_id == run.id)
    return list(
        db.session.scalars(statement.order_by(Payout.held.desc(), Payout.amount.desc(), Payout.id))
    )


def approvers(run: PayoutRun) -> list[str]:
    """Who said yes to a run, first to last."""
    people = [db.session.get_one(User, by) for by in (run.approved_by, run.seconded_by) if by]
    return [user.name or user.email for user in people]


def state(payout: Payout, run: PayoutRun) -> str:
    """One of `rules.STATES`."""
    if payout.put_back_at:
        return "put_back"
    if payout.paid_at:
        return "paid"
    if payout.held and not payout.released_at:
        return "held"
    return "on_its_way" if run.cleared_at else "waiting"
