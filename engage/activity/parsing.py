"""From a table to facts or partners as the house takes them, read a whole column at a time.

Values repeat, so each column is read once per distinct value and then looked up. Whatever is wrong
is collected, row by row, before anybody decides what to do about it.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import compress
from typing import Any, Generic, TypeVar

from engage.activity import cells
from engage.activity.columns import Columns
from engage.activity.files import Table
from engage.activity.mapping import FACT_COLUMNS, NATIVE, PARTNER_COLUMNS, Mapping, plan
from engage.activity.problems import RowError, shown
from engage.activity.rules import Report
from engage.partners.service import Profile

PARTNERS_REQUIRED = ("external_id", "name")
FACTS_REQUIRED = ("external_id", "partner", "kind", "occurred_at")

Lists = dict[str, list[Any]]


Record = TypeVar("Record", Report, Profile)


@dataclass(frozen=True, slots=True)
class Parsed(Generic[Record]):
    """What a file holds. ``records`` are the rows that are good, ``rows`` their numbers in the file;
    ``errors`` the first thousand of what is wrong with the ``rejected``; ``repeated`` rows said
    again what an earlier one says. ``sources`` tells under which name the file has a column,
    ``ignored`` which of its columns go nowhere, ``notes`` what was open and how it was taken. ``rows_read`` = kept + rejected + repeated."""

    records: list[Record]
    rows: list[int]
    rows_read: int
    repeated: int
    rejected: int
    errors: list[RowError]
    sources: dict[str, str]
    ignored: list[str]
    notes: list[str]


def parse_facts(table: Table, mapping: Mapping = NATIVE, *, timezone: str) -> Parsed[Report]:
    """The facts in a table; ``timezone`` is the programme's. An amount that is not there counts 0.

    Raises ImportRefused where a required column is missing, or a whole column cannot be decided.
    """
    seen = _seen(table, mapping, FACT_COLUMNS, FACTS_REQUIRED, timezone)
    occurred_at, day = seen.instants("occurred_at")
    columns: Lists = {
        "external_id": seen.texts("external_id"),
        "partner": seen.texts("partner"),
        "kind": seen.texts("kind", cells.kind),
        "occurred_at": occurred_at,
        "day": day,
        "amount": seen.numbers("amount"),
        "currency": seen.texts("currency", cells.currency),
        "quantity": seen.numbers("quantity"),
        "product": seen.texts("product"),
        "category": seen.texts("category"),
        "customer": seen.texts("customer"),
    }
    columns["currency"] = seen.currencies("amount", "currency", columns["currency"])
    return _parsed(Report, columns, seen)


def parse_partners(table: Table, mapping: Mapping = NATIVE, *, timezone: str) -> Parsed[Profile]:
    """The partners in a table; ``timezone`` is the programme's. Raises as parse_facts does."""
    seen = _seen(table, mapping, PARTNER_COLUMNS, PARTNERS_REQUIRED, timezone)
    columns: Lists = {
        "external_id": seen.texts("external_id"),
        "name": seen.texts("name"),
        "email": seen.texts("email", cells.email, most=254),
        "organisation": seen.texts("organisation"),
        "team": seen.texts("team"),
        "region": seen.texts("region"),
        "type": seen.texts("type"),
        "joined_on": seen.instants("joined_on")[1],
        "left_on": seen.instants("left_on")[1],
        "target": seen.numbers("target"),
        "locale": seen.texts("locale", cells.locale, most=20),
        "timezone": seen.texts("timezone", cells.zone, most=64),
    }
    return _parsed(Profile, columns, seen)


def _seen(
    table: Table, mapping: Mapping, targets: Sequence[str], required: Sequence[str], timezone: str
) -> Columns:
    found = plan(mapping, table.header, targets, required, table.name)
    return Columns(table, mapping, found, required, timezone)


def _parsed(kind: type[Record], columns: Lists, seen: Columns) -> Parsed[Record]:
    """``columns`` are the fields of ``kind``, in their order."""
    seen.stop_if_refused()
    repeated = _repeated(columns, seen)
    table, bad = seen.table, seen.problems.bad
    numbers: Iterable[int] = table.row_numbers
    if bad or repeated:
        keep = [number not in bad and index not in repeated for index, number in enumerate(numbers)]
        columns = {target: list(compress(values, keep)) for target, values in columns.items()}
        numbers = compress(numbers, keep)
    for target in columns.keys() & {"amount", "quantity"}:
        columns[target] = [value or 0 for value in columns[target]]
    return Parsed(
        records=list(map(kind._make, zip(*columns.values(), strict=True))),
        rows=list(numbers),
        rows_read=table.rows_read,
        repeated=len(repeated),
        rejected=len(bad),
        errors=seen.problems.listed(),
        sources={target: seen.said(target) for target in seen.plan.sources},
        ignored=seen.plan.ignored,
        notes=seen.notes,
    )


def _repeated(columns: Lists, seen: Columns) -> set[int]:
    """Places of rows that say again what an earlier row says; ids with two stories are problems."""
    ids, numbers = columns["external_id"], seen.table.row_numbers
    if len(set(ids)) == len(ids):
        return set()
    places: dict[str, list[int]] = {}
    for index, (name, number) in enumerate(zip(ids, numbers, strict=True)):
        if number not in seen.problems.bad:
            places.setdefault(name, []).append(index)
    repeated: set[int] = set()
    for name, same in places.items():
        if len(same) == 1:
            continue
        differing = [
            target
            for target, values in columns.items()
            if any(values[index] != values[same[0]] for index in same[1:])
        ]
        if differing:
            _conflict(name, [numbers[index] for index in same], differing, seen)
        else:
            repeated.update(same[1:])
    return repeated


def _conflict(name: str, rows: list[int], differing: list[str], seen: Columns) -> None:
    where = ", ".join(map(str, rows[:5])) + (" and more" if len(rows) > 5 else "")
    problem = (
        f"external_id {shown(name)} stands in rows {where} with different {', '.join(differing)}: "
        "keep the row that is right, or give each its own id"
    )
    for row in rows:
        seen.problems.add(row, seen.said("external_id"), problem)
