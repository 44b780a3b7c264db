"""Rows asked for by any number of ids or texts."""

import json
from collections.abc import Iterable, Iterator
from typing import Any

from sqlalchemy import ARRAY, ColumnElement, String, bindparam, literal
from sqlalchemy.engine import Dialect
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.functions import FunctionElement
from sqlalchemy.types import TypeDecorator

from engage.conditions import Between

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
