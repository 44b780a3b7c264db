"""Files into the flow: one transaction a file, all of it or nothing."""

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, BinaryIO, Literal

from engage import flow
from engage.activity import held
from engage.activity import service as activity
from engage.activity.files import Table, read_table
from engage.activity.mapping import NATIVE, Mapping
from engage.activity.parsing import Parsed, parse_facts, parse_partners
from engage.activity.problems import RowError
from engage.activity.rules import Problem, Report, parse_intake
from engage.partners import service as partners
from engage.programmes.models import Programme

Kind = Literal["partners", "facts"]
#: Where facts of a file come from, in the words of the ledger.
SOURCE = "import"
#: Facts carried through the flow at a time, so that progress can be told; the commit is one.
STRIDE = 10_000
ERRORS_LISTED = 1_000

Progress = Callable[[int], None]


@dataclass
class Result:
    """What an import did, or would do; the counts of rows add up to ``rows``.

    ``held`` of the rejected rows wait in the queue of the programme.
    """

    rows: int = 0
    new: int = 0
    unchanged: int = 0
    corrected: int = 0
    rejected: int = 0
    held: int = 0
    errors: list[RowError] = field(default_factory=list)
    ignored: list[str] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    described: str = ""
    seconds: float = 0.0

    def to_json(self) -> dict[str, Any]:
        """The document of ``import --json``."""
        return {
            "rows": self.rows,
            "new": self.new,
            "unchanged": self.unchanged,
            "corrected": self.corrected,
            "rejected": self.rejected,
            "held": self.held,
            "errors": [
                {"row": error.row, "column": error.column, "problem": error.problem}
                for error in self.errors
            ],
            "ignored_columns": self.ignored,
            "notes": self.notes,
            "seconds": round(self.seconds, 3),
        }


@dataclass
class Prepared:
    """A file read and parsed, ready for one transaction."""

    kind: Kind
    table: Table
    parsed: Parsed[Any]
    started: float

    @property
    def size(self) -> int:
        return len(self.parsed.rows)


def prepare(
    programme: Programme,
    kind: Kind,
    source: str | BinaryIO,
    *,
    name: str = "",
    mapping: Mapping = NATIVE,
    progress: Progress | None = None,
) -> Prepared:
    """Read and parse a file; touches no row of the database.

    :raises engage.activity.problems.ImportRefused: the file, its mapping or a column cannot be read.
    """
    started = time.monotonic()
    table = read_table(
        source,
        name,
        delimiter=mapping.format.delimiter,
        encoding=mapping.format.encoding,
        progress=progress,
    )
    parse = parse_facts if kind == "facts" else parse_partners
    parsed = parse(table, mapping, timezone=programme.timezone)
    return Prepared(kind, table, parsed, started)


def carry_out(
    programme: Programme,
    prepared: Prepared,
    *,
    skip_bad: bool,
    now: datetime,
    progress: Progress = lambda done: None,
) -> Result:
    """Take the good rows in, unless a bad one forbids it; runs in the caller's transaction.

    With errors and without ``skip_bad`` nothing is to be kept: the caller rolls back (``blocked``).
    """
    result = _begun(prepared)
    take = _facts if prepared.kind == "facts" else _partners
    take(programme, prepared, result, now, progress, skip_bad)
    if blocked(result, skip_bad):
        result.new = result.unchanged = result.corrected = 0
    return _ended(prepared, result)


def judge(programme: Programme, prepared: Prepared, *, now: datetime) -> Result:
    """What ``carry_out`` would answer with ``skip_bad``; only reads, so nobody has to wait for it."""
    result = _begun(prepared)
    if prepared.kind == "partners":
        answers, problems = partners.judge(programme, prepared.parsed.records, now=now)
        _count(result, answers)
        result.errors += _row_errors(problems, prepared.parsed)
    else:
        parsed = prepared.parsed
        found = activity.judge(programme, parsed.records, source=SOURCE, now=now)
        _count(result, found.answers)
        result.held = len(held.positions(found.problems, parse_intake(programme.intake)))
        result.errors += _row_errors(found.problems, parsed)
    return _ended(prepared, result)


def _begun(prepared: Prepared) -> Result:
    parsed = prepared.parsed
    return Result(
        rows=parsed.rows_read,
        unchanged=parsed.repeated,
        rejected=parsed.rejected,
        errors=list(parsed.errors),
        ignored=list(parsed.ignored),
        notes=list(parsed.notes),
        described=prepared.table.described(),
    )


def _ended(prepared: Prepared, result: Result) -> Result:
    result.errors = sorted(result.errors)[:ERRORS_LISTED]
    result.seconds = time.monotonic() - prepared.started
    return result


def blocked(result: Result, skip_bad: bool) -> bool:
    """Whether bad rows forbid the whole import."""
    return bool(result.rejected) and not skip_bad


def _partners(
    programme: Programme,
    prepared: Prepared,
    result: Result,
    now: datetime,
    progress: Progress,
    skip_bad: bool,
) -> None:
    profiles = prepared.parsed.records
    admission = flow.enrol(programme, profiles, now=now)
    progress(len(profiles))
    _count(result, admission.answers)
    result.errors += _row_errors(admission.problems, prepared.parsed)


def _facts(
    programme: Programme,
    prepared: Prepared,
    result: Result,
    now: datetime,
    progress: Progress,
    skip_bad: bool,
) -> None:
    parsed = prepared.parsed
    rows = sorted(
        zip(parsed.records, parsed.rows, strict=True),
        key=lambda pair: (pair[0].occurred_at, pair[0].external_id),
    )
    for start in range(0, len(rows), STRIDE):
        part = rows[start : start + STRIDE]
        reports: Sequence[Report] = [report for report, _ in part]
        if skip_bad:
            came_by = prepared.table.name
            outcome = flow.accept(programme, reports, source=SOURCE, came_by=came_by, now=now)
        else:
            outcome = flow.record(programme, reports, source=SOURCE, now=now)
        _count(result, outcome.answers)
        result.held += len(outcome.held)
        result.errors += [
            _row_error(problem, part[problem.position][1], parsed) for problem in outcome.problems
        ]
        progress(start + len(part))


def _row_error(problem: Problem, row: int, parsed: Parsed[Any]) -> RowError:
    return RowError(row, parsed.sources.get(problem.column, problem.column), problem.problem)


def _row_errors(problems: Sequence[Problem], parsed: Parsed[Any]) -> list[RowError]:
    return [_row_error(problem, parsed.rows[problem.position], parsed) for problem in problems]


def _count(result: Result, answers: Sequence[str]) -> None:
    result.new += answers.count("new")
    result.unchanged += answers.count("unchanged")
    result.corrected += answers.count("corrected")
    result.rejected += answers.count("problem")
