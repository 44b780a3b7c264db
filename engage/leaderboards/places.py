"""Places on a board whose standings are kept: one query, as fast among a million as among hundreds.

A rank is the coarse buckets in front, the fine ones in front inside the same coarse one, and a count
inside one fine bucket; neighbours are read from the index to both sides. See `rules.bucket`.
"""

from collections.abc import Sequence
from functools import lru_cache
from typing import Any, NamedTuple

from sqlalchemy import (
    ColumnElement,
    Row,
    Select,
    column,
    func,
    literal,
    literal_column,
    null,
    select,
    text,
)

from engage.db import db
from engage.leaderboards import rules
from engage.leaderboards.models import Standing, StandingBucket
from engage.leaderboards.tally import Published
from engage.partners.models import Group, Partner
from engage.prepared import Prepared

#: No order key is that far from zero.
LARGEST = 2**62

#: As the index says it; SQLAlchemy would ask SQLite for ``listed = 1``, which no index answers.
_IS_LISTED: ColumnElement[bool] = literal_column("standings.listed")
_HERE = "board_id = :board AND period = :period AND scope = :scope"
_LISTED = f"FROM standings WHERE {_HERE} AND listed"
_FINE, _COARSE, _FINE_STEPS, _COARSE_STEPS = (
    f"FROM standing_buckets WHERE {_HERE} AND level = {n}" for n in range(2 + rules.DENSE)
)
_SUM = "CAST(coalesce(sum(members), 0) AS BIGINT)"
_STANDING = ("member_id", "score", "order_key", "reached_at")
_COLUMNS = ", ".join(_STANDING)
_FORTH = "ORDER BY order_key, reached_at, member_id"
_BACK = "ORDER BY order_key DESC, reached_at DESC, member_id DESC"
#: Within equal scores the index goes on by time, where the board keeps it, and by member.
_LEVEL = {
    False: "order_key = (SELECT order_key FROM me) AND reached_at IS NULL "
    "AND member_id {0} (SELECT member_id FROM me)",
    True: "order_key = (SELECT order_key FROM me) "
    "AND (reached_at, member_id) {0} (SELECT reached_at, member_id FROM me)",
}
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


@lru_cache
def _around(timed: bool, of_partners: bool, reach: int) -> Prepared:
    """A member and its neighbours; columns ``better`` and ``level`` count who stands before it.

    ``reach`` stands in the text: PostgreSQL plans once for all members only where it knows the limit.
    """

    def side(condition: str, order: str) -> str:
        return (
            f"SELECT * FROM (SELECT {_COLUMNS}, listed, 0 AS better, 0 AS level, 0 AS ranked, "
            f"0 AS best {_LISTED} AND {condition} {order} LIMIT {reach:d}) AS side"
        )

    before, behind = _LEVEL[timed].format("<"), _LEVEL[timed].format(">")
    mine = "(SELECT order_key FROM me)"
    low = f"AND low <= {mine} ORDER BY low DESC LIMIT 1"
    return _prepared(
        f"""
    WITH me AS (
      SELECT {_COLUMNS}, listed FROM standings WHERE {_HERE} AND member_id = :member
    ), lows AS (
      SELECT (SELECT low {_COARSE} {low}) AS coarse, (SELECT low {_FINE} {low}) AS fine
    ), whole AS (
      SELECT {_SUM} AS ranked,
        {_SUM.replace("members", "CASE WHEN low < (SELECT coarse FROM lows) THEN members END")}
        AS better
      {_COARSE}
    )
    SELECT line.*, {_WHO} FROM (
      SELECT me.*,
        whole.better
        + (SELECT {_SUM} {_FINE} AND low >= (SELECT coarse FROM lows)
           AND low < (SELECT fine FROM lows))
        + (SELECT count(*) {_LISTED} AND order_key >= (SELECT fine FROM lows)
           AND order_key < {mine}) AS better,
        (SELECT count(*) {_LISTED} AND {before}) AS level,
        whole.ranked,
        (SELECT score {_LISTED} {_FORTH} LIMIT 1) AS best
      FROM me, whole
      UNION ALL {side(f"order_key < {mine}", _BACK)}
      UNION ALL {side(before, _BACK)}
      UNION ALL {side(behind, _FORTH)}
      UNION ALL {side(f"order_key > {mine}", _FORTH)}
    ) AS line {_NAMES[of_partners]}
    """,
        *("listed", "better", "level", "ranked", "best", *NAMES),
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
    asked = _page(published.rule.by == "partner", limit)
    return asked.question(**here._asdict(), low=-LARGEST, skip=0)


def _asked_around(published: Published, reach: int) -> Prepared:
    # One more than is shown: whether the first one shown is level with who stands before it.
    return _around(published.rule.tie == "first", published.rule.by == "partner", reach + 1)


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
    lines = _lines(rule, here, shown, place - len(above), there[: at - len(above)])
    if not me.listed:
        rank = place if rule.tie == "first" else me.better + 1
        if rule.tie == "dense":
            rank = _steps(here, me.order_key) + 1
        lines.insert(len(above), Line(place, rank, me, listed=False))
    return Lines(lines, me.ranked, me.best or 0)


def page(
    published: Published, here: Here, after: int, limit: int | None, rows: Rows = None
) -> Lines:
    """The lines behind line ``after``; from the ``rows`` of `question_first`, where it was asked."""
    low, skip = _line_after(here, after - 1) if after > 1 else (-LARGEST, 0)
    asked = _page(published.rule.by == "partner", None if limit is None else limit + min(after, 1))
    found = asked.all(**here._asdict(), low=low, skip=skip) if rows is None else asked.read(rows)
    if not found:
        return Lines([], db.session.scalar(_RANKED, here._asdict()) or 0, 0)
    previous, behind = (found[:1], found[1:]) if after else ([], found)
    lines = _lines(published.rule, here, behind, after + 1, previous)
    return Lines(lines, found[0].ranked, found[0].best)


_RANKED = text(f"SELECT {_SUM} {_COARSE}")


@lru_cache
def _page(of_partners: bool, limit: int | None) -> Prepared:
    """The lines behind ``skip`` others from order key ``low`` on; ``ranked`` are there in all."""
    # The limit stands in the text as above; SQLite knows no offset without one.
    most = 2**62 if limit is None else limit
    return _prepared(
        f"""
    SELECT line.*, {_WHO}, (SELECT {_SUM} {_COARSE}) AS ranked,
      (SELECT score {_LISTED} {_FORTH} LIMIT 1) AS best
    FROM (
      SELECT {_COLUMNS} {_LISTED} AND order_key >= :low {_FORTH} LIMIT {most:d} OFFSET :skip
    ) AS line {_NAMES[of_partners]}
    {_FORTH}
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


def _listed(here: Here, *columns: Any) -> Select[Any]:
    return select(*columns).where(
        Standing.board_id == here.board,
        Standing.period == here.period,
        Standing.scope == here.scope,
        _IS_LISTED,
    )


def _line_after(here: Here, after: int) -> tuple[int, int]:
    """Line ``after`` + 1 is so many lines behind the first with this order key."""
    bucket = StandingBucket
    buckets = (
        select(bucket.low, bucket.members)
        .where(
            bucket.board_id == here.board,
            bucket.period == here.period,
            bucket.scope == here.scope,
        )
        .order_by(bucket.low)
    )
    coarse = db.session.execute(buckets.where(bucket.level == 1)).all()
    if after >= sum(row.members for row in coarse):
        return LARGEST, 0
    low, high, skip = _walk(coarse, after)
    fine = buckets.where(bucket.level == 0, bucket.low >= low, bucket.low < high)
    low, _, skip = _walk(db.session.execute(fine).all(), skip)
    return low, skip


def _walk(rows: Sequence[Row[Any]], skip: int) -> tuple[int, int, int]:
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
    rule: rules.Board, here: Here, rows: Sequence[Any], place: int, previous: Sequence[Any]
) -> list[Line]:
    """Rows that follow each other from line ``place`` on, behind ``previous``."""
    keys = [_tie_key(rule, row) for row in rows]
    rank = place
    if rows and rule.tie == "dense":
        rank = _steps(here, rows[0].order_key) + 1
    elif rows and previous and _tie_key(rule, previous[-1]) == keys[0]:
        first = rows[0]
        before = _listed(here, func.count()).where(
            Standing.order_key == first.order_key, Standing.member_id < first.member_id
        )
        if rule.tie == "first":
            before = before.where(Standing.reached_at == first.reached_at)
        rank -= db.session.scalar(before) or 0
    ranks = rules.ranks(keys, rule.tie, place=place, rank=rank)
    return [
        Line(place + index, rank, row)
        for index, (row, rank) in enumerate(zip(rows, ranks, strict=True))
    ]


_STEPS = text(f"""
SELECT (SELECT {_SUM} {_COARSE_STEPS} AND low < :coarse)
  + (SELECT {_SUM} {_FINE_STEPS} AND low >= :coarse AND low < :fine)
  + (SELECT count(DISTINCT order_key) {_LISTED} AND order_key >= :fine AND order_key < :key)
""")


def _steps(here: Here, order_key: int) -> int:
    """How many different order keys stand before this one."""
    fine, coarse = (rules.bucket(order_key, level) for level in range(2))
    asked = here._asdict() | {"fine": fine, "coarse": coarse, "key": order_key}
    return db.session.scalar(_STEPS, asked) or 0
