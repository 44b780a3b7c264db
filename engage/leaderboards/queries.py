"""The statements that ask for places on a board whose standings are kept: see `engage.leaderboards.places`."""

from collections.abc import Callable
from functools import lru_cache
from typing import Any, NamedTuple

from sqlalchemy import bindparam, column, text

from engage.db import db
from engage.leaderboards import rules
from engage.leaderboards.models import Standing
from engage.prepared import Prepared

#: No order key is that far from zero.
LARGEST = 2**62

_HERE = "board_id = :board AND period = :period AND scope = :scope"
TOP = len(rules.LEVELS) - 1
#: To be cast: PostgreSQL adds 64 bits up to a decimal.
_SUM = "coalesce(sum(members), 0)"
RANKED = f"SELECT CAST({_SUM} AS BIGINT) FROM standing_buckets WHERE {_HERE} AND level = {TOP}"
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

    def beside(self, sign: str) -> str:
        """The lines before (``<``) or behind (``>``) that of ``me``."""
        # As a column's own value SQLite would look for the first of them alone, and walk all who are level.
        mine = ", ".join((*map(_mine, self.position[:-1]), f"+{_mine(self.position[-1])}"))
        return f"{self.listed} AND ({', '.join(self.position)}) {sign} ({mine})"


def kind(rule: rules.Board) -> Kind:
    return Kind(rule.tie, rule.by == "partner", rule.order_key(1), db.engine.dialect.name)


def _buckets(level: int, first: int, low: Callable[[int], str]) -> str:
    """The sum of the buckets before that of a key inside its coarser one; ``low`` is where the key's
    bucket begins on a level."""
    inside = f"AND low >= {low(level + 1)} " if level < TOP else ""
    return (
        f"(SELECT {_SUM} FROM standing_buckets WHERE {_HERE} AND level = {first + level} "
        f"{inside}AND low < {low(level)})"
    )


def _before(kind: Kind, low: Callable[[int], str], mine: Callable[[str], str]) -> str:
    """How many members (on a dense board: different order keys) have a better rank than one whose columns
    are ``mine``."""
    first, counted = (rules.DENSE, "DISTINCT order_key") if kind.tie == "dense" else (0, "*")
    levels = (_buckets(level, first, low) for level in range(len(rules.LEVELS)))
    ranked_by = f"({', '.join(kind.ranked_by)}) < ({', '.join(map(mine, kind.ranked_by))})"
    inside = f"{kind.listed} AND order_key >= {low(0)} AND {ranked_by}"
    return f"CAST((SELECT count({counted}) {inside}) + {' + '.join(levels)} AS BIGINT)"


def with_buckets(kind: Kind, mine: str) -> str:
    """What is selected of something with an ``order_key``, and where the bucket that holds this begins on
    each level (``low0`` and so on), as `rules.bucket` has it."""
    told = [bits + 1 for bits in rules.LEVELS]
    widths = [f"CASE WHEN bits > {bits} THEN bits - {bits} ELSE 0 END" for bits in told]
    lows = (f"order_key >> ({w}) << ({w}) AS low{level}" for level, w in enumerate(widths))
    size = "CASE WHEN order_key < 0 THEN ~order_key ELSE order_key END AS size"
    sized = f"SELECT mine.*, {size} FROM ({mine}) AS mine"
    measured = f"SELECT mine.*, {kind.bits} AS bits FROM ({sized}) AS mine"
    return f"SELECT mine.*, {', '.join(lows)} FROM ({measured}) AS mine"


def _mine(name: str) -> str:
    return f"(SELECT {name} FROM me)"


def _low(level: int) -> str:
    return _mine(f"low{level}")


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
    mine_is = f"{_HERE} AND member_id = :member"
    return _prepared(
        f"""
    WITH me AS MATERIALIZED (
      {with_buckets(kind, f"SELECT {kind.columns}, listed FROM standings WHERE {mine_is}")}
    )
    SELECT line.*, {_WHO} FROM (
      SELECT {", ".join(f"me.{name}" for name in _STANDING)}, me.listed,
        {_before(kind, _low, _mine)} AS before, ({RANKED}) AS ranked, {kind.best}
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
    mine_is = f"{_HERE} AND member_id = :member AND listed"
    levels = " + ".join(_buckets(level, 0, _low) for level in range(len(rules.LEVELS)))
    mine = with_buckets(kind, f"SELECT {kind.columns} FROM standings WHERE {mine_is}")
    inside = f"(SELECT count(*) {kind.beside('<')} AND order_key >= {_low(0)})"
    asked = f"WITH me AS MATERIALIZED ({mine}) SELECT 1 + {inside} + {levels} AS place FROM me"
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
    """As in `around`, ``before`` a standing of these values, whose buckets begin at ``:low0`` and so on."""
    asked = _before(kind, lambda level: f":low{level}", lambda name: f":{name}")
    types = (bindparam(name, type_=getattr(Standing, name).type) for name in kind.ranked_by)
    return Prepared(text(f"SELECT {asked} AS before").bindparams(*types).columns(column("before")))
