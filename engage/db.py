"""The database: one session factory, the column types of the house, and how a transaction is run."""

import logging
import sqlite3
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from functools import cache
from typing import TYPE_CHECKING, Any, TypeVar, cast

from flask import Flask
from flask_sqlalchemy import SQLAlchemy
from sqlalchemy import (
    BigInteger,
    CheckConstraint,
    CursorResult,
    DateTime,
    Index,
    Integer,
    MetaData,
    Select,
    TextualSelect,
    UpdateBase,
    event,
    text,
)
from sqlalchemy.dialects import sqlite
from sqlalchemy.dialects.postgresql import psycopg
from sqlalchemy.engine import Connection, Dialect, Engine
from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import DeclarativeBase, Session, registry
from sqlalchemy.types import TypeDecorator

from engage.connections import begin, settle

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


def one_of(column: str, values: Iterable[str]) -> CheckConstraint:
    """A column holds one of these texts."""
    texts = ", ".join(f"'{value}'" for value in values)
    return CheckConstraint(f"{column} IN ({texts})", name=f"{column}_known")


def index_where(condition: str, name: str, *columns: str, unique: bool = False) -> Index:
    """An index over those rows alone that meet a condition."""
    there = text(condition)
    return Index(name, *columns, unique=unique, sqlite_where=there, postgresql_where=there)


def init_app(app: Flask) -> None:
    db.init_app(app)


@event.listens_for(Session, "after_begin")
def _hold(session: Session, _transaction: Any, connection: Connection) -> None:
    session.info["connection"] = connection


@event.listens_for(Session, "after_transaction_create")
def _ask_anew(session: Session, transaction: Any) -> None:
    # A savepoint is set when the session is asked for its connection, and not before.
    if transaction.nested:
        session.info.pop("connection", None)


@event.listens_for(Session, "after_transaction_end")
def _let_go(session: Session, transaction: Any) -> None:
    if transaction.parent is None:
        session.info.pop("connection", None)


@event.listens_for(Session, "before_commit")
def _settle(session: Session) -> None:
    # Or a savepoint would be let go before what it could take back has been refused.
    if session.in_nested_transaction():
        settle(connection())


def connection() -> Connection:
    """The connection of the session's transaction, which begins with this where there is none.

    A fact asks for it forty times; the session would look each time whether it may have it.
    """
    session = db.session()
    known = session.info
    held: Connection | None = known.get("connection") or known.get("aside")
    return held or session.connection()


@event.listens_for(Engine, "begin")
def _begin_as_said(connection: Any) -> None:
    """Begin a transaction in the database's own words: drivers know no better, and take several ways.

    Who only reads sees one moment and never has to read again. Who will write says so at the start
    (`writing`): SQLite cannot wait when a read lock is upgraded later, PostgreSQL is serializable from
    there on.
    """
    options = connection.get_execution_options()
    writing = options.get("writing")
    if options.get("isolation_level") == "AUTOCOMMIT":
        return
    if connection.dialect.name == "sqlite":
        begin(connection, "BEGIN IMMEDIATE" if writing else "BEGIN DEFERRED")
    elif writing in _LOCKS:
        begin(connection, "BEGIN ISOLATION LEVEL SERIALIZABLE", _LOCKS[writing])
    else:
        begin(connection, "BEGIN ISOLATION LEVEL REPEATABLE READ")


#: How writers stand to each other on PostgreSQL. Those who begin ``beside`` others wait for who is
#: ``alone``, who waits for those at work, in the order in which they came (the queue of a lock, which
#: is taken before the transaction's snapshot).
_LOCKS = {
    mode: f"LOCK TABLE programmes IN {strength} MODE"
    for mode, strength in (("beside", "ROW EXCLUSIVE"), ("alone", "SHARE ROW EXCLUSIVE"))
}

# Serialization failure, deadlock, the same key written at the same moment by another, and no room left
# to note what was read (beside a long import, which keeps the notes of all who came meanwhile): run
# again, the transaction then finds what stands and treats it as known.
_RETRY_STATES = {"40001", "40P01", "23505", "53200"}
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
            # Beside others at first, alone once it has lost to another: without that a long import
            # would lose to small facts again and again. SQLite has one writer in any case.
            session.connection(execution_options={"writing": "alone" if attempt > 1 else "beside"})
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


def changed(statement: UpdateBase) -> int:
    """How many rows an update or delete found as it expects them: of two who want one, one finds it."""
    return cast(CursorResult[Any], db.session.execute(statement)).rowcount


@contextmanager
def aside() -> Iterator[None]:
    """Until it ends, each statement of `engage.prepared` stands for itself: nothing begins, so there is
    nothing to end. Where the session is in a transaction, or begins one, they are part of that."""
    known = db.session().info
    with db.engine.connect() as known["aside"]:
        try:
            yield
        finally:
            known.pop("aside", None)


@cache
def compiled_for(statement: Any, dialect: str) -> Any:
    """A statement in the words of a dialect, with parameters by name."""
    compiler = sqlite.dialect(paramstyle="named") if dialect == "sqlite" else psycopg.dialect()  # type: ignore[no-untyped-call]
    return statement.compile(dialect=compiler)


def as_text(statement: Select[Any] | TextualSelect, dialect: str) -> str:
    """A statement as the driver itself takes it, with parameters by name in a mapping.

    For what is asked so often that SQLAlchemy's way to it and back is most of the cost: values go
    and come as the driver has them.
    """
    return str(compiled_for(statement, dialect))
