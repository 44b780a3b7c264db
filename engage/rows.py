"""Many rows at a time, given to the driver as it takes them."""

from collections.abc import Callable, Iterable, Sequence
from functools import cache, lru_cache
from itertools import chain
from operator import itemgetter
from typing import Any, NamedTuple

from sqlalchemy import (
    JSON,
    BigInteger,
    Column,
    text,
)
from sqlalchemy.engine import Connection, Dialect

from engage.connections import ask, refused, tell
from engage.db import connection as current
from engage.prepared import Prepared, Question, together

Row = tuple[Any, ...]
#: Up to so many rows PostgreSQL takes as one statement; more of them go in faster by ``COPY``.
_ONE_STATEMENT = 8


def next_ids(table: str, count: int) -> Sequence[int]:
    """``count`` fresh primary keys of ``table``, so that rows can name each other before they go in.

    Safe in a writing transaction: SQLite has one writer, PostgreSQL draws from the sequence.
    """
    if not count:
        return ()
    if current().dialect.name == "sqlite":
        ((last,),) = ask(current(), f"SELECT max(id) FROM {table}", ())  # noqa: S608
        return range((last or 0) + 1, (last or 0) + 1 + count)
    (drawn,) = together(drawing(table, count))
    return drawn


def drawing(table: str, count: int) -> Question:
    """What `next_ids` asks PostgreSQL."""
    return _drawn(table), {"count": count}


@cache
def _drawn(table: str) -> Prepared:
    draw = text(f"SELECT nextval('{table}_id_seq') FROM generate_series(1, :count)")  # noqa: S608
    return Prepared(draw.columns(Column("id", BigInteger)), itemgetter(0))  # type: ignore[arg-type]


def insert_rows(table: Any, rows: Sequence[dict[str, Any]]) -> None:
    """Insert mappings that name the same columns; all others are the database's defaults."""
    if rows:
        insert(table, tuple(rows[0]), _values(rows))


def insert(table: Any, columns: tuple[str, ...], rows: Sequence[Row]) -> None:
    """Insert rows of values for these columns, as the driver does it.

    SQLAlchemy's bulk statement looks at every value of every row once more, which costs several
    times what the database does with them.
    """
    if not rows:
        return
    connection = current()
    plan = _plan(table, columns, connection.dialect)
    if plan.lite or len(rows) <= _ONE_STATEMENT:
        _send(connection, plan, rows)
    else:
        _copy(connection, plan, rows)


def upsert_rows(table: Any, rows: Sequence[dict[str, Any]], *, put: Iterable[str]) -> None:
    """Insert mappings as `upsert` does rows."""
    if rows:
        upsert(table, tuple(rows[0]), _values(rows), put=put)


def upsert(
    table: Any, columns: tuple[str, ...], rows: Sequence[Row], *, put: Iterable[str]
) -> None:
    """Insert rows; where the primary key stands already, ``put`` these columns."""
    if rows:
        connection = current()
        plan = _plan(table, columns, connection.dialect)
        changes = ", ".join(f'"{name}" = excluded."{name}"' for name in put)
        _send(connection, plan, rows, f" ON CONFLICT ({plan.keys}) DO UPDATE SET {changes}")


def delete_rows(table: Any, keys: Sequence[Row], only: str = "") -> None:
    """Delete the rows of these primary keys; ``only`` where they meet a condition, too."""
    if keys:
        connection = current()
        plan = _plan(table, tuple(table.primary_key.columns.keys()), connection.dialect)
        using = "" if plan.lite else f" USING {plan.given}"
        _each(connection, plan, f"DELETE FROM {table.name}{using} WHERE {plan.same}{only}", keys)  # noqa: S608


def add_to(table: Any, column: str, rows: Sequence[Row]) -> None:
    """Add to a column of rows that stand: each is a primary key, and what is added."""
    if rows:
        connection = current()
        plan = _plan(table, (*table.primary_key.columns.keys(), column), connection.dialect)
        change = f"UPDATE {table.name} SET {column} = {table.name}.{column} + "  # noqa: S608
        change += f"?{len(rows[0])}" if plan.lite else f"given.{column} FROM {plan.given}"
        _each(connection, plan, f"{change} WHERE {plan.same}", rows)


def count(table: Any, column: str, rows: Sequence[Row]) -> None:
    """Add to a column as `add_to` does, of rows that are there as long as it is not zero."""
    if not rows:
        return
    connection = current()
    plan = _plan(table, (*table.primary_key.columns.keys(), column), connection.dialect)
    more = f"UPDATE SET {column} = {table.name}.{column} +"
    if plan.lite:
        _send(connection, plan, rows, f" ON CONFLICT ({plan.keys}) DO {more} excluded.{column}")
        delete_rows(table, [row[:-1] for row in rows if row[-1] < 0], f" AND {column} = 0")
    else:
        statement = (
            f"MERGE INTO {table.name} USING {plan.given} ON {plan.same} "  # noqa: S608
            f"WHEN MATCHED AND {table.name}.{column} + given.{column} = 0 THEN DELETE "
            f"WHEN MATCHED THEN {more} given.{column} "
            f"WHEN NOT MATCHED THEN INSERT ({plan.names}) VALUES ({plan.names})"
        )
        _each(connection, plan, statement, rows)


def _each(connection: Connection, plan: "_Plan", statement: str, rows: Sequence[Row]) -> None:
    """Have a statement carried out for each row: `_Plan.given` is all of them, SQLite numbers the
    values of one."""
    stored = plan.stored(rows)
    tell(
        connection, statement, *(stored if plan.lite else [[*map(list, zip(*stored, strict=True))]])
    )


def _values(rows: Sequence[dict[str, Any]]) -> list[Row]:
    return [tuple(map(row.__getitem__, rows[0])) for row in rows]


class _Plan(NamedTuple):
    """How the driver takes rows of some columns: the table and their names, a mark for each, all rows
    as ``given`` to PostgreSQL a column each, and what converts their values. ``keys`` is the table's
    primary key, ``same`` that it is the one given: to SQLite, in that order, a row's first values."""

    lite: bool
    table: str
    names: str
    marks: str
    given: str
    keys: str
    same: str
    types: tuple[str, ...]
    converters: tuple[tuple[int, Callable[[Any], Any], bool], ...]

    def stored(self, rows: Sequence[Row]) -> Sequence[Row]:
        """The rows as they are stored; equal values of many rows are converted once."""
        if not self.converters:
            return rows
        if len(rows) == 1:
            row = list(rows[0])
            for place, convert, _ in self.converters:
                row[place] = convert(row[place])
            return [tuple(row)]
        columns: list[Iterable[Any]] = list(zip(*rows, strict=True))
        for place, convert, alike in self.converters:
            once = cache(convert) if alike and len(rows) > _ONE_STATEMENT else convert
            columns[place] = map(once, columns[place])
        return list(zip(*columns, strict=True))


@lru_cache(maxsize=256)
def _plan(table: Any, columns: tuple[str, ...], dialect: Dialect) -> _Plan:
    lite, there = dialect.name == "sqlite", f'"{table.name}"'
    names = ", ".join(f'"{name}"' for name in columns)
    kinds = [table.c[name].type for name in columns]
    types = tuple(kind.compile(dialect).partition("(")[0].lower() for kind in kinds)
    found = [kind.dialect_impl(dialect).bind_processor(dialect) for kind in kinds]
    keys = [f'"{column.name}"' for column in table.primary_key]
    same = (
        f"{there}.{key} = " + (f"?{place}" if lite else f"given.{key}")
        for place, key in enumerate(keys, 1)
    )
    return _Plan(
        lite,
        there,
        names,
        f"({', '.join(['?' if lite else '%s'] * len(columns))})",
        f"unnest({', '.join(f'%s::{kind}[]' for kind in types)}) AS given ({names})",
        ", ".join(keys),
        " AND ".join(same),
        types,
        tuple(
            (place, convert, not isinstance(kind, JSON))
            for place, (kind, convert) in enumerate(zip(kinds, found, strict=True))
            if convert
        ),
    )


def _send(connection: Connection, plan: _Plan, rows: Sequence[Row], otherwise: str = "") -> None:
    into = f"INSERT INTO {plan.table} ({plan.names})"
    if plan.lite:
        _each(connection, plan, f"{into} VALUES {plan.marks}{otherwise}", rows)
    elif len(rows) <= _ONE_STATEMENT:
        marks = ", ".join([plan.marks] * len(rows))
        values = tuple(chain.from_iterable(plan.stored(rows)))
        tell(connection, f"{into} VALUES {marks}{otherwise}", values)
    else:  # a column each, which the server takes apart: one statement for any number of rows
        _each(connection, plan, f"{into} SELECT * FROM {plan.given}{otherwise}", rows)  # noqa: S608


def _copy(connection: Connection, plan: _Plan, rows: Sequence[Row]) -> None:
    driver: Any = connection.connection.driver_connection
    statement = f"COPY {plan.table} ({plan.names}) FROM STDIN (FORMAT BINARY)"
    try:
        with driver.cursor() as cursor, cursor.copy(statement) as copy:
            copy.set_types(plan.types)
            for row in plan.stored(rows):
                copy.write_row(row)
    except driver.Error as error:
        raise refused(connection, statement, error) from error
