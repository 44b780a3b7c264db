"""Places on a board whose standings are kept: one query, as fast among a million as among hundreds.

A rank is the coarsest buckets in front, on each finer level those in front inside the same coarser one,
and a count inside one of the finest; neighbours are read from the index to both sides. See `rules.bucket`.
"""

from collections import Counter
from collections.abc import Callable, Hashable, Sequence
from itertools import pairwise
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
    asked = queries.page(queries.kind(published), limit)
    return asked.question(**here._asdict(), low=-queries.LARGEST, skip=0)


def _asked_around(published: Published, reach: int) -> Prepared:
    # One more than is shown: whether the first one shown is level with who stands before it.
    return queries.around(queries.kind(published), reach + 1)


class Line(NamedTuple):
    """A member on a line of the board; ``who`` has the columns of `_WHO` and ``score``."""

    rank: int
    who: Any
    listed: bool = True
    is_last: bool = False


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
    there = sorted(found, key=_position)
    at = _line_of(member_id, there)
    if at is None:
        return None
    ranks = _ranks_near(
        rule, there, at, reach, lambda row: _before(published, here, row.member_id) + 1
    )
    shown = there[max(0, at - reach) : at + 1 + reach]
    # One more than is shown was asked for.
    ends = len(there) <= at + 1 + reach
    last = next((row for row in reversed(shown) if row.listed), None) if ends else None
    lines = [Line(ranks[tie_key(rule, row)], row, bool(row.listed), row is last) for row in shown]
    return Lines(lines, there[at].ranked, there[at].best or 0)


def tells_all(published: Published, member_id: int, reach: int, rows: Sequence[Any]) -> bool:
    """Whether the rows of `question_around` are all that `around` says: it asks no more."""
    there = sorted(_asked_around(published, reach).read(rows), key=_position)
    at = _line_of(member_id, there)
    asked: list[Any] = []

    def ask(row: Any) -> int:
        asked.append(row)
        return 0

    if at is not None:
        _ranks_near(published.rule, there, at, reach, ask)
    return not asked


def _line_of(member_id: int, there: Sequence[Any]) -> int | None:
    return next((at for at, row in enumerate(there) if row.member_id == member_id), None)


def _ranks_near(
    rule: rules.Board, there: Sequence[Any], at: int, reach: int, ask: Callable[[Any], int]
) -> dict[Hashable, int]:
    """The ranks of what is shown of ``there``, from that of line ``at`` to both sides, by tie keys.

    A rank behind (or of) lines some of which stand before the first one read is asked for.
    """
    keys = [tie_key(rule, row) for row in there]
    one = dict(zip(keys, there, strict=True))
    level = Counter(key for key, row in zip(keys, there, strict=True) if row.listed)
    if rule.tie == "dense":
        level = Counter(level.keys())
    cut = keys[0] if at > reach and rule.tie != "dense" else None
    shown = list(dict.fromkeys(keys[max(0, at - reach) : at + 1 + reach]))
    mine = shown.index(keys[at])
    ranks: dict[Hashable, int] = {keys[at]: there[at].before + 1}
    for key, better in pairwise(reversed(shown[: mine + 1])):
        ranks[better] = ask(one[better]) if better == cut else ranks[key] - level[better]
    for key, worse in pairwise(shown[mine:]):
        ranks[worse] = ask(one[worse]) if key == cut else ranks[key] + level[key]
    return ranks


def page(
    published: Published, here: Here, after: int, limit: int | None, rows: Rows = None
) -> Lines:
    """The lines behind line ``after``; from the ``rows`` of `question_first`, where it was asked."""
    low, skip = _line_after(here, after - 1) if after > 1 else (-queries.LARGEST, 0)
    rule, kind = published.rule, queries.kind(published)
    asked = queries.page(kind, None if limit is None else limit + min(after, 1))
    found = asked.all(**here._asdict(), low=low, skip=skip) if rows is None else asked.read(rows)
    if not found:
        return Lines([], db.session.scalar(text(queries.RANKED), here._asdict()) or 0, 0)
    behind, ranked = found[1:] if after else found, found[0].ranked
    keys = [tie_key(rule, row) for row in behind]
    rank = after + 1
    if after and keys and (rule.tie == "dense" or tie_key(rule, found[0]) == keys[0]):
        rank = _before(published, here, behind[0].member_id) + 1
    ranks = rules.ranks(keys, rule.tie, place=after + 1, rank=rank)
    lines = [
        Line(rank, row, is_last=place == ranked)
        for place, (rank, row) in enumerate(zip(ranks, behind, strict=True), after + 1)
    ]
    return Lines(lines, ranked, found[0].best)


def place(published: Published, here: Here, member_id: int) -> int | None:
    """On which line a member stands, from 1; None where it is not listed."""
    asked = queries.place(queries.kind(published))
    found = asked.first(**here._asdict(), member=member_id)
    return found and int(found.place)


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


def tie_key(rule: rules.Board, row: Any) -> tuple[Any, ...]:
    """What rows that share a rank have in common."""
    return (row.order_key, row.reached_at) if rule.tie == "first" else (row.order_key,)


def _before(published: Published, here: Here, member_id: int) -> int:
    """How many members (of a dense board: different scores) rank before one."""
    asked = queries.before(queries.kind(published))
    return int(asked.all(**here._asdict(), member=member_id)[0].before)
