"""Periodic work: run by one of all that could, neither twice nor forgotten."""

import pkgutil
from collections.abc import Iterator

import pytest
import redis
from flask import Flask, current_app

from engage.schedule import TABLE, Periodic, Scheduler
from tests.waiting import until

pytestmark = pytest.mark.service

ran: list[str] = []


def bread() -> None:
    ran.append(f"bread in {current_app.name}")


def milk() -> None:
    ran.append("milk")


def spilt() -> None:
    raise RuntimeError("spilt")


HERE = __name__
BREAD = Periodic("bread", 3600, f"{HERE}.bread")
MILK = Periodic("milk", 3600, f"{HERE}.milk")


@pytest.fixture
def connection(redis_url: str) -> Iterator[redis.Redis]:
    ran.clear()
    with redis.Redis.from_url(redis_url) as client:
        yield client


def scheduler(connection: redis.Redis, *table: Periodic, lease: float = 60) -> Scheduler:
    return Scheduler(Flask("house"), connection, table, lease)


def test_what_is_due_runs_once_inside_the_application(connection: redis.Redis) -> None:
    one = scheduler(connection, BREAD, MILK)
    one.turn()
    one.turn()
    assert ran == ["bread in house", "milk"]


def test_it_runs_again_when_its_time_has_come(connection: redis.Redis) -> None:
    one = scheduler(connection, Periodic("milk", 0.05, f"{HERE}.milk"))
    until(lambda: one.turn() and ran == ["milk"] * 3, 10, "it ran three times")


def test_the_wait_ends_when_the_next_row_is_due(connection: redis.Redis) -> None:
    one = scheduler(connection, BREAD, Periodic("milk", 2, f"{HERE}.milk"))
    assert 0 < one.turn() <= 2


def test_a_second_scheduler_stands_by(connection: redis.Redis) -> None:
    one, two = scheduler(connection, BREAD), scheduler(connection, MILK)
    one.turn()
    two.turn()
    assert ran == ["bread in house"]


def test_it_takes_over_from_one_that_steps_down(connection: redis.Redis) -> None:
    one, two = scheduler(connection, BREAD), scheduler(connection, BREAD, MILK)
    one.turn()
    one.step_down()
    two.turn()
    assert ran == ["bread in house", "milk"], "what ran for the one does not run for the other"


def test_it_takes_over_from_one_that_fell_silent(connection: redis.Redis) -> None:
    assert scheduler(connection, lease=0.1).leads()
    two = scheduler(connection, MILK)
    until(lambda: two.turn() and ran == ["milk"], 10, "the other took over")


def test_a_leader_that_was_replaced_can_claim_nothing(connection: redis.Redis) -> None:
    paused, next_one = scheduler(connection, lease=0.1), scheduler(connection)
    assert paused.leads()
    until(next_one.leads, 10, "the other took over")
    assert paused.claim(BREAD) is None
    paused.step_down()
    assert next_one.claim(BREAD) == 0, "nor can it take the lead away"


def test_a_restart_does_not_bring_work_forward(connection: redis.Redis) -> None:
    one = scheduler(connection, BREAD)
    one.turn()
    one.step_down()
    scheduler(connection, BREAD).turn()
    assert ran == ["bread in house"]


def test_a_clock_set_back_does_not_stop_the_work(connection: redis.Redis) -> None:
    connection.hset("engage:schedule:last", "milk", 10**16)
    scheduler(connection, MILK).turn()
    assert ran == ["milk"]


def test_one_that_fails_does_not_keep_the_others_from_running(
    connection: redis.Redis, caplog: pytest.LogCaptureFixture
) -> None:
    scheduler(connection, Periodic("spilt", 60, f"{HERE}.spilt"), MILK).turn()
    assert ran == ["milk"]
    assert "periodic work spilt failed" in caplog.text
    assert "RuntimeError: spilt" in caplog.text


def test_every_row_of_the_table_can_be_run() -> None:
    assert all(callable(pkgutil.resolve_name(row.run)) for row in TABLE)
    assert all(row.every >= 1 for row in TABLE)


def test_no_two_rows_share_a_name() -> None:
    names = [row.name for row in TABLE]
    assert len(names) == len(set(names))
