"""Whoever does the same at the same moment, and wherever a process dies: paid once, or not at all."""

import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, date, datetime, timedelta

import pytest
from flask import Flask
from sqlalchemy import event, func, select

from engage import proof
from engage.config import Settings
from engage.db import db, transaction
from engage.ledger import chain
from engage.ledger.models import Transfer
from engage.payouts import collecting, service
from engage.payouts.models import Payout, PayoutRun
from tests.conftest import publish, record, sale
from tests.houses import opened
from tests.killing import killed

from .conftest import MAY, PAYING, approve, collect, pay, the_programme

#: On either database: 500 in all.
ROUNDS = 250
STATEMENTS = 60
#: Statements of a step that a process is killed before: an early one, and one in its midst.
KILLED_AT = (3, 5)


CLEARED = "this run is cleared already"
WEEKLY = (
    PAYING.replace('period = "month"', 'period = "week"', 1).replace("600", "1.5")
    + """
[[rules]]
slug = "weekly"
on = "deal_won"
earn = "USD"
per = "amount"
rate = "0.01"
period = "month"
starts = 2008-01-01
"""
)


class Killed(BaseException):
    """What a process that dies leaves of a transaction: nothing that was not committed."""


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


def test_two_managers_who_collect_approve_and_pay_at_once_over_and_over_pay_once_each_time(
    house: Flask,
) -> None:
    """A week after the other; every second run is above the limit and needs both of them."""
    publish(WEEKLY)
    weeks = [date(2008, 6, 2) + timedelta(weeks=n) for n in range(ROUNDS)]
    record(
        the_programme(),
        *(
            sale(f"w-{n}", "A1", "200" if n % 2 else "100", day, kind="deal_won")
            for n, day in enumerate(weeks)
        ),
        now=MAY,
    )
    meet = threading.Barrier(2, timeout=60)

    def manager(user_id: int) -> list[tuple[object, ...]]:
        done = []
        for number, day in enumerate(weeks, start=1):
            now = datetime(day.year, day.month, day.day, 12, tzinfo=UTC) + timedelta(weeks=1)
            steps: tuple[Callable[[], object], ...] = (
                lambda now=now: _collected(now),
                lambda number=number, now=now: approve(number, user_id, now),
                lambda number=number, now=now: pay(number, f"by-{user_id}", user_id, now),
            )
            done.append(tuple(_answer(step, meet) for step in steps))
        return done

    both = together(house, lambda: manager(1), lambda: manager(2))
    for number, ways in enumerate(zip(*both, strict=True), start=1):  # type: ignore[call-overload]
        collected, approved, paid = (sorted(map(str, step)) for step in zip(*ways, strict=True))
        assert collected == [str(number), "None"], "one of them collected the week"
        assert approved == (["False", "True"] if number % 2 == 0 else ["True", CLEARED])
        assert paid == ["1", "nothing of this is left to be paid"], f"one payment in run {number}"
    db.session.rollback()
    lines = select(Transfer.amount, func.count()).where(Transfer.kind == "paid")
    counted = db.session.execute(lines.group_by(Transfer.amount).order_by(Transfer.amount)).all()
    assert [tuple(row) for row in counted] == [(100, ROUNDS // 2), (200, ROUNDS // 2)]
    assert proof.check(the_programme()).ok
    assert chain.verify(the_programme().id, lambda done: None).ok


def _collected(now: datetime) -> object:
    return transaction(lambda: getattr(collecting.collect(the_programme(), now), "number", None))


def _answer(step: Callable[[], object], meet: threading.Barrier) -> object:
    meet.wait()
    try:
        return step()
    except service.Refused as refusal:
        return refusal


def test_a_process_that_dies_anywhere_in_a_payout_leaves_all_of_a_step_or_nothing(
    house: Flask,
) -> None:
    steps: list[tuple[str, Callable[[], object]]] = [
        ("collect", lambda: collecting.collect(the_programme(), MAY)),
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
    assert proof.check(the_programme()).ok
    assert chain.verify(the_programme().id, lambda done: None).ok


def test_a_process_killed_for_good_in_any_step_of_a_payout_leaves_all_of_it_or_nothing(
    paying: Settings,
) -> None:
    steps: tuple[tuple[Callable[..., object], tuple[object, ...]], ...] = (
        (collect, ()),
        (approve, (1, 1)),
        (approve, (1, 2)),
        (pay, (1,)),
    )

    def seen() -> tuple[object, ...]:
        with opened(paying):
            return _state()

    for step, words in steps:
        before = seen()
        for point in KILLED_AT:
            assert killed(paying, step, *words, point=point)
            assert seen() == before
        assert not killed(paying, step, *words, point=1000)
        assert seen() != before
    with opened(paying):
        assert proof.check(the_programme()).ok
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
    return proof.digest(the_programme()), lines, payments.all(), runs.all()


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
    assert proof.check(the_programme()).ok
    assert chain.verify(the_programme().id, lambda done: None).ok
