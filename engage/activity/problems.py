"""What is wrong with a file, said so that somebody can mend it: place, field, remedy."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import chain

MOST_ERRORS_LISTED = 1000


@dataclass(frozen=True, slots=True, order=True)
class RowError:
    """`row` as a person sees it in the file (the header is usually row 1), `column` as the
    file's header names it (empty when the whole row is meant), `problem` with its remedy."""

    row: int
    column: str
    problem: str

    def __str__(self) -> str:
        place = f"row {self.row}, column {self.column}" if self.row else self.column
        if self.row and not self.column:
            place = f"row {self.row}"
        return f"{place}: {self.problem}" if place else self.problem


class ImportRefused(ValueError):
    """Nothing of this file can be taken. `file` names the file at fault, which may be the mapping
    file; `problems` lists everything found (row 0: the file as a whole)."""

    def __init__(self, file: str, problems: Sequence[RowError]) -> None:
        self.file = file
        self.problems = list(problems)
        first, more = str(self.problems[0]), len(self.problems) - 1
        tail = f" (and {more} more {'problem' if more == 1 else 'problems'})" if more else ""
        super().__init__(f"{file}: {first}{tail}" if file else f"{first}{tail}")


class Unreadable(ValueError):
    """One value cannot be read; the message follows "amount is 'abc', " and ends with a remedy."""


class Undecided(ValueError):
    """A whole column can be read in two ways, or in none; the message says how to decide."""


def refuse(file: str, problem: str, *, row: int = 0, column: str = "") -> ImportRefused:
    """A refusal with a single problem, ready to be raised."""
    return ImportRefused(file, [RowError(row, column, problem)])


def shown(value: object) -> str:
    """A value quoted for a message, never longer than a line."""
    text = "".join(sign if sign.isprintable() else "�" for sign in str(value)[:41])
    return f"'{text[:37]}…'" if len(text) > 40 else f"'{text}'"


@dataclass(slots=True)
class Problems:
    """Collects row errors: keeps the first thousand of every column (so that a file of a million bad
    rows stays small), and remembers which rows to leave out."""

    bad: set[int] = field(default_factory=set)
    _kept: dict[str, list[RowError]] = field(default_factory=dict)

    def add(self, row: int, column: str, problem: str) -> None:
        self.bad.add(row)
        kept = self._kept.setdefault(column, [])
        if len(kept) < MOST_ERRORS_LISTED:
            kept.append(RowError(row, column, problem))

    def extend(self, other: "Problems") -> None:
        self.bad |= other.bad
        for column, errors in other._kept.items():
            self._kept.setdefault(column, []).extend(errors)

    def listed(self) -> list[RowError]:
        """The first of them by row."""
        return sorted(chain(*self._kept.values()))[:MOST_ERRORS_LISTED]
