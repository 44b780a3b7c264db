"""Standings and their buckets as rows: written together, and held against what they must be."""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import date, datetime
from typing import Any, NamedTuple

from sqlalchemy import (
    ColumnElement,
    bindparam,
    delete,
    insert,
    literal,
    literal_column,
    select,
    text,
)

from engage.among import among
from engage.apart import Apart, apart
from engage.db import db
from engage.leaderboards import rules
from engage.leaderboards.models import PictureLine, Standing, StandingBucket
from engage.leaderboards.published import Published, list_of
from engage.leaderboards.tally import expected
from engage.partners.models import Partner
from engage.partners.rules import is_ranked
from engage.prepared import Prepared
from engage.programmes.models import Programme
from engage.rows import count, delete_rows, upsert
from engage.rows import insert as insert_tuples

#: Board, period name, member.
Key = tuple[int, str, int]
#: A score, and when it was reached where the board asks for that.
Score = tuple[int, datetime | None]
#: A bucket: board, period name, scope, level, and where it begins.
Bucket = tuple[int, str, str, int, int]
#: An order key that somebody has: board, period name, scope, order key.
Step = tuple[int, str, str, int]


class Row(NamedTuple):
    """A row of `Standing`, its columns in their order."""

    board_id: int
    period: str
    member_id: int
    scope: str
    score: int
    order_key: int
    reached_at: datetime | None
    listed: bool

    @property
    def key(self) -> Key:
        return self[:3]


class Who(NamedTuple):
    """What of a partner decides where it is ranked."""

    visibility: str
    left_on: date | None
    region: str | None
    type: str | None


_STANDINGS: Any = Standing.__table__
_BUCKETS: Any = StandingBucket.__table__
_BUCKET = tuple(_BUCKETS.columns.keys())
_THESE = Prepared(
    select(_STANDINGS).where(
        among(_STANDINGS.c.board_id, "board_ids"),
        among(_STANDINGS.c.period, "periods"),
        among(_STANDINGS.c.member_id, "member_ids"),
    ),
    Row._make,
)
_STEPS = (
    select(*(_STANDINGS.c[name] for name in ("board_id", "period", "scope", "order_key")))
    .where(
        among(_STANDINGS.c.board_id, "board_ids"),
        among(_STANDINGS.c.period, "periods"),
        among(_STANDINGS.c.scope, "scopes"),
        among(_STANDINGS.c.order_key, "order_keys"),
        literal_column("listed"),  # as the index says it
        _STANDINGS.c.reached_at.is_(None),
    )
    .distinct()
)
_partners: Any = Partner.__table__.c
_WHO = select(_partners.id, *(_partners[name] for name in Who._fields))
_EVERYBODY = Prepared(_WHO.where(_partners.programme_id == bindparam("programme_id")))
#: Found by their ids, see `partners.service`.
_WHO_OF_THESE = Prepared(
    _WHO.where(among(_partners.id, "ids"), _partners.programme_id + 0 == bindparam("programme_id"))
)


def stood(keys: Iterable[Key]) -> dict[Key, list[Row]]:
    """The rows of these standings as they are now, that of the whole board first."""
    wanted = set(keys)
    boards, names, members = (set(part) for part in zip(*wanted, strict=True))
    rows = _THESE.all(board_ids=boards, periods=names, member_ids=members)
    return _by_key(row for row in rows if row.key in wanted)


def _by_key(rows: Iterable[Row]) -> dict[Key, list[Row]]:
    found: dict[Key, list[Row]] = {}
    for row in sorted(rows, key=lambda row: row[:4]):
        found.setdefault(row.key, []).append(row)
    return found


def write(
    boards: Mapping[int, Published],
    before: Mapping[Key, Sequence[Row]],
    wanted: Mapping[Key, Score | None],
    who: Mapping[int, Who],
) -> None:
    """Put standings in the place of those ``before``; without a score a member leaves the board."""
    rows = [
        row
        for key, score in sorted(wanted.items())
        if score is not None
        for row in _rows(boards[key[0]], key, score, who)
    ]
    were = [row for key in wanted for row in before.get(key, ())]
    dense = {board_id for board_id, board in boards.items() if board.rule.tie == "dense"}
    touched = _steps(row for row in (*rows, *were) if row.board_id in dense)
    counts = _buckets(rows)
    counts.subtract(_buckets(were))
    counts.subtract(_step_buckets(_there(touched)))
    upsert(_STANDINGS, Row._fields, rows, put=("score", "order_key", "reached_at", "listed"))
    stay = {row[:4] for row in rows}
    delete_rows(_STANDINGS, [row[:4] for row in were if row[:4] not in stay])
    counts.update(_step_buckets(_there(touched)))
    moved = [(*key, members) for key, members in sorted(counts.items()) if members]
    count(_BUCKETS, "members", moved)


def _who(programme: Programme, members: set[int] | None = None) -> Mapping[int, Who]:
    if members is None:
        rows = _EVERYBODY.all(programme_id=programme.id)
    else:
        rows = _WHO_OF_THESE.all(programme_id=programme.id, ids=members)
    return {partner_id: Who._make(who) for partner_id, *who in rows}


def _rows(published: Published, key: Key, score: Score, who: Mapping[int, Who]) -> Iterator[Row]:
    """A member's rows: that of the whole board, and a partner's in its scopes."""
    rule, (board_id, period, member) = published.rule, key
    listed = rule.is_enough(score[0])
    partner = who.get(member) if rule.by == "partner" else None
    if listed and partner and (partner.visibility == "hidden" or partner.left_on):
        last = published.called(period).last
        listed = is_ranked(partner.visibility, partner.left_on, last)
    scopes = [""]
    if partner and not published.picture:
        named = ((kind, getattr(partner, kind)) for kind in rules.NARROWED)
        scopes += [f"{kind}={value}" for kind, value in named if value]
    order_key = rule.order_key(score[0])
    for scope in scopes:
        yield Row(board_id, period, member, scope, score[0], order_key, score[1], listed)


def _buckets(rows: Iterable[Row]) -> Counter[Bucket]:
    return Counter(
        (row.board_id, row.period, row.scope, level, rules.bucket(row.order_key, level))
        for row in rows
        if row.listed
        for level in range(len(rules.LEVELS))
    )


def _steps(rows: Iterable[Row]) -> set[Step]:
    return {(row.board_id, row.period, row.scope, row.order_key) for row in rows if row.listed}


def _step_buckets(steps: Iterable[Step]) -> Counter[Bucket]:
    return Counter(
        (board_id, period, scope, rules.DENSE + level, rules.bucket(order_key, level))
        for board_id, period, scope, order_key in steps
        for level in range(len(rules.LEVELS))
    )


def _there(steps: set[Step]) -> set[Step]:
    """Those of these order keys that somebody has just now."""
    if not steps:
        return set()
    boards, names, scopes, keys = (set(part) for part in zip(*steps, strict=True))
    asked = {"board_ids": boards, "periods": names, "scopes": scopes, "order_keys": keys}
    return steps & {tuple(row) for row in db.session.execute(_STEPS, asked)}


def _wanted(programme: Programme, published: Published) -> tuple[list[Row], Counter[Bucket]]:
    """What must be kept of a board, or of the picture it is seen through."""
    who, board_id = _who(programme), published.model.id
    if published.picture:
        name, line = list_of(published.picture), PictureLine.__table__.c
        lines = select(line.member_id, line.score, line.reached_at)
        found = db.session.execute(lines.where(line.picture_id == published.picture.id))
        scores = {(name, member): (score, reached) for member, score, reached in found}
    else:
        scores = expected(programme, published)
    rows = [
        row
        for (name, member), score in scores.items()
        for row in _rows(published, (board_id, name, member), score, who)
    ]
    return rows, counted(published, rows)


def counted(published: Published, rows: Sequence[Row]) -> Counter[Bucket]:
    """The buckets of all that is kept of a board."""
    counts = _buckets(rows)
    if published.rule.tie == "dense":
        counts += _step_buckets(_steps(rows))
    return counts


def _of(published: Published, table: Any) -> list[ColumnElement[bool]]:
    """What is kept of a board without its pictures; or of the one it is seen through."""
    if published.picture:
        here = table.c.period == list_of(published.picture)
    else:
        here = table.c.period.not_like("@%")
    return [table.c.board_id == published.model.id, here]


def rebuild(programme: Programme, published: Published) -> None:
    """Write a board's standings anew from the facts, or those of the picture it is seen through."""
    forget(published)
    put(*_wanted(programme, published))


def put(rows: Sequence[Row], counts: Mapping[Bucket, int]) -> None:
    """Insert standings that are not there yet, with their buckets: in order, so that PostgreSQL finds
    those that are summed together on one page."""
    insert_tuples(_STANDINGS, Row._fields, rows)
    insert_tuples(_BUCKETS, _BUCKET, sorted((*key, members) for key, members in counts.items()))


def forget(published: Published) -> None:
    for table in (_STANDINGS, _BUCKETS):
        db.session.execute(delete(table).where(*_of(published, table)))


def differing(programme: Programme, published: Published) -> Iterator[Apart]:
    """Stored standings and buckets that are not what the facts (or the picture) say."""
    rows, counts = _wanted(programme, published)
    buckets = [(*key, members) for key, members in counts.items()]
    wanted: tuple[tuple[Any, list[Any]], ...] = ((_STANDINGS, rows), (_BUCKETS, buckets))
    for table, want in wanted:
        stored = db.session.execute(select(table).where(*_of(published, table)))
        yield from apart(table, stored.tuples(), want)


def relist(programme: Programme, published: Published, partner_ids: Iterable[int]) -> None:
    """Partners are seen otherwise, or left: take them into the public ranking, or out of it."""
    if published.rule.by != "partner":
        return
    theirs = among(_STANDINGS.c.member_id, partner_ids)
    rows = db.session.execute(select(_STANDINGS).where(*_of(published, _STANDINGS), theirs))
    before = _by_key(map(Row._make, rows))
    same = {key: (rows[0].score, rows[0].reached_at) for key, rows in before.items()}
    write(
        {published.model.id: published},
        before,
        same,
        _who(programme, {member for _, _, member in same}),
    )


def copy(published: Published, period: str) -> None:
    """Rank the picture that is seen through as its period stands just now."""
    assert published.picture
    for table in (_STANDINGS, _BUCKETS):
        names = [column.name for column in table.columns]
        columns = [
            literal(list_of(published.picture)) if name == "period" else table.c[name]
            for name in names
        ]
        here = (table.c.board_id == published.model.id, table.c.period == period)
        rows = select(*columns).where(*here, table.c.scope == "")
        db.session.execute(insert(table).from_select(names, rows))
    if db.engine.dialect.name == "postgresql":
        # Until it has counted anew it takes the rows of a new name for one, and sorts them all.
        db.session.execute(text("ANALYZE standings, standing_buckets"))
