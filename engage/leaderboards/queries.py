"""The statements that ask for places on a board whose standings are kept: see `engage.leaderboards.places`."""

from collections.abc import Iterable, Sequence
from functools import lru_cache
from itertools import pairwise
from typing import Any, NamedTuple

from sqlalchemy import column, text

from engage.db import db
from engage.leaderboards import rules
from engage.leaderboards.models import Standing
from engage.leaderboards.published import Published
from engage.prepared import Prepared

#: No order key is that far from zero.
LARGEST = 2**62

_HERE = "board_id = :board AND period = :period AND scope = :scope"
TOP = len(rules.LEVELS) - 1
#: Before all that ever happened.
_EVER = "'0001-01-01'"
#: It is cast as PostgreSQL adds 64 bits up to a decimal.
RANKED = f"SELECT CAST(coalesce(sum(members), 0) AS BIGINT) FROM standing_buckets WHERE {_HERE} AND level = {TOP}"
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


def _prepared(statement: str, *names: str) -> Prepared:
    """A statement that brings a standing and columns of these names behind it."""
    at: Any = Standing.reached_at.type
    columns = (column(name, at if name == "reached_at" else None) for name in (*_STANDING, *names))
    # psycopg takes a statement of more than 4,096 characters apart each time it is sent.
    short = " ".join(statement.split())
    return Prepared(text(short).columns(*columns))


class Kind(NamedTuple):
    """What of a board makes its statements differ. All that they read of a standing is in its index."""

    tie: str
    of_partners: bool
    #: By which an order key is to be multiplied to be a score.
    sign: int
    dialect: str
    #: Whether it may have buckets that are full.
    crowded: bool = False

    @property
    def position(self) -> tuple[str, ...]:
        """What sorts the lines: within equal scores by time, where the board keeps it, and by member."""
        return ("order_key", "reached_at", "member_id")[:: 1 if self.tie == "first" else 2]

    @property
    def ranked_by(self) -> tuple[str, ...]:
        """What members of one rank have in common."""
        return self.position[: 2 if self.tie == "first" else 1]

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

    @property
    def bits(self) -> str:
        """How many bits a ``size`` has, as `int.bit_length`; neither database has it by itself."""
        if self.dialect == "sqlite":
            return " + ".join(f"(size >= {2**n})" for n in range(62))
        return "length(ltrim(size::bit(63)::text, '0'))"

    def began(self, level: int, at: str) -> str:
        """The beginning of the minute, hour, day or month of an instant, see `rules.TIMES`."""
        if self.dialect == "sqlite":
            return f"substr({at}, 1, {16 - 3 * level})"
        return f"date_trunc('{rules.TIMES[level]}', {at}, 'UTC')"

    def told(self, name: str) -> str:
        """A column of ``me`` as `_sum` says it: PostgreSQL reads all of them at once."""
        return _mine(name) if self.dialect == "sqlite" else f"me.{name}"

    def beside(self, sign: str) -> str:
        """The lines before (``<``) or behind (``>``) that of ``me``."""
        # As a column's own value SQLite would look for the first of them alone, and walk all who are level.
        mine = ", ".join((*map(_mine, self.position[:-1]), f"+{_mine(self.position[-1])}"))
        return f"{self.listed} AND ({', '.join(self.position)}) {sign} ({mine})"


def kind(published: Published) -> Kind:
    rule, dialect = published.rule, db.engine.dialect.name
    crowded = published.model.crowded
    return Kind(rule.tie, rule.by == "partner", rule.order_key(1), dialect, crowded)


def _before(kind: Kind, by: tuple[str, ...]) -> str:
    """How many (on a dense board: different order keys) stand before ``me`` by these columns: buckets,
    each inside the coarser one, and a count in the finest, or where that is full among those level."""
    first, counted = (rules.DENSE, "DISTINCT order_key") if kind.tie == "dense" else (0, "*")
    lows = [*map(kind.told, ("low0", "low1", "low2")), str(-LARGEST)]
    levels = [*range(first, first + TOP + 1)]
    if kind.crowded:
        lows, levels = [kind.told("order_key"), *lows], [rules.EXACT, *levels]
    each = f"CASE level WHEN {rules.EXACT} THEN 1 ELSE members END" if first else "members"
    sums = [_sum(kind, each, "standing_buckets", levels, lows)]
    since = f"order_key >= {'(SELECT low FROM begin)' if kind.crowded else _mine('low0')}"
    if kind.crowded and kind.tie == "first":
        since = "(order_key, reached_at) >= ((SELECT low FROM begin), (SELECT since FROM begin))"
        began = [kind.began(level, kind.told("reached_at")) for level in range(len(rules.TIMES))]
        level_with = f" AND standing_times.order_key = {kind.told('order_key')}"
        times = range(len(rules.TIMES)), [*began, _EVER], level_with
        sums.append(_sum(kind, "members", "standing_times", *times))
    inside = f"{kind.listed} AND {since} AND ({', '.join(by)}) < ({', '.join(map(_mine, by))})"
    return f"CAST((SELECT count({counted}) {inside}) + {' + '.join(sums)} AS BIGINT)"


def _sum(
    kind: Kind, each: str, table: str, levels: Iterable[int], lows: Sequence[str], more: str = ""
) -> str:
    """A sum of what is here on several levels, from fine to coarse: what begins before one of ``lows``, and
    not before the next. PostgreSQL takes less time for it than for a sum of each."""
    parts = ", ".join(
        f"({n}, {near}, {far})" for n, (near, far) in zip(levels, pairwise(lows), strict=True)
    )
    # By itself SQLite begins with the table.
    mine, join = ("", "CROSS JOIN") if kind.dialect == "sqlite" else ("me, LATERAL ", "JOIN")
    return (
        f"(SELECT coalesce(sum({each}), 0) FROM {mine}(VALUES {parts}) AS part {join} {table} "
        f"ON level = column1 WHERE {_HERE} AND low < column2 AND low >= column3{more})"
    )


def with_buckets(kind: Kind, mine: str) -> str:
    """What is selected of something with an ``order_key``, and where the bucket that holds this begins on
    each level (``low0`` and so on), as `rules.bucket` has it."""
    lows, greatest = [], "max" if kind.dialect == "sqlite" else "greatest"
    for level, told in enumerate(rules.LEVELS):
        width = f"{greatest}(bits - {told + 1}, 0)"
        lows.append(f"order_key >> {width} << {width} AS low{level}")
    size = "CASE WHEN order_key < 0 THEN ~order_key ELSE order_key END AS size"
    sized = f"SELECT mine.*, {size} FROM ({mine}) AS mine"
    measured = f"SELECT mine.*, {kind.bits} AS bits FROM ({sized}) AS mine"
    # Or SQLite would count the bits again for each width.
    return f"WITH told AS MATERIALIZED ({measured}) SELECT told.*, {', '.join(lows)} FROM told"


def _me(kind: Kind) -> str:
    """A member's standing here, its buckets, and where to begin with a count in the finest."""
    mine = f"SELECT {kind.columns}, listed FROM standings WHERE {_HERE} AND member_id = :member"
    found = f"WITH me AS MATERIALIZED ({with_buckets(kind, mine)})"
    if not kind.crowded:
        return found
    minute = kind.began(0, "reached_at")
    # SQLite reads all of the finest bucket where this is a LEFT JOIN.
    full = f"SELECT 1 FROM standing_buckets WHERE {_HERE} AND level = {rules.FULL} AND low = low0"
    return (
        f"{found}, begin AS MATERIALIZED (SELECT CASE WHEN is_full THEN order_key ELSE low0 END AS low, "
        f"CASE WHEN is_full THEN {minute} ELSE {_EVER} END AS since "
        f"FROM (SELECT me.*, EXISTS ({full}) AS is_full FROM me) AS mine)"
    )


def _mine(name: str) -> str:
    return f"(SELECT {name} FROM me)"


def _side(kind: Kind, sign: str, order: str, reach: int) -> str:
    """The lines next to that of ``me`` on one side, in the columns of `around`."""
    return (
        "SELECT side.*, NULL, NULL, NULL FROM "
        f"(SELECT {kind.columns}, listed {kind.beside(sign)} {order} LIMIT {reach:d}) AS side"
    )


@lru_cache
def around(kind: Kind, reach: int) -> Prepared:
    """A member and its neighbours; of itself, how many (`_before`) stand ``before`` it.

    ``reach`` stands in the text: PostgreSQL plans once for all members only where it knows the limit.
    """
    return _prepared(
        f"""
    {_me(kind)}
    SELECT line.*, {_WHO} FROM (
      SELECT {", ".join(f"me.{name}" for name in _STANDING)}, me.listed,
        {_before(kind, kind.ranked_by)} AS before, ({RANKED}) AS ranked, {kind.best}
      FROM me
      UNION ALL {_side(kind, "<", kind.back, reach)}
      UNION ALL {_side(kind, ">", kind.forth, reach)}
    ) AS line {_NAMES[kind.of_partners]}
    """,
        *("listed", "before", "ranked", "best", *NAMES),
    )


@lru_cache
def place(kind: Kind) -> Prepared:
    """On which line a member is listed: those level with it are counted one by one."""
    lines = kind if kind.tie == "first" else kind._replace(tie="competition")
    asked = f"{_me(kind)} SELECT 1 + {_before(lines, kind.position)} AS place FROM me WHERE listed"
    return Prepared(text(asked).columns(column("place")))


@lru_cache
def page(kind: Kind, limit: int | None) -> Prepared:
    """The lines behind ``skip`` others from order key ``low`` on; ``ranked`` are there in all."""
    # The limit stands in the text as above; SQLite knows no offset without one.
    most = 2**62 if limit is None else limit
    return _prepared(
        f"""
    SELECT line.*, {_WHO}, ({RANKED}) AS ranked, {kind.best}
    FROM (
      SELECT {kind.columns} {kind.listed} AND order_key >= :low
      {kind.forth} LIMIT {most:d} OFFSET :skip
    ) AS line {_NAMES[kind.of_partners]}
    {kind.forth}
    """,
        *(*NAMES, "ranked", "best"),
    )


BUCKETS = Prepared(
    text(f"""
    SELECT low, members FROM standing_buckets
    WHERE {_HERE} AND level = :level AND low >= :low AND low < :high ORDER BY low
    """).columns(column("low"), column("members"))
)


@lru_cache
def before(kind: Kind) -> Prepared:
    """As in `around`, ``before`` a member."""
    asked = f"{_me(kind)} SELECT {_before(kind, kind.ranked_by)} AS before FROM me"
    return Prepared(text(asked).columns(column("before")))
