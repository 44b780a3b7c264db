"""What partners will leave unearned at their pace, while it can still be won."""

from collections import defaultdict
from collections.abc import Iterable, Iterator
from datetime import date, datetime
from fractions import Fraction
from typing import NamedTuple

from sqlalchemy import func, select

from engage import periods
from engage.activity.models import Fact
from engage.activity.service import measured, meeting
from engage.clock import local_day
from engage.db import db
from engage.home.rules import Goal
from engage.incentives.models import RunningTotal
from engage.incentives.rules import Rule
from engage.incentives.worth import Book
from engage.insight import rules
from engage.insight.rules import Leak
from engage.ledger.models import Transfer
from engage.missions.models import MissionProgress
from engage.missions.service import Running
from engage.money import POINTS, SCALE
from engage.partners import service as partners
from engage.periods import Period
from engage.programmes.models import Programme
from engage.tiers.rules import Ladder, Tier
from engage.tiers.rules import in_force as ladder_in_force


class Lost(NamedTuple):
    """Something that a partner leaves unearned: of which rule, mission or tier, and what."""

    partner_id: int
    kind: str
    slug: str
    name: str
    leak: Leak


def lost(
    programme: Programme,
    open_rules: Iterable[tuple[Book, Rule]],
    running: Iterable[Running],
    today: date,
    now: datetime,
) -> list[Lost]:
    """Of every rule in force, running mission and tier: what the pace misses, partner by partner."""
    return [
        *_of_rules(open_rules, today),
        *_of_missions(running, today),
        *_of_tiers(programme, today, now),
    ]


def _of_rules(open_rules: Iterable[tuple[Book, Rule]], today: date) -> Iterator[Lost]:
    for book, rule in open_rules:
        period = periods.containing(today, rule.period)
        last = min(period.last, rule.ends or period.last)
        if last == periods.LAST_DAY:  # without an end there is no pace to it
            continue
        first = max(period.first, rule.starts or period.first)
        days, left = (today - first).days + 1, (last - today).days + 1
        rows = db.session.execute(
            select(RunningTotal.partner_id, RunningTotal.total).where(
                RunningTotal.rule_id == book.id, RunningTotal.period == period.name
            )
        )
        for partner_id, total in rows:
            for leak in rules.leaks(rule, total, days, left):
                yield Lost(partner_id, "rule", book.slug, book.slug, leak)


def _of_missions(running: Iterable[Running], today: date) -> Iterator[Lost]:
    for mission in running:
        model = mission.model
        days, left = (today - model.starts).days + 1, (model.ends - today).days + 1
        progress: dict[int, dict[int, tuple[int, bool]]] = defaultdict(dict)
        rows = db.session.execute(
            select(
                MissionProgress.partner_id,
                MissionProgress.stage_id,
                MissionProgress.value,
                MissionProgress.reached_at,
            ).where(MissionProgress.stage_id.in_(mission.stage_ids))
        )
        for partner_id, stage_id, value, reached_at in rows:
            progress[partner_id][stage_id] = value, reached_at is not None
        for partner_id, stood in progress.items():
            for stage, stage_id in zip(mission.stages, mission.stage_ids, strict=True):
                value, reached = stood.get(stage_id, (0, False))
                if reached:
                    continue
                step = 0 if stage.measure in ("amount", "quantity") else SCALE
                goal = Goal(model.slug, value, stage.target, days, left, step)
                for leak in rules.goal_leaks("stage", goal, stage.reward):
                    yield Lost(partner_id, "mission", model.slug, model.name, leak)
                break


def _of_tiers(programme: Programme, today: date, now: datetime) -> Iterator[Lost]:
    """The tier next above the one that each partner holds, and the one that it will fall from; what
    never ends has no pace."""
    ladder = ladder_in_force(partners.ladders_of(programme), now)
    if ladder is None:
        return
    climbs = {who: of["tier"] for who, of in partners.attributes(programme.id).items()}
    held = {who: ladder.place(climb.at(now)) for who, climb in climbs.items()}
    for place, tier in enumerate(ladder.tiers):
        period = periods.containing(today, tier.period)
        near = [who for who, at in held.items() if at in (place - 1, place)]
        if period.last == periods.LAST_DAY or tier.threshold == 0 or not near:
            continue
        days, left = (today - period.first).days + 1, (period.last - today).days + 1
        stands = counted(programme, tier, period)
        paid = _paid(programme, period, today)
        step = 0 if tier.measure in ("amount", "quantity", POINTS) else SCALE
        for partner_id in near:
            falls = held[partner_id] == place
            to_come = left + tier.grace
            if falls:
                ends = climbs[partner_id].until(now)
                if ends is None or (last := local_day(ends, programme.timezone)) > period.last:
                    continue
                to_come = (period.last - last).days + 1 + tier.grace
            goal = Goal(tier.name, stands.get(partner_id, 0), tier.threshold, days, left, step)
            gains = [
                (unit, rules.lifted(paid.get((partner_id, unit), 0), days, to_come, more))
                for unit, more in _more(ladder, place, falls=falls)
            ]
            cause = "falls" if falls else "tier"
            for leak in rules.goal_leaks(cause, goal, gains or [(POINTS, 0)]):
                yield Lost(partner_id, "tier", tier.name, tier.name, leak)


def _more(ladder: Ladder, place: int, *, falls: bool) -> Iterator[tuple[str, Fraction]]:
    """By unit, how many times what is paid now a tier pays more than the one below it.

    Who ``falls`` from it is paid by it already: what it adds is a part of what is paid.
    """
    before = dict(ladder.tiers[place - 1].multiplier) if place else {}
    for unit, times in ladder.tiers[place].multiplier:
        ratio = Fraction(times) / Fraction(before.get(unit, 1))
        yield unit, 2 - 1 / ratio if falls else ratio


def counted(programme: Programme, tier: Tier, period: Period) -> dict[int, int]:
    """What counts towards a tier in its period, by partner, in ten-thousandths."""
    if tier.measure == POINTS:
        by_unit = _paid(programme, period, period.last)
        return {who: paid * SCALE for (who, unit), paid in by_unit.items() if unit == POINTS}
    found = measured(tier.measure, Fact.partner_id.expression).where(
        Fact.programme_id == programme.id,
        Fact.superseded_at.is_(None),
        Fact.kind == tier.on,
        Fact.day.between(period.first, period.last),
        *meeting(tier.where),
    )
    one = found.subquery().c
    rows = db.session.execute(select(one.partner_id, func.sum(one.value)).group_by(one.partner_id))
    return {partner_id: int(value) for partner_id, value in rows}


def _paid(programme: Programme, period: Period, until: date) -> dict[tuple[int, str], int]:
    """What rules paid for the days of a period, by partner and unit, in minor units."""
    rows = db.session.execute(
        select(Transfer.partner_id, Transfer.unit, func.sum(Transfer.amount))
        .where(
            Transfer.programme_id == programme.id,
            Transfer.kind == "award",
            Transfer.day.between(period.first, until),
        )
        .group_by(Transfer.partner_id, Transfer.unit)
    )
    return {(partner_id, unit): int(amount) for partner_id, unit, amount in rows}
