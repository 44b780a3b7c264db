"""Places where the projection keeps none: counted from the facts, or from the lines of a picture."""

from collections.abc import Collection
from typing import Any

from sqlalchemy import CTE, ColumnElement, Select, and_, func, null, or_, select

from engage.among import among
from engage.db import db
from engage.leaderboards import places
from engage.leaderboards.few import Scope, within
from engage.leaderboards.leagues import LEAGUE
from engage.leaderboards.models import PictureLine, Standing
from engage.leaderboards.places import Line, Lines
from engage.leaderboards.published import Published
from engage.leaderboards.tally import tally
from engage.partners.models import Group, Partner
from engage.periods import Period
from engage.programmes.models import Programme


def page(
    programme: Programme,
    published: Published,
    period: Period,
    scope: Scope | None,
    after: int,
    limit: int | None,
) -> Lines:
    """The lines behind line ``after``."""
    whole = ordered(programme, published, period, scope)
    statement = select(whole).where(whole.c.place > after).order_by(whole.c.place)
    return _counted(statement.limit(limit), whole)


def around(
    programme: Programme,
    published: Published,
    period: Period,
    scope: Scope | None,
    member_id: int,
    reach: int,
) -> Lines:
    """As `places.around` has it; no lines where the member has no score."""
    whole = ordered(programme, published, period, scope)
    mine = select(whole.c.place).where(whole.c.member_id == member_id).scalar_subquery()
    near = whole.c.place.between(mine - reach, mine + reach)
    found = _counted(select(whole).where(near).order_by(whole.c.place), whole)
    if found.lines:
        return found
    return _aside(programme, published, period, scope, member_id, reach) or found


def of(
    programme: Programme,
    published: Published,
    period: Period,
    scope: Scope | None,
    member_ids: Collection[int],
) -> Lines:
    """The lines of these members."""
    whole = ordered(programme, published, period, scope)
    statement = select(whole).where(among(whole.c.member_id, member_ids))
    return _counted(statement.order_by(whole.c.place), whole)


def place(
    programme: Programme,
    published: Published,
    period: Period,
    scope: Scope | None,
    member_id: int,
) -> int | None:
    """As `places.place` has it."""
    whole = ordered(programme, published, period, scope)
    return db.session.scalar(select(whole.c.place).where(whole.c.member_id == member_id))


def _counted(statement: Select[Any], whole: CTE) -> Lines:
    found = db.session.execute(statement).all()
    lines = [Line(row.rank, row, is_last=row.place == row.ranked) for row in found]
    if found:
        return Lines(lines, found[0].ranked, int(found[0].best))
    return Lines([], db.session.scalar(select(func.count()).select_from(whole)) or 0, 0)


def _aside(
    programme: Programme,
    published: Published,
    period: Period,
    scope: Scope | None,
    member_id: int,
    reach: int,
) -> Lines | None:
    """A member that is not listed, between the others where it would stand."""
    source = _source(programme, published, period, scope, listed=False)
    mine = db.session.execute(source.where(source.selected_columns.member_id == member_id)).first()
    if mine is None:
        return None
    whole = ordered(programme, published, period, scope)
    key = published.rule.order_key(int(mine.score))
    ahead = whole.c.order_key < key
    if published.rule.tie == "first":
        ahead = or_(ahead, and_(whole.c.order_key == key, whole.c.reached_at < mine.reached_at))
    before, ranks_before = db.session.execute(
        select(func.count(), func.count(whole.c.order_key.distinct())).where(ahead)
    ).one()
    near = whole.c.place.between(before + 1 - reach, before + reach)
    found = _counted(select(whole).where(near).order_by(whole.c.place), whole)
    rank = 1 + (ranks_before if published.rule.tie == "dense" else before)
    above = sum(line.who.place <= before for line in found.lines)
    found.lines.insert(above, Line(rank, mine, listed=False))
    return found


def ordered(
    programme: Programme, published: Published, period: Period, scope: Scope | None = None
) -> CTE:
    """Every ranked member with its line, its rank by the board's tie rule, and their number.

    A common table: where a statement asks it twice it is worked out once.
    """
    tie = published.rule.tie
    source = _source(programme, published, period, scope, listed=True).subquery()
    best_first = (source.c.order_key,)
    in_line = (*best_first, source.c.reached_at, source.c.member_id)
    rank = func.dense_rank() if tie == "dense" else func.rank()
    return select(
        source,
        rank.over(order_by=in_line[:2] if tie == "first" else best_first).label("rank"),
        func.row_number().over(order_by=in_line).label("place"),
        func.count().over().label("ranked"),
        func.first_value(source.c.score).over(order_by=in_line).label("best"),
    ).cte("ordered")


def _source(
    programme: Programme,
    published: Published,
    period: Period,
    scope: Scope | None,
    *,
    listed: bool,
) -> Select[Any]:
    """Scores with names, from the projection where it keeps them, from the facts otherwise."""
    rule, of_partners = published.rule, published.rule.by == "partner"
    if not published.keeps(period) or (scope and not of_partners):
        attribute = scope if scope and scope[0] != LEAGUE else None
        scores = tally(programme, published, period, attribute).subquery()
    else:
        kept, here = _lines(published, period)
        if scope:  # found by their index: a small scope costs what its partners do
            theirs = (Partner.programme_id == programme.id, within(published, period, scope))
            here.append(kept.member_id.in_(select(Partner.id).where(*theirs)))
        scores = select(kept.member_id, kept.score, kept.reached_at).where(*here).subquery()
    who = Partner if of_partners else Group
    statement = select(
        scores.c.member_id,
        scores.c.score,
        (scores.c.score * rule.order_key(1)).label("order_key"),
        (scores.c.reached_at if rule.tie == "first" else null()).label("reached_at"),
        *places.who_columns(published),
    ).join_from(scores, who, who.id == scores.c.member_id)
    if scope and of_partners:
        statement = statement.where(within(published, period, scope))
    if listed and rule.minimum is not None:
        statement = statement.where(scores.c.score >= rule.minimum)
    if listed and of_partners:
        statement = statement.where(
            Partner.visibility != "hidden",
            or_(Partner.left_on.is_(None), Partner.left_on >= period.last),
        )
    return statement


def _lines(published: Published, period: Period) -> tuple[Any, list[ColumnElement[bool]]]:
    """The table that has the scores of a period, and which of its rows they are."""
    if published.picture:
        return PictureLine, [PictureLine.picture_id == published.picture.id]
    whole = (Standing.period == period.name, Standing.scope == "")
    return Standing, [Standing.board_id == published.model.id, *whole]
