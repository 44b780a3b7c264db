"""Places on a board whose standings are kept: one query, as fast among a million as among hundreds.

A rank is the coarsest buckets in front, on each finer level those in front inside the same coarser one,
and a count inside one of the finest; neighbours are read from the index to both sides. See `rules.bucket`.
"""

from collections.abc import Sequence
from typing import Any, NamedTuple

from sqlalchemy import literal, null, text

from engage.db import db
from engage.leaderboards import queries, rules
from engage.leaderboards.published import Published
from engage.partners.models import Group, Partner
from engage.prepared import Prepared

#: Rows as the driver brings them.
Rows = Sequence[Any] | None


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
    asked = queries.page(queries.kind(published.rule), limit)
    return asked.question(**here._asdict(), low=-queries.LARGEST, skip=0)


def _asked_around(published: Published, reach: int) -> Prepared:
    # One more than is shown: whether the first one shown is level with who stands before it.
    return queries.around(queries.kind(published.rule), reach + 1)


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
    elif above and _is_level_with_me(rule, above[0], me):
        rank = me.better + 1
    lines = _lines(rule, here, shown, first, there[: at - len(above)], rank)
    if not me.listed:
        ranks = {"first": place, "dense": me.steps + 1}
        rank = ranks.get(rule.tie, me.better + 1)
        lines.insert(len(above), Line(place, rank, me, listed=False))
    return Lines(lines, me.ranked, me.best or 0)


def tells_all(published: Published, member_id: int, reach: int, rows: Sequence[Any]) -> bool:
    """Whether the rows of `question_around` are all that `around` says.

    The rank of a first line that is level with others before it goes by how many these are, unless they
    share it with the member.
    """
    rule = published.rule
    there = sorted(_asked_around(published, reach).read(rows), key=_position)
    at = next((at for at, row in enumerate(there) if row.member_id == member_id), 0)
    first = at - reach
    if rule.tie == "dense" or first < 1 or _is_level_with_me(rule, there[first], there[at]):
        return True
    return _tie_key(rule, there[first - 1]) != _tie_key(rule, there[first])


def _is_level_with_me(rule: rules.Board, row: Any, me: Any) -> bool:
    """Whether a line has the rank of ``me``, which goes by the members that are better."""
    return rule.tie == "competition" and bool(row.order_key == me.order_key)


def page(
    published: Published, here: Here, after: int, limit: int | None, rows: Rows = None
) -> Lines:
    """The lines behind line ``after``; from the ``rows`` of `question_first`, where it was asked."""
    low, skip = _line_after(here, after - 1) if after > 1 else (-queries.LARGEST, 0)
    kind = queries.kind(published.rule)
    asked = queries.page(kind, None if limit is None else limit + min(after, 1))
    found = asked.all(**here._asdict(), low=low, skip=skip) if rows is None else asked.read(rows)
    if not found:
        return Lines([], db.session.scalar(text(queries.RANKED), here._asdict()) or 0, 0)
    previous, behind = (found[:1], found[1:]) if after else ([], found)
    is_late = after and behind and kind.tie == "dense"
    rank = _steps(published.rule, here, behind[0].order_key) + 1 if is_late else None
    lines = _lines(published.rule, here, behind, after + 1, previous, rank)
    return Lines(lines, found[0].ranked, found[0].best)


def who_columns(published: Published) -> tuple[Any, ...]:
    """What tells a member's public name, of partners and of groups alike."""
    if published.rule.by == "partner":
        return tuple(getattr(Partner, name) for name in queries.NAMES)
    return (
        Group.name,
        Group.name.label("external_id"),
        *(null().label(name) for name in rules.COLUMNS),
        literal("named").label("visibility"),
        null().label("pseudonym"),
    )


def _line_after(here: Here, after: int) -> tuple[int, int]:
    """Line ``after`` + 1 is so many lines behind the first with this order key."""
    low, high, skip = -queries.LARGEST, queries.LARGEST, after
    for level in reversed(range(len(rules.LEVELS))):
        rows = queries.BUCKETS.all(**here._asdict(), level=level, low=low, high=high)
        if level == queries.TOP and after >= sum(row.members for row in rows):
            return queries.LARGEST, 0
        low, high, skip = _walk(rows, skip)
    return low, skip


def _walk(rows: Sequence[Any], skip: int) -> tuple[int, int, int]:
    """The bucket that holds the line behind ``skip`` others: where it begins, ends, and the rest."""
    ends = [*(row.low for row in rows[1:]), queries.LARGEST]
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
    asked = here._asdict() | {"order_key": row.order_key, "member_id": row.member_id}
    if rule.tie == "first":
        asked["reached_at"] = row.reached_at
    return db.session.scalar(queries.level_with(rule), asked) or 0


def _steps(rule: rules.Board, here: Here, order_key: int) -> int:
    """How many different order keys stand before this one."""
    lows = {f"low{n}": rules.bucket(order_key, n) for n in range(len(rules.LEVELS))}
    return db.session.scalar(queries.steps(rule), here._asdict() | lows | {"key": order_key}) or 0
