"""April is over: what the cast earned in it is to be paid by 15 May 2013."""

from collections.abc import Iterator
from datetime import UTC, date, datetime

import pytest
from flask import Flask

from engage import membership
from engage.accounts.models import User
from engage.config import Settings
from engage.db import db, transaction
from engage.payouts import collecting, service
from engage.payouts.models import PayoutRun
from engage.programmes import service as programmes
from engage.programmes.models import Programme
from tests.conftest import NOW, PROFILES, PROGRAMME, publish, record, sale
from tests.houses import Houses, opened

MAY = datetime(2013, 5, 2, 15, 0, tzinfo=UTC)
JUNE = datetime(2013, 6, 3, 15, 0, tzinfo=UTC)
TERMS = """
[payouts]
period = "month"
promised_days = 15
review_over = { USD = "500" }
second_approval_over = { USD = "600" }

[[rules]]"""
PAYING = PROGRAMME.replace("\n[[rules]]", TERMS, 1)


def april() -> None:
    """Two managers (1 and 2); A1 earned $10 in April, B1 $210 and C1 $610."""
    programme = publish(PAYING)
    transaction(lambda: membership.enrol(programmes.by_slug("resellers"), PROFILES, now=NOW))
    managers("mia", "max")
    record(
        programme,
        sale("a-1", "A1", "6000"),
        sale("b-1", "B1", "18000", category="Clothing"),
        sale("c-1", "C1", "38000"),
    )


@pytest.fixture(params=["sqlite", "postgresql"])
def paying(
    request: pytest.FixtureRequest, settings: Settings, houses: Houses
) -> Iterator[Settings]:
    """Where April is over, on either database."""
    with houses.settings(request.param, settings, april) as chosen:
        yield chosen


@pytest.fixture
def house(paying: Settings) -> Iterator[Flask]:
    """April is over, inside the application."""
    with opened(paying) as app:
        yield app


def managers(*names: str) -> None:
    def work() -> None:
        for name in names:
            user = User(email=f"{name}@example.com", name=name, stamp=name, created_at=NOW)
            db.session.add(user)
            db.session.flush()

    transaction(work)


def the_programme() -> Programme:
    return programmes.by_slug("resellers")


def collect(now: datetime = MAY) -> PayoutRun:
    """Close the period that is over and hand back its run."""
    number = transaction(lambda: getattr(collecting.collect(the_programme(), now), "number", None))
    assert number, "nothing was to be collected"
    return the_run(number)


def the_run(number: int = 1) -> PayoutRun:
    db.session.rollback()
    run = service.run_of(the_programme().id, number)
    assert run
    return run


def approve(number: int, manager: int, now: datetime = MAY) -> bool:
    return transaction(lambda: service.approve(the_run_now(number), manager, now))


def pay(number: int, reference: str = "wire-1", manager: int = 1, now: datetime = MAY, **of) -> int:
    def work() -> int:
        return service.pay(the_run_now(number), manager, reference, now, now.date(), **of)

    return transaction(work)


def put_back(number: int, payout_id: int, note: str = "wrong account", now: datetime = MAY) -> None:
    transaction(lambda: service.put_back(the_run_now(number), payout_id, 1, note, now, now.date()))


def release(number: int, payout_id: int, note: str = "a real deal") -> None:
    transaction(lambda: service.release(the_run_now(number), payout_id, 1, note, MAY))


def the_run_now(number: int) -> PayoutRun:
    """The run in the transaction that is open."""
    run = service.run_of(the_programme().id, number)
    assert run
    return run


LAST_OF_APRIL = date(2013, 4, 30)
