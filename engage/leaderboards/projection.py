"""Standings and their buckets as rows: written together, and held against what they must be."""

from collections import Counter
from collections.abc import Iterable, Mapping
from datetime import date, datetime
from typing import Any

from sqlalchemy import Row, bindparam, delete, or_, select

from engage.db import db
from engage.leaderboards import rules
from engage.leaderboards.models import Standing, StandingBucket
from engage.leaderboards.tally import Published, expected
from engage.partners.models import Partner
from engage.partners.rules import is_ranked
from engage.prepared import Prepared
from engage.programmes.models import Programme
from engage.rows import among, insert_rows, upsert_rows

#: Board, period name, member.
Key = tuple[int, str, int]
#: A score, and when it was reached where the board asks for that.
Score = tuple[int, datetime | None]
#: Partners who are not ranked everywhere: visibility, and when they left.
Aside = Mapping[int, tuple[str, date | None]]

_STANDINGS: Any = Standing.__table__
_BUCKETS: Any = StandingBucket.__table__
_THESE = Prepared(
    select(_STANDINGS).where(
        among(_STANDINGS.c.board_id, "board_ids"),
        among(_STANDINGS.c.period, "periods"),
        among(_STANDINGS.c.member_id, "member_ids"),
    )
)
_partners: Any = Partner.__table__.c
_NOT_EVERYWHERE = select(_partners.id, _partners.visibility, _partners.left_on).where(
    or_(_partners.visibility == "hidden", _partners.left_on.is_not(None))
)
_ASIDE = Prepared(_NOT_EVERYWHERE.where(_partners.programme_id == bindparam("programme_id")))
#: Found by their ids, see `partners.service`.
_ASIDE_OF_THESE = Prepared(
    _NOT_EVERYWHERE.where(
        among(_partners.id, "ids"), _partners.programme_id + 0 == bindparam("programme_id")
    )
)


def stood(keys: Iterable[Key]) -> dict[Key, Row[Any]]:
    """The rows of these standings as they are now."""
    wanted = set(keys)
    found: dict[Key, Row[Any]] = {}
    boards, names, members = (set(part) for part in zip(*wanted, strict=True))
    for row in _THESE.all(board_ids=boards, periods=names, member_ids=members):
        if (key := (row.board_id, row.period, row.member_id)) in wanted:
            found[key] = row
    return found


def write(
    programme: Programme,
    boards: Mapping[int, Published],
    before: Mapping[Key, Row[Any]],
    wanted: Mapping[Key, Score | None],
) -> None:
    """Put standings in the place of those ``before``; without a score a member leaves the board."""
    aside = _aside(programme, {member for _, _, member in wanted})
    rows = [
        _row(boards[key[0]].rule, key, score, aside)
        for key, score in sorted(wanted.items())
        if score is not None
    ]
    upsert_rows(_STANDINGS, rows, put=("score", "order_key", "reached_at", "listed"))
    _delete(_WITHOUT, [key for key, score in wanted.items() if score is None and key in before])
    counts = _buckets(rows)
    counts.subtract(_buckets(before[key]._asdict() for key in wanted if key in before))
    upsert_rows(
        _BUCKETS,
        [_bucket_row(key, members) for key, members in sorted(counts.items()) if members],
        add=("members",),
    )
    _delete(_WITHOUT_EMPTY, [key for key, n in counts.items() if n < 0])


def _without(table: Any) -> Any:
    """The deletion of a row by its primary key, whose values are named k0, k1 and so on."""
    columns = enumerate(table.primary_key.columns)
    return delete(table).where(*(column == bindparam(f"k{n}") for n, column in columns))


_WITHOUT = Prepared(_without(_STANDINGS))
_WITHOUT_EMPTY = Prepared(_without(_BUCKETS).where(_BUCKETS.c.members == 0))


def _delete(statement: Prepared, keys: list[Any]) -> None:
    statement.run(*({f"k{n}": value for n, value in enumerate(key)} for key in keys))


def _aside(programme: Programme, members: set[int] | None = None) -> Aside:
    if members is None:
        rows = _ASIDE.all(programme_id=programme.id)
    else:
        rows = _ASIDE_OF_THESE.all(programme_id=programme.id, ids=members)
    return {partner_id: (visibility, left_on) for partner_id, visibility, left_on in rows}


def _row(rule: rules.Board, key: Key, score: Score, aside: Aside) -> dict[str, Any]:
    board_id, period, member = key
    listed = rule.is_enough(score[0])
    if listed and rule.by == "partner" and member in aside:
        listed = is_ranked(*aside[member], rule.windows.called(period).last)
    return {
        "board_id": board_id,
        "period": period,
        "member_id": member,
        "score": score[0],
        "order_key": rule.order_key(score[0]),
        "reached_at": score[1],
        "listed": listed,
    }


def _buckets(rows: Iterable[Mapping[str, Any]]) -> Counter[tuple[int, str, int, int]]:
    return Counter(
        (row["board_id"], row["period"], level, rules.bucket(row["order_key"], level))
        for row in rows
        if row["listed"]
        for level in range(len(rules.LEVELS))
    )


def _bucket_row(key: tuple[int, str, int, int], members: int) -> dict[str, Any]:
    board_id, period, level, low = key
    return {
        "board_id": board_id,
        "period": period,
        "level": level,
        "low": low,
        "members": members,
    }


def _wanted(programme: Programme, published: Published) -> list[dict[str, Any]]:
    aside = _aside(programme)
    return [
        _row(published.rule, (published.model.id, *place), score, aside)
        for place, score in expected(programme, published).items()
    ]


def rebuild(programme: Programme, published: Published) -> None:
    """Write a board's standings anew from the facts."""
    for table in (_STANDINGS, _BUCKETS):
        db.session.execute(delete(table).where(table.c.board_id == published.model.id))
    rows = _wanted(programme, published)
    insert_rows(_STANDINGS, rows)
    insert_rows(_BUCKETS, [_bucket_row(key, members) for key, members in _buckets(rows).items()])


def differing(programme: Programme, published: Published) -> int:
    """How many stored standings and buckets are not what the facts say."""
    rows = _wanted(programme, published)
    buckets = [_bucket_row(key, members) for key, members in _buckets(rows).items()]
    return sum(
        _apart(table, published, want) for table, want in ((_STANDINGS, rows), (_BUCKETS, buckets))
    )


def _apart(table: Any, published: Published, wanted: list[dict[str, Any]]) -> int:
    keys = [column.name for column in table.primary_key.columns]
    missing = {tuple(row[key] for key in keys): row for row in wanted}
    wrong = 0
    for row in db.session.execute(select(table).where(table.c.board_id == published.model.id)):
        stored = row._asdict()
        wrong += missing.pop(tuple(stored[key] for key in keys), None) != stored
    return wrong + len(missing)


def relist(
    programme: Programme, boards: Mapping[int, Published], partner_ids: Iterable[int]
) -> None:
    """Partners are seen otherwise, or left: take them into the public ranking, or out of it."""
    ranked = {id: board for id, board in boards.items() if board.rule.by == "partner"}
    rows = db.session.execute(
        select(_STANDINGS).where(
            _STANDINGS.c.board_id.in_(ranked), among(_STANDINGS.c.member_id, partner_ids)
        )
    )
    before = {(row.board_id, row.period, row.member_id): row for row in rows}
    same = {key: (row.score, row.reached_at) for key, row in before.items()}
    write(programme, ranked, before, same)
