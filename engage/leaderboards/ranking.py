"""Who stands where on a board, in a period, within a scope, as others may see it."""

from collections.abc import Collection
from datetime import datetime
from typing import Any, NamedTuple, cast

from sqlalchemy import CTE, ColumnElement, Select, false, func, null, or_, select

from engage.db import db
from engage.definitions import plain
from engage.leaderboards import leagues, pictures, places, rules
from engage.leaderboards.leagues import LEAGUE
from engage.leaderboards.models import PictureLine, Standing
from engage.leaderboards.places import Line, Lines
from engage.leaderboards.tally import Published, tally
from engage.money import natural
from engage.partners.models import Group, Partner
from engage.partners.rules import public_name
from engage.periods import Period
from engage.programmes.models import Programme
from engage.rows import among

#: So many lines are looked up one by one, before all are counted.
FEW = 200
SCOPES = ("region", "organisation", "team", "type")
Scope = tuple[str, str]


class Row(NamedTuple):
    """A ranked member as others may see it. ``place`` is its line in the list, from 1.

    ``external_id`` and the board's ``columns`` are a partner's and None where it is not seen by its
    name; a group's external id is its name. Who is not ``listed`` is on no board: the row is for its own
    eyes (and its manager's) and takes nobody's place.
    """

    place: int
    rank: int
    member_id: int
    external_id: str | None
    name: str
    score: int
    columns: tuple[tuple[str, str | None], ...] = ()
    listed: bool = True

    @property
    def organisation(self) -> str | None:
        return dict(self.columns).get("organisation")


class Ranking(NamedTuple):
    """Some rows of a ranking, how many members are ranked in all, and the first one's score."""

    rows: list[Row]
    ranked: int
    best: int = 0


def ranking(
    programme: Programme,
    published: Published,
    period: Period,
    *,
    scope: Scope | None = None,
    limit: int | None = None,
    after_place: int = 0,
    live: bool = False,
    rows: places.Rows = None,
) -> Ranking:
    """The ranking from its top, or from the line after ``after_place`` on.

    As everybody sees it (`pictures.as_seen`); ``live`` is for managers alone. ``rows`` are those of
    `question_first`, where it was asked already.
    """
    published = pictures.as_seen(programme, published, period, live=live)
    if here := _kept(published, period, scope):
        return _seen(published, places.page(published, here, after_place, limit, rows))
    ordered = _ordered(programme, published, period, scope)
    statement = select(ordered).where(ordered.c.place > after_place).order_by(ordered.c.place)
    return _seen(published, _counted(statement.limit(limit), ordered))


def around(
    programme: Programme,
    published: Published,
    period: Period,
    member_id: int,
    *,
    scope: Scope | None = None,
    reach: int = 2,
    live: bool = False,
    rows: places.Rows = None,
) -> Ranking:
    """A member's line and ``reach`` lines on each side; no rows where it has no score.

    ``rows`` are those of `question_around`, where it was asked already.
    """
    published = pictures.as_seen(programme, published, period, live=live)
    if here := _kept(published, period, scope):
        near = places.around(published, here, member_id, reach, rows)
        return _seen(published, near or places.page(published, here, 0, 0))
    ordered = _ordered(programme, published, period, scope)
    mine = select(ordered.c.place).where(ordered.c.member_id == member_id).scalar_subquery()
    statement = (
        select(ordered)
        .where(ordered.c.place.between(mine - reach, mine + reach))
        .order_by(ordered.c.place)
    )
    found = _counted(statement, ordered)
    if not found.lines:
        found = _aside(programme, published, period, scope, member_id, reach) or found
    return _seen(published, found)


def rows_of(
    programme: Programme,
    published: Published,
    period: Period,
    member_ids: Collection[int],
    scope: Scope | None = None,
) -> list[Row]:
    """The lines of these members that are listed, on the board as it was passed in."""
    if len(member_ids) <= FEW and (here := _kept(published, period, scope)):
        found = (places.around(published, here, member, 0) for member in member_ids)
        rows = (row for near in found if near for row in _seen(published, near).rows)
        return sorted(row for row in rows if row.listed)
    ordered = _ordered(programme, published, period, scope)
    statement = select(ordered).where(among(ordered.c.member_id, member_ids))
    return _seen(published, _counted(statement.order_by(ordered.c.place), ordered)).rows


def ordered(programme: Programme, published: Published, period: Period) -> CTE:
    """The whole ranking as the facts say it, to be read in one statement: see `_ordered`."""
    return _ordered(programme, published, period, None)


def question_around(
    published: Published, period: Period, scope: Scope | None, member_id: int, reach: int = 2
) -> places.Question | None:
    """What `around` asks, for the driver; None where that is more than one question.

    As long as the rows are the same, facts have moved nothing that it says.
    """
    here = _asked_once(published, period, scope)
    return here and places.question_around(published, here, member_id, reach)


def question_first(
    published: Published, period: Period, scope: Scope | None, limit: int
) -> places.Question | None:
    """What `ranking` asks for the first lines, for the driver; None where that is more than one question."""
    here = _asked_once(published, period, scope)
    return here and places.question_first(published, here, limit)


def _asked_once(published: Published, period: Period, scope: Scope | None) -> places.Here | None:
    return _kept(published, period, scope)


def _kept(published: Published, period: Period, scope: Scope | None) -> places.Here | None:
    """Where the projection keeps a ranking; None where it is counted.

    Scopes that are small by nature are, and those of pictures, which are of everybody.
    """
    name = published.kept_as(period)
    narrowed = scope and (scope[0] not in rules.NARROWED or published.picture)
    if name is None or narrowed:
        return None
    return places.Here(published.model.id, name, "=".join(scope or ()))


def _seen(published: Published, found: Lines) -> Ranking:
    """Lines as others may see them."""
    columns = published.rule.columns
    rows = []
    for place, rank, who, listed in found.lines:
        name = public_name(who)
        known = who.visibility == "named" or name is None
        rows.append(
            Row(
                place,
                rank,
                who.member_id,
                who.external_id if known else None,
                name or who.name,
                int(who.score),
                tuple((name, getattr(who, name) if known else None) for name in columns),
                listed,
            )
        )
    return Ranking(rows, found.ranked, found.best)


def _counted(statement: Select[Any], ordered: CTE) -> Lines:
    found = db.session.execute(statement).all()
    lines = [Line(row.place, row.rank, row) for row in found]
    if found:
        return Lines(lines, found[0].ranked, int(found[0].best))
    return Lines([], db.session.scalar(select(func.count()).select_from(ordered)) or 0, 0)


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
    ordered = _ordered(programme, published, period, scope)
    key = published.rule.order_key(int(mine.score))
    before, ranks_before = db.session.execute(
        select(func.count(), func.count(ordered.c.order_key.distinct())).where(
            ordered.c.order_key < key
        )
    ).one()
    near = ordered.c.place.between(before + 1 - reach, before + reach)
    found = _counted(select(ordered).where(near).order_by(ordered.c.place), ordered)
    rank = 1 + (ranks_before if published.rule.tie == "dense" else before)
    above = sum(line.place <= before for line in found.lines)
    found.lines.insert(above, Line(before + 1, rank, mine, listed=False))
    return found


def _ordered(
    programme: Programme, published: Published, period: Period, scope: Scope | None
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


def within(published: Published, period: Period, scope: Scope) -> ColumnElement[bool]:
    """Of a `Partner`: whether it is in a scope of a board."""
    kind, value = scope
    if kind != LEAGUE:
        return cast("ColumnElement[bool]", getattr(Partner, kind) == value)
    draw = leagues.draw_of(published, period)
    return leagues.inside(draw, int(value)) if draw else false()


def natural_score(published: Published, score: int) -> str:
    """A score as a decimal string in natural units or percents; counts without a point."""
    rule = published.rule
    if rule.digits == 4 and rule.unit != "amount":
        return plain(score)
    return natural(score, rule.digits)


def as_of(published: Published) -> datetime:
    """When the standings last changed that are seen; of a picture, when it was taken."""
    return published.known_at or published.model.changed_at
