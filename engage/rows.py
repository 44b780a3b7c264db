"""Many rows at a time: given to the driver as it takes them, and asked for by any number of ids."""

import json
from collections.abc import Callable, Iterable, Iterator, Sequence
from functools import cache, lru_cache
from itertools import chain
from typing import Any, NamedTuple

from sqlalchemy import ARRAY, JSON, ColumnElement, String, bindparam, literal
from sqlalchemy.engine import Connection, Dialect
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.functions import FunctionElement
from sqlalchemy.types import TypeDecorator

from engage.conditions import Between
from engage.connections import ask, refused, tell
from engage.db import connection as current

Row = tuple[Any, ...]
#: Up to so many rows PostgreSQL takes as one statement; more of them go in faster by ``COPY``.
_ONE_STATEMENT = 8


def next_ids(table: str, count: int) -> Sequence[int]:
    """``count`` fresh primary keys of ``table``, so that rows can name each other before they go in.

    Safe in a writing transaction: SQLite has one writer, PostgreSQL draws from the sequence.
    """
    if not count:
        return ()
    connection = current()
    if connection.dialect.name == "sqlite":
        ((last,),) = ask(connection, f"SELECT max(id) FROM {table}", ())  # noqa: S608
        return range((last or 0) + 1, (last or 0) + 1 + count)
    draw = f"SELECT nextval('{table}_id_seq') FROM generate_series(1, %s)"  # noqa: S608
    return [drawn for (drawn,) in ask(connection, draw, (count,))]


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


def insert_one(table: Any, row: dict[str, Any]) -> int:
    """Insert one row; its fresh primary key."""
    connection = current()
    plan = _plan(table, tuple(row), connection.dialect)
    (values,) = plan.stored(_values([row]))
    statement = f"INSERT INTO {plan.into} VALUES {plan.marks} RETURNING id"  # noqa: S608
    ((row_id,),) = ask(connection, statement, values)
    return int(row_id)


def upsert_rows(
    table: Any, rows: Sequence[dict[str, Any]], *, add: Iterable[str] = (), put: Iterable[str] = ()
) -> None:
    """Insert mappings as `upsert` does rows."""
    if rows:
        upsert(table, tuple(rows[0]), _values(rows), add=add, put=put)


def upsert(
    table: Any,
    columns: tuple[str, ...],
    rows: Sequence[Row],
    *,
    add: Iterable[str] = (),
    put: Iterable[str] = (),
) -> None:
    """Insert rows; where the primary key stands already, ``add`` to and ``put`` these columns."""
    if not rows:
        return
    connection = current()
    plan = _plan(table, columns, connection.dialect)
    changes = [f'"{name}" = "{table.name}"."{name}" + excluded."{name}"' for name in add]
    changes += [f'"{name}" = excluded."{name}"' for name in put]
    keys = ", ".join(f'"{column.name}"' for column in table.primary_key.columns)
    otherwise = f" ON CONFLICT ({keys}) DO UPDATE SET {', '.join(changes)}"
    _send(connection, plan, rows, otherwise)


def delete_rows(table: Any, keys: Sequence[Row], only: str = "") -> None:
    """Delete the rows of these primary keys; ``only`` where they meet a condition, too."""
    if not keys:
        return
    connection = current()
    names = [f'"{column.name}"' for column in table.primary_key.columns]
    plan = _plan(table, tuple(table.primary_key.columns.keys()), connection.dialect)
    wanted = f" AND {only}" if only else ""
    if plan.lite:
        where = " AND ".join(f"{name} = ?" for name in names)
        statement = f'DELETE FROM "{table.name}" WHERE {where}{wanted}'  # noqa: S608
        tell(connection, statement, *plan.stored(keys))
    else:
        columns = ", ".join(f"%s::{kind}[]" for kind in plan.types)
        same = " AND ".join(f'"{table.name}".{name} = gone.{name}' for name in names)
        statement = f'DELETE FROM "{table.name}" USING unnest({columns})'  # noqa: S608
        statement += f" AS gone ({', '.join(names)}) WHERE {same}{wanted}"
        tell(connection, statement, [*map(list, zip(*plan.stored(keys), strict=True))])


def _values(rows: Sequence[dict[str, Any]]) -> list[Row]:
    return [tuple(map(row.__getitem__, rows[0])) for row in rows]


class _Plan(NamedTuple):
    """How the driver takes rows of some columns: the table with them, a mark for each, their types
    as PostgreSQL calls them, and what converts their values."""

    lite: bool
    into: str
    marks: str
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
    lite = dialect.name == "sqlite"
    names = ", ".join(f'"{name}"' for name in columns)
    kinds = [table.c[name].type for name in columns]
    found = [kind.dialect_impl(dialect).bind_processor(dialect) for kind in kinds]
    return _Plan(
        lite,
        f'"{table.name}" ({names})',
        f"({', '.join(['?' if lite else '%s'] * len(columns))})",
        tuple(kind.compile(dialect).partition("(")[0].lower() for kind in kinds),
        tuple(
            (place, convert, not isinstance(kind, JSON))
            for place, (kind, convert) in enumerate(zip(kinds, found, strict=True))
            if convert
        ),
    )


def _send(connection: Connection, plan: _Plan, rows: Sequence[Row], otherwise: str = "") -> None:
    rows = plan.stored(rows)
    statement = f"INSERT INTO {plan.into} VALUES {plan.marks}"  # noqa: S608
    if plan.lite:
        tell(connection, statement + otherwise, *rows)
    elif len(rows) <= _ONE_STATEMENT:
        statement += f", {plan.marks}" * (len(rows) - 1)
        tell(connection, statement + otherwise, tuple(chain.from_iterable(rows)))
    else:  # a column each, which the server takes apart: one statement for any number of rows
        columns = ", ".join(f"%s::{kind}[]" for kind in plan.types)
        statement = f"INSERT INTO {plan.into} SELECT * FROM unnest({columns})"  # noqa: S608
        tell(connection, statement + otherwise, [*map(list, zip(*rows, strict=True))])


def _copy(connection: Connection, plan: _Plan, rows: Sequence[Row]) -> None:
    driver: Any = connection.connection.driver_connection
    statement = f"COPY {plan.into} FROM STDIN (FORMAT BINARY)"
    try:
        with driver.cursor() as cursor, cursor.copy(statement) as copy:
            copy.set_types(plan.types)
            for row in plan.stored(rows):
                copy.write_row(row)
    except driver.Error as error:
        raise refused(connection, statement, error) from error


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


def meets(column: Any, values: frozenset[str] | Between) -> list[ColumnElement[bool]]:
    """``column`` is what a condition asks for: one of some texts, or within a range."""
    if not isinstance(values, Between):
        return [_Among(column, literal(sorted(values), _Listed(column.type)))]
    ends = []
    if values.low is not None:
        ends.append(column >= values.low)
    if values.high is not None:
        ends.append(column <= values.high)
    return ends


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
        found = list(value)
        if dialect.name != "sqlite":
            return found
        if {*map(type, found)} <= {int}:  # in a tenth of the time: a fact sends thirty
            return f"[{','.join(map(str, found))}]"
        return json.dumps(found)


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
