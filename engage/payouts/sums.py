"""What payout runs come to: their payments by state, the state of a run, and who was paid too much."""

from collections import Counter
from collections.abc import Collection
from typing import NamedTuple

from sqlalchemy import and_, case, func, select

from engage.db import db
from engage.ledger.models import Account
from engage.payouts.models import Payout, PayoutRun


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


def summed(states: dict[tuple[str, str], Count]) -> tuple[dict[str, int], dict[str, int]]:
    """Of a run its payments by state, and its amounts by unit, without what was put back."""
    payments, amounts = Counter[str](), Counter[str]()
    for (word, unit), count in states.items():
        payments[word] += count.payments
        if word != "put_back":
            amounts[unit] += count.amount
    return payments, amounts


def run_state(run: PayoutRun, payments: Collection[str]) -> str:
    """A run with payments in these states is ``empty``, ``waiting`` for a yes, ``half_approved``,
    ``on_its_way`` or ``done``."""
    if not payments:
        return "empty"
    if not {"held", "waiting", "on_its_way"} & {*payments}:
        return "done"
    if run.cleared_at:
        return "on_its_way"
    return "half_approved" if run.approved_at else "waiting"


def carried(programme_id: int) -> list[tuple[int, str, int]]:
    """Who was paid more than is left to them: (partner, unit, minor units below zero)."""
    rows = db.session.execute(
        select(Account.partner_id, Account.unit, Account.balance)
        .where(Account.programme_id == programme_id, Account.kind == "accrued", Account.balance < 0)
        .order_by(Account.balance)
    )
    return [(partner_id, unit, balance) for partner_id, unit, balance in rows if partner_id]
