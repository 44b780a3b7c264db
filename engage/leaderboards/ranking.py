"""The one ranking query: who stands where on a board, in a period, within a scope."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any, NamedTuple

from sqlalchemy import ColumnElement, Select, Subquery, func, null, select

from engage.db import db
from engage.leaderboards.models import Standing
from engage.leaderboards.tally import Published, tally
from engage.money import minor_digits, natural
from engage.partners.models import Group, Partner
from engage.periods import Period
from engage.programmes.models import Programme

SCOPES = ("region", "organisation", "team", "type")
Scope = tuple[str, str]


class Row(NamedTuple):
    """A ranked member. ``place`` is its line in the list, which ties do not share; from 1.

    ``organisation`` is a partner's; None on boards of groups.
    """

    place: int
    rank: int
    member_id: int
    external_id: str
    name: str
    score: int
    organisation: str | None = None


class Ranking(NamedTuple):
    """Some rows of a ranking, how many members are ranked in all, and the best score of them."""

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
) -> Ranking:
    """The ranking from its top, or from the line after ``after_place`` on."""
    ordered = _ordered(programme, published, period, scope)
    statement = select(ordered).where(ordered.c.place > after_place).order_by(ordered.c.place)
    return _read(statement.limit(limit), ordered)


def around(
    programme: Programme,
    published: Published,
    period: Period,
    member_id: int,
    *,
    scope: Scope | None = None,
    reach: int = 2,
) -> Ranking:
    """A member's line and ``reach`` lines on each side; no rows where it is not ranked."""
    ordered = _ordered(programme, published, period, scope)
    mine = select(ordered.c.place).where(ordered.c.member_id == member_id).scalar_subquery()
    statement = (
        select(ordered)
        .where(ordered.c.place.between(mine - reach, mine + reach))
        .order_by(ordered.c.place)
    )
    return _read(statement, ordered)


def members(
    programme: Programme, published: Published, period: Period, member_ids: Sequence[int]
) -> dict[int, Row]:
    """The lines of these members in the whole ranking."""
    ordered = _ordered(programme, published, period, None)
    found = _read(select(ordered).where(ordered.c.member_id.in_(member_ids)), ordered)
    return {row.member_id: row for row in found.rows}


def _read(statement: Select[Any], ordered: Subquery) -> Ranking:
    found = db.session.execute(statement).all()
    rows = [
        Row(r.place, r.rank, r.member_id, r.external_id, r.name, int(r.score), r.organisation)
        for r in found
    ]
    if found:
        return Ranking(rows, found[0].ranked, int(found[0].best))
    return Ranking([], db.session.scalar(select(func.count()).select_from(ordered)) or 0)


def _ordered(
    programme: Programme, published: Published, period: Period, scope: Scope | None
) -> Subquery:
    """Every ranked member with its line, its rank by the board's tie rule, and their number."""
    rule = published.rule
    source = _source(programme, published, period, scope).subquery()
    organisation: ColumnElement[Any]
    if rule.by == "partner":
        who, external_id = Partner.__table__, Partner.__table__.c.external_id
        organisation = who.c.organisation
    else:
        who, external_id, organisation = Group.__table__, Group.__table__.c.name, null()
    best_first = (source.c.score.desc(),)
    first_there = (source.c.reached_at,) if rule.tie == "first" else ()
    in_line = (*best_first, *first_there, who.c.name, external_id)
    by_tie: dict[str, ColumnElement[int]] = {
        "competition": func.rank().over(order_by=best_first),
        "dense": func.dense_rank().over(order_by=best_first),
        "first": func.row_number().over(order_by=in_line),
    }
    return (
        select(
            source.c.member_id,
            source.c.score,
            external_id.label("external_id"),
            who.c.name.label("name"),
            organisation.label("organisation"),
            by_tie[rule.tie].label("rank"),
            func.row_number().over(order_by=in_line).label("place"),
            func.count().over().label("ranked"),
            func.max(source.c.score).over().label("best"),
        )
        .select_from(source)
        .join(who, who.c.id == source.c.member_id)
        .subquery()
    )


def _source(
    programme: Programme, published: Published, period: Period, scope: Scope | None
) -> Select[Any]:
    """Scores from the projection where it keeps them, from the facts otherwise."""
    rule = published.rule
    if period.kind != rule.period or (scope and rule.by != "partner"):
        return tally(programme, published, period, scope)
    statement = select(Standing.member_id, Standing.score, Standing.reached_at).where(
        Standing.board_id == published.model.id, Standing.period == period.name
    )
    if scope:
        statement = statement.join(Partner, Partner.id == Standing.member_id).where(
            getattr(Partner, scope[0]) == scope[1]
        )
    return statement


def natural_score(published: Published, score: int) -> str:
    """A score as a decimal string in natural units; counts without a point."""
    measure = published.rule.measure
    if measure == "amount":
        return natural(score, 4)
    if published.rule.counts_facts:
        return natural(score, 4).rstrip("0").rstrip(".")
    return natural(score, minor_digits(measure))


def as_of(published: Published) -> datetime:
    """When the board's standings last changed."""
    return published.model.changed_at
