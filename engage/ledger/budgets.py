"""What a programme may award at most: the floor of its budget account, which the database keeps."""

from collections.abc import Callable, Iterable, Iterator, Mapping

from sqlalchemy import ColumnElement, delete, select, update

from engage.apart import Apart, apart
from engage.db import db
from engage.ledger import accounts
from engage.ledger.models import Account, AwardedSoFar
from engage.ledger.rules import Budget, Overdrawn, Place, Shortfall
from engage.ledger.service import by_unit
from engage.rows import upsert_rows


def budgets(programme_id: int) -> dict[str, int]:
    """The limited budgets of a programme, by unit, in minor units."""
    return by_unit(select(Account.unit, -Account.floor).where(*_limited(programme_id)))


def left(programme_id: int) -> dict[str, int]:
    """What may still be awarded, by unit, in minor units; units without a limit are not there."""
    over = Account.balance - Account.floor
    return by_unit(select(Account.unit, over).where(*_limited(programme_id)))


def _limited(programme_id: int) -> tuple[ColumnElement[bool], ...]:
    here = Account.programme_id == programme_id
    return here, Account.kind == "budget", Account.floor.is_not(None)


#: Adds up what a rule or mission has awarded from the lines; by unit, in minor units.
Counting = Callable[[], Mapping[str, int]]


def so_far(source: str, count: Counting) -> Mapping[str, int]:
    """What a ``source`` ("rule:7", "mission:3") has awarded: as it is kept, else counted."""
    return _kept(source) or count()


def keep_up(programme_id: int, source: str, count: Counting) -> Mapping[str, int]:
    """The same, and kept from now on: to add up all of its lines for each fact would take ever longer."""
    if kept := _kept(source):
        return kept
    found = count()
    rows = [
        {"source": source, "unit": unit, "programme_id": programme_id, "amount": amount}
        for unit, amount in found.items()
    ]
    upsert_rows(AwardedSoFar.__table__, rows, put=("amount",))
    return found


def _kept(source: str) -> dict[str, int]:
    here = AwardedSoFar.source == source
    return by_unit(select(AwardedSoFar.unit, AwardedSoFar.amount).where(here))


def add(source: str, unit: str, amount: int) -> None:
    """A source that is kept has awarded so much more, or less."""
    if amount:
        here = (AwardedSoFar.source == source, AwardedSoFar.unit == unit)
        more = {"amount": AwardedSoFar.amount + amount}
        db.session.execute(update(AwardedSoFar).where(*here).values(more))


def forget(programme_id: int) -> None:
    """All is worked out anew: what was kept is counted again by the next fact that asks."""
    db.session.execute(delete(AwardedSoFar).where(AwardedSoFar.programme_id == programme_id))


def differing(programme_id: int, sources: Iterable[tuple[str, Counting]]) -> Iterator[Apart]:
    """What of these is kept as something else than their lines come to."""
    for source, count in sources:
        if kept := _kept(source):
            stands, must = (
                [(source, unit, programme_id, amount) for unit, amount in sums.items()]
                for sums in (kept, count())
            )
            yield from apart(AwardedSoFar.__table__, stands, must)


def publish(programme_id: int, budget: Budget) -> bool:
    """Let a programme award so much and no more; whether that is a change.

    :raises Overdrawn: more was awarded already.
    """
    if budgets(programme_id) == budget:
        return False
    places: dict[str, Place] = {unit: ("budget", None, unit) for unit in budget}
    held = accounts.held(programme_id, set(places.values()))
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
