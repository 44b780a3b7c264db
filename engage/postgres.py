"""A connection to PostgreSQL on which what is asked and written again and again goes by a short way.

psycopg looks at each statement in Python for three times as long as libpq takes to send it. Here it is
prepared when it is first said and given to libpq itself, with values as psycopg's own adapters write and
read them. And what gives nothing back waits: it goes out in one message with the next question, with the
commit, or before whatever else the connection is used for.
"""

import re
from collections.abc import Mapping, Sequence
from functools import lru_cache
from typing import Any, NamedTuple

from psycopg import Connection, Error, errors, generators
from psycopg._preparing import PrepareManager
from psycopg.adapt import PyFormat, Transformer
from psycopg.pq import ConnStatus, ExecStatus, TransactionStatus

Row = tuple[Any, ...]
Values = Mapping[str, Any] | Sequence[Any]


@lru_cache(maxsize=2_000)
def numbered(statement: str) -> tuple[bytes, tuple[str, ...]]:
    """A statement with its parameters (``%s`` or ``%(name)s``) as PostgreSQL numbers them.

    And their names in that order, of which ``%s`` has none.
    """
    names: list[str] = []

    def number(mark: re.Match[str]) -> str:
        if mark[0] == "%%":
            return "%"
        if not mark[1]:
            names.append("")
            return f"${len(names)}"
        if mark[1] not in names:
            names.append(mark[1])
        return f"${names.index(mark[1]) + 1}"

    query = re.sub(r"%(?:s|%|\(([^)]+)\)s)", number, statement)
    return query.encode(), tuple(filter(None, names))


class _Said(NamedTuple):
    """A statement on its way, with its values and their types."""

    statement: str
    query: bytes
    values: Any
    types: tuple[int, ...]
    formats: Any


class _Names(PrepareManager):
    """What psycopg has prepared; once it has the server forget that, it forgets what is told here, too."""

    def __init__(self) -> None:
        super().__init__()
        self.known: dict[tuple[bytes, tuple[int, ...]], bytes] = {}

    def clear(self) -> bool:
        has_all_forgotten = super().clear()
        if has_all_forgotten:
            self.known.clear()
        return has_all_forgotten


class Postgres(Connection[Row]):
    """psycopg's connection; `ask` and `tell` are the short way."""

    def __init__(self, *given: Any, **named: Any) -> None:
        super().__init__(*given, **named)
        self._prepared: _Names = _Names()
        self._waiting: list[_Said] = []
        self._number = 0
        self._adapted: Any = None

    def ask(self, *questions: tuple[str, Values]) -> list[list[Row]]:
        """The rows that statements give back, asked in one message."""
        for statement, values in questions:
            self._say(statement, values)
        return [self._read(answer) for answer in self.flush()[-len(questions) :]]

    def _read(self, answer: Any) -> list[Row]:
        self._adapted.set_pgresult(answer)
        rows: list[Row] = self._adapted.load_rows(0, answer.ntuples, tuple)
        return rows

    def tell(self, statement: str, *each: Values) -> None:
        """Have a statement carried out for each of these values, before anything that is asked or told
        next; what it does wrong may be told as late as that. Outside of a transaction nothing waits."""
        for values in each:
            self._say(statement, values)
        if len(self._waiting) == len(each) and self._is(TransactionStatus.IDLE):
            self.flush()

    def begin(self, statement: str) -> None:
        """Say what begins a transaction together with the first that is asked or told in it."""
        self._say(statement, ())

    def commit(self) -> None:
        if not self._waiting:
            super().commit()
            return
        self._say("COMMIT", ())
        self.flush()

    def rollback(self) -> None:
        """psycopg would forget all it has prepared with that."""
        self._waiting.clear()
        if self._is(TransactionStatus.INTRANS, TransactionStatus.INERROR):
            self._say("ROLLBACK", ())
            self.flush()
        elif not self._is(TransactionStatus.IDLE):
            super().rollback()

    def forget(self) -> None:
        """What waits is to be taken back with the savepoint it was told after, which was told at once."""
        self._waiting.clear()

    def wait(self, *given: Any, **named: Any) -> Any:
        """All that psycopg itself does with the connection comes by here."""
        self.flush()
        return super().wait(*given, **named)

    def _is(self, *states: TransactionStatus) -> bool:
        return self.pgconn.transaction_status in states

    def _say(self, statement: str, values: Values) -> None:
        adapted = self._adapted = self._adapted or Transformer(self)
        query, names = numbered(statement)
        given = [values[name] for name in names] if names else list(values)  # type: ignore[call-overload]
        written = adapted.dump_sequence(given, [PyFormat.AUTO] * len(given))
        types = adapted.types or ()
        self._waiting.append(_Said(statement, query, written, types, adapted.formats))

    def flush(self) -> list[Any]:
        """Send all that waits in one message; the answer to each of it.

        :raises psycopg.Error: with a note of the statement where that was not the last.
        """
        said, self._waiting = self._waiting, []
        if not said:
            return []
        known = self._prepared.known
        fresh: dict[tuple[bytes, tuple[int, ...]], bytes] = {}
        wire = self.pgconn
        wire.enter_pipeline_mode()
        asked: list[_Said | None] = []
        try:
            for each in said:
                key = each.query, each.types
                name = known.get(key) or fresh.get(key)
                if name is None:
                    self._number += 1
                    name = fresh[key] = b"told_%d" % self._number
                    wire.send_prepare(name, each.query, each.types)
                    asked.append(None)
                wire.send_query_prepared(name, each.values, each.formats)
                asked.append(each)
            wire.pipeline_sync()
            answers = super().wait(_exchange(wire))
        finally:
            if self._is(TransactionStatus.ACTIVE):  # what comes still would be the next one's
                self.close()
            elif wire.status == ConnStatus.OK:
                wire.exit_pipeline_mode()
        found = list(zip(asked, answers, strict=True))
        for place, (_, answer) in enumerate(found):
            if answer.status == ExecStatus.FATAL_ERROR:
                refused = next(each for each, _ in found[place:] if each)
                raise _refusal(answer, refused.statement if refused is not said[-1] else "")
        known |= fresh
        return [answer for each, answer in found if each]


def _exchange(wire: Any) -> Any:
    """Send what libpq has been given, and hear the answers to its end."""
    yield from generators.send(wire)
    found: list[Any] = []
    while True:
        answer = yield from generators.fetch(wire)
        if answer is None:
            continue
        if answer.status == ExecStatus.PIPELINE_SYNC:
            return found
        found.append(answer)


def _refusal(answer: Any, statement: str) -> Error:
    error: Error = errors.error_from_result(answer)
    if statement:
        error.add_note(f"It was told before: {statement}")
    return error
