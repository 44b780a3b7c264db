"""Standings and their buckets as rows: written together, and held against what they must be."""

from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from datetime import date, datetime
from typing import Any, NamedTuple

from sqlalchemy import (
    ColumnElement,
    bindparam,
    delete,
    insert,
    literal,
    select,
    text,
)

from engage.among import among
from engage.apart import Apart, apart
from engage.db import db
from engage.leaderboards import buckets, rules
from engage.leaderboards.buckets import BUCKETS, STANDINGS, TIMES, Bucket, Key, Row, Step
from engage.leaderboards.models import PictureLine
from engage.leaderboards.published import Published, list_of
from engage.leaderboards.tally import expected
from engage.partners.models import Partner
from engage.partners.rules import is_ranked
from engage.prepared import Prepared
from engage.programmes.models import Programme
from engage.rows import delete_rows, upsert
from engage.rows import insert as insert_tuples

#: All that is kept of a board.
KEPT = (STANDINGS, BUCKETS, TIMES)
#: A score, and when it was reached where the board asks for that.
Score = tuple[int, datetime | None]


class Who(NamedTuple):
    """What of a partner decides where it is ranked."""

    visibility: str
    left_on: date | None
    region: str | None
    type: str | None


_THESE = Prepared(
    select(STANDINGS).where(
        among(STANDINGS.c.board_id, "board_ids"),
        among(STANDINGS.c.period, "periods"),
        among(STANDINGS.c.member_id, "member_ids"),
    ),
    Row._make,
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
    touched = buckets.steps(row for row in (*rows, *were) if row.board_id in dense)
    crowded = {board_id for board_id, board in boards.items() if board.model.crowded}
    full = buckets.full(row for row in (*rows, *were) if row.board_id in crowded)
    counts = buckets.of(rows, full)
    counts.subtract(buckets.of(were, full))
    counts.subtract(buckets.of_steps(buckets.there(touched)))
    upsert(STANDINGS, Row._fields, rows, put=("score", "order_key", "reached_at", "listed"))
    stay = {row[:4] for row in rows}
    delete_rows(STANDINGS, [row[:4] for row in were if row[:4] not in stay])
    counts.update(buckets.of_steps(buckets.there(touched)))
    buckets.move(counts)


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


def _wanted(programme: Programme, published: Published) -> tuple[list[Row], Counter[Bucket]]:
    """What must be kept of a board, or of the picture it is seen through; buckets that are full stay so."""
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
    full = set(db.session.execute(buckets.on(rules.FULL, *_of(published, BUCKETS))).tuples())
    return rows, counted(published, rows, full)


def counted(
    published: Published, rows: Sequence[Row], full: Collection[Step] = ()
) -> Counter[Bucket]:
    """The buckets of all that is kept of a board."""
    counts = buckets.of(rows, full)
    if published.rule.tie == "dense":
        counts += buckets.of_steps(buckets.steps(rows))
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
    wanted = _wanted(programme, published)  # before which buckets are full is forgotten
    forget(published)
    put(*wanted)


def put(rows: Sequence[Row], counts: Mapping[Bucket, int]) -> None:
    """Insert standings that are not there yet, with their buckets."""
    insert_tuples(STANDINGS, Row._fields, rows)
    for table, found in buckets.rows(counts):
        insert_tuples(table, tuple(table.columns.keys()), found)


def forget(published: Published) -> None:
    for table in KEPT:
        db.session.execute(delete(table).where(*_of(published, table)))


def differing(programme: Programme, published: Published) -> Iterator[Apart]:
    """Stored standings and buckets that are not what the facts (or the picture) say."""
    rows, counts = _wanted(programme, published)
    for table, want in ((STANDINGS, rows), *buckets.rows(counts)):
        stored = db.session.execute(select(table).where(*_of(published, table)))
        yield from apart(table, stored.tuples(), want)


def relist(programme: Programme, published: Published, partner_ids: Iterable[int]) -> None:
    """Partners are seen otherwise, or left: take them into the public ranking, or out of it."""
    if published.rule.by != "partner":
        return
    theirs = among(STANDINGS.c.member_id, partner_ids)
    rows = db.session.execute(select(STANDINGS).where(*_of(published, STANDINGS), theirs))
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
    for table in KEPT:
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
        db.session.execute(text(f"ANALYZE {', '.join(table.name for table in KEPT)}"))
