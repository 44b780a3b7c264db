"""60,855 real order lines: exact in total and by month, whatever way the file was saved."""

import csv
import io
import json
import zipfile
from collections import Counter
from datetime import date
from decimal import Decimal
from pathlib import Path

import openpyxl
import pytest

from engage.activity.files import Table, read_table
from engage.activity.mapping import Mapping, load_mapping
from engage.activity.parsing import Parsed, parse_facts, parse_partners
from engage.activity.rules import Report

HERE = Path(__file__).parents[2]
DATA = HERE.parent / "shared" / "data" / "adventureworks"
USED = ["SalesOrderNumber", "SalesOrderLineNumber", "ResellerKey", "OrderDate", "SalesAmount",
        "OrderQuantity", "ProductKey"]  # fmt: skip

pytestmark = pytest.mark.skipif(
    not DATA.exists(),
    reason="the AdventureWorks files, ../shared/data/adventureworks, are not here",
)


@pytest.fixture(scope="module")
def mapping() -> Mapping:
    return load_mapping(HERE / "examples" / "adventureworks-facts.toml")


@pytest.fixture(scope="module")
def table() -> Table:
    return read_table(DATA / "FactResellerSales.csv")


@pytest.fixture(scope="module")
def parsed(table: Table, mapping: Mapping) -> Parsed[Report]:
    return parse_facts(table, mapping, timezone="America/New_York")


def test_every_line_is_read_and_the_total_is_exact(parsed):
    assert parsed.errors == []
    assert (parsed.rows_read, len(parsed.rows), parsed.repeated) == (60_855, 60_855, 0)
    assert sum(report.amount for report in parsed.records) == 804_505_969_823
    assert len({report.external_id for report in parsed.records}) == 60_855
    assert len({report.partner for report in parsed.records}) == 635


def test_the_months_are_those_of_the_source(parsed):
    expected = json.loads((DATA / "expected.before-2013.json").read_text())["by_month"]
    amounts, units, lines = Counter(), Counter(), Counter()
    for report in parsed.records:
        if report.day < date(2013, 1, 1):
            month = f"{report.day:%Y-%m}"
            amounts[month] += report.amount
            units[month] += report.quantity
            lines[month] += 1
    assert [
        {"month": month, "lines": lines[month], "units": units[month], "amount": amounts[month]}
        for month in sorted(lines)
    ] == [
        {
            "month": row["month"],
            "lines": row["lines"],
            "units": row["units"] * 10_000,
            "amount": int(Decimal(row["sales_amount"]) * 10_000),
        }
        for row in expected
    ]


def european(text: str) -> str:
    """``1234.5678`` as ``1.234,5678``."""
    return f"{Decimal(text):,}".translate(str.maketrans(",.", ".,"))


def rows_of(table: Table) -> list[dict[str, str]]:
    picked = [table.columns[table.header.index(name)] for name in USED]
    return [dict(zip(USED, cells, strict=True)) for cells in zip(*picked, strict=True)]


def saved(rows: list[dict[str, str]], encoding: str, delimiter: str) -> io.BytesIO:
    text = io.StringIO()
    writer = csv.DictWriter(text, [*USED, "Größe"], restval="ä", delimiter=delimiter)
    writer.writeheader()
    writer.writerows(rows)
    return io.BytesIO(text.getvalue().encode(encoding))


def without_format(mapping: Mapping) -> Mapping:
    """The file must tell by itself how it was written."""
    return Mapping(mapping.name, mapping.columns, mapping.constants)


@pytest.mark.parametrize(
    ("encoding", "delimiter"), [("cp1252", ";"), ("utf-8-sig", "\t"), ("utf-16", "|")]
)
def test_a_european_export_gives_the_same_facts(table, parsed, mapping, encoding, delimiter):
    rows = rows_of(table)
    for row in rows:
        year, month, day = row["OrderDate"].split("-")
        row["OrderDate"] = f"{day}/{month}/{year}"
        row["SalesAmount"] = european(row["SalesAmount"])
    again = read_table(saved(rows, encoding, delimiter), "europe.csv")
    assert again.delimiter == delimiter
    assert again.header[-1] == "Größe"
    found = parse_facts(again, without_format(mapping), timezone="America/New_York")
    assert found.errors == []
    assert found.records == parsed.records


def workbook(rows: list[dict[str, str]]) -> io.BytesIO:
    """A real workbook (text, numbers and dates as typed cells) whose rows are written directly:
    openpyxl itself would take a quarter of a minute for them."""
    book = openpyxl.Workbook()
    book.active.title = "Sales"
    book.active["A1"] = date(2013, 1, 1)  # so that style 1 is a date
    plain, stream = io.BytesIO(), io.BytesIO()
    book.save(plain)
    lines = ["<row>" + "".join(map(text_cell, USED)) + "</row>"]
    for row in rows:
        day = (date.fromisoformat(row["OrderDate"]) - date(1899, 12, 30)).days
        lines.append(
            f"<row>{text_cell(row['SalesOrderNumber'])}<c><v>{row['SalesOrderLineNumber']}</v></c>"
            f'<c><v>{row["ResellerKey"]}</v></c><c s="1"><v>{day}</v></c>'
            f"<c><v>{float(row['SalesAmount'])!r}</v></c><c><v>{row['OrderQuantity']}</v></c>"
            f"{text_cell(row['ProductKey'])}</row>"
        )
    with zipfile.ZipFile(plain) as old, zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED) as new:
        for part in old.namelist():
            content = old.read(part).decode()
            if part == "xl/worksheets/sheet1.xml":
                start, end = content.index("<sheetData>"), content.index("</sheetData>")
                content = f"{content[:start]}<sheetData>{''.join(lines)}{content[end:]}"
            new.writestr(part, content)
    stream.seek(0)
    return stream


def text_cell(text: str) -> str:
    return f'<c t="inlineStr"><is><t>{text}</t></is></c>'


def test_a_workbook_gives_the_same_facts(table, parsed, mapping):
    again = read_table(workbook(rows_of(table)), "sales.xlsx")
    assert again.described() == "Excel workbook, sheet 'Sales'"
    assert isinstance(again.columns[USED.index("OrderDate")][0], date)
    assert isinstance(again.columns[USED.index("SalesAmount")][0], float)
    found = parse_facts(again, without_format(mapping), timezone="America/New_York")
    assert found.errors == []
    assert found.records == parsed.records


def test_three_broken_lines_are_named_and_only_they(table, mapping):
    rows = rows_of(table)
    rows[10]["SalesAmount"] = "many"
    rows[2000]["OrderDate"] = "2012-02-30"
    rows[60854]["ResellerKey"] = ""
    found = parse_facts(read_table(saved(rows, "utf-8", ","), "x.csv"), mapping, timezone="UTC")
    assert [(error.row, error.column) for error in found.errors] == [
        (12, "SalesAmount"),
        (2002, "OrderDate"),
        (60856, "ResellerKey"),
    ]
    assert (found.rejected, len(found.rows)) == (3, 60_852)


def test_the_resellers_need_no_mapping():
    found = parse_partners(read_table(DATA / "partners.csv"), timezone="America/New_York")
    assert found.errors == []
    assert len(found.rows) == 701
    assert found.ignored == []
    assert all(partner.region for partner in found.records)
    assert all(partner.type for partner in found.records)
