"""What standings count in: buckets of order keys on several levels, and full ones once more by key and time.

The finest bucket of a crowd says nothing of who is where in it. Where it is full (`split`), its members count
in buckets of each order key alone, and on boards of who was first in those of minutes, hours, days and months, too.
So a rank stays a few short sums and a short count. Whether a bucket is full changes what an answer costs, no answer.
"""

from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any, NamedTuple

from sqlalchemy import Select, literal_column, select

from engage.among import among
from engage.db import db
from engage.leaderboards import rules
from engage.leaderboards.models import Standing, StandingBucket, StandingTime
from engage.leaderboards.published import Published
from engage.prepared import Prepared
from engage.rows import count

#: Board, period name, member.
Key = tuple[int, str, int]
#: An order key that somebody has, or where a finest bucket begins: board, period name, scope, order key.
Step = tuple[int, str, str, int]
#: A bucket: board, period name, scope, level, and where it begins; or an order key, level and instant.
Bucket = tuple[int, str, str, int, int] | tuple[int, str, str, int, int, datetime]


class Row(NamedTuple):
    """A row of `Standing`, its columns in their order; scores as in `rules.Board`."""

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

    @property
    def step(self) -> Step:
        return self.board_id, self.period, self.scope, self.order_key

    @property
    def finest(self) -> Step:
        return self.board_id, self.period, self.scope, rules.bucket(self.order_key, 0)


STANDINGS: Any = Standing.__table__
BUCKETS: Any = StandingBucket.__table__
TIMES: Any = StandingTime.__table__
_HERE = ("board_id", "period", "scope")
_AT = STANDINGS.c.reached_at


def _steps(key: Any, *where: Any) -> Select[Any]:
    """Steps that are the ``key`` of a table, and meet conditions."""
    return select(*(key.table.c[name] for name in _HERE), key).where(*where)


def _among(table: Any, key: str) -> Iterator[Any]:
    return map(
        among, (table.c[name] for name in (*_HERE, key)), ("boards", "names", "scopes", "keys")
    )


def on(level: int, *where: Any) -> Select[Any]:
    """The buckets of a level that meet conditions, as steps."""
    return _steps(BUCKETS.c.low, BUCKETS.c.level == level, *where)


_FULL = Prepared(on(rules.FULL, *_among(BUCKETS, "low")))
_TAKEN = _steps(STANDINGS.c.order_key, *_among(STANDINGS, "order_key"))
#: As the index says it.
_STEPS = Prepared(_TAKEN.where(literal_column("listed"), _AT.is_(None)).distinct())


def there(steps: set[Step]) -> set[Step]:
    """Those of these order keys that somebody has just now."""
    return _those(_STEPS, steps)


def full(rows: Iterable[Row]) -> set[Step]:
    """Those of their finest buckets that are full."""
    return _those(_FULL, {row.finest for row in rows if row.listed})


def _those(asked: Prepared, steps: set[Step]) -> set[Step]:
    if not steps:
        return set()
    names = ("boards", "names", "scopes", "keys")
    parts = map(set, zip(*steps, strict=True))
    return steps & set(asked.all(**dict(zip(names, parts, strict=True))))


def of(rows: Sequence[Row], full: Collection[Step] = ()) -> Counter[Bucket]:
    """How many of these members each bucket holds; ``full`` are finest buckets, as `full` finds them."""
    counts: Counter[Bucket] = Counter(
        (row.board_id, row.period, row.scope, level, rules.bucket(row.order_key, level))
        for row in rows
        if row.listed
        for level in range(len(rules.LEVELS))
    )
    if full:
        counts.update(_in_full(row for row in rows if row.listed and row.finest in full))
    return counts


def _in_full(rows: Iterable[Row]) -> Iterator[Bucket]:
    for row in rows:
        board_id, period, scope, low = row.finest
        yield board_id, period, scope, rules.FULL, low
        yield board_id, period, scope, rules.EXACT, row.order_key
        if row.reached_at:
            for level, began in enumerate(rules.began(row.reached_at)):
                yield *row.step, level, began


def steps(rows: Iterable[Row]) -> set[Step]:
    """The order keys that those who are listed have."""
    return {row.step for row in rows if row.listed}


def of_steps(steps: Iterable[Step]) -> Counter[Bucket]:
    """How many different order keys each bucket holds, which dense ranks are sums of."""
    return Counter(
        (board_id, period, scope, rules.DENSE + level, rules.bucket(order_key, level))
        for board_id, period, scope, order_key in steps
        for level in range(len(rules.LEVELS))
    )


def split(published: Published, crowd: int = rules.CROWD) -> bool:
    """Have a finest bucket be full that more than a crowd came to, of more than one rank; whether there
    was one, and may be others."""
    here, key = BUCKETS.c.board_id == published.model.id, STANDINGS.c.order_key
    timed = _AT.is_not(None) if published.rule.tie == "first" else _AT.is_(None)
    many = on(0, here, BUCKETS.c.members > crowd).except_(on(rules.FULL, here))
    for *where, low in db.session.execute(many).all():
        inside = select(STANDINGS).where(
            *(STANDINGS.c[name] == value for name, value in zip(_HERE, where, strict=True)),
            *(key >= low, key < low + (1 << rules.width(low, 0)), literal_column("listed"), timed),
        )
        ranks = inside.with_only_columns(key, _AT).limit(1)
        ends = (ranks.order_by(key, _AT), ranks.order_by(key.desc(), _AT.desc()))
        first, last = (db.session.execute(end).first() for end in ends)
        if first == last:
            continue
        # Or facts that came meanwhile would win, and all of this would have to be done again.
        db.session.refresh(published.model, ["version"], with_for_update=True)
        move(Counter(_in_full(map(Row._make, db.session.execute(inside)))))
        published.model.crowded = True
        return True
    return False


def rows(counts: Mapping[Bucket, int]) -> list[tuple[Any, list[Any]]]:
    """The tables of buckets with their rows: in order, so that PostgreSQL finds those that are summed
    together on one page."""
    there = [(*key, members) for key, members in counts.items() if members]
    return [
        (t, sorted(row for row in there if len(row) == len(t.columns))) for t in (BUCKETS, TIMES)
    ]


def move(counts: Mapping[Bucket, int]) -> None:
    """Add to what is there, or take away."""
    for table, found in rows(counts):
        count(table, "members", found)
