"""What becomes of an uploaded file and of a run that went silent, and how errors leave as a file."""

import csv
import io
from collections.abc import Iterable
from datetime import timedelta

#: A file nobody took in is forgotten after so long.
KEPT = timedelta(days=1)
#: A file up to so many bytes is worked on while its owner waits for the answer (under a second).
AT_ONCE = 512 * 1024
#: A run that ended its worker this often is not tried again by itself.
ATTEMPTS = 3
#: A run that has told nothing for so long is taken for dead.
SILENCE = timedelta(seconds=45)
#: A run that nobody began for so long has been forgotten by the queue.
FORGOTTEN = timedelta(minutes=1)

BUSY = ("checking", "importing")
#: From which states a check or an import may begin.
READY = ("uploaded", "checked", "failed")

# What spreadsheets take for the beginning of a formula, whoever wrote the file.
_FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n")


def safe_cell(text: str) -> str:
    """A cell that no spreadsheet runs as a formula."""
    return f"'{text}" if text.startswith(_FORMULA) else text


def errors_csv(errors: Iterable[tuple[int, str, str]]) -> str:
    """Row errors (row, column, problem) as a CSV that Excel opens as it is."""
    out = io.StringIO()
    writer = csv.writer(out)
    writer.writerow(("row", "column", "problem"))
    for row, column, problem in errors:
        writer.writerow((row or "", safe_cell(column), safe_cell(problem)))
    return "\N{BYTE ORDER MARK}" + out.getvalue()
