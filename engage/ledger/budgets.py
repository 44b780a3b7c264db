"""What a programme may award at most: the floor of its budget account, which the database keeps."""

from sqlalchemy import ColumnElement, func, select, update

from engage.db import db
from engage.ledger.models import Account, Transfer
from engage.ledger.rules import Budget, Overdrawn, Place, Shortfall
from engage.ledger.service import accounts


def budgets(programme_id: int) -> dict[str, int]:
    """The limited budgets of a programme, by unit, in minor units."""
    rows = db.session.execute(
        select(Account.unit, Account.floor).where(
            Account.programme_id == programme_id,
            Account.kind == "budget",
            Account.floor.is_not(None),
        )
    )
    return {unit: -floor for unit, floor in rows if floor is not None}


def left(programme_id: int) -> dict[str, int]:
    """What may still be awarded, by unit, in minor units; units without a limit are not there."""
    rows = db.session.execute(
        select(Account.unit, Account.balance - Account.floor).where(
            Account.programme_id == programme_id,
            Account.kind == "budget",
            Account.floor.is_not(None),
        )
    )
    return dict(rows.tuples().all())


def awarded(*conditions: ColumnElement[bool]) -> dict[str, int]:
    """What the transfers under ``conditions`` (of a rule, of a mission) come to, by unit."""
    sums = select(Transfer.unit, func.sum(Transfer.amount)).where(*conditions)
    return {unit: int(amount) for unit, amount in db.session.execute(sums.group_by(Transfer.unit))}


def publish(programme_id: int, budget: Budget) -> bool:
    """Let a programme award so much and no more; whether that is a change.

    :raises Overdrawn: more was awarded already.
    """
    if budgets(programme_id) == budget:
        return False
    places: dict[str, Place] = {unit: ("budget", None, unit) for unit in budget}
    held = accounts(programme_id, set(places.values()))
    short = [
        Shortfall(places[unit], -amount, -amount - held[places[unit]].balance)
        for unit, amount in budget.items()
        if held[places[unit]].balance < -amount
    ]
    if short:
        raise Overdrawn(short)
    here = (Account.programme_id == programme_id, Account.kind == "budget")
    db.session.execute(update(Account).where(*here).values(floor=None))
    for unit, amount in budget.items():
        db.session.execute(update(Account).where(*here, Account.unit == unit).values(floor=-amount))
    return True
