"""Whoever does the same at the same moment, and wherever a process dies: paid once, or not at all."""

import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
from flask import Flask
from sqlalchemy import event, func, select

from engage import flow
from engage.db import db, transaction
from engage.ledger import chain
from engage.ledger.models import Transfer
from engage.payouts import service
from engage.payouts.models import Payout, PayoutRun
from tests.conftest import record, sale

from .conftest import MAY, approve, collect, pay, release, the_programme, the_run

ROUNDS = 250  # on either database: 500 in all
STATEMENTS = 60


class Killed(BaseException):
    """What a process that dies leaves of a transaction: nothing that was not committed."""


def settled() -> None:
    """Both managers have said yes to the only run, and nothing of it is held."""
    collect()
    run = the_run()
    for payment in service.payments(run):
        if payment.held:
            release(1, payment.id)
    approve(1, 1)
    approve(1, 2)


def paid_lines() -> int:
    db.session.rollback()
    return db.session.scalar(select(func.count()).where(Transfer.kind == "paid")) or 0


def together(house: Flask, *steps: Callable[[], object]) -> list[object]:
    """Run steps at the same moment, each in a session of its own; what they answer or raise."""
    ready = threading.Barrier(len(steps))

    def run(step: Callable[[], object]) -> object:
        with house.app_context():
            ready.wait()
            try:
                return step()
            except service.Refused as refusal:
                return refusal
            finally:
                db.session.remove()

    with ThreadPoolExecutor(len(steps)) as pool:
        return list(pool.map(run, steps))


def test_two_managers_paying_the_same_payments_over_and_over_make_one_payment_each(
    house: Flask,
) -> None:
    settled()
    wanted = len(service.payments(the_run()))
    answers: list[object] = []
    for round_ in range(ROUNDS // 10):  # ten tries of each manager at the same moment
        answers += together(
            house,
            lambda r=round_: [_tried(1, f"mia-{r}") for _ in range(5)],
            lambda r=round_: [_tried(2, f"max-{r}") for _ in range(5)],
        )
    made = [answer for tries in answers for answer in tries if answer]  # type: ignore[attr-defined]
    assert made == [wanted], "one of all of them made every payment"
    assert paid_lines() == wanted
    assert flow.check(the_programme()).ok


def _tried(manager: int, reference: str) -> int:
    try:
        return pay(1, reference, manager)
    except service.Refused:
        return 0


def test_two_managers_approving_and_collecting_at_once_do_it_once(house: Flask) -> None:
    def collected() -> object:
        return transaction(lambda: getattr(service.collect(the_programme(), MAY), "number", None))

    assert sorted(map(str, together(house, collected, collected))) == ["1", "None"]
    answers = together(house, lambda: approve(1, 1), lambda: approve(1, 1))
    assert [answer for answer in answers if answer is False] == [False], "one yes of one manager"
    answers = together(house, lambda: approve(1, 2), lambda: approve(1, 2))
    assert sum(answer is True for answer in answers) == 1
    assert len(db.session.scalars(select(PayoutRun)).all()) == 1


def test_a_process_that_dies_anywhere_in_a_payout_leaves_all_of_a_step_or_nothing(
    house: Flask,
) -> None:
    steps: list[tuple[str, Callable[[], object]]] = [
        ("collect", lambda: service.collect(the_programme(), MAY)),
        ("release", lambda: [_release(payment.id) for payment in _held()]),
        ("approve", lambda: service.approve(_run(), 1, MAY)),
        ("second", lambda: service.approve(_run(), 2, MAY)),
        ("pay", lambda: service.pay(_run(), 1, "wire", MAY, MAY.date())),
        ("returned", lambda: service.put_back(_run(), _first(), 1, "old", MAY, MAY.date())),
    ]
    points = 0
    for _name, step in steps:
        for point in range(STATEMENTS):
            before = _state()
            if _dies_at(point, step):
                points += 1
                assert _state() == before
            else:
                break
        else:
            pytest.fail("the step has more statements than were tried")
    assert points >= 50, f"{points} points on this database"
    db.session.rollback()
    assert flow.check(the_programme()).ok
    assert chain.verify(the_programme().id, lambda done: None).ok


def _run() -> PayoutRun:
    run = service.run_of(the_programme().id, 1)
    assert run
    return run


def _held() -> list[Payout]:
    return [payment for payment in service.payments(_run()) if payment.held]


def _release(payment_id: int) -> None:
    service.release(_run(), payment_id, 1, "", MAY)


def _first() -> int:
    return service.payments(_run())[0].id


def _state() -> tuple[object, ...]:
    """Everything that a step could leave behind: balances, lines, links, runs and payments."""
    db.session.rollback()
    payments = db.session.execute(
        select(Payout.id, Payout.released_at, Payout.paid_at, Payout.put_back_at).order_by(
            Payout.id
        )
    )
    runs = db.session.execute(select(PayoutRun.id, PayoutRun.approved_by, PayoutRun.cleared_at))
    lines = db.session.scalar(select(func.count()).select_from(Transfer))
    return flow.digest(the_programme()), lines, payments.all(), runs.all()


def _dies_at(point: int, step: Callable[[], object]) -> bool:
    """Run a step that dies before its statement number ``point``; False: it had fewer, and stands."""
    done = 0

    def before(*_: object) -> None:
        nonlocal done
        if done == point:
            raise Killed
        done += 1

    db.session.rollback()
    event.listen(db.engine, "before_cursor_execute", before)
    try:
        transaction(step)
    except Killed:
        return True
    finally:
        event.remove(db.engine, "before_cursor_execute", before)
    return False


def test_a_return_and_a_payout_at_the_same_moment_keep_the_ledger_whole(house: Flask) -> None:
    collect()

    def returned() -> object:
        return record(the_programme(), sale("b-1", "B1", "9000", category="Clothing"), now=MAY)

    together(house, returned, lambda: approve(1, 1), lambda: collect(MAY + timedelta(days=31)))
    assert flow.check(the_programme()).ok
    assert chain.verify(the_programme().id, lambda done: None).ok
