"""Excel workbooks: the first sheet with data, its cells typed, and nothing that could hurt.

Calamine reads them fast, but it unpacks whatever it is given and lays a sheet out as a full
rectangle, so one cell at XFD1048576 would take all memory. Every part is therefore weighed first.
"""

import io
import re
import zipfile
import zlib
from dataclasses import dataclass
from datetime import date, datetime, time
from typing import Any
from xml.etree import ElementTree

from python_calamine import CalamineError, CalamineSheet, CalamineWorkbook, SheetVisibleEnum

from engage.activity.cells import UNCOMPUTED, Cell
from engage.activity.problems import ImportRefused, refuse

MOST_UNPACKED = 512 * 1024 * 1024
MOST_CELLS = 12_000_000
MOST_PARTS = 2000

_KEPT = frozenset({str, float, date, datetime})
_ZIP, _OLE = b"PK\x03\x04", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
_COLUMN = re.compile(rb"""\sr\s*=\s*["']([A-Za-z]{1,8})[A-Za-z]*[0-9]""")
_ROW = re.compile(rb"""\sr\s*=\s*["'][A-Za-z]*0*([0-9]{1,10})""")
_OPEN = re.compile(rb"<(?:\w+:)?c[\s/>]")
_CELL = re.compile(rb"<(?:\w+:)?c(?=\s)([^>]*[^/>])>(.*?)</(?:\w+:)?c>", re.DOTALL)
_PLACE = re.compile(rb"""\sr\s*=\s*["']([A-Za-z]+)([1-9][0-9]*)["']""")
_VALUE = re.compile(rb"<(?:\w+:)?v[^>]*>([^<]+)</(?:\w+:)?v>")
_FAILED = re.compile(rb"""\st\s*=\s*["']e["']""")
_TEXT = re.compile(rb"""\st\s*=\s*["'](?:str|s|inlineStr)["']""")

# What Python's zipfile raises for a package that was cut, mangled, encrypted or made to confuse.
_DAMAGE = (zipfile.BadZipFile, zlib.error, OSError, EOFError, ValueError, RuntimeError)

Failed = dict[tuple[int, int], str]


@dataclass(frozen=True, slots=True)
class Sheet:
    """A sheet from its first row on; ``rows`` all have the same width, blank cells are ``""``."""

    name: str
    rows: list[list[Cell]]


def is_workbook(data: bytes, name: str) -> bool:
    """Whether this is an .xlsx, whatever it is called. Raises ImportRefused for a file that claims
    to be one and is not, and for spreadsheets of other makes."""
    claims = name.lower().rpartition(".")[2] in ("xlsx", "xlsm")
    if data.startswith(_OLE):
        raise refuse(
            name, "is an old Excel file (.xls) or protected by a password: save it as plain .xlsx"
        )
    if data.startswith(_ZIP):
        return True
    if claims:
        raise refuse(
            name,
            "is not an Excel workbook, although its name says so: open it in a spreadsheet and save "
            "it as .xlsx, or rename it to .csv if that is what it is",
        )
    return False


def read_sheet(data: bytes, name: str, *, most_rows: int, most_columns: int) -> Sheet:
    """The first visible sheet that holds anything. Raises ImportRefused.

    Rows with nothing but one cell merged across columns (titles, section bands) come out blank.
    Where a formula failed or was never computed, the cell holds that as text: silence would lose an
    amount.
    """
    parts = _unpacked(data, name)
    try:
        sheets = _sheet_parts(parts)
        for part in parts.values():
            if b"sheetData" in part:
                _weigh(part, name, most_rows, most_columns)
        book = CalamineWorkbook.from_filelike(_repacked(parts))
        for facts in book.sheets_metadata:
            if facts.visible != SheetVisibleEnum.Visible:
                continue
            sheet = book.get_sheet_by_name(facts.name)
            rows = sheet.to_python(skip_empty_area=False)
            if any(cell != "" for row in rows for cell in row):
                failed = _failed(parts[sheets[facts.name]])
                return Sheet(facts.name, _plain(rows, _bands(sheet), failed))
    except (CalamineError, ElementTree.ParseError, KeyError) as error:
        raise refuse(
            name, f"cannot be read as an Excel workbook ({error}): save it again as .xlsx"
        ) from error
    raise refuse(name, "has no visible sheet with data: nothing to import")


def _plain(rows: list[list[Any]], bands: dict[int, int], failed: Failed) -> list[list[Cell]]:
    plain: list[list[Cell]] = [
        [cell if type(cell) in _KEPT else _cell(cell) for cell in row] for row in rows
    ]
    for (row, column), text in failed.items():
        if row < len(plain) and column < len(plain[row]):
            plain[row][column] = text
    for row, column in bands.items():
        if row < len(plain) and sum(cell != "" for cell in plain[row]) == 1:
            plain[row][column] = ""
    return plain


def _cell(value: Any) -> Cell:
    if isinstance(value, bool):
        return "TRUE" if value else "FALSE"
    if isinstance(value, int):
        return float(value)
    if isinstance(value, time):
        return value.isoformat()
    return str(value)


def _bands(sheet: CalamineSheet) -> dict[int, int]:
    """Row to column of cells that are merged across several columns."""
    return {
        first[0]: first[1] for first, last in sheet.merged_cell_ranges or [] if last[1] > first[1]
    }


def _unpacked(data: bytes, name: str) -> dict[str, bytes]:
    """The workbook's XML parts, if they are not unreasonably large."""
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            wanted = [part for part in archive.infolist() if _is_xml(part.filename)]
            size = sum(part.file_size for part in wanted)
            if size > MOST_UNPACKED or len(wanted) > MOST_PARTS:
                raise refuse(
                    name,
                    f"unpacks to {size // 2**20} MB in {len(wanted)} parts, more than a table needs: "
                    "save the sheet as CSV",
                )
            parts = {part.filename: archive.read(part) for part in wanted}
    except ImportRefused:
        raise
    except _DAMAGE as error:
        raise refuse(name, f"is a damaged workbook ({error}): save it again as .xlsx") from error
    if "xl/workbook.xml" not in parts:
        raise refuse(name, "is packed, but is not an Excel workbook: save it as .xlsx or CSV")
    return parts


def _is_xml(part: str) -> bool:
    return part.startswith(("xl/", "_rels/", "[Content")) and part.endswith((".xml", ".rels"))


def _repacked(parts: dict[str, bytes]) -> io.BytesIO:
    """The same workbook unpacked: calamine sees what was weighed, not what a header claimed."""
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w", zipfile.ZIP_STORED) as archive:
        for part, content in parts.items():
            archive.writestr(part, content)
    stream.seek(0)
    return stream


def _sheet_parts(parts: dict[str, bytes]) -> dict[str, str]:
    """Sheet name to the part that holds its cells."""
    relations = ElementTree.fromstring(parts["xl/_rels/workbook.xml.rels"])  # noqa: S314
    targets = {
        relation.get("Id"): relation.get("Target", "").removeprefix("/xl/").removeprefix("xl/")
        for relation in relations
    }
    book = ElementTree.fromstring(parts["xl/workbook.xml"])  # noqa: S314
    found = {}
    for sheet in book.iterfind("{*}sheets/{*}sheet"):
        relation = next((value for key, value in sheet.items() if key.endswith("}id")), None)
        part = f"xl/{targets.get(relation)}"
        if part in parts:
            found[sheet.get("name", "")] = part
    return found


def _weigh(xml: bytes, name: str, most_rows: int, most_columns: int) -> None:
    letters = _COLUMN.findall(xml)
    width = max(map(_column, set(letters)), default=-1) + 1
    if len(letters) < len(_OPEN.findall(xml)):  # cells without a place stand in order of the row
        width = max(width, max(len(_OPEN.findall(row)) for row in xml.split(b"row")))
    rows = max(map(int, set(_ROW.findall(xml))), default=xml.count(b"row"))
    if rows > most_rows + 1 or width > most_columns or rows * width > MOST_CELLS:
        raise refuse(
            name,
            f"has a sheet of {rows:,} rows and {width} columns, more than a table needs: delete stray "
            "cells below and beside the table, or import it in parts",
        )


def _column(letters: bytes) -> int:
    """``A -> 0``, ``AA -> 26``."""
    place = 0
    for letter in letters.upper():
        place = place * 26 + letter - 64
    return place - 1


def _failed(xml: bytes) -> Failed:
    """Where formulas failed (``#N/A``) or were never computed: calamine calls both blank."""
    if b"<f" not in xml and b":f" not in xml and not _FAILED.search(xml):
        return {}
    found: Failed = {}
    for cell in _CELL.finditer(xml):
        attributes, content = cell.groups()
        value = _VALUE.search(content)
        if _FAILED.search(attributes):
            text = value[1].decode("ascii", "replace") if value else UNCOMPUTED
        elif value or _TEXT.search(attributes) or not re.search(rb"<(?:\w+:)?f[\s/>]", content):
            continue
        else:
            text = UNCOMPUTED
        place = _PLACE.search(attributes)
        if place:
            found[int(place[2]) - 1, _column(place[1])] = text
    return found
