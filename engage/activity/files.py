"""Opening a table that somebody saved: CSV of any common make, or an Excel workbook.

A table is kept by columns, each distinct text once: exports repeat themselves, so a file of a
million rows stays small, and what reads a column later works on its distinct values only.
"""

import csv
import io
import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from itertools import islice
from pathlib import Path
from typing import BinaryIO

from engage.activity import dialects, workbooks
from engage.activity.cells import Cell, as_text
from engage.activity.problems import ImportRefused, Problems, refuse, shown

MOST_BYTES = 200 * 1024 * 1024
MOST_ROWS = 1_000_000
MOST_COLUMNS = 500
CHUNK = 256  # rows at a time: few enough to stay in the processor's cache, twice as fast

_BREAK = re.compile(r"\r\n|\r|\n")

Progress = Callable[[int], None]


@dataclass(frozen=True, slots=True)
class Table:
    """A file's rows, by columns: ``columns[i]`` belongs to ``header[i]`` and has a cell per row.

    ``row_numbers`` are those a person sees: the line in a CSV where the row begins, the row in a
    sheet. ``problems`` names the rows that could not be taken in (they are not in the columns).
    ``rows_read`` counts all that were not blank.
    """

    name: str
    kind: str
    header: list[str]
    columns: list[list[Cell]]
    row_numbers: Sequence[int]
    header_row: int
    rows_read: int
    encoding: str | None = None
    delimiter: str | None = None
    sheet: str | None = None
    problems: Problems = field(default_factory=Problems)

    def __len__(self) -> int:
        return len(self.row_numbers)

    def rows(self, most: int | None = None) -> Iterator[tuple[Cell, ...]]:
        """Row by row, the first ``most`` of them: for a preview."""
        return islice(zip(*self.columns, strict=True), most)

    def described(self) -> str:
        """The format in plain words: ``CSV, UTF-8, separated by semicolons``."""
        if self.kind == "xlsx":
            return f"Excel workbook, sheet {shown(self.sheet or '')}"
        return f"CSV, {self.encoding}, separated by {dialects.NAMES[self.delimiter or ',']}"


def read_table(
    source: Path | str | BinaryIO,
    name: str = "",
    *,
    delimiter: str | None = None,
    encoding: str | None = None,
    progress: Progress | None = None,
) -> Table:
    """The table in a file. ``name`` is what messages call it; ``progress`` hears the rows read.

    ``delimiter`` and ``encoding`` are found in the file unless given. Raises ImportRefused for what
    is no table: empty, unreadable, header only, twice the same column name, too large. Rows with too
    many or too few cells are not refused here but listed in ``problems``.
    """
    if isinstance(source, str | Path):
        path = Path(source)
        name = name or path.name
        try:
            with path.open("rb") as stream:
                data = stream.read(MOST_BYTES + 1)
        except OSError as error:
            raise refuse(str(source), f"cannot be opened: {error.strerror}") from error
    else:
        data = source.read(MOST_BYTES + 1)
    if len(data) > MOST_BYTES:
        raise refuse(name, f"is larger than {MOST_BYTES // 2**20} MB: import it in parts")
    if workbooks.is_workbook(data, name):
        return _from_workbook(data, name, progress)
    return _from_csv(data, name, delimiter, encoding, progress)


def _from_csv(
    data: bytes, name: str, delimiter: str | None, encoding: str | None, progress: Progress | None
) -> Table:
    codec, said = dialects.encoding_of(data, name, encoding)
    text = io.TextIOWrapper(io.BytesIO(data), encoding=codec, newline="")
    delimiter, skipped = dialects.delimiter_of(text.read(dialects.SAMPLE), name, delimiter)
    text.seek(0)
    for _ in range(skipped):
        text.readline()
    reader = csv.reader(text, delimiter=delimiter, strict=True)
    rows = _Rows(name, progress)
    try:
        while chunk := list(islice(reader, CHUNK)):
            first = rows.lines + 1 + skipped
            rows.lines = reader.line_num
            numbers: Sequence[int] = range(first, first + len(chunk))
            if reader.line_num + skipped != numbers[-1]:
                numbers = _lines(first, chunk)
            rows.take(numbers, chunk)
    except csv.Error as error:
        raise _broken_csv(name, reader.line_num + skipped, error) from error
    return rows.table(kind="csv", encoding=said, delimiter=delimiter)


def _lines(first: int, chunk: Iterable[list[str]]) -> list[int]:
    """Line numbers where quoted cells run over several lines."""
    numbers = []
    for row in chunk:
        numbers.append(first)
        first += 1 + sum(len(_BREAK.findall(cell)) for cell in row)
    return numbers


def _broken_csv(name: str, line: int, error: csv.Error) -> ImportRefused:
    if "field larger" in str(error) or "unexpected end" in str(error):
        problem = "a quotation mark opens a cell and nothing closes it: add or delete one"
    elif "expected after" in str(error):
        problem = 'a quotation mark stands inside a quoted cell: double it, as in "5"" pipe"'
    else:
        problem = f"cannot be read as CSV ({error}): save it again from a spreadsheet"
    return refuse(name, problem, row=line)


def _from_workbook(data: bytes, name: str, progress: Progress | None) -> Table:
    sheet = workbooks.read_sheet(data, name, most_rows=MOST_ROWS, most_columns=MOST_COLUMNS)
    rows = _Rows(name, progress)
    numbered = iter(enumerate(sheet.rows, start=1))
    while chunk := list(islice(numbered, CHUNK)):
        rows.take([number for number, _ in chunk], [row for _, row in chunk])
    return rows.table(kind="xlsx", sheet=sheet.name)


class _Rows:
    """Turns rows into columns, chunk by chunk; the first row that is not blank is the header."""

    def __init__(self, name: str, progress: Progress | None) -> None:
        self.name, self.progress = name, progress
        self.lines = self.read = self.header_row = 0
        self.header: list[str] = []
        self.columns: list[list[Cell]] = []
        self.known: list[dict[Cell, Cell]] = []
        self.numbers: list[int] = []
        self.problems = Problems()

    def take(self, numbers: Sequence[int], chunk: Sequence[Sequence[Cell]]) -> None:
        if not self.header:
            numbers, chunk = self._after_header(numbers, chunk)
        width = len(self.header)
        # A blank row begins with a blank cell, so the first cells tell whether to look closer.
        if set(map(len, chunk)) != {width} or not all(str(row[0]).strip() for row in chunk):
            numbers, chunk = self._whole_rows(numbers, chunk)
        self.read += len(chunk)
        self.numbers.extend(numbers)
        for column, known, cells in zip(
            self.columns, self.known, zip(*chunk, strict=True), strict=False
        ):
            column.extend(map(known.setdefault, cells, cells))
        if len(self.numbers) > MOST_ROWS:
            raise refuse(self.name, f"has more than {MOST_ROWS:,} rows: import it in parts")
        if self.progress:
            self.progress(self.read)

    def _after_header(
        self, numbers: Sequence[int], chunk: Sequence[Sequence[Cell]]
    ) -> tuple[Sequence[int], Sequence[Sequence[Cell]]]:
        for index, row in enumerate(chunk):
            if not _blank(row):
                self.header_row = numbers[index]
                self.header = _named(self.name, self.header_row, row)
                self.columns = [[] for _ in self.header]
                self.known = [{} for _ in self.header]
                return numbers[index + 1 :], chunk[index + 1 :]
        return [], []

    def _whole_rows(
        self, numbers: Sequence[int], chunk: Sequence[Sequence[Cell]]
    ) -> tuple[list[int], list[Sequence[Cell]]]:
        """Leaves out blank rows and, with a problem each, those of another width."""
        width = len(self.header)
        kept_numbers, kept = [], []
        for number, row in zip(numbers, chunk, strict=True):
            if _blank(row):
                continue
            if len(row) > width and _blank(row[width:]):
                row = row[:width]
            if len(row) != width:
                self.read += 1
                self.problems.add(number, "", _ragged(len(row), width))
                continue
            kept_numbers.append(number)
            kept.append(row)
        return kept_numbers, kept

    def table(self, *, kind: str, **format_facts: str | None) -> Table:
        if not self.header:
            raise refuse(self.name, "is empty: it needs a header row and at least one row below it")
        if not self.read:
            raise refuse(
                self.name,
                f"has a header (row {self.header_row}) but no rows below it: nothing to import",
            )
        return Table(
            self.name,
            kind,
            self.header,
            self.columns,
            self.numbers,
            self.header_row,
            self.read,
            problems=self.problems,
            **format_facts,
        )


def _blank(row: Iterable[Cell]) -> bool:
    return all(isinstance(cell, str) and not cell.strip() for cell in row)


def _ragged(cells: int, width: int) -> str:
    if cells < width:
        return f"has {cells} cells where the header has {width}: fill in what is missing"
    return (
        f"has {cells} cells where the header has {width}: put quotation marks around a cell that "
        "holds the separator, or delete what is too much"
    )


def _named(name: str, row: int, cells: Sequence[Cell]) -> list[str]:
    """The header's names; a column without one gets its place, and nothing can be read from it."""
    if len(cells) > MOST_COLUMNS:
        raise refuse(name, f"has {len(cells)} columns: at most {MOST_COLUMNS} are read", row=row)
    header: list[str] = []
    for place, cell in enumerate(cells, start=1):
        title = " ".join(as_text(cell).split()) or f"(column {place})"
        if title in header:
            first = header.index(title) + 1
            raise refuse(
                name,
                f"this name stands over columns {first} and {place}: rename one of them",
                row=row,
                column=title,
            )
        header.append(title)
    return header
