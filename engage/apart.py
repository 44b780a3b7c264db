"""What is stored otherwise than it must be, value by value, so that it can be named."""

from collections.abc import Iterable, Iterator, Mapping
from typing import Any, NamedTuple

#: The field of a row that is missing, or too much.
WHOLE = "*"


class Apart(NamedTuple):
    """A value that stands in a ``field`` of a ``row`` (by its key), and what it must be.

    A ``partner`` in the row is what people call it by: it is told instead of its number.

    Where a row is missing or too much, the field is `WHOLE` and that side None.
    """

    table: str
    row: Mapping[str, Any]
    field: str
    stands: Any
    must: Any

    def __str__(self) -> str:
        numbers = ("partner_id", "member_id") if "partner" in self.row else ()
        row = " ".join(
            f"{name}={value}"
            for name, value in self.row.items()
            if value is not None and name not in numbers
        )
        field = "the row" if self.field == WHOLE else self.field
        return f"{self.table} {row}: {field} was {_said(self.stands)}, is {_said(self.must)}"


def apart(
    table: Any, stands: Iterable[tuple[Any, ...]], must: Iterable[tuple[Any, ...]]
) -> Iterator[Apart]:
    """Compare rows of a table, given as the values of its columns; the primary key comes first."""
    names, keys = table.columns.keys(), len(table.primary_key.columns)
    missing = {tuple(row[:keys]): tuple(row) for row in must}
    for row in map(tuple, stands):
        key = dict(zip(names, row[:keys], strict=False))
        want = missing.pop(row[:keys], None)
        if want is None:
            yield Apart(table.name, key, WHOLE, _rest(names, row, keys), None)
        elif want != row:
            for field, was, right in zip(names[keys:], row[keys:], want[keys:], strict=True):
                if was != right:
                    yield Apart(table.name, key, field, was, right)
    for want in missing.values():
        key = dict(zip(names, want[:keys], strict=False))
        yield Apart(table.name, key, WHOLE, None, _rest(names, want, keys))


def _rest(names: list[str], row: tuple[Any, ...], keys: int) -> dict[str, Any]:
    return dict(zip(names[keys:], row[keys:], strict=True))


def _said(value: Any) -> str:
    if value is None:
        return "missing"
    if isinstance(value, Mapping):
        return " ".join(f"{name}={part}" for name, part in value.items())
    return str(value)
