"""The database: one session factory, the column types of the house, and how a transaction is run."""

import json
import logging
import sqlite3
from collections.abc import Callable, Iterable, Iterator, Sequence
from datetime import UTC, datetime
from functools import cache
from typing import TYPE_CHECKING, Any, TypeVar

from flask import Flask
from flask_sqlalchemy import SQLAlchemy
from sqlalchemy import (
    ARRAY,
    JSON,
    BigInteger,
    DateTime,
    Integer,
    MetaData,
    Select,
    String,
    bindparam,
    event,
    literal,
    text,
)
from sqlalchemy.dialects import sqlite
from sqlalchemy.dialects.postgresql import psycopg
from sqlalchemy.engine import Connection, Dialect, Engine
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.orm import DeclarativeBase, registry
from sqlalchemy.sql.functions import FunctionElement
from sqlalchemy.types import TypeDecorator

T = TypeVar("T")
Row = tuple[Any, ...]
log = logging.getLogger(__name__)

#: 64-bit keys everywhere; SQLite only counts up an INTEGER primary key.
Id = BigInteger().with_variant(Integer, "sqlite")


class UtcDateTime(TypeDecorator[datetime]):
    """An aware instant in UTC: ``timestamptz`` on PostgreSQL, fixed-width text on SQLite."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError("a naive datetime has no place in the database: attach a time zone")
        value = value.astimezone(UTC)
        return value.replace(tzinfo=None) if dialect.name == "sqlite" else value

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        if value is None:
            return None
        return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)


class Base(DeclarativeBase):
    registry = registry(
        type_annotation_map={datetime: UtcDateTime, int: BigInteger},
        metadata=MetaData(
            naming_convention={
                "ix": "ix_%(table_name)s_%(column_0_N_name)s",
                "uq": "uq_%(table_name)s_%(column_0_N_name)s",
                "ck": "ck_%(table_name)s_%(constraint_name)s",
                "fk": "fk_%(table_name)s_%(column_0_N_name)s",
                "pk": "pk_%(table_name)s",
            }
        ),
    )


db = SQLAlchemy(model_class=Base)

if TYPE_CHECKING:
    Model = Base
else:
    Model = db.Model


def init_app(app: Flask) -> None:
    db.init_app(app)


def _dump(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False, sort_keys=True, separators=(",", ":"))


def engine_options(url: str) -> dict[str, Any]:
    """Engine settings for ``url``: PostgreSQL writes serializable, SQLite waits its turn."""
    if url.startswith("sqlite"):
        return {"connect_args": {"timeout": 30}, "json_serializer": _dump}
    return {
        # Who only reads sees one moment and never has to read again; who writes: `_begin`.
        "isolation_level": "REPEATABLE READ",
        "pool_pre_ping": True,
        "pool_size": 10,
        "max_overflow": 20,
        "json_serializer": _dump,
    }


@event.listens_for(Engine, "connect")
def _prepare_sqlite(connection: Any, _record: Any) -> None:
    if not isinstance(connection, sqlite3.Connection):
        return
    # SQLAlchemy's own BEGIN below replaces the driver's, which would come too late for readers.
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


@event.listens_for(Engine, "begin")
def _begin_sqlite(connection: Any) -> None:
    # Who will write says so at the start (`writing`): upgrading a read lock later cannot wait.
    if connection.dialect.name == "sqlite":
        immediate = connection.get_execution_options().get("writing", False)
        connection.exec_driver_sql("BEGIN IMMEDIATE" if immediate else "BEGIN DEFERRED")


# Serialization failure, deadlock, and the same key written at the same moment by another: run
# again, the transaction then finds what stands and treats it as known.
_RETRY_STATES = {"40001", "40P01", "23505"}
_TRIES = 6


def is_conflict(error: DBAPIError) -> bool:
    """Whether another transaction won and this one may simply run again."""
    original = error.orig
    if isinstance(original, sqlite3.OperationalError):
        return "locked" in str(original)
    return getattr(original, "sqlstate", None) in _RETRY_STATES


def transaction(work: Callable[[], T]) -> T:
    """Run ``work`` in one writing transaction and commit; run it again when another one won.

    ``work`` must only touch the database: side effects leave through the outbox. It starts on a
    clean session, so objects read before it are not to be used in it.
    """
    return _run(work, db.session.commit)


def without_trace(work: Callable[[], T]) -> T:
    """Run ``work`` as `transaction` does and let nothing of it stand; what it returns is plain values."""
    return _run(work, db.session.rollback)


def _run(work: Callable[[], T], finish: Callable[[], None]) -> T:
    session = db.session
    for attempt in range(1, _TRIES + 1):
        session.rollback()
        try:
            _begin(alone=attempt > 1)
            result = work()
            finish()
            return result
        except DBAPIError as error:
            session.rollback()
            if attempt == _TRIES or not is_conflict(error):
                raise
            log.info("transaction conflict, try %d: %s", attempt, error.orig)
        except BaseException:
            session.rollback()
            raise
    raise AssertionError("unreachable")


def _begin(*, alone: bool) -> None:
    """Start a writing transaction: beside others at first, ``alone`` once it has lost to another.

    Without that a long import would lose to small facts again and again. Those who begin wait for
    who is alone, who waits for those at work, in the order in which they came (PostgreSQL's queue of
    a lock, which is taken before the transaction's snapshot). SQLite has one writer in any case.
    """
    if db.engine.dialect.name == "sqlite":
        db.session.connection(execution_options={"writing": True})
        return
    connection = db.session.connection(execution_options={"isolation_level": "SERIALIZABLE"})
    mode = "SHARE ROW EXCLUSIVE" if alone else "ROW EXCLUSIVE"
    connection.exec_driver_sql(f"LOCK TABLE programmes IN {mode} MODE")


def next_ids(table: str, count: int) -> Sequence[int]:
    """``count`` fresh primary keys of ``table``, so that rows can name each other before they go in.

    Safe in a writing transaction: SQLite has one writer, PostgreSQL draws from the sequence.
    """
    if not count:
        return ()
    connection = db.session.connection()
    if connection.dialect.name == "sqlite":
        last = connection.exec_driver_sql(f"SELECT max(id) FROM {table}").scalar() or 0  # noqa: S608
        return range(last + 1, last + 1 + count)
    draw = text(
        "SELECT array_agg(nextval(sequence)) FROM generate_series(1, :n),"
        " CAST(pg_get_serial_sequence(:table, 'id') AS regclass) AS sequence"
    )
    drawn: list[int] = connection.execute(draw, {"table": table, "n": count}).scalar_one()
    return drawn


def insert_rows(table: Any, rows: Sequence[dict[str, Any]]) -> None:
    """Insert mappings that name the same columns; all others are the database's defaults."""
    if rows:
        insert(table, tuple(rows[0]), _values(rows))


def insert(table: Any, columns: Sequence[str], rows: Sequence[Row]) -> None:
    """Insert rows of values for these columns, as the driver does it.

    SQLAlchemy's bulk statement looks at every value of every row once more, which costs several
    times what the database does with them.
    """
    if not rows:
        return
    connection = db.session.connection()
    into, values = _named(table, columns), _as_stored(table, columns, rows, connection.dialect)
    if connection.dialect.name == "sqlite":
        marks = ", ".join("?" * len(columns))
        connection.exec_driver_sql(f"INSERT INTO {into} VALUES ({marks})", list(values))  # noqa: S608
    else:
        _copy(connection, f"COPY {into} FROM STDIN", values)


def upsert_rows(
    table: Any, rows: Sequence[dict[str, Any]], *, add: Iterable[str] = (), put: Iterable[str] = ()
) -> None:
    """Insert rows; where the primary key stands already, ``add`` to and ``put`` these columns."""
    if not rows:
        return
    connection = db.session.connection()
    mark = "?" if connection.dialect.name == "sqlite" else "%s"
    columns = tuple(rows[0])
    changes = [f'"{name}" = "{table.name}"."{name}" + excluded."{name}"' for name in add]
    changes += [f'"{name}" = excluded."{name}"' for name in put]
    keys = ", ".join(f'"{column.name}"' for column in table.primary_key.columns)
    values = _as_stored(table, columns, _values(rows), connection.dialect)
    connection.exec_driver_sql(
        f"INSERT INTO {_named(table, columns)} VALUES ({', '.join([mark] * len(columns))})"  # noqa: S608
        f" ON CONFLICT ({keys}) DO UPDATE SET {', '.join(changes)}",
        list(values),
    )


def _values(rows: Sequence[dict[str, Any]]) -> list[Row]:
    return [tuple(map(row.__getitem__, rows[0])) for row in rows]


def _named(table: Any, columns: Iterable[str]) -> str:
    names = ", ".join(f'"{name}"' for name in columns)
    return f'"{table.name}" ({names})'


def _as_stored(
    table: Any, names: Sequence[str], rows: Iterable[Row], dialect: Dialect
) -> Iterable[Row]:
    """The rows as the driver takes them; equal values are converted once."""
    columns: list[Iterable[Any]] = list(zip(*rows, strict=True))
    for place, name in enumerate(names):
        kind = table.c[name].type
        if convert := kind.dialect_impl(dialect).bind_processor(dialect):
            if not isinstance(kind, JSON):
                convert = cache(convert)
            columns[place] = map(convert, columns[place])
    return zip(*columns, strict=True)


def _copy(connection: Connection, statement: str, rows: Iterable[tuple[Any, ...]]) -> None:
    driver: Any = connection.connection.driver_connection
    try:
        with driver.cursor() as cursor, cursor.copy(statement) as copy:
            for row in rows:
                copy.write_row(row)
    except driver.Error as error:  # as if SQLAlchemy had sent it: it may be a conflict
        raise DBAPIError.instance(
            statement, None, error, driver.Error, dialect=connection.dialect
        ) from error


#: So few values are sent each by itself: to say them as one takes longer than it saves.
_FEW = 20


def among(column: Any, values: Iterable[Any] | str) -> Any:
    """``column`` is one of any number of ids or texts; many of them travel as one parameter.

    A parameter each would be compiled, converted and parsed again in every statement. A text names
    the parameter of a statement that is built once and executed often; its value is a list.
    """
    if isinstance(values, str):
        return _Among(column, bindparam(values, type_=_Listed(column.type)))
    found = list(values)
    if len(found) <= _FEW:
        return column.in_(found)
    return _Among(column, literal(found, _Listed(column.type)))


class _Listed(TypeDecorator[list[Any]]):
    """Values as one parameter: an array on PostgreSQL, JSON on SQLite."""

    impl = String
    cache_ok = True

    def __init__(self, of: Any) -> None:
        super().__init__()
        self.of = of

    def load_dialect_impl(self, dialect: Dialect) -> Any:
        kind = String() if dialect.name == "sqlite" else ARRAY(self.of)
        return dialect.type_descriptor(kind)

    def process_bind_param(self, value: Any, dialect: Dialect) -> Any:
        return json.dumps(list(value)) if dialect.name == "sqlite" else list(value)


def as_text(statement: Select[Any], dialect: str) -> str:
    """A statement as the driver itself takes it, with parameters by name in a mapping.

    For what is asked so often that SQLAlchemy's way to it and back is most of the cost: values go
    and come as the driver has them.
    """
    compiler = sqlite.dialect(paramstyle="named") if dialect == "sqlite" else psycopg.dialect()  # type: ignore[no-untyped-call]
    return str(statement.compile(dialect=compiler))


class _Among(FunctionElement[Any]):  # no boolean: SQLite would be asked whether it equals 1
    inherit_cache = True


@compiles(_Among)
def _among(element: _Among, compiler: Any, **options: Any) -> str:
    column, values = (compiler.process(part, **options) for part in element.clauses)
    if compiler.dialect.name == "sqlite":
        return f"{column} IN (SELECT value FROM json_each({values}))"  # noqa: S608
    return f"{column} = ANY ({values})"


def in_chunks(values: Iterable[Any], size: int) -> Iterator[list[Any]]:
    """``values`` in lists of at most ``size``: work at a time that fits the memory."""
    rows = list(values)
    for start in range(0, len(rows), size):
        yield rows[start : start + size]
