"""From accrued to paid: a period is collected, looked at, cleared by managers and marked paid.

Every step claims its rows by a conditional update, so that two who do the same do it once; the
ledger's lines go with it in the same transaction.
"""

from collections.abc import Iterable, Sequence
from datetime import date, datetime, timedelta
from typing import Any, NamedTuple, cast

from sqlalchemy import CursorResult, Row, Update, and_, case, func, or_, select, update

from engage import clock, periods
from engage.accounts import trust
from engage.accounts.models import User
from engage.db import db
from engage.ledger import service as ledger
from engage.ledger.models import Account, Transfer
from engage.ledger.rules import EARNED, WAYS, Move
from engage.outbox import service as outbox
from engage.payouts import rules
from engage.payouts.models import Payout, PayoutRun
from engage.payouts.rules import Due, Terms
from engage.programmes.models import Programme
from engage.rows import among, insert_rows, next_ids
from engage.texts import legible

#: The kinds that took something from what had accrued.
_TAKEN = tuple(kind for kind, (source, _) in WAYS.items() if source == "accrued")


class Refused(ValueError):
    """The step cannot be taken; the message says why in one line."""


def terms_of(programme: Programme) -> Terms | None:
    return rules.parse(programme.payouts) if programme.payouts else None


# --- collecting -----------------------------------------------------------------------------------


def collect(programme: Programme, now: datetime, by: int | None = None) -> PayoutRun | None:
    """Collect the newest closed period into a run; None where that is done already.

    A later run without payments is written down as well: its period is closed.

    :raises Refused: the programme pays nothing out.
    """
    terms = terms_of(programme)
    if terms is None:
        raise Refused("the programme pays nothing out: write [payouts] in its file")
    today = clock.local_day(now, programme.timezone)
    period = terms.closed(today)
    last = newest(programme.id)
    if last and last.last_day >= period.last:
        return None
    due = _due(programme.id, terms, last.last_day if last else None, period.last)
    if last is None and not due:
        return None  # the programme has only begun
    totals: dict[str, int] = {}
    for one in due:
        totals[one.unit] = totals.get(one.unit, 0) + one.amount
    run = PayoutRun(
        programme_id=programme.id,
        number=last.number + 1 if last else 1,
        period=period.name,
        last_day=period.last,
        promised_on=terms.promised_on(period.last),
        needs_second=rules.needs_second(totals, terms),
        collected_at=now,
        collected_by=by,
    )
    db.session.add(run)
    db.session.flush()
    _propose(run, due, terms, today, now)
    return run


def newest(programme_id: int) -> PayoutRun | None:
    return db.session.scalar(
        select(PayoutRun)
        .where(PayoutRun.programme_id == programme_id)
        .order_by(PayoutRun.last_day.desc())
        .limit(1)
    )


def _due(programme_id: int, terms: Terms, before: date | None, last: date) -> list[Due]:
    """What facts up to ``last`` earned and nothing took since, as far as it is still there."""
    earned = and_(Transfer.kind.in_(EARNED), Transfer.day <= last)
    fresh = and_(earned, Transfer.day > before) if before else earned
    taken = Transfer.kind.in_(_TAKEN)
    sums = db.session.execute(
        select(
            Transfer.partner_id,
            Transfer.unit,
            func.sum(case((fresh, Transfer.amount), else_=0)),
            func.sum(case((earned, Transfer.amount), (taken, -Transfer.amount), else_=0)),
        )
        .where(Transfer.programme_id == programme_id)
        .group_by(Transfer.partner_id, Transfer.unit)
        .order_by(Transfer.unit, Transfer.partner_id)
    ).all()
    accrued = {
        (partner_id, unit): balance
        for partner_id, unit, balance in db.session.execute(
            select(Account.partner_id, Account.unit, Account.balance).where(
                Account.programme_id == programme_id, Account.kind == "accrued"
            )
        )
    }
    due = []
    for partner_id, unit, new, whole in sums:
        amount = min(int(whole), accrued.get((partner_id, unit), 0))
        if amount > 0 and terms.pays(unit):
            due.append(Due(partner_id, unit, int(new), amount - int(new)))
    return due


def _propose(run: PayoutRun, due: Sequence[Due], terms: Terms, today: date, now: datetime) -> None:
    """Write a run's payments and move their amounts from accrued to payable."""
    paid = _paid_before({one.partner_id for one in due})
    by_unit: dict[str, list[int]] = {}
    for one in due:
        by_unit.setdefault(one.unit, []).append(one.amount)
    rows = []
    for payout_id, one in zip(next_ids("payouts", len(due)), due, strict=True):
        earlier = paid.get((one.partner_id, one.unit), [])
        holds = rules.holds(one, earlier, by_unit[one.unit], terms)
        rows.append(
            {
                "id": payout_id,
                "run_id": run.id,
                **one._asdict(),
                "amount": one.amount,
                "held": bool(holds),
                "holds": [list(hold) for hold in holds],
            }
        )
    insert_rows(Payout.__table__, rows)
    ledger.transfer(
        run.programme_id,
        [
            Move(
                "payout",
                row["partner_id"],
                row["unit"],
                row["amount"],
                f"payout:{row['id']}",
                now,
                today,
                payout_id=row["id"],
            )
            for row in rows
        ],
        now,
    )


def _paid_before(partner_ids: Iterable[int]) -> dict[tuple[int, str], list[int]]:
    found: dict[tuple[int, str], list[int]] = {}
    rows = db.session.execute(
        select(Payout.partner_id, Payout.unit, Payout.amount).where(
            among(Payout.partner_id, partner_ids),
            Payout.paid_at.is_not(None),
            Payout.put_back_at.is_(None),
        )
    )
    for partner_id, unit, amount in rows:
        found.setdefault((partner_id, unit), []).append(amount)
    return found


# --- clearing and paying --------------------------------------------------------------------------


def _won(statement: Update) -> bool:
    return bool(cast(CursorResult[Any], db.session.execute(statement)).rowcount)


def approve(run: PayoutRun, user_id: int, now: datetime) -> bool:
    """A manager's yes to a run; True where it clears the run.

    :raises Refused: it is cleared already, or this manager said yes before and another is needed.
    """
    here = update(PayoutRun).where(PayoutRun.id == run.id)
    first = here.where(PayoutRun.approved_at.is_(None)).values(
        approved_at=now,
        approved_by=user_id,
        cleared_at=case((PayoutRun.needs_second, None), else_=now),
    )
    second = here.where(
        PayoutRun.needs_second, PayoutRun.cleared_at.is_(None), PayoutRun.approved_by != user_id
    ).values(seconded_by=user_id, cleared_at=now)
    if not _won(first) and not _won(second):
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
    payout = db.session.get(Payout, payout_id)
    if payout and trust.sits_for(user_id, payout.partner_id):
        raise Refused("this payment is yours: another manager releases it")
    won = _won(
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


def put_back(
    run: PayoutRun, payout_id: int, user_id: int, note: str, now: datetime, today: date
) -> None:
    """Take a payment out of its run, or note that the bank returned it: it is accrued again.

    :raises Refused: it was put back before, or no reason is given.
    """
    if not _note(note):
        raise Refused("write why: the partner reads it")
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
    names = {
        user.id: user.name or user.email
        for user in db.session.scalars(
            select(User).where(User.id.in_([run.approved_by, run.seconded_by]))
        )
    }
    return [names[user_id] for user_id in (run.approved_by, run.seconded_by) if user_id]


def state(payout: Payout, run: PayoutRun) -> str:
    """One of `rules.STATES`."""
    if payout.put_back_at:
        return "put_back"
    if payout.paid_at:
        return "paid"
    if payout.held and not payout.released_at:
        return "held"
    return "on_its_way" if run.cleared_at else "waiting"


class Count(NamedTuple):
    """How many payments of a run are in a state, and their sum (minor units)."""

    payments: int
    amount: int


def counts(programme_id: int) -> dict[int, dict[tuple[str, str], Count]]:
    """Payments of every run, by state and unit."""
    found: dict[int, dict[tuple[str, str], Count]] = {}
    word = case(
        (Payout.put_back_at.is_not(None), "put_back"),
        (Payout.paid_at.is_not(None), "paid"),
        (and_(Payout.held, Payout.released_at.is_(None)), "held"),
        (PayoutRun.cleared_at.is_not(None), "on_its_way"),
        else_="waiting",
    )
    rows = db.session.execute(
        select(Payout.run_id, word, Payout.unit, func.count(), func.sum(Payout.amount))
        .join(PayoutRun, PayoutRun.id == Payout.run_id)
        .where(PayoutRun.programme_id == programme_id)
        .group_by(Payout.run_id, word, Payout.unit)
    )
    for run_id, name, unit, number, amount in rows:
        found.setdefault(run_id, {})[name, unit] = Count(number, int(amount))
    return found


def carried(programme_id: int) -> list[tuple[int, str, int]]:
    """Who was paid more than is left to them: (partner, unit, minor units below zero)."""
    rows = db.session.execute(
        select(Account.partner_id, Account.unit, Account.balance)
        .where(Account.programme_id == programme_id, Account.kind == "accrued", Account.balance < 0)
        .order_by(Account.balance)
    )
    return [(partner_id, unit, balance) for partner_id, unit, balance in rows if partner_id]


def late_lines(payout: Payout, run: PayoutRun) -> list[ledger.Line]:
    """Lines of late and corrected facts that a payment contains: of periods that were closed before."""
    before = run_of(run.programme_id, run.number - 1)
    if before is None:
        return []
    return ledger.lines_of_closed(
        payout.partner_id, payout.unit, before.last_day, before.collected_at, run.collected_at
    )


class Standing(NamedTuple):
    """Where a partner's money of a unit is (minor units).

    ``earned`` is of periods that still run, ``confirmed`` of closed ones and not cleared yet,
    ``on_its_way`` is cleared to be paid, ``paid`` was paid. ``promised_on`` is the day that the
    oldest promise names, None where nothing is promised; ``late`` whole days past it.
    """

    unit: str
    earned: int
    confirmed: int
    on_its_way: int
    paid: int
    promised_on: date | None
    late: int


class Payment(NamedTuple):
    """A payment as its partner sees it."""

    payout: Payout
    run: PayoutRun
    state: str
    late: int


def of_partner(partner_id: int, today: date, limit: int = 6) -> list[Payment]:
    """A partner's payments, newest first."""
    rows = db.session.execute(
        select(Payout, PayoutRun)
        .join(PayoutRun, PayoutRun.id == Payout.run_id)
        .where(Payout.partner_id == partner_id)
        .order_by(Payout.id.desc())
        .limit(limit)
    )
    found = []
    for payout, run in rows:
        word = state(payout, run)
        open_ = word not in ("paid", "put_back")
        late = rules.late_by(run.promised_on, today) if open_ else 0
        found.append(Payment(payout, run, word, late))
    return found


def standings(programme: Programme, partner_id: int, now: datetime) -> list[Standing]:
    """Where a partner's money is, by unit that is paid out; the programme's currency first."""
    terms = terms_of(programme)
    if terms is None:
        return []
    today = clock.local_day(now, programme.timezone)
    closed = terms.closed(today)
    held: dict[str, dict[str, int]] = {}
    for kind, unit, balance in db.session.execute(
        select(Account.kind, Account.unit, Account.balance).where(Account.partner_id == partner_id)
    ):
        held.setdefault(unit, {})[kind] = balance
    after = closed.last + timedelta(days=1)
    running = ledger.earned(partner_id, after, periods.LAST_DAY)
    open_ = [
        payment
        for payment in of_partner(partner_id, today, limit=100)
        if payment.state in ("held", "waiting", "on_its_way")
    ]
    last = newest(programme.id)
    collected = last is not None and last.last_day >= closed.last
    found = []
    for unit in sorted((u for u in held if terms.pays(u)), key=lambda u: u != programme.currency):
        mine = [payment for payment in open_ if payment.payout.unit == unit]
        sent = sum(p.payout.amount for p in mine if p.state == "on_its_way")
        accounts = held[unit]
        earned = running.get(unit, 0)
        confirmed = accounts.get("accrued", 0) - earned
        promises = [payment.run.promised_on for payment in mine]
        if confirmed > 0:
            due = periods.containing(after, terms.period) if collected else closed
            promises.append(terms.promised_on(due.last))
        promised_on = min(promises, default=None)
        found.append(
            Standing(
                unit,
                earned,
                confirmed + accounts.get("payable", 0) - sent,
                sent,
                accounts.get("paid", 0),
                promised_on,
                rules.late_by(promised_on, today) if promised_on else 0,
            )
        )
    return found
