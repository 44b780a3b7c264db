"""Where a partner's money is, and what is in each payment."""

from datetime import date, datetime, timedelta
from typing import NamedTuple

from sqlalchemy import select

from engage import clock, periods
from engage.db import db
from engage.ledger import service as ledger
from engage.ledger.models import Account
from engage.payouts import rules
from engage.payouts.models import Payout, PayoutRun
from engage.payouts.service import newest, run_of, state, terms_of
from engage.programmes.models import Programme


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
    """A payment as its partner sees it; ``late`` days past its promise, still or when it was paid."""

    payout: Payout
    run: PayoutRun
    state: str
    late: int


def of_partner(
    programme: Programme,
    partner_id: int,
    now: datetime,
    *,
    limit: int | None = None,
    before: int | None = None,
    run: int | None = None,
) -> list[Payment]:
    """A partner's payments, newest first: those before one of them, or those of a run's number."""
    of = [] if before is None else [Payout.id < before]
    of += [] if run is None else [PayoutRun.number == run]
    rows = db.session.execute(
        select(Payout, PayoutRun)
        .join(PayoutRun, PayoutRun.id == Payout.run_id)
        .where(Payout.partner_id == partner_id, *of)
        .order_by(Payout.id.desc())
        .limit(limit)
    )
    found = []
    for payout, its_run in rows:
        word = state(payout, its_run)
        day = clock.local_day(payout.paid_at or now, programme.timezone)
        late = 0 if word == "put_back" else rules.late_by(its_run.promised_on, day)
        found.append(Payment(payout, its_run, word, late))
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
        for payment in of_partner(programme, partner_id, now, limit=100)
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


def late_lines(payout: Payout, run: PayoutRun) -> list[ledger.Line]:
    """Lines of late and corrected facts that a payment contains: of periods that were closed before."""
    before = run_of(run.programme_id, run.number - 1)
    if before is None:
        return []
    return ledger.lines_of_closed(
        payout.partner_id, payout.unit, before.last_day, before.collected_at, run.collected_at
    )
