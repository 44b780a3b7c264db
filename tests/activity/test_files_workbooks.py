"""An Excel workbook becomes the same table, and one that would do harm is refused."""

import io
import re
import zipfile
from collections.abc import Callable
from datetime import date, datetime, time

import openpyxl
import pytest
from hypothesis import given
from hypothesis import strategies as st
from openpyxl.worksheet.worksheet import Worksheet

from engage.activity import workbooks
from engage.activity.files import Table, read_table
from engage.activity.problems import ImportRefused
from tests.activity.test_files import taken_or_refused


def workbook(fill: Callable[[Worksheet], None]) -> bytes:
    book = openpyxl.Workbook()
    fill(book.active)
    stream = io.BytesIO()
    book.save(stream)
    return stream.getvalue()


def rewritten(data: bytes, change: Callable[[str, bytes], bytes]) -> bytes:
    """The same package with its parts changed."""
    stream = io.BytesIO()
    with (
        zipfile.ZipFile(io.BytesIO(data)) as old,
        zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED) as new,
    ):
        for part in old.namelist():
            new.writestr(part, change(part, old.read(part)))
    return stream.getvalue()


def with_sheet(xml: str) -> bytes:
    """A workbook whose only sheet holds these rows."""

    def change(part: str, content: bytes) -> bytes:
        if part != "xl/worksheets/sheet1.xml":
            return content
        return re.sub(
            rb"<sheetData */>|<sheetData></sheetData>",
            f"<sheetData>{xml}</sheetData>".encode(),
            content,
        )

    return rewritten(workbook(lambda sheet: None), change)


def table(data: bytes, name: str = "facts.xlsx") -> Table:
    return read_table(io.BytesIO(data), name)


def refusal(data: bytes, name: str = "facts.xlsx") -> str:
    with pytest.raises(ImportRefused) as refused:
        table(data, name)
    return str(refused.value)


def rows_of(*rows: list) -> Callable[[Worksheet], None]:
    def fill(sheet: Worksheet) -> None:
        for row in rows:
            sheet.append(row)

    return fill


def test_cells_keep_their_types():
    moment, day = datetime(2013, 1, 2, 3, 4), date(2013, 1, 2)
    row = ["x", 1.5, day, moment, True, time(9, 30)]
    found = table(workbook(rows_of(["a", "b", "c", "d", "e", "f"], row)))
    assert found.kind == "xlsx"
    assert found.described() == "Excel workbook, sheet 'Sheet'"
    assert list(found.rows()) == [("x", 1.5, day, moment, "TRUE", "09:30:00")]


def test_rows_are_numbered_as_the_sheet_shows_them():
    def fill(sheet: Worksheet) -> None:
        sheet["B2"] = "Sales 2013"
        sheet.merge_cells("B2:D2")
        for place, value in {"B4": "id", "C4": "n", "B5": 1, "C5": 0, "B7": 0, "C7": 0}.items():
            sheet[place] = value
        sheet["B9"] = "Printed on Friday"
        sheet.merge_cells("B9:C9")

    found = table(workbook(fill))
    assert found.header_row == 4
    assert found.header == ["(column 1)", "id", "n"]
    assert list(found.row_numbers) == [5, 7]
    assert found.columns[1] == [1.0, 0.0]


def test_the_first_visible_sheet_with_data_is_read():
    book = openpyxl.Workbook()
    hidden = book.create_sheet("Hidden", 0)
    hidden.append(["secret"])
    hidden.sheet_state = "hidden"
    book.create_sheet("Data").append(["id"])
    book["Data"].append(["1"])
    stream = io.BytesIO()
    book.save(stream)
    found = table(stream.getvalue())
    assert (found.sheet, found.header) == ("Data", ["id"])


def test_a_workbook_without_data_is_refused():
    assert "no visible sheet with data" in refusal(workbook(lambda sheet: None))
    assert "no rows below it" in refusal(workbook(rows_of(["id", "name"])))


def test_a_failed_or_uncomputed_formula_is_not_taken_for_blank():
    data = with_sheet(
        '<row r="1"><c r="A1" t="inlineStr"><is><t>id</t></is></c>'
        '<c r="B1" t="inlineStr"><is><t>amount</t></is></c></row>'
        '<row r="2"><c r="A2"><v>1</v></c><c r="B2" t="e"><f>1/0</f><v>#DIV/0!</v></c></row>'
        '<row r="3"><c r="A3"><v>2</v></c><c r="B3"><f>SUM(A2)</f><v></v></c></row>'
        '<row r="4"><c r="A4"><v>3</v></c><c r="B4"><f>SUM(A2)</f></c></row>'
        '<row r="5"><c r="A5"><v>4</v></c><c r="B5" t="str"><f>""</f><v></v></c></row>'
        '<row r="6"><c r="A6"><v>5</v></c><c r="B6"><f>SUM(A2)</f><v>7</v></c></row>'
        '<row r="7"><c r="A7"><v>6</v></c><c r="B7" s="1"/></row>'
    )
    found = table(data)
    lost = workbooks.UNCOMPUTED
    assert found.columns[1] == ["#DIV/0!", lost, lost, "", 7.0, ""]


@pytest.mark.parametrize(
    ("data", "said"),
    [
        (b"external_id,partner\n1,2\n", "rename it to .csv"),
        (b"", "is not an Excel workbook"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1rest", "old Excel file (.xls) or protected"),
        (b"PK\x03\x04rest", "is a damaged workbook"),
    ],
)
def test_what_only_claims_to_be_a_workbook_is_refused(data, said):
    assert said in refusal(data)


def test_a_workbook_named_csv_is_read_all_the_same():
    assert table(workbook(rows_of(["id"], ["1"])), "facts.csv").kind == "xlsx"


def test_a_package_of_another_kind_is_refused():
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w") as package:
        package.writestr("content.xml", "<office/>")
    assert "not an Excel workbook: save it as .xlsx or CSV" in refusal(stream.getvalue())


def test_a_truncated_workbook_is_refused():
    data = workbook(rows_of(["id"], *([str(n)] for n in range(1000))))
    assert "damaged" in refusal(data[: len(data) // 2])
    broken = rewritten(data, lambda part, content: b"<" if part == "xl/workbook.xml" else content)
    assert "cannot be read as an Excel workbook" in refusal(broken)
    sheet = "xl/worksheets/sheet1.xml"
    broken = rewritten(data, lambda part, content: content[:500] if part == sheet else content)
    assert "cannot be read as an Excel workbook" in refusal(broken)


def test_a_zip_bomb_is_refused_before_it_is_unpacked(monkeypatch):
    monkeypatch.setattr(workbooks, "MOST_UNPACKED", 8 * 2**20)
    bomb = io.BytesIO()
    with zipfile.ZipFile(bomb, "w", zipfile.ZIP_DEFLATED) as package:
        package.writestr("xl/workbook.xml", "<workbook/>")
        with package.open("xl/worksheets/sheet1.xml", "w", force_zip64=True) as part:
            for _ in range(workbooks.MOST_UNPACKED // 2**20 + 1):
                part.write(bytes(2**20))
    assert "MB in 2 parts, more than a table needs" in refusal(bomb.getvalue())


@pytest.mark.parametrize(
    "xml",
    [
        '<row r="1"><c r="A1"><v>1</v></c></row><row r="1048576"><c r="XFD1048576"><v>1</v></c></row>',
        '<row r="1"><c r="A1"><v>1</v></c><c r="xfd0000000000001048576"><v>1</v></c></row>',
        '<row r="1"><c r="A1"><v>1</v></c></row><row r="99999999999999"><c><v>1</v></c></row>',
        "<row r='1'><c r='A1'><v>1</v></c><c r='ZZ1'><v>1</v></c></row>",
        '<row r="1"><c><v>1</v></c></row><row r="900000"><c r="CV900000"><v>1</v></c></row>',
        '<row r="1">' + "<c><v>1</v></c>" * 600 + "</row>",
    ],
)
def test_one_stray_cell_far_away_does_not_fill_the_memory(xml):
    assert "delete stray cells" in refusal(with_sheet(xml))


def test_a_part_that_is_larger_than_it_says_is_refused():
    data = bytearray(workbook(rows_of(["id"], *([str(n)] for n in range(1000)))))
    with zipfile.ZipFile(io.BytesIO(data)) as package:
        size = package.getinfo("xl/worksheets/sheet1.xml").file_size
    data = data.replace(size.to_bytes(4, "little"), (100).to_bytes(4, "little"))
    assert "damaged" in refusal(bytes(data))


GOOD = workbook(rows_of(["id", "amount"], ["1", 1.5], ["2", 2.5]))
PARTS = [
    "",
    "xl/workbook.xml",
    "xl/_rels/workbook.xml.rels",
    "xl/styles.xml",
    "xl/sharedStrings.xml",
]


@given(
    st.sampled_from([*PARTS, *["xl/worksheets/sheet1.xml"] * 3]),
    st.integers(0, 2**20),
    st.integers(0, 12),
    st.binary(max_size=6) | st.sampled_from([b"<", b'"', b' r="ZZ9"', b"-1", b"99999999999"]),
)
def test_a_mangled_workbook_is_read_or_refused_but_never_breaks(target, place, length, middle):
    def mangled(content: bytes) -> bytes:
        start = place % (len(content) + 1)
        return content[:start] + middle + content[start + length :]

    def change(part: str, content: bytes) -> bytes:
        return mangled(content) if part == target else content

    data = rewritten(GOOD, change) if target else mangled(GOOD)
    outcome = taken_or_refused(data, "facts.xlsx")
    assert outcome.startswith("facts.xlsx: ") or outcome == "taken"
