"""How the house speaks to its databases: settings, what a new connection is told, and whether it lives.

`ask` and `tell` give the driver a statement itself. Whoever listens for statements
(``before_cursor_execute``) hears these, too, and errors are those SQLAlchemy would raise.
"""

import json
import sqlite3
from time import monotonic
from typing import Any

from psycopg import DataError
from psycopg.types.array import ListDumper
from psycopg.types.numeric import Int8BinaryDumper, Int8Dumper
from sqlalchemy import event
from sqlalchemy.engine import Connection, Engine
from sqlalchemy.exc import DBAPIError, DisconnectionError
from sqlalchemy.pool import Pool

from engage.postgres import Postgres, Row, Values


def _dump(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False, sort_keys=True, separators=(",", ":"))


def engine_options(url: str) -> dict[str, Any]:
    """Engine settings for ``url``; how transactions begin is said by `engage.db`."""
    if url.startswith("sqlite"):
        return {"connect_args": {"timeout": 30, "factory": Lite}, "json_serializer": _dump}
    return {
        "connect_args": {"autocommit": True},
        "pool_size": 10,
        "max_overflow": 20,
        "json_serializer": _dump,
    }


class Lite(sqlite3.Connection):
    """SQLite's connection, which is asked and told as `engage.postgres` is."""

    def __init__(self, *given: Any, **named: Any) -> None:
        super().__init__(*given, **named)
        self._cursor = self.cursor()

    def ask(self, *questions: tuple[str, Values]) -> list[list[Row]]:
        return [self._cursor.execute(*question).fetchall() for question in questions]

    def tell(self, statement: str, *each: Values) -> None:
        if len(each) == 1:
            self._cursor.execute(statement, each[0])
        else:
            self._cursor.executemany(statement, each)

    def begin(self, statement: str) -> None:
        self._cursor.execute(statement)

    def flush(self) -> None:
        """Nothing waits."""


@event.listens_for(Engine, "do_connect")
def _connect(dialect: Any, _record: Any, given: Any, named: Any) -> Any:
    return Postgres.connect(*given, **named) if dialect.name == "postgresql" else None


def ask(connection: Connection, statement: str, values: Values) -> list[Row]:
    """The rows that a statement gives back, as the driver has them."""
    (rows,) = ask_all(connection, (statement, values))
    return rows


def ask_all(connection: Connection, *questions: tuple[str, Values]) -> list[list[Row]]:
    """The rows of each of these, asked in one message where that saves any."""
    for statement, values in questions:
        _say(connection, statement, values)
    found: list[list[Row]] = _through(connection, "ask", questions[-1][0], *questions)
    return found


def tell(connection: Connection, statement: str, *each: Values) -> None:
    """Have a statement carried out for each of these values; nothing comes back."""
    if each:
        _say(connection, statement, *each)
        _through(connection, "tell", statement, statement, *each)


def begin(connection: Connection, *statements: str) -> None:
    """Begin a transaction by these statements."""
    for statement in statements:
        _say(connection, statement, ())
        _through(connection, "begin", statement, statement)


def settle(connection: Connection) -> None:
    """Have carried out what was told and waits."""
    _through(connection, "flush", "")


def _say(connection: Connection, statement: str, *each: Values) -> None:
    for hear in connection.dispatch.before_cursor_execute:
        hear(connection, None, statement, each[0] if len(each) == 1 else each, None, len(each) > 1)


def _through(connection: Connection, way: str, statement: str, *given: Any) -> Any:
    try:
        return getattr(connection.connection.driver_connection, way)(*given)
    except connection.dialect.loaded_dbapi.Error as error:
        raise refused(connection, statement, error) from error


def refused(connection: Connection, statement: str, error: Exception) -> DBAPIError:
    """An error of the driver as SQLAlchemy tells it, so that it may be a conflict."""
    dialect = connection.dialect
    lost = dialect.is_disconnect(error, connection.connection.driver_connection, None)  # type: ignore[arg-type]
    if lost:
        connection.invalidate(error)
    found: Any = DBAPIError.instance(
        statement,
        None,
        error,
        dialect.loaded_dbapi.Error,
        connection_invalidated=lost,
        dialect=dialect,
    )
    return found  # type: ignore[no-any-return]


@event.listens_for(Engine, "rollback_savepoint")
def _take_back(connection: Connection, _name: str, _context: Any) -> None:
    driver = connection.connection.driver_connection
    if isinstance(driver, Postgres):
        driver.forget()


@event.listens_for(Engine, "connect")
def _prepare_sqlite(connection: Any, _record: Any) -> None:
    if not isinstance(connection, sqlite3.Connection):
        return
    # The BEGIN of `engage.db` replaces the driver's, which would come too late for readers.
    connection.isolation_level = None
    for pragma in (
        "journal_mode=WAL",
        "synchronous=NORMAL",
        "foreign_keys=ON",
        "recursive_triggers=ON",  # or REPLACE would delete what triggers keep
        "busy_timeout=30000",
        "cache_size=-65536",
        "mmap_size=268435456",
        "temp_store=MEMORY",
    ):
        connection.execute(f"PRAGMA {pragma}")


#: A connection that was at work so many seconds ago is taken to live still: every request takes
#: several, and asking each time would be a tenth of all that a fact asks.
_FRESH = 5.0


@event.listens_for(Engine, "connect")
def _prepare_psycopg(connection: Any, _record: Any) -> None:
    if not isinstance(connection, sqlite3.Connection):
        # Whoever asks here asks for little. Before it plans once for all, PostgreSQL called helpers for
        # a rank among a million: 13 ms in place of 0.2.
        connection.execute("SET jit = off; SET max_parallel_workers_per_gather = 0")
        # Or each size of a number would make another statement to plan and to keep.
        for dumper in (Int8Dumper, Int8BinaryDumper):
            connection.adapters.register_dumper(int, dumper)
        connection.adapters.register_dumper(list, _Lists)


class _Lists(ListDumper):
    """Lists of whole numbers, and of texts, as PostgreSQL reads them where the statement says of what
    type they are: a fact sends thirty, and psycopg looks for a way to say each of them anew."""

    def get_key(self, obj: list[Any], format: Any) -> Any:
        return self.cls if {*map(type, obj)} in _PLAIN else super().get_key(obj, format)

    def dump(self, obj: list[Any]) -> Any:
        kinds = {*map(type, obj)}
        if kinds == {int}:
            return ("{" + ",".join(map(str, obj)) + "}").encode()
        if kinds != {str}:
            return super().dump(obj)
        said = [text.replace("\\", "\\\\").replace('"', '\\"') for text in obj]
        if "\0" in "".join(obj):
            raise DataError("no text holds U+0000 in PostgreSQL")
        return ('{"' + '","'.join(said) + '"}').encode()


_PLAIN = ({int}, {str})


@event.listens_for(Pool, "checkin")
def _put_back(_connection: Any, record: Any) -> None:
    record.info["put_back"] = monotonic()


@event.listens_for(Pool, "checkout")
def _is_alive(connection: Any, record: Any, _proxy: Any) -> None:
    """Whether the server still knows a connection that lay about; the pool makes another if not."""
    put_back = record.info.get("put_back")
    if isinstance(connection, sqlite3.Connection) or not put_back:
        return
    if monotonic() - put_back > _FRESH:
        try:
            connection.execute("SELECT 1")
            connection.rollback()
        except Exception as error:  # whatever the driver says of a lost connection
            raise DisconnectionError from error
