"""What every fact asks and writes: compiled once, and given to the driver as it takes it.

SQLAlchemy's way to a statement and back takes several times what the database does for one row. Here
stays of it what a statement means: its text, and how values go and come.
"""

from collections import namedtuple
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any, NamedTuple

from sqlalchemy import Delete, Select, TextualSelect, Update
from sqlalchemy.engine import Dialect
from sqlalchemy.sql.selectable import CompoundSelect

from engage.connections import ask_all, tell
from engage.db import compiled_for, db
from engage.db import connection as current

Statement = Select[Any] | CompoundSelect[Any] | TextualSelect | Update | Delete
_Convert = Callable[[Any], Any]


class Prepared:
    """A statement with named parameters, all of them ``bindparam`` or `engage.among.among` of a name.

    ``row`` makes what is given back of a row's values; without it, tuples by the columns' names.
    It is asked on the session's connection, or on its own (`engage.db.aside`).
    """

    def __init__(self, statement: Statement, row: Callable[[Iterable[Any]], Any] | None = None):
        self._statement, self._row = statement, row
        self._plans: dict[str, _Plan] = {}

    def all(self, **values: Any) -> list[Any]:
        """The rows there are."""
        (rows,) = together((self, values))
        return rows

    def question(self, **values: Any) -> tuple[str, dict[str, Any]]:
        """The statement and its values as the driver takes them, for who asks it another way."""
        plan = self._plan(db.engine.dialect)
        return plan.text, plan.bound(values)

    def read(self, rows: Sequence[Any]) -> list[Any]:
        """What `all` makes of the driver's rows."""
        return self._plan(db.engine.dialect).read(rows)

    def first(self, **values: Any) -> Any | None:
        """The first row, None without one."""
        return next(iter(self.all(**values)), None)

    def run(self, *each: Mapping[str, Any]) -> None:
        """Change what it changes, once for each of these values."""
        connection = current()
        plan = self._plan(connection.dialect)
        tell(connection, plan.text, *map(plan.bound, each))

    def _plan(self, dialect: Dialect) -> "_Plan":
        found = self._plans.get(dialect.name)
        if found is None:
            found = self._plans[dialect.name] = _made(self._statement, self._row, dialect)
        return found


Question = tuple[Prepared, Mapping[str, Any]]


class _Ahead:
    """A question that goes with the next message, and its answer once that is there."""

    def __init__(self, question: Question) -> None:
        self.question = question
        self.rows: list[Any] | None = None


@contextmanager
def ahead(*questions: Question, few: bool = False) -> Iterator[Callable[..., None] | None]:
    """Until it ends, the next message has these questions with it, and who asks one of them for the first
    time needs no other. They are such whose answers nothing changes in between. More of them are said to
    what is given back, unless the database is asked one by one in any case.

    ``few``: they, and all that follows in the transaction, are about few rows.
    """
    connection = current()
    if connection.dialect.name == "sqlite":
        yield None
        return
    session = db.session()
    session.flush()
    known: list[_Ahead] = session.info.setdefault("ahead", [])
    mine: list[_Ahead] = []

    def along(*questions: Question) -> None:
        for question in questions:
            if all(each.question != question for each in known):
                mine.append(_Ahead(question))
                known.append(mine[-1])

    along(*questions)
    if few and mine:
        tell(connection, _FOR_FEW, ())
    try:
        yield along
    finally:
        known[:] = [each for each in known if each not in mine]


def together(*questions: Question) -> list[list[Any]]:
    """What `Prepared.all` says of each of these, asked in one message where that saves any."""
    known: list[_Ahead] = db.session().info.get("ahead") or []
    found = (
        [_known(known, question) for question in questions] if known else [None] * len(questions)
    )
    asked = [each for each, rows in zip(questions, found, strict=True) if rows is None]
    if not asked:
        return found  # type: ignore[return-value]  # none is missing
    along = [each for each in known if each.rows is None]
    answers = _answers([*asked, *(each.question for each in along)])
    for each, rows in zip(along, answers[len(asked) :], strict=True):
        each.rows = rows
    fresh = iter(answers)
    return [next(fresh) if rows is None else rows for rows in found]


def _known(known: list[_Ahead], question: Question) -> list[Any] | None:
    """The answer that is there already; it is not given twice, nor is asked ahead what is asked now."""
    for place, each in enumerate(known):
        if each.question == question:
            return known.pop(place).rows
    return None


def _answers(questions: Sequence[Question]) -> list[list[Any]]:
    connection = current()
    plans = [(asked._plan(connection.dialect), values) for asked, values in questions]
    found = ask_all(connection, *((plan.text, plan.bound(values)) for plan, values in plans))
    return [plan.read(rows) for (plan, _), rows in zip(plans, found, strict=True)]


#: Until the transaction ends, PostgreSQL goes by indexes, and by the plans it has. By itself it plans anew
#: for a list (of unknown length it takes it for ten), which takes longer than to carry it out, and reads
#: small tables whole, which is in the way of all who write there.
_FOR_FEW = "SELECT " + ", ".join(
    f"set_config('{name}', '{value}', true)"
    for name, value in (
        ("plan_cache_mode", "force_generic_plan"),
        ("enable_seqscan", "off"),
        ("enable_bitmapscan", "off"),
    )
)


class _Plan(NamedTuple):
    """How the driver takes a statement, and what converts values on their way there and back."""

    text: str
    fixed: dict[str, Any]
    binds: tuple[tuple[str, _Convert], ...]
    results: tuple[tuple[int, _Convert], ...]
    row: _Convert

    def bound(self, values: Mapping[str, Any]) -> dict[str, Any]:
        found = {**self.fixed, **values}
        for name, convert in self.binds:
            found[name] = convert(found[name])
        return found

    def read(self, rows: Sequence[Any]) -> list[Any]:
        if not self.results or not rows:
            return list(map(self.row, rows))
        columns: list[Iterable[Any]] = list(zip(*rows, strict=True))
        for place, convert in self.results:
            columns[place] = map(convert, columns[place])
        return list(map(self.row, zip(*columns, strict=True)))


def _made(statement: Statement, row: _Convert | None, dialect: Dialect) -> _Plan:
    compiled = compiled_for(statement, dialect.name)
    assert not compiled.post_compile_params, f"as many parameters as there are values: {compiled}"
    asked = {name: bind for name, bind in compiled.binds.items() if bind.required}
    convert = {
        name: bind.type.dialect_impl(dialect).bind_processor(dialect)
        for name, bind in compiled.binds.items()
    }
    columns = [] if isinstance(statement, Update | Delete) else list(statement.selected_columns)
    back = [column.type.dialect_impl(dialect).result_processor(dialect, None) for column in columns]
    return _Plan(
        str(compiled),
        {
            name: convert[name](bind.effective_value) if convert[name] else bind.effective_value
            for name, bind in compiled.binds.items()
            if name not in asked
        },
        tuple((name, convert[name]) for name in asked if convert[name]),
        tuple((place, found) for place, found in enumerate(back) if found),
        row or _named([column.key for column in columns]),
    )


def _named(names: Any) -> _Convert:
    kind: Any = namedtuple("Row", names, rename=True)  # type: ignore[misc]  # known when it is asked
    return kind._make
