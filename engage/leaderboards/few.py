"""Places within a scope that is small by nature (an organisation, a team, a division of a league).

All of its members that have a score are read in their order, found by index however many others there
are, and ranked by the rule itself; names are read of those alone that are shown.
"""

from collections import namedtuple
from collections.abc import Collection, Sequence
from functools import lru_cache
from typing import Any, cast

from sqlalchemy import ColumnElement, Select, bindparam, false, select

from engage.among import among
from engage.db import db
from engage.leaderboards import leagues, rules
from engage.leaderboards.leagues import LEAGUE
from engage.leaderboards.models import Standing
from engage.leaderboards.places import Line, Lines, tie_key
from engage.leaderboards.published import Published
from engage.leaderboards.queries import NAMES
from engage.partners.models import Partner
from engage.periods import Period
from engage.prepared import Prepared
from engage.programmes.models import Programme

Scope = tuple[str, str]
_standings: Any = Standing.__table__.c
_partners: Any = Partner.__table__.c
_NAMED = Prepared(
    select(_partners.id, *(_partners[name] for name in NAMES)).where(among(_partners.id, "ids"))
)
_Who = namedtuple("_Who", ("score", "member_id", *NAMES))  # type: ignore[misc]


def within(published: Published, period: Period, scope: Scope) -> ColumnElement[bool]:
    """Of a `Partner`: whether it is in a scope of a board."""
    kind, value = scope
    if kind != LEAGUE:
        return cast("ColumnElement[bool]", getattr(Partner, kind) == value)
    draw = leagues.draw_of(published, period)
    return leagues.inside(draw, int(value)) if draw else false()


def members(
    programme: Programme, published: Published, period: Period, name: str, scope: Scope
) -> Sequence[Any]:
    """The standings within a scope in a period that is kept under ``name``, in their order."""
    here = {"programme": programme.id, "board": published.model.id, "period": name}
    kind, value = scope
    if kind != LEAGUE:
        return _of_attribute(kind).all(**here, value=value)
    return db.session.execute(_standings_of(within(published, period, scope)), here).all()


@lru_cache
def _of_attribute(kind: str) -> Prepared:
    return Prepared(_standings_of(_partners[kind] == bindparam("value")))


def _standings_of(inside: ColumnElement[bool]) -> Select[Any]:
    position = (_standings.order_key, _standings.reached_at, _standings.member_id)
    return (
        select(*position, _standings.listed)
        .join_from(Partner.__table__, Standing.__table__, _standings.member_id == _partners.id)
        .where(
            _partners.programme_id == bindparam("programme"),
            inside,
            _standings.board_id == bindparam("board"),
            _standings.period == bindparam("period"),
            _standings.scope == "",
        )
        .order_by(*position)
    )


def page(published: Published, few: Sequence[Any], after: int, limit: int | None) -> Lines:
    """The lines behind line ``after``."""
    listed = [row for row in few if row.listed]
    end = len(listed) if limit is None else after + limit
    return _lines(published.rule, listed, range(len(listed))[after:end])


def of(published: Published, few: Sequence[Any], member_ids: Collection[int]) -> Lines:
    """The lines of these members."""
    listed = [row for row in few if row.listed]
    wanted = [at for at, row in enumerate(listed) if row.member_id in member_ids]
    return _lines(published.rule, listed, wanted)


def place(few: Sequence[Any], member_id: int) -> int | None:
    """As `places.place` has it."""
    listed = [row.member_id for row in few if row.listed]
    return listed.index(member_id) + 1 if member_id in listed else None


def around(published: Published, few: Sequence[Any], member_id: int, reach: int) -> Lines | None:
    """As `places.around` has it."""
    rule = published.rule
    me = next((row for row in few if row.member_id == member_id), None)
    if me is None:
        return None
    listed = [row for row in few if row.listed]
    at = sum(row.listed for row in few[: few.index(me)])
    end = at + reach + me.listed
    found = _lines(rule, listed, range(len(listed))[max(0, at - reach) : end])
    if not me.listed:
        mine = tie_key(rule, me)
        better = [key for row in listed if (key := tie_key(rule, row)) < mine]
        rank = len(set(better) if rule.tie == "dense" else better) + 1
        line = Line(rank, _named(rule, [me])[member_id], listed=False)
        found.lines.insert(min(at, reach), line)
    return found


def _lines(rule: rules.Board, listed: Sequence[Any], wanted: Collection[int]) -> Lines:
    ranks = rules.ranks([tie_key(rule, row) for row in listed], rule.tie)
    named = _named(rule, [listed[at] for at in wanted])
    last = len(listed) - 1
    lines = [Line(ranks[at], named[listed[at].member_id], is_last=at == last) for at in wanted]
    return Lines(lines, len(listed), rule.order_key(listed[0].order_key) if listed else 0)


def _named(rule: rules.Board, rows: Sequence[Any]) -> dict[int, Any]:
    scores = {row.member_id: rule.order_key(row.order_key) for row in rows}
    return {
        row.id: _Who._make((scores[row.id], *row))
        for row in (_NAMED.all(ids=list(scores)) if rows else ())
    }
