"""The least that keeping the same rows can cost: copied into an empty schema, nothing worked out."""

import json
from collections.abc import Iterator
from typing import Any

from sqlalchemy import Connection, insert, select, text
from sqlalchemy.schema import Table

Rows = list[dict[str, Any]]


def of(connection: Connection, tables: list[Table]) -> dict[Table, Rows]:
    """All rows of the tables that have any, in an order that foreign keys allow."""
    found = {}
    for table in tables:
        rows = connection.execute(select(table).order_by(*table.primary_key.columns)).mappings()
        if kept := [dict(row) for row in rows]:
            found[table] = kept
    return found


def insert_by_core(connection: Connection, rows: dict[Table, Rows]) -> None:
    """SQLAlchemy's bulk statement, once for each table."""
    for table, content in rows.items():
        connection.execute(insert(table), content)


def as_stored(connection: Connection, tables: list[Table]) -> dict[str, list[tuple[Any, ...]]]:
    """The rows as the driver hands them over, in the order of `of`."""
    found = {}
    for table in tables:
        order = ", ".join(column.name for column in table.primary_key.columns)
        rows = connection.execute(text(f'SELECT * FROM "{table.name}" ORDER BY {order}'))
        found[table.name] = [tuple(map(_plain, row)) for row in rows]
    return found


def _plain(value: Any) -> Any:
    return json.dumps(value) if isinstance(value, dict | list) else value


def insert_by_driver(connection: Connection, rows: dict[str, list[tuple[Any, ...]]]) -> None:
    """What the driver has for many rows: `executemany` on SQLite, `COPY` on PostgreSQL."""
    cursor = connection.connection.cursor()
    for name, content in rows.items():
        if connection.dialect.name == "sqlite":
            marks = ", ".join("?" * len(content[0]))
            cursor.executemany(f'INSERT INTO "{name}" VALUES ({marks})', content)
        else:
            with cursor.copy(f'COPY "{name}" FROM STDIN') as copy:  # type: ignore[attr-defined]
                for row in content:
                    copy.write_row(row)


def written(before: dict[Table, Rows], after: dict[Table, Rows]) -> Iterator[Table]:
    """The tables that got rows."""
    for table, content in after.items():
        if len(content) > len(before.get(table, ())):
            yield table
