"""What waits on a connection to PostgreSQL arrives in its order, or not at all, and is refused by name."""

import signal
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from operator import itemgetter
from pathlib import Path
from typing import Any

import pytest
from flask import Flask, current_app
from sqlalchemy import Integer, String, column, select, table, text
from sqlalchemy.exc import DBAPIError, IntegrityError

from engage import create_app
from engage.config import Settings
from engage.connections import ask, tell
from engage.db import connection, db, transaction
from engage.postgres import Postgres
from engage.prepared import Prepared, ahead, together
from tests.waiting import until

PUT = "INSERT INTO shelf VALUES (%s, %s)"
ALL = "SELECT id, name FROM shelf WHERE name <> %(name)s AND %(name)s <> '100%%' ORDER BY id"


@pytest.fixture
def driver(postgres_url: str, tmp_path: Path) -> Iterator[Any]:
    """The connection that statements go out by, on a house with an empty shelf."""
    with create_app(Settings(home=tmp_path, env="test", DATABASE_URL=postgres_url)).app_context():
        with db.engine.begin() as made:
            made.execute(text("CREATE TABLE programmes (id int)"))
            made.execute(text("CREATE TABLE shelf (id int PRIMARY KEY, name text)"))
        yield connection().connection.driver_connection
        db.session.remove()
        db.engine.dispose()


def shelf() -> list[Any]:
    return ask(connection(), ALL, {"name": "nobody"})


def test_what_is_told_is_there_for_the_next_question_and_for_whoever_asks_otherwise(
    driver: Postgres,
) -> None:
    def work() -> tuple[list[Any], int]:
        tell(connection(), PUT, (1, "Ada"), (2, None), (3, 'a "\\ b'))
        asked = shelf()
        tell(connection(), PUT, (4, "Ben"))
        return asked, db.session.execute(text("SELECT count(*) FROM shelf")).scalar_one()

    assert transaction(work) == ([(1, "Ada"), (3, 'a "\\ b')], 4)
    transaction(lambda: tell(connection(), PUT, (5, "Cleo")))
    assert shelf()[-1] == (5, "Cleo")


NAMES = Prepared(select(column("name", String)).select_from(table("shelf")), itemgetter(0)), {}
SHELF = Prepared(select(column("id", Integer)).select_from(table("shelf")), itemgetter(0))


@pytest.mark.usefixtures("driver")
def test_what_is_asked_ahead_goes_with_the_next_question_and_is_answered_once() -> None:
    def work() -> list[list[int]]:
        tell(connection(), PUT, (1, "Ada"))
        with ahead((SHELF, {})):
            assert together(NAMES) == [["Ada"]]
            tell(connection(), PUT, (2, "Ben"))
            return [SHELF.all(), SHELF.all()]

    assert transaction(work) == [[1], [1, 2]]
    with pytest.raises(DBAPIError), ahead((SHELF, {})):
        ask(connection(), "SELECT 1 / 0", ())
    db.session.rollback()
    assert SHELF.all() == [1, 2]


def test_a_refusal_comes_by_the_commit_at_last_and_names_what_was_refused(driver: Postgres) -> None:
    def twice() -> None:
        tell(connection(), PUT, (1, "Ada"))
        tell(connection(), PUT, (1, "Ben"))
        tell(connection(), "DELETE FROM shelf WHERE id = %s", (7,))

    with pytest.raises(DBAPIError) as refused:  # a key that another wrote is tried again
        transaction(twice)
    assert "shelf_pkey" in str(refused.value)
    assert PUT in str(refused.value.orig.__notes__)  # type: ignore[union-attr]
    assert shelf() == []


def test_a_savepoint_takes_back_what_waits_behind_it_and_nothing_else(driver: Postgres) -> None:
    def work() -> None:
        tell(connection(), PUT, (1, "Ada"))
        with db.session.begin_nested() as savepoint:
            tell(connection(), PUT, (2, "Ben"))
            savepoint.rollback()
        with pytest.raises(IntegrityError), db.session.begin_nested():
            tell(connection(), PUT, (1, "again"))
        tell(connection(), PUT, (3, "Cleo"))

    transaction(work)
    assert shelf() == [(1, "Ada"), (3, "Cleo")]


def test_what_is_prepared_outlives_a_rollback_and_what_psycopg_forgets(driver: Postgres) -> None:
    assert shelf() == []
    known = driver._prepared.known.items()
    before = dict(known)
    db.session.rollback()
    assert shelf() == []
    assert before.items() <= known
    for _ in range(6):  # until psycopg prepares it
        driver.execute("SELECT 1")
    driver.execute("DROP TABLE programmes")  # psycopg has the server forget everything
    assert not driver._prepared.known
    assert shelf() == []


def test_what_is_interrupted_leaves_a_connection_that_can_be_used(driver: Postgres) -> None:
    main = threading.main_thread().ident
    assert main

    def interrupt(app: Flask) -> None:
        with app.app_context(), db.engine.connect() as other:
            busy = text("SELECT count(*) FROM pg_stat_activity WHERE query ~ '^SELECT pg_sleep'")
            until(lambda: other.execute(busy).scalar_one(), 30, "the server is at work")
        signal.pthread_kill(main, signal.SIGINT)

    with ThreadPoolExecutor(1) as pool:
        pool.submit(interrupt, current_app._get_current_object())  # type: ignore[attr-defined]
        with pytest.raises(KeyboardInterrupt):
            ask(connection(), "SELECT pg_sleep(%s)", (60,))
    db.session.rollback()
    assert shelf() == []


def test_who_finds_no_room_left_to_note_what_was_read_is_tried_again(driver: Postgres) -> None:
    tries: list[int] = []

    def work() -> int:
        tries.append(1)
        if len(tries) < 3:
            tell(connection(), "DO $$ BEGIN RAISE SQLSTATE '53200'; END $$", ())
        return len(shelf())

    assert transaction(work) == 0
    assert len(tries) == 3
