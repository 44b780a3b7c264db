"""Reading a table's columns, each distinct value once, and keeping account of what is wrong."""

from collections.abc import Callable, Iterable, Sequence
from datetime import date, datetime
from itertools import repeat
from typing import TypeVar
from zoneinfo import ZoneInfo

from engage.activity import dates, numerals
from engage.activity.cells import Cell, as_text, clean, fitting
from engage.activity.files import Table
from engage.activity.mapping import Mapping, Plan, Source
from engage.activity.problems import (
    ImportRefused,
    Problems,
    RowError,
    Undecided,
    Unreadable,
    refuse,
    shown,
)

Value = TypeVar("Value")
Read = Callable[[Cell], Value | None]


class Columns:
    """A table seen through a mapping: asks for target columns, gets lists of final values.

    A value that cannot be read is None and an entry in ``problems``; a column that cannot be decided
    is an entry in ``refused``, after which nothing of the file may be used.
    """

    def __init__(
        self, table: Table, mapping: Mapping, plan: Plan, required: Iterable[str], timezone: str
    ) -> None:
        self.table, self.mapping, self.plan = table, mapping, plan
        self.required = frozenset(required)
        self.programme = ZoneInfo(timezone)
        self.problems = Problems()
        self.problems.extend(table.problems)
        self.refused: list[RowError] = []
        #: What was taken in one of two ways, and which.
        self.notes: list[str] = []

    def texts(
        self, target: str, check: Callable[[str], str] | None = None, most: int = 200
    ) -> list[str | None]:
        """Trimmed texts of at most ``most`` characters, each passed through ``check``."""

        def read(cell: Cell) -> str | None:
            text = fitting(clean(as_text(cell)), most)
            return check(text) if check and text else text or None

        return self._values(target, read)

    def numbers(self, target: str) -> list[int | None]:
        """Ten-thousandths."""
        mark = "." if target in self.plan.constants else self.mapping.format.decimal
        try:
            decimal = mark or numerals.decide_decimal(self._distinct_texts(target))
        except Undecided as undecided:
            self._refuse(target, undecided)
            return list(repeat(None, len(self.table)))

        def read(cell: Cell) -> int | None:
            if isinstance(cell, float):
                return numerals.scaled_cell(cell)
            if not isinstance(cell, str):
                raise Unreadable("a date: format the column as numbers")
            text = clean(cell)
            return numerals.scaled(text, decimal) if text else None

        return self._values(target, read)

    def instants(self, target: str) -> tuple[list[datetime | None], list[date | None]]:
        """Instants in UTC and their days in the programme's zone."""
        try:
            order = self.mapping.format.dates or dates.decide_order(self._distinct_texts(target))
        except Undecided as undecided:
            self._refuse(target, undecided)
            return list(repeat(None, len(self.table))), list(repeat(None, len(self.table)))
        zone = self.mapping.format.timezone
        reading = dates.Reading(order, ZoneInfo(zone) if zone else self.programme, self.programme)

        def read(cell: Cell) -> tuple[datetime, date] | None:
            if isinstance(cell, float):
                cell = as_text(cell)
            if not isinstance(cell, str):
                return dates.read_instant(cell, reading)
            text = clean(cell)
            return dates.read_instant(text, reading) if text else None

        pairs = self._values(target, read)
        if reading.twice:
            self.notes.append(
                f"{target}: clocks showed {len(reading.twice)} of the times twice, as "
                f"{min(reading.twice):%Y-%m-%d %H:%M} ({reading.written_in}): the first counts; who "
                "means the second writes the offset from UTC"
            )
        return [pair and pair[0] for pair in pairs], [pair and pair[1] for pair in pairs]

    def currencies(self, amount: str, currency: str, given: list[str | None]) -> list[str | None]:
        """``given`` currencies, filled in from the signs beside the amounts (``12,50 €``) and held
        against them: a sign that says otherwise is a problem."""
        source = self.plan.sources.get(amount)
        if source is None:
            return given
        cells = self._cells(source)
        codes = {
            cell: code
            for cell in dict.fromkeys(cells)
            if isinstance(cell, str) and (code := numerals.currency_beside(cell))
        }
        if not codes:
            return given
        filled = list(given)
        for index, cell in enumerate(cells):
            code = codes.get(cell) if isinstance(cell, str) else None
            if code and filled[index] not in (None, code):
                problem = f"{amount} is {shown(cell)}, but {currency} is {filled[index]}"
                self._problem(index, source, f"{problem}: correct one of them")
            filled[index] = filled[index] or code
        return filled

    def said(self, target: str) -> str:
        """Under which name a person finds a target in the file."""
        source = self.plan.sources.get(target)
        return source.said if source else target

    def stop_if_refused(self) -> None:
        """Raises ImportRefused with the undecided columns and all row errors, if there are any."""
        if self.refused:
            raise ImportRefused(self.table.name, [*self.refused, *self.problems.listed()])

    def _refuse(self, target: str, undecided: Undecided) -> None:
        row, column = self.table.header_row, self.said(target)
        self.refused.append(RowError(row, column, f"{target} {undecided}"))

    def _problem(self, index: int, source: Source, problem: str) -> None:
        self.problems.add(self.table.row_numbers[index], source.said, problem)

    def _values(self, target: str, read: Read[Value]) -> list[Value | None]:
        if target in self.plan.constants:
            return self._constant(target, read)
        source = self.plan.sources.get(target)
        if source is None:
            return [None] * len(self.table)
        cells = self._cells(source)
        known: dict[Cell, Value | None] = {}
        wrong: dict[Cell, str] = {}
        for cell in dict.fromkeys(cells):
            try:
                value = known[cell] = read(cell)
            except Unreadable as error:
                known[cell] = None
                wrong[cell] = f"{target} is {shown(as_text(cell))}, {error}"
            else:
                if value is None and target in self.required:
                    parts = "" if source.template is None else ", or a part of it is"
                    wrong[cell] = f"{target} is blank{parts}: fill it in, every row needs one"
        if wrong:
            for index, cell in enumerate(cells):
                if cell in wrong:
                    self._problem(index, source, wrong[cell])
        return list(map(known.__getitem__, cells))

    def _constant(self, target: str, read: Read[Value]) -> list[Value | None]:
        text = self.plan.constants[target]
        try:
            return [read(text)] * len(self.table)
        except Unreadable as error:
            place = f"constants.{target}"
            raise refuse(self.mapping.name, f"is {shown(text)}, {error}", column=place) from error

    def _cells(self, source: Source) -> Sequence[Cell]:
        if source.template is None:
            return self.table.columns[source.indices[0]]
        parts = [self._as_texts(index) for index in source.indices]
        joined = list(map(source.template.format, *parts))
        if any("" in part for part in parts):
            for index, row in enumerate(zip(*parts, strict=True)):
                # An id with a piece missing would be another row's id; a name may lack one.
                if "" in row and (not any(row) or source.whole):
                    joined[index] = ""
        return joined

    def _as_texts(self, index: int) -> list[str]:
        cells = self.table.columns[index]
        known = {cell: as_text(cell).strip() for cell in dict.fromkeys(cells)}
        return list(map(known.__getitem__, cells))

    def _distinct_texts(self, target: str) -> list[str]:
        if target in self.plan.constants:
            return [self.plan.constants[target]]
        source = self.plan.sources.get(target)
        cells = self._cells(source) if source else ()
        texts = (cell.strip() for cell in dict.fromkeys(cells) if isinstance(cell, str))
        return [text for text in texts if text]
