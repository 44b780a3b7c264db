"""Tables as files that a spreadsheet opens as they are and runs nothing of."""

import csv
import io
import re
from collections.abc import Iterable
from typing import Any

# What spreadsheets take for the beginning of a formula, whoever wrote the file. Where their comma stands in
# numbers they divide cells by other signs, and heed no quotes in the midst of one.
_FORMULA = re.compile(r"""(^|[;|\t\r\n])(?=[\s"]*[=+\-@＝＋－＠]|[\t\r\n])""")


def to_csv(header: Iterable[str], rows: Iterable[Iterable[Any]]) -> str:
    """Comma-separated rows, with the mark by which Excel knows UTF-8; numbers are no texts."""
    out = io.StringIO()
    writer = csv.writer(out)
    writer.writerow(header)
    writer.writerows([_safe(cell) for cell in row] for row in rows)
    return "\N{BYTE ORDER MARK}" + out.getvalue()


def _safe(cell: Any) -> Any:
    return _FORMULA.sub(r"\1'", cell) if isinstance(cell, str) else cell
