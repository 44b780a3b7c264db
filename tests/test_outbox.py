"""Messages leave once what they tell of stands, and whoever committed sends what it left itself."""

from typing import Any

import pytest
from flask import Flask
from redis.exceptions import RedisError
from sqlalchemy import event

from engage.db import db, transaction
from engage.outbox import delivery
from engage.outbox import service as outbox
from engage.programmes import service as programmes
from tests.conftest import NOW, PROGRAMME, publish


@pytest.fixture
def heard(app: Flask, monkeypatch: pytest.MonkeyPatch) -> list[Any]:
    """What receivers were told, of a house where nothing waits."""
    publish(PROGRAMME)
    found: list[Any] = []
    to = lambda topic: lambda _programme, payload, _now: found.append((topic, payload))  # noqa: E731
    monkeypatch.setattr(delivery, "receiver", to)
    delivery.deliver()
    found.clear()
    return found


def leave(topic: str) -> None:
    outbox.write(programmes.by_slug("resellers").id, topic, {"named": topic}, NOW)


def test_who_commits_sends_what_it_left_without_reading_it_and_nobody_sends_it_again(
    heard: list[Any],
) -> None:
    said: list[str] = []
    hear = lambda _connection, _cursor, statement, *_: said.append(statement)  # noqa: E731
    transaction(lambda: [leave("moved"), leave("film")])
    event.listen(db.engine, "before_cursor_execute", hear)
    sent = delivery.deliver()
    event.remove(db.engine, "before_cursor_execute", hear)
    assert sent == 2
    assert heard == [("moved", {"named": "moved"}), ("film", {"named": "film"})]
    assert [statement.split()[0] for statement in said if "outbox" in statement] == ["DELETE"]
    assert delivery.deliver() == 0
    assert outbox.waiting() == []


def test_what_was_taken_back_is_not_sent_and_what_stands_is(heard: list[Any]) -> None:
    def work() -> None:
        leave("moved")
        with db.session.begin_nested() as savepoint:
            leave("film")
            savepoint.rollback()
        leave("payout")

    transaction(work)
    delivery.deliver()
    assert [topic for topic, _ in heard] == ["moved", "payout"]

    with pytest.raises(ZeroDivisionError):
        transaction(lambda: [leave("fell"), 1 // 0])
    assert delivery.deliver() == 0
    transaction(lambda: leave("climbed"))
    delivery.deliver()
    assert [topic for topic, _ in heard] == ["moved", "payout", "climbed"]


def test_what_nobody_took_waits_for_the_sweep(
    heard: list[Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    def unreachable(topic: str) -> Any:
        raise RedisError

    with monkeypatch.context() as patched:
        patched.setattr(delivery, "receiver", unreachable)
        transaction(lambda: leave("moved"))
        assert delivery.deliver() == 0
    transaction(lambda: leave("film"))
    assert [delivery.deliver(), delivery.deliver()] == [1, 1]
    assert [topic for topic, _ in heard] == ["film", "moved"]
