"""Standings straight from the facts: what the projection must equal, and any period it does not keep.

From the inside out: what facts or pay are worth to a measure, what a partner has by that in a period
and the ones it is compared with, what score that makes, and what score a group has by its partners.
"""

from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import BigInteger, ColumnElement, Select, and_, case, cast, false, func, or_, select

from engage import money
from engage.activity.models import Fact
from engage.activity.service import measured, meeting
from engage.among import among, meets
from engage.conditions import Between
from engage.db import db
from engage.leaderboards import rules
from engage.leaderboards.published import Published
from engage.ledger.models import Transfer
from engage.ledger.rules import EARNED
from engage.money import SCALE
from engage.partners.models import Group, Partner
from engage.partners.service import segments_of
from engage.periods import Period
from engage.programmes.models import Programme
from engage.tiers.models import TierSpell

#: A place in the standings: period name and member.
Place = tuple[str, int]
#: The conditions by which facts (or lines of the ledger) count.
Whose = Callable[[Any], list[Any]]
_STEP = 1_000
#: Of a baseline or target.
MOST_TIMES = 10**9


def tally(
    programme: Programme,
    published: Published,
    period: Period,
    scope: tuple[str, str] | None = None,
    members: Sequence[int] | str | None = None,
) -> Select[Any]:
    """The standings of a period straight from the facts (or from what they earned).

    Columns ``member_id``, ``score``, ``reached_at``; of ``members`` alone, if any are named (a text names the
    parameter they will be). This is
    what the projection must equal, and what answers for periods it does not keep.
    """
    rule = published.rule
    known, counting = _known(rule, published.known_at), whose(programme, rule, scope, members)
    partners = _scores(programme, rule, period, lambda source: [*known, *counting(source)])
    return partners if rule.by == "partner" else _of_groups(rule, partners)


def whose(
    programme: Programme,
    rule: rules.Board,
    scope: tuple[str, str] | None = None,
    members: Sequence[int] | str | None = None,
) -> Whose:
    """Which facts or lines count, standing or not: those of all partners where nothing is asked."""
    asked = of_audience(programme, rule)
    if scope:
        asked.append(getattr(Partner, scope[0]) == scope[1])
    theirs = select(Partner.id).where(Partner.programme_id == programme.id, *asked)
    of_groups = members is not None and rule.by != "partner"
    if members is not None and of_groups:
        theirs = theirs.join(Group, _belongs_to(rule)).where(among(Group.id, members))

    def conditions(source: Any) -> list[Any]:
        found: list[Any] = []
        if asked or of_groups:
            found.append(source.partner_id.in_(theirs))
        if members is not None and not of_groups:
            found.append(among(source.partner_id, members))
        else:  # members are the programme's: with more to go by SQLite would walk all of its days
            found.append(source.programme_id == programme.id)
        return found + [
            meets(_tier(source.partner_id, source.occurred_at), tiers)[0]
            for name, tiers in rule.audience
            if name == "tier"
        ]

    return conditions


def of_audience(programme: Programme, rule: rules.Board) -> list[ColumnElement[bool]]:
    """Of a `Partner`: whom a board is for, but for tiers, which are of a day."""
    asked = (_of_partners(programme, *part) for part in rule.audience if part[0] != "tier")
    return [condition for conditions in asked for condition in conditions]


def _of_partners(
    programme: Programme, name: str, values: frozenset[str] | Between
) -> list[ColumnElement[bool]]:
    if name != "segment":
        return meets(getattr(Partner, "joined_on" if name == "joined" else name), values)
    among_these = [
        and_(*(asked for part in segment.where for asked in _of_partners(programme, *part)))
        for segment in segments_of(programme)
        if segment.slug in values
    ]
    return [or_(false(), *among_these)]


def _tier(partner_id: Any, occurred_at: Any) -> Any:
    """The tier of a partner at an instant, as `Climb.at` has it."""
    begun = or_(TierSpell.since.is_(None), TierSpell.since <= occurred_at)
    return (
        select(TierSpell.tier)
        .where(TierSpell.partner_id == partner_id, begun)
        .order_by(TierSpell.number.desc())
        .limit(1)
        .scalar_subquery()
    )


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


def _of_groups(rule: rules.Board, partners: Select[Any]) -> Select[Any]:
    """Groups by what their partners score."""
    found = partners.subquery()
    group_id = Group.__table__.c.id
    inside = (
        select(group_id.label("member_id"), found.c.score, found.c.reached_at)
        .select_from(found)
        .join(Partner, Partner.id == found.c.member_id)
        .join(Group, _belongs_to(rule))
    )
    if rule.score == "best":
        first = found.c.score if rule.direction == "lowest" else found.c.score.desc()
        place = func.row_number().over(partition_by=group_id, order_by=(first, found.c.reached_at))
        places = inside.add_columns(place.label("place")).subquery()
        inside = select(places).where(places.c.place <= rule.best)
    one = inside.subquery()
    score: ColumnElement[Any] = _whole(func.sum(one.c.score))
    if rule.score == "average":
        active = func.count()
        score = score // case((active > rule.floor, active), else_=rule.floor)
    reached = func.max(one.c.reached_at)
    columns = one.c.member_id, score.label("score"), reached.label("reached_at")
    statement = select(*columns).group_by(one.c.member_id)
    return statement.having(func.sum(one.c.score) != 0) if rule.is_plain else statement


def _scores(programme: Programme, rule: rules.Board, period: Period, whose: Whose) -> Select[Any]:
    """Partners who have anything in the period, with their scores."""
    totals = _totals(programme, rule, period, whose).subquery()
    target: Any = rule.target
    score: Any = totals.c.total
    if rule.growth == rules.PERCENT and rule.baseline:
        base = case((totals.c.base == 0, rule.baseline.newcomers), else_=totals.c.base)
        score = _percent(score, base) - 100 * SCALE
    elif rule.baseline:
        score = score - totals.c.base
    elif rule.own_targets:  # which are in ten-thousandths, whatever is measured
        scale = 1 if rule.counts_facts else SCALE // 10 ** money.minor_digits(rule.measure)
        target = func.coalesce(Partner.target, target and target * scale)
        score = _percent(score * scale, target)
    elif rule.is_attainment:
        score = _percent(score, target)
    statement = select(
        totals.c.partner_id.label("member_id"), score.label("score"), totals.c.reached_at
    )
    if rule.own_targets:
        statement = statement.join(Partner, Partner.id == totals.c.partner_id)
        statement = statement.where(target.is_not(None))
    # What comes to nothing is no score; a group's sum is of all there is.
    return (
        statement
        if rule.is_plain and rule.by != "partner"
        else statement.where(totals.c.total != 0)
    )


def _totals(programme: Programme, rule: rules.Board, period: Period, whose: Whose) -> Select[Any]:
    """Columns ``partner_id``, ``total``, ``reached_at``, and ``base``, that of growth."""
    before = rule.reach(period)
    spans = [period, *before]
    values = (_facts if rule.counts_facts else _pay)(programme, rule, spans, whose).subquery()
    reached = func.max(case((values.c.value != 0, values.c.occurred_at)))
    total = _whole(func.sum(values.c.value))
    if rule.baseline is None:
        return select(
            values.c.partner_id, total.label("total"), reached.label("reached_at")
        ).group_by(values.c.partner_id)
    by_span = (
        select(values.c.partner_id, values.c.span, total.label("total"), reached.label("reached"))
        .group_by(values.c.partner_id, values.c.span)
        .subquery()
    )
    is_now = by_span.c.span == 0
    now = _whole(func.sum(case((is_now, by_span.c.total))))
    earlier = case((is_now, None), (by_span.c.total < 0, 0), else_=by_span.c.total)
    # The mean of those periods that hold anything, as `incentives.baseline` has it.
    mean = _whole(func.sum(earlier)) // func.count(earlier)
    newcomers = rule.baseline.newcomers
    return (
        select(
            by_span.c.partner_id,
            now.label("total"),
            func.max(case((is_now, by_span.c.reached))).label("reached_at"),
            case((func.count(earlier) == 0, newcomers), else_=mean).label("base"),
        )
        .group_by(by_span.c.partner_id)
        .having(now.is_not(None))
    )


def _facts(
    programme: Programme, rule: rules.Board, spans: Sequence[Period], whose: Whose
) -> Select[Any]:
    """What every fact of these spans (or customer, or product) is worth; ``span`` tells which."""
    span = _span(Fact.day, spans).label("span")
    return measured(rule.measure, Fact.partner_id.expression, span).where(
        Fact.kind == rule.on,
        or_(*(Fact.day.between(span.first, span.last) for span in spans)),
        *meeting(rule.where),
        *whose(Fact),
    )


def _pay(
    programme: Programme, rule: rules.Board, spans: Sequence[Period], whose: Whose
) -> Select[Any]:
    span = _span(Transfer.day, spans)
    return (
        select(
            Transfer.partner_id,
            span.label("span"),
            func.max(Transfer.occurred_at).label("occurred_at"),
            _whole(func.sum(Transfer.amount)).label("value"),
        )
        .where(
            Transfer.unit == rule.measure,
            *meets(Transfer.kind, frozenset(EARNED)),
            or_(*(Transfer.day.between(span.first, span.last) for span in spans)),
            *whose(Transfer),
        )
        .group_by(Transfer.partner_id, Transfer.fact_id, span)
        # What was posted and taken back again says only in which order facts came.
        .having(func.sum(Transfer.amount) != 0)
    )


def _span(day: Any, spans: Sequence[Period]) -> ColumnElement[int]:
    """Which of the spans a day is in; the first, should two hold it."""
    tried = ((day.between(span.first, span.last), n) for n, span in enumerate(spans))
    return case(*tried)


def _whole(number: ColumnElement[Any]) -> ColumnElement[Any]:
    """A sum as an integer: PostgreSQL adds 64 bits up to a decimal, which divides otherwise."""
    return cast(number, BigInteger)


def _percent(part: Any, whole: Any) -> Any:
    """How many percent, in ten-thousandths, towards zero; in steps, so that 64 bits hold it.

    A billion times as much, or more, is told as that.
    """
    times, thousands = part // whole, part % whole * _STEP
    exact = (
        times * (_STEP * _STEP) + thousands // whole * _STEP + thousands % whole * _STEP // whole
    )
    most = MOST_TIMES * _STEP * _STEP
    return case((times >= MOST_TIMES, most), (times <= -MOST_TIMES, -most), else_=exact)


def expected(
    programme: Programme, published: Published
) -> dict[Place, tuple[int, datetime | None]]:
    """What a board's standings must be, from the facts, in every period that has any."""
    rule = published.rule
    statement = select(Fact.day).where(Fact.programme_id == programme.id).distinct()
    held = rule.windows.holding(db.session.scalars(statement), published.model.kept_on)
    found: dict[Place, tuple[int, datetime | None]] = {}
    for period in sorted(held, key=lambda period: period.first):
        for member, score, reached in db.session.execute(tally(programme, published, period)):
            found[period.name, member] = (int(score), reached if rule.tie == "first" else None)
    return found
