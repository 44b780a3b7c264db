"""Tables as files that a spreadsheet opens as they are and runs nothing of."""

import csv
import io
from collections.abc import Iterable
from typing import Any

# What spreadsheets take for the beginning of a formula, whoever wrote the file.
_FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n")


def to_csv(header: Iterable[str], rows: Iterable[Iterable[Any]]) -> str:
    """Comma-separated rows, with the mark by which Excel knows UTF-8; numbers are no texts."""
    out = io.StringIO()
    writer = csv.writer(out)
    writer.writerow(header)
    writer.writerows([_safe(cell) for cell in row] for row in rows)
    return "\N{BYTE ORDER MARK}" + out.getvalue()


def _safe(cell: Any) -> Any:
    return f"'{cell}" if isinstance(cell, str) and cell.startswith(_FORMULA) else cell
