"""Files into the flow: one transaction a file, all of it or nothing."""

import time
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass, field
from datetime import datetime
from typing import Any, BinaryIO, Literal

from engage import flow, membership
from engage.activity import held
from engage.activity import service as activity
from engage.activity.files import Progress, Table, read_table
from engage.activity.mapping import NATIVE, Mapping
from engage.activity.parsing import Parsed, parse_facts, parse_partners
from engage.activity.problems import RowError
from engage.activity.rules import Problem, parse_intake
from engage.partners import service as partners
from engage.programmes.models import Programme

Kind = Literal["partners", "facts"]
#: Where facts of a file come from, in the words of the ledger.
SOURCE = "import"
#: Facts carried through the flow at a time, so that progress can be told; the commit is one.
STRIDE = 10_000
ERRORS_LISTED = 1_000


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
    ignored_columns: list[str] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    described: str = ""
    seconds: float = 0.0

    def to_json(self) -> dict[str, Any]:
        """The document of ``import --json``."""
        said = asdict(self) | {"seconds": round(self.seconds, 3)}
        del said["described"]
        return said


class Undone(Exception):
    """Carries what was found out of a transaction that must not stand."""

    def __init__(self, result: Result) -> None:
        self.result = result


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
    """Take the good rows in; runs in the caller's transaction.

    :raises Undone: with errors and without ``skip_bad`` nothing is to be kept.
    """
    result, parsed = _begun(prepared), prepared.parsed
    if prepared.kind == "partners":
        admission = membership.enrol(programme, parsed.records, now=now)
        progress(len(parsed.records))
        _note(result, parsed, parsed.rows, admission.answers, admission.problems)
    else:
        _facts(programme, prepared, result, now, progress, skip_bad)
    _ended(prepared, result)
    if blocked(result, skip_bad):
        result.new = result.unchanged = result.corrected = 0
        raise Undone(result)
    return result


def judge(programme: Programme, prepared: Prepared, *, now: datetime) -> Result:
    """What ``carry_out`` would answer with ``skip_bad``; only reads, so nobody has to wait for it."""
    result, parsed = _begun(prepared), prepared.parsed
    if prepared.kind == "partners":
        answers, problems = partners.judge(programme, parsed.records, now=now)
    else:
        found = activity.judge(programme, parsed.records, source=SOURCE, now=now)
        answers, problems = found.answers, found.problems
        result.held = len(held.positions(problems, parse_intake(programme.intake)))
    _note(result, parsed, parsed.rows, answers, problems)
    return _ended(prepared, result)


def _begun(prepared: Prepared) -> Result:
    parsed = prepared.parsed
    return Result(
        rows=parsed.rows_read,
        unchanged=parsed.repeated,
        rejected=parsed.rejected,
        errors=list(parsed.errors),
        ignored_columns=list(parsed.ignored),
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


def _facts(
    programme: Programme,
    prepared: Prepared,
    result: Result,
    now: datetime,
    progress: Progress,
    skip_bad: bool,
) -> None:
    parsed = prepared.parsed
    pairs = sorted(
        zip(parsed.records, parsed.rows, strict=True),
        key=lambda pair: (pair[0].occurred_at, pair[0].external_id),
    )
    for start in range(0, len(pairs), STRIDE):
        reports, rows = zip(*pairs[start : start + STRIDE], strict=True)
        if skip_bad:
            came_by = prepared.table.name
            outcome = flow.accept(programme, reports, source=SOURCE, came_by=came_by, now=now)
        else:
            outcome = flow.record(programme, reports, source=SOURCE, now=now)
        result.held += len(outcome.held)
        _note(result, parsed, rows, outcome.answers, outcome.problems)
        progress(start + len(rows))


def _note(
    result: Result,
    parsed: Parsed[Any],
    rows: Sequence[int],
    answers: Sequence[str],
    problems: Iterable[Problem],
) -> None:
    """Count the answers to these ``rows`` of the file, and tell what is wrong with which."""
    result.new += answers.count("new")
    result.unchanged += answers.count("unchanged")
    result.corrected += answers.count("corrected")
    result.rejected += answers.count("problem")
    for position, column, problem, _ in problems:
        said = parsed.sources.get(column, column)
        result.errors.append(RowError(rows[position], said, problem))
