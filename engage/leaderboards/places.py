"""Places on a board whose standings are kept: one query, as fast among a million as among hundreds.

A rank is the coarsest buckets in front, on each finer level those in front inside the same coarser one,
and a count inside one of the finest; neighbours are read from the index to both sides. See `rules.bucket`.
"""

from collections.abc import Callable, Sequence
from functools import lru_cache
from typing import Any, NamedTuple

from sqlalchemy import bindparam, column, literal, null, text

from engage.db import db
from engage.leaderboards import rules
from engage.leaderboards.models import Standing
from engage.leaderboards.tally import Published
from engage.partners.models import Group, Partner
from engage.prepared import Prepared

#: No order key is that far from zero.
LARGEST = 2**62

_HERE = "board_id = :board AND period = :period AND scope = :scope"
_TOP = len(rules.LEVELS) - 1
_SUM = "CAST(coalesce(sum(members), 0) AS BIGINT)"
_RANKED = f"SELECT {_SUM} FROM standing_buckets WHERE {_HERE} AND level = {_TOP}"
_STANDING = ("member_id", "score", "order_key", "reached_at")
#: What tells how a member is seen, and what a board may show beside.
NAMES = ("name", "external_id", *rules.COLUMNS, "visibility", "pseudonym")
#: Partners are told by what decides their public name, groups by their name alone.
_NAMES = {
    True: "JOIN partners AS who ON who.id = line.member_id",
    False: "JOIN (SELECT id, name, name AS external_id, NULL AS organisation, NULL AS team,"
    " NULL AS region, NULL AS type, 'named' AS visibility,"
    " NULL AS pseudonym FROM groups) AS who ON who.id = line.member_id",
}
_WHO = ", ".join(f"who.{name}" for name in NAMES)
#: Rows as the driver brings them.
Rows = Sequence[Any] | None


def _prepared(statement: str, *names: str) -> Prepared:
    """A statement that brings a standing and columns of these names behind it."""
    at: Any = Standing.reached_at.type
    columns = (column(name, at if name == "reached_at" else None) for name in (*_STANDING, *names))
    return Prepared(text(statement).columns(*columns))


class _Kind(NamedTuple):
    """What of a board makes its statements differ. All that they read of a standing is in its index."""

    tie: str
    of_partners: bool
    #: By which an order key is to be multiplied to be a score.
    sign: int

    @property
    def position(self) -> tuple[str, ...]:
        """What sorts the lines: within equal scores by time, where the board keeps it, and by member."""
        return ("order_key", "reached_at", "member_id")[:: 1 if self.tie == "first" else 2]

    @property
    def listed(self) -> str:
        """As one of the indexes says it."""
        timed = "IS NOT NULL" if self.tie == "first" else "IS NULL"
        return f"FROM standings WHERE {_HERE} AND listed AND reached_at {timed}"

    @property
    def forth(self) -> str:
        return f"ORDER BY {', '.join(self.position)}"

    @property
    def back(self) -> str:
        return f"ORDER BY {' DESC, '.join(self.position)} DESC"

    @property
    def columns(self) -> str:
        return f"member_id, {self.sign} * order_key AS score, order_key, reached_at"

    @property
    def best(self) -> str:
        return f"(SELECT {self.sign} * order_key {self.listed} {self.forth} LIMIT 1) AS best"

    def beside(self, sign: str) -> str:
        """The lines before (``<``) or behind (``>``) that of ``me``."""
        mine = ", ".join(f"(SELECT {name} FROM me)" for name in self.position)
        return f"{self.listed} AND ({', '.join(self.position)}) {sign} ({mine})"


def _kind(rule: rules.Board) -> _Kind:
    return _Kind(rule.tie, rule.by == "partner", rule.order_key(1))


def _buckets(level: int, first: int, low: Callable[[int], str]) -> str:
    """The sum of the buckets before that of a key inside its coarser one; ``low`` is where the key's
    bucket begins on a level."""
    inside = f"AND low >= {low(level + 1)} " if level < _TOP else ""
    return (
        f"(SELECT {_SUM} FROM standing_buckets WHERE {_HERE} AND level = {first + level} "
        f"{inside}AND low < {low(level)})"
    )


def _steps_before(kind: _Kind, low: Callable[[int], str], key: str) -> str:
    """How many different order keys stand before a key."""
    levels = (_buckets(level, rules.DENSE, low) for level in range(len(rules.LEVELS)))
    inside = f"{kind.listed} AND order_key >= {low(0)} AND order_key < {key}"
    return f"(SELECT count(DISTINCT order_key) {inside}) + {' + '.join(levels)}"


@lru_cache
def _around(kind: _Kind, reach: int) -> Prepared:
    """A member and its neighbours; columns ``better``, ``level`` and ``steps`` count the members before
    it, those level with it, and (of a dense board) the different scores before it.

    ``reach`` stands in the text: PostgreSQL plans once for all members only where it knows the limit.
    """

    def side(sign: str, order: str) -> str:
        return (
            f"SELECT * FROM (SELECT {kind.columns}, listed, 0 AS better, 0 AS level, 0 AS steps, "
            f"0 AS ranked, 0 AS best {kind.beside(sign)} {order} LIMIT {reach:d}) AS side"
        )

    def begins(level: int) -> str:
        return (
            f"(SELECT low FROM standing_buckets WHERE {_HERE} AND level = {level} "
            f"AND low <= mine.order_key ORDER BY low DESC LIMIT 1) AS low{level}"
        )

    def low(level: int) -> str:
        return f"(SELECT {last(level)} FROM me)"

    def last(level: int) -> str:
        # Who is not listed may be in no bucket; the last one before it then ends before a coarser begins.
        if level == _TOP:
            return f"low{level}"
        above = last(level + 1)
        return f"CASE WHEN low{level} >= {above} THEN low{level} ELSE {above} END"

    mine = "(SELECT order_key FROM me)"
    levels = range(len(rules.LEVELS))
    return _prepared(
        f"""
    WITH mine AS (
      SELECT {kind.columns}, listed FROM standings WHERE {_HERE} AND member_id = :member
    ), me AS MATERIALIZED (
      SELECT mine.*, {", ".join(map(begins, levels))} FROM mine
    ), whole AS (
      SELECT {_SUM} AS ranked,
        {_SUM.replace("members", f"CASE WHEN low < {low(_TOP)} THEN members END")} AS better
      FROM standing_buckets WHERE {_HERE} AND level = {_TOP}
    ), inside AS (
      SELECT count(*) FILTER (WHERE order_key < {mine}) AS better,
        count(*) FILTER (WHERE order_key = {mine}) AS level
      {kind.beside("<")} AND order_key >= {low(0)}
    )
    SELECT line.*, {_WHO} FROM (
      SELECT {", ".join(f"me.{name}" for name in _STANDING)}, me.listed,
        whole.better + {" + ".join(_buckets(n, 0, low) for n in levels[:-1])} + inside.better
        AS better,
        inside.level,
        {_steps_before(kind, low, mine) if kind.tie == "dense" else "0"} AS steps,
        whole.ranked,
        {kind.best}
      FROM me, whole, inside
      UNION ALL {side("<", kind.back)}
      UNION ALL {side(">", kind.forth)}
    ) AS line {_NAMES[kind.of_partners]}
    """,
        *("listed", "better", "level", "steps", "ranked", "best", *NAMES),
    )


class Here(NamedTuple):
    """A ranking that is kept: a board's, by the name of its period and its scope (empty: everybody)."""

    board: int
    period: str
    scope: str


Question = tuple[str, dict[str, Any]]


def question_around(published: Published, here: Here, member_id: int, reach: int) -> Question:
    """What `around` asks, for the driver."""
    return _asked_around(published, reach).question(**here._asdict(), member=member_id)


def question_first(published: Published, here: Here, limit: int) -> Question:
    """What `page` asks for the first lines, for the driver."""
    asked = _page(_kind(published.rule), limit)
    return asked.question(**here._asdict(), low=-LARGEST, skip=0)


def _asked_around(published: Published, reach: int) -> Prepared:
    # One more than is shown: whether the first one shown is level with who stands before it.
    return _around(_kind(published.rule), reach + 1)


class Line(NamedTuple):
    """A member on a line of the board; ``who`` has the columns of `_WHO` and ``score``."""

    place: int
    rank: int
    who: Any
    listed: bool = True


class Lines(NamedTuple):
    """Lines of a board, how many members it lists, and its first score."""

    lines: list[Line]
    ranked: int
    best: int


def around(
    published: Published, here: Here, member_id: int, reach: int, rows: Rows = None
) -> Lines | None:
    """A member and ``reach`` lines to each side; None where it has no score.

    Who is not listed stands between the others where it would, and takes nobody's place. From the
    ``rows`` of `question_around`, where that was asked already.
    """
    rule, asked = published.rule, _asked_around(published, reach)
    found = asked.all(**here._asdict(), member=member_id) if rows is None else asked.read(rows)
    me = next((row for row in found if row.member_id == member_id), None)
    if me is None:
        return None
    there = sorted(found, key=_position)
    at = there.index(me)
    above = there[max(0, at - reach) : at]
    shown = [*above, *([me] if me.listed else ()), *there[at + 1 : at + 1 + reach]]
    place = me.better + me.level + 1
    first, rank = place - len(above), None
    if rule.tie == "dense":
        rank = me.steps + 1 - len({row.order_key for row in above} - {me.order_key})
    lines = _lines(rule, here, shown, first, there[: at - len(above)], rank)
    if not me.listed:
        ranks = {"first": place, "dense": me.steps + 1}
        rank = ranks.get(rule.tie, me.better + 1)
        lines.insert(len(above), Line(place, rank, me, listed=False))
    return Lines(lines, me.ranked, me.best or 0)


def tells_all(published: Published, member_id: int, reach: int, rows: Sequence[Any]) -> bool:
    """Whether the rows of `question_around` are all that `around` says.

    The rank of a first line that is level with others before it goes by how many these are.
    """
    rule = published.rule
    there = sorted(_asked_around(published, reach).read(rows), key=_position)
    at = next((at for at, row in enumerate(there) if row.member_id == member_id), 0)
    first = at - reach
    if rule.tie == "dense" or first < 1:
        return True
    return _tie_key(rule, there[first - 1]) != _tie_key(rule, there[first])


def page(
    published: Published, here: Here, after: int, limit: int | None, rows: Rows = None
) -> Lines:
    """The lines behind line ``after``; from the ``rows`` of `question_first`, where it was asked."""
    low, skip = _line_after(here, after - 1) if after > 1 else (-LARGEST, 0)
    kind = _kind(published.rule)
    asked = _page(kind, None if limit is None else limit + min(after, 1))
    found = asked.all(**here._asdict(), low=low, skip=skip) if rows is None else asked.read(rows)
    if not found:
        return Lines([], db.session.scalar(text(_RANKED), here._asdict()) or 0, 0)
    previous, behind = (found[:1], found[1:]) if after else ([], found)
    is_late = after and behind and kind.tie == "dense"
    rank = _steps(published.rule, here, behind[0].order_key) + 1 if is_late else None
    lines = _lines(published.rule, here, behind, after + 1, previous, rank)
    return Lines(lines, found[0].ranked, found[0].best)


@lru_cache
def _page(kind: _Kind, limit: int | None) -> Prepared:
    """The lines behind ``skip`` others from order key ``low`` on; ``ranked`` are there in all."""
    # The limit stands in the text as above; SQLite knows no offset without one.
    most = 2**62 if limit is None else limit
    return _prepared(
        f"""
    SELECT line.*, {_WHO}, ({_RANKED}) AS ranked, {kind.best}
    FROM (
      SELECT {kind.columns} {kind.listed} AND order_key >= :low
      {kind.forth} LIMIT {most:d} OFFSET :skip
    ) AS line {_NAMES[kind.of_partners]}
    {kind.forth}
    """,
        *(*NAMES, "ranked", "best"),
    )


def who_columns(published: Published) -> tuple[Any, ...]:
    """What tells a member's public name, of partners and of groups alike."""
    if published.rule.by == "partner":
        return tuple(getattr(Partner, name) for name in NAMES)
    return (
        Group.name,
        Group.name.label("external_id"),
        *(null().label(name) for name in rules.COLUMNS),
        literal("named").label("visibility"),
        null().label("pseudonym"),
    )


_BUCKETS = Prepared(
    text(f"""
    SELECT low, members FROM standing_buckets
    WHERE {_HERE} AND level = :level AND low >= :low AND low < :high ORDER BY low
    """).columns(column("low"), column("members"))
)


def _line_after(here: Here, after: int) -> tuple[int, int]:
    """Line ``after`` + 1 is so many lines behind the first with this order key."""
    low, high, skip = -LARGEST, LARGEST, after
    for level in reversed(range(len(rules.LEVELS))):
        rows = _BUCKETS.all(**here._asdict(), level=level, low=low, high=high)
        if level == _TOP and after >= sum(row.members for row in rows):
            return LARGEST, 0
        low, high, skip = _walk(rows, skip)
    return low, skip


def _walk(rows: Sequence[Any], skip: int) -> tuple[int, int, int]:
    """The bucket that holds the line behind ``skip`` others: where it begins, ends, and the rest."""
    ends = [*(row.low for row in rows[1:]), LARGEST]
    for row, end in zip(rows, ends, strict=True):
        if skip < row.members:
            return row.low, end, skip
        skip -= row.members
    raise AssertionError("buckets hold fewer lines than there are")


def _position(row: Any) -> tuple[Any, ...]:
    return row.order_key, row.reached_at or "", row.member_id


def _tie_key(rule: rules.Board, row: Any) -> tuple[Any, ...]:
    """What rows that share a rank have in common."""
    return (row.order_key, row.reached_at) if rule.tie == "first" else (row.order_key,)


def _lines(
    rule: rules.Board,
    here: Here,
    rows: Sequence[Any],
    place: int,
    previous: Sequence[Any],
    rank: int | None,
) -> list[Line]:
    """Rows that follow each other from line ``place`` on, behind ``previous``; the first one's ``rank``
    may be known."""
    keys = [_tie_key(rule, row) for row in rows]
    if rank is None:
        rank = place
        if rows and previous and _tie_key(rule, previous[-1]) == keys[0]:
            rank -= _level_with(rule, here, rows[0])
    ranks = rules.ranks(keys, rule.tie, place=place, rank=rank)
    return [
        Line(place + index, rank, row)
        for index, (row, rank) in enumerate(zip(rows, ranks, strict=True))
    ]


def _level_with(rule: rules.Board, here: Here, row: Any) -> int:
    """How many lines before this one share its rank."""
    names = ("order_key", "reached_at") if rule.tie == "first" else ("order_key",)
    same = " AND ".join(f"{name} = :{name}" for name in names)
    asked = here._asdict() | {name: getattr(row, name) for name in (*names, "member_id")}
    listed = _kind(rule).listed
    before = text(f"SELECT count(*) {listed} AND {same} AND member_id < :member_id")
    typed = (bindparam(name, type_=getattr(Standing, name).type) for name in names)
    return db.session.scalar(before.bindparams(*typed), asked) or 0


def _steps(rule: rules.Board, here: Here, order_key: int) -> int:
    """How many different order keys stand before this one."""
    lows = {f"low{n}": rules.bucket(order_key, n) for n in range(len(rules.LEVELS))}
    before = _steps_before(_kind(rule), lambda level: f":low{level}", ":key")
    return (
        db.session.scalar(text(f"SELECT {before}"), here._asdict() | lows | {"key": order_key}) or 0
    )
