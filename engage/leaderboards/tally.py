"""Standings straight from the facts: what the projection must equal, and any period it does not keep."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any, NamedTuple

from sqlalchemy import ColumnElement, Select, and_, case, func, or_, select

from engage import periods
from engage.activity.models import Fact
from engage.db import db
from engage.leaderboards import rules
from engage.leaderboards.models import Board, Picture
from engage.ledger.models import Transfer
from engage.ledger.rules import EARNED
from engage.money import SCALE
from engage.partners.models import Group, Partner
from engage.periods import Period
from engage.programmes.models import Programme
from engage.rows import among

#: A place in the standings: period name and member.
Place = tuple[str, int]


class Published(NamedTuple):
    """A board with its definition as the rules read it.

    ``picture`` is there where it is seen as it stood once, see `engage.leaderboards.pictures`.
    """

    model: Board
    rule: rules.Board
    picture: Picture | None = None

    @property
    def known_at(self) -> datetime | None:
        """What came later does not count; None: everything does."""
        return self.picture.taken_at if self.picture else None


def tally(
    programme: Programme,
    published: Published,
    period: Period,
    scope: tuple[str, str] | None = None,
    members: Sequence[int] | None = None,
) -> Select[Any]:
    """The standings of a period straight from the facts (or from what they earned).

    Columns ``member_id``, ``score``, ``reached_at``; of ``members`` alone, if any are named. This is
    what the projection must equal, and what answers for periods it does not keep.
    """
    rule = published.rule
    values = (_fact_values if rule.counts_facts else _pay_values)(programme, rule, period)
    values = values.where(*_known(rule, published.known_at))
    if members is not None:
        values = values.where(_of(rule, values.selected_columns.partner_id, members))
    source = values.subquery()
    reached = func.max(case((source.c.value != 0, source.c.occurred_at)))
    score = func.sum(source.c.value).label("score")
    if rule.by == "partner":
        member = source.c.partner_id
        statement = select(member.label("member_id"), score, reached.label("reached_at"))
        if scope:
            statement = statement.join(Partner, Partner.id == source.c.partner_id)
    else:
        member = Group.__table__.c.id
        statement = (
            select(member.label("member_id"), score, reached.label("reached_at"))
            .select_from(source)
            .join(Partner, Partner.id == source.c.partner_id)
            .join(Group, _belongs_to(rule))
        )
    if scope:
        statement = statement.where(getattr(Partner, scope[0]) == scope[1])
    return statement.group_by(member).having(func.sum(source.c.value) != 0)


def _known(rule: rules.Board, at: datetime | None) -> list[ColumnElement[bool]]:
    """What stands; or what was in the house before that instant, and stood then."""
    if not rule.counts_facts:
        return [Transfer.posted_at < at] if at else []
    stands = Fact.superseded_at.is_(None)
    return [Fact.recorded_at < at, or_(stands, Fact.superseded_at >= at)] if at else [stands]


def _belongs_to(rule: rules.Board) -> ColumnElement[bool]:
    """A partner's being in a group of the kind the board ranks."""
    return and_(
        Group.programme_id == Partner.programme_id,
        Group.kind == rule.by,
        Group.name == getattr(Partner, rule.by),
    )


def _of(rule: rules.Board, partner_id: Any, members: Sequence[int]) -> Any:
    """Of the partners whose facts make the scores of ``members``."""
    if rule.by == "partner":
        return among(partner_id, members)
    theirs = select(Partner.id).join(Group, _belongs_to(rule)).where(among(Group.id, members))
    return partner_id.in_(theirs)


def _fact_values(programme: Programme, rule: rules.Board, period: Period) -> Select[Any]:
    value = {"amount": Fact.amount, "quantity": Fact.quantity}.get(rule.measure)
    conditions = [getattr(Fact, name).in_(values) for name, values in rule.where]
    return select(
        Fact.partner_id,
        Fact.occurred_at,
        (value if value is not None else SCALE + Fact.id * 0).label("value"),
    ).where(
        Fact.programme_id == programme.id,
        Fact.kind == rule.on,
        Fact.day.between(period.first, period.last),
        *conditions,
    )


def _pay_values(programme: Programme, rule: rules.Board, period: Period) -> Select[Any]:
    return (
        select(
            Transfer.partner_id,
            func.max(Transfer.occurred_at).label("occurred_at"),
            func.sum(Transfer.amount).label("value"),
        )
        .where(
            Transfer.programme_id == programme.id,
            Transfer.unit == rule.measure,
            Transfer.kind.in_(EARNED),
            Transfer.day.between(period.first, period.last),
        )
        .group_by(Transfer.partner_id, Transfer.fact_id)
    )


def expected(
    programme: Programme, published: Published
) -> dict[Place, tuple[int, datetime | None]]:
    """What a board's standings must be, from the facts, in every period that has any."""
    rule = published.rule
    found: dict[Place, tuple[int, datetime | None]] = {}
    for period in _periods_with_facts(programme, rule):
        for member, score, reached in db.session.execute(tally(programme, published, period)):
            found[period.name, member] = (int(score), reached if rule.tie == "first" else None)
    return found


def _periods_with_facts(programme: Programme, rule: rules.Board) -> list[Period]:
    days = db.session.scalars(select(Fact.day).where(Fact.programme_id == programme.id).distinct())
    return sorted(
        {periods.containing(day, rule.period) for day in days}, key=lambda period: period.first
    )
