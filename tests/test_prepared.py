"""Statements that go to the driver itself mean what they mean through SQLAlchemy."""

from datetime import timedelta
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import bindparam, event, select, update
from sqlalchemy.exc import IntegrityError

from engage.db import db, transaction
from engage.outbox import service as outbox
from engage.outbox.models import Message
from engage.prepared import Prepared
from engage.programmes import service as programmes
from engage.programmes.models import Programme
from engage.rows import insert_rows
from tests.conftest import NOW, PROGRAMME, publish

_of = Message.__table__
MESSAGES = Prepared(select(_of).where(_of.c.topic == bindparam("topic")))
MOVED = Prepared(
    update(_of).where(_of.c.topic == bindparam("topic")).values(created_at=bindparam("now"))
)
LATER = NOW + timedelta(hours=1)


@pytest.fixture
def house(app: Flask) -> int:
    publish(PROGRAMME)
    return programmes.by_slug("resellers").id


def test_values_come_and_go_as_they_do_through_models(house: int) -> None:
    payload = {"boards": ["a"], "n": 1}
    transaction(lambda: outbox.write(house, "film", payload, NOW))
    transaction(lambda: MOVED.run({"topic": "film", "now": LATER}))
    row = MESSAGES.first(topic="film")
    assert row is not None
    model = db.session.get_one(Message, row.id)
    assert row._asdict() == {c.key: getattr(model, c.key) for c in _of.c}
    assert (row.payload, row.created_at) == (payload, LATER)
    assert MESSAGES.first(topic="none") is None


def test_what_the_database_refuses_is_told_as_sqlalchemy_tells_it(house: int) -> None:
    row = {"slug": "resellers", "created_at": NOW}
    with pytest.raises(IntegrityError):
        transaction(lambda: insert_rows(Programme.__table__, [row]))


def test_who_listens_for_statements_hears_them(house: int) -> None:
    heard: list[str] = []

    def hear(_connection: Any, _cursor: Any, statement: str, *_: Any) -> None:
        heard.append(statement)

    event.listen(db.engine, "before_cursor_execute", hear)
    MESSAGES.all(topic="film")
    event.remove(db.engine, "before_cursor_execute", hear)
    assert [said.split()[0] for said in heard if "outbox" in said] == ["SELECT"]


def test_a_savepoint_takes_back_what_they_did(house: int) -> None:
    transaction(lambda: outbox.write(house, "film", {}, NOW))

    def work() -> None:
        with db.session.begin_nested() as savepoint:
            MOVED.run({"topic": "film", "now": LATER})
            savepoint.rollback()

    transaction(work)
    assert MESSAGES.first(topic="film").created_at == NOW  # type: ignore[union-attr]
