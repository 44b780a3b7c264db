"""Closing a period: what it earned its partners goes from accrued to payable, into a run."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from datetime import date, datetime

from sqlalchemy import and_, case, func, select

from engage import clock
from engage.among import among
from engage.db import db
from engage.ledger import service as ledger
from engage.ledger.models import Account, Transfer
from engage.ledger.rules import EARNED, WAYS, Move
from engage.payouts import rules
from engage.payouts.models import Payout, PayoutRun
from engage.payouts.rules import Due, Terms
from engage.payouts.service import Refused, newest, terms_of
from engage.programmes.models import Programme
from engage.rows import insert_rows, next_ids

#: The kinds that took something from what had accrued.
_TAKEN = tuple(kind for kind, (source, _) in WAYS.items() if source == "accrued")


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
    totals = Counter[str]()
    for one in due:
        totals[one.unit] += one.amount
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
    by_unit: dict[str, list[int]] = defaultdict(list)
    for one in due:
        by_unit[one.unit].append(one.amount)
    rows = []
    for payout_id, one in zip(next_ids("payouts", len(due)), due, strict=True):
        holds = rules.holds(one, paid[one.partner_id, one.unit], by_unit[one.unit], terms)
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
    found: dict[tuple[int, str], list[int]] = defaultdict(list)
    rows = db.session.execute(
        select(Payout.partner_id, Payout.unit, Payout.amount).where(
            among(Payout.partner_id, partner_ids),
            Payout.paid_at.is_not(None),
            Payout.put_back_at.is_(None),
        )
    )
    for partner_id, unit, amount in rows:
        found[partner_id, unit].append(amount)
    return found
