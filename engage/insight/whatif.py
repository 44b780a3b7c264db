"""What if: facts that have not happened, through the very flow that pays, and what they would change."""

from collections.abc import Mapping, Sequence
from datetime import date, datetime, time, timedelta
from typing import Any, NamedTuple
from zoneinfo import ZoneInfo

from sqlalchemy import select

from engage import flow
from engage.activity.models import Fact
from engage.activity.rules import Problem, Report
from engage.among import among
from engage.clock import local_day
from engage.conditions import Where, texts
from engage.db import db
from engage.definitions import FACT_KINDS
from engage.earnings.service import ByRule, ByStage
from engage.incentives import service as incentives
from engage.incentives.rules import in_force
from engage.insight.whynot import WhyNot, why_not
from engage.leaderboards import rules as board_rules
from engage.leaderboards import service as leaderboards
from engage.leaderboards import view as boards
from engage.ledger.models import Transfer
from engage.ledger.rules import Difference
from engage.missions import service as missions
from engage.missions.rules import Stage
from engage.money import POINTS
from engage.partners.models import Partner
from engage.programmes.models import Programme
from engage.tiers import service as tiers
from engage.tiers.rules import Outlook

#: How many of a partner's newest facts are looked through for what they sell.
_LATEST = 500


class Gain(NamedTuple):
    """What one rule version or mission stage would pay; ``before`` and ``after`` are its totals."""

    payer: ByRule | ByStage
    unit: str
    amount: int
    before: int
    after: int
    period: str | None
    terms: Mapping[str, Any] | None = None


class Place(NamedTuple):
    """A partner (or its group) on a board, as the board shows it; ``rank`` None: not ranked."""

    name: str
    rule: board_rules.Board
    rank: int | None
    ranked: int
    score: int


class StageNow(NamedTuple):
    """How far a running mission's stage is."""

    mission: str
    number: int
    stage: Stage
    value: int
    reached: bool


class Situation(NamedTuple):
    """Where a partner stands: on boards by slug, in missions by (slug, stage number), in which tier.

    ``above`` is the tier next above it; None: there is none.
    """

    places: dict[str, Place]
    stages: dict[tuple[str, int], StageNow]
    tier: str | None
    above: Outlook | None


class WhatIf(NamedTuple):
    """What facts would do for their partner; ``sums`` by unit in minor units, money first.

    ``missed`` is what would pay nothing for any of them, and why not for the last.
    """

    problems: list[Problem]
    sums: dict[str, int]
    gains: list[Gain]
    missed: WhyNot
    before: Situation
    after: Situation


def instant(day: date, now: datetime, timezone: str) -> datetime:
    """When something on ``day`` happens: at noon there, and today now."""
    if day == local_day(now, timezone):
        return now
    return datetime.combine(day, time(12), ZoneInfo(timezone)).astimezone(now.tzinfo)


def what_if(
    programme: Programme, partner: Partner, reports: Sequence[Report], now: datetime
) -> WhatIf:
    """What these facts of ``partner`` would pay and change; nothing is written.

    They would be reported when the last of them happens.
    """
    partner_id = partner.id
    latest = max(reports, key=lambda report: report.occurred_at)
    today = local_day(now, programme.timezone)
    # A tier is held from the instant after the fact that reaches it.
    just_after = latest.occurred_at + timedelta(microseconds=1)

    def look(here: Programme) -> tuple[Situation, WhyNot]:
        mine = db.session.get_one(Partner, partner_id)
        return (
            situation(here, mine, latest.day, just_after, today),
            _missed(here, partner_id, latest.day),
        )

    found = flow.suppose(programme, reports, now=max(now, latest.occurred_at), look=look)
    gains = _gains(programme, [line for line in found.owed if line.partner_id == partner_id])
    sums: dict[str, int] = {}
    for gain in sorted(gains, key=lambda gain: gain.unit == POINTS):
        sums[gain.unit] = sums.get(gain.unit, 0) + gain.amount
    after, missed = found.after
    return WhatIf(found.problems, sums, gains, missed, found.before[0], after)


def _missed(programme: Programme, partner_id: int, day: date) -> WhyNot:
    """What pays nothing for the supposed facts; not what is over, nor a stage that counts them."""
    facts = db.session.scalars(
        select(Fact)
        .where(Fact.partner_id == partner_id, Fact.source == flow.SUPPOSED)
        .order_by(Fact.day, Fact.occurred_at, Fact.id)
    ).all()
    if not facts:
        return WhyNot([], [])
    paid = select(Transfer).where(among(Transfer.fact_id, [fact.id for fact in facts]))
    found = why_not(programme, facts[-1], db.session.scalars(paid).all())
    return WhyNot(
        [miss for miss in found.rules if miss.key not in ("ends", "retired")],
        [m for m in found.stages if m.key != "counts" and m.mission.model.ends >= day],
    )


def situation(
    programme: Programme, partner: Partner, day: date, at: datetime, today: date
) -> Situation:
    """Where a partner stands on a local day, and at an instant of it, in plain values.

    A board whose period has not begun ``today`` has nobody to compare with, and is left out.
    """
    places = {}
    for board in leaderboards.shown_to(programme, partner, at):
        member = boards.member_of(board, partner)
        if member is None:
            continue
        period = board.rule.windows.running(day)
        if period.first > today:
            continue
        near = boards.near(boards.View(programme, board, period, None, day), member, reach=0)
        row = next(iter(near.rows), None)
        places[board.model.slug] = Place(
            board.model.name,
            board.rule,
            row.rank if row else None,
            near.among(row) if row else near.ranked,
            row.score if row else 0,
        )
    stages = {
        (view.mission.slug, stage.number): StageNow(
            view.mission.name, stage.number, stage.stage, stage.value, stage.reached
        )
        for view in missions.views(programme, partner, day)
        for stage in view.stages
        if view.window.state == "running"
    }
    stands = tiers.standpoint(programme, partner.id, at)
    held, above = (stands.held, stands.ahead) if stands else (None, [])
    return Situation(places, stages, held.tier if held else None, above[0] if above else None)


def _gains(programme: Programme, owed: Sequence[Difference]) -> list[Gain]:
    """The lines by what would pay them, rules in the order of the programme, then missions."""
    payers: dict[tuple[int | None, int | None], ByRule | ByStage] = {}
    for book in incentives.books(programme):
        for version in book.versions:
            if version.rule:
                payers[version.id, None] = ByRule(book.slug, version.number, version.rule)
    for mission in missions.missions(programme):
        stages = zip(mission.stages, mission.stage_ids, strict=True)
        for number, (stage, stage_id) in enumerate(stages, 1):
            model = mission.model
            payers[None, stage_id] = ByStage(model.slug, model.name, number, stage)
    gains = []
    for source, payer in payers.items():
        lines = [line for line in owed if (line.rule_version_id, line.stage_id) == source]
        for unit in sorted({line.unit for line in lines}):
            of_unit = [line for line in lines if line.unit == unit]
            gains.append(
                Gain(
                    payer,
                    unit,
                    sum(line.amount for line in of_unit),
                    min(line.total_before for line in of_unit),
                    max(line.total_after for line in of_unit),
                    of_unit[0].period,
                    of_unit[-1].terms,
                )
            )
    return [gain for gain in gains if gain.amount]


class Choices(NamedTuple):
    """What can be supposed in a programme: kinds of fact, and what its rules and the partner name."""

    kinds: list[str]
    categories: list[str]
    products: list[str]
    customers: list[str]


def choices(programme: Programme, partner: Partner, now: datetime) -> Choices:
    """What the rules, missions and boards of today ask for, and what the partner sold lately."""
    today = local_day(now, programme.timezone)
    asked: list[tuple[str, Where]] = []
    for book in incentives.books(programme):
        version = in_force(book.versions, now)
        if version and version.rule:
            asked.append((version.rule.on, version.rule.where))
    counts_customers = False
    for view in missions.views(programme, partner, today):
        if view.window.state == "running":
            asked += [(found.stage.on, found.stage.where) for found in view.stages]
            counts_customers |= any(f.stage.measure == "customers" for f in view.stages)
    asked += [
        (board.rule.on, board.rule.where)
        for board in leaderboards.boards(programme)
        if board.rule.on
    ]
    named: dict[str, set[str]] = {"category": set(), "product": set(), "customer": set()}
    for _, where in asked:
        for name, values in where:
            if name in named:
                named[name] |= texts(values)
    counts_customers |= bool(named["customer"])
    latest = (
        select(Fact.category, Fact.product, Fact.customer)
        .where(Fact.partner_id == partner.id, Fact.superseded_at.is_(None))
        .order_by(Fact.day.desc())
        .limit(_LATEST)
    )
    for row in db.session.execute(latest):
        for name in named:
            if value := getattr(row, name):
                named[name].add(value)
    kinds = {kind for kind, _ in asked}
    return Choices(
        [kind for kind in FACT_KINDS if kind in kinds],
        sorted(named["category"]),
        sorted(named["product"]),
        sorted(named["customer"]) if counts_customers else [],
    )
