"""Missions in the flow: progress of the partners a batch touched, and the rewards it owes."""

import json
from collections.abc import Iterable, Mapping, Sequence
from datetime import date, datetime, timedelta
from functools import lru_cache
from itertools import groupby
from operator import itemgetter
from typing import Any, NamedTuple

from sqlalchemy import Text, bindparam, cast, select

from engage import conditions, periods
from engage.conditions import Where, addresses, in_tier
from engage.db import db
from engage.ledger import budgets
from engage.ledger import service as ledger
from engage.ledger.models import Transfer
from engage.missions import rules
from engage.missions.models import Mission, MissionProgress, MissionStage
from engage.missions.rules import Stage
from engage.partners import service as partners
from engage.partners.models import Partner
from engage.prepared import Prepared
from engage.programmes.models import Programme

Attributes = Mapping[str, Any]
_missions: Any = Mission.__table__.c
_stages: Any = MissionStage.__table__.c
_OF_MISSION = tuple(
    _missions[name] for name in ("id", "slug", "name", "starts", "ends", "at_budget")
)
_WRITTEN = tuple(cast(column, Text) for column in (_missions.audience, _missions.budget))
_ROWS = Prepared(
    select(*_OF_MISSION, *_WRITTEN, _stages.id, cast(_stages.definition, Text))
    .join_from(Mission.__table__, MissionStage.__table__, _stages.mission_id == _missions.id)
    .where(_missions.programme_id == bindparam("programme_id"), _missions.retired_at.is_(None))
    .order_by(_missions.ends, _missions.id, _stages.number),
    tuple,
)


class Running(NamedTuple):
    """A published mission: its row's id, how it reads, and the ids of its stages in their order."""

    id: int
    model: rules.Mission
    stage_ids: tuple[int, ...]

    @property
    def audience(self) -> Where:
        return self.model.audience

    @property
    def stages(self) -> tuple[Stage, ...]:
        return self.model.stages

    @property
    def limits(self) -> dict[str, int]:
        return self.model.limits

    @property
    def source(self) -> str:
        """What its awards are kept under, see `engage.ledger.budgets`."""
        return f"mission:{self.id}"

    def awarded(self) -> dict[str, int]:
        """What it has awarded of the budgets it stops at, from the lines."""
        found = ledger.posted(Transfer.stage_id.in_(self.stage_ids))
        return {unit: found.get(unit, 0) for unit in self.limits}


def missions(programme: Programme, first: date = date.min, last: date = date.max) -> list[Running]:
    """The programme's missions that are not retired, those ending first in front.

    With days, those that run on any of them.
    """
    found = _published(programme.id, programme.edition, programme.currency)
    return [m for m in found if m.model.starts <= last and first <= m.model.ends]


@lru_cache(maxsize=64)
def _published(programme_id: int, _edition: str, currency: str) -> list[Running]:
    """All of them, kept by the edition that they are of, as rules are."""
    by_mission = groupby(_ROWS.all(programme_id=programme_id), itemgetter(slice(0, -2)))
    return [_read(said, list(stages), currency) for said, stages in by_mission]


def _read(said: tuple[Any, ...], rows: Sequence[tuple[Any, ...]], currency: str) -> Running:
    """A mission as its rows say."""
    mission_id, slug, name, starts, ends, at_budget, audience, budget = said
    model = rules.Mission(
        slug,
        name,
        starts,
        ends,
        conditions.audience({"audience": json.loads(audience)}),
        tuple(rules.parse_stage(json.loads(row[-1]), currency) for row in rows),
        rules.parse_pay(json.loads(budget), currency),
        at_budget,
    )
    return Running(mission_id, model, tuple(row[-2] for row in rows))


def addressed(
    audience: Where, who: Mapping[int, Attributes], at: datetime | None = None
) -> list[int]:
    """The partners an audience speaks to, in whatever tier; with ``at``, those in its tiers then."""
    return [
        partner_id
        for partner_id, partner in who.items()
        if addresses(audience, partner) and (at is None or in_tier(audience, partner, at))
    ]


def end_of(day: date, programme: Programme) -> datetime:
    """The last moment of a local day: whoever is in a tier on that day is in it then."""
    return periods.containing(day, "day").ends_at(programme.timezone) - timedelta.resolution


class StageView(NamedTuple):
    """A stage as a partner sees it."""

    number: int
    stage: Stage
    value: int
    reached: bool
    open: bool
    reached_at: datetime | None = None

    @property
    def needed(self) -> int:
        """What is missing to the target, in ten-thousandths; 0 when it is there."""
        return max(0, self.stage.target - self.value)


class MissionView(NamedTuple):
    """A mission as a partner sees it on a day; ``id`` is its row's."""

    id: int
    mission: rules.Mission
    window: rules.Window
    stages: list[StageView]
    #: What it has awarded of the budgets it stops at: (unit, budget, awarded), in minor units.
    limits: Sequence[tuple[str, int, int]] = ()

    @property
    def audience(self) -> Where:
        return self.mission.audience

    @property
    def current(self) -> StageView | None:
        """The open stage, None when all are reached."""
        return next((stage for stage in self.stages if stage.open), None)

    @property
    def reached(self) -> int:
        return sum(stage.reached for stage in self.stages)


def views(programme: Programme, partner: Partner, today: date) -> list[MissionView]:
    """The missions that address ``partner``: running ones first, then upcoming, then over.

    One for a tier is for who is in it today, or got somewhere while in it.
    """
    who, now = partners.attributes(programme.id, [partner.id]), end_of(today, programme)
    mine = [m for m in missions(programme) if addressed(m.audience, who)]
    stage_ids = [stage_id for mission in mine for stage_id in mission.stage_ids]
    reached = progress(stage_ids, partner.id)
    return _in_order(
        _view(mission, reached, today)
        for mission in mine
        if addressed(mission.audience, who, now)
        or any(reached[stage].value for stage in mission.stage_ids if stage in reached)
    )


def progress(stage_ids: Iterable[int], partner_id: int) -> dict[int, MissionProgress]:
    """How far a partner is in these stages, by stage; those without a row stand at nothing."""
    rows = db.session.scalars(
        select(MissionProgress).where(
            MissionProgress.partner_id == partner_id, MissionProgress.stage_id.in_(stage_ids)
        )
    )
    return {row.stage_id: row for row in rows}


def overview(programme: Programme, today: date) -> list[MissionView]:
    """Every mission as somebody sees it who takes no part: without progress."""
    return _in_order(_view(mission, {}, today) for mission in missions(programme))


def _in_order(found: Iterable[MissionView]) -> list[MissionView]:
    order = rules.STATES.index
    return sorted(found, key=lambda view: (order(view.window.state), view.mission.ends))


def _view(mission: Running, progress: Mapping[int, MissionProgress], today: date) -> MissionView:
    window = rules.window(mission.model.starts, mission.model.ends, today)
    stages: list[StageView] = []
    turn = window.state == "running"
    for number, (stage, stage_id) in enumerate(
        zip(mission.stages, mission.stage_ids, strict=True), 1
    ):
        row = progress.get(stage_id)
        reached = row is not None and row.reached_at is not None
        stages.append(
            StageView(
                number,
                stage,
                row.value if row else 0,
                reached,
                turn and not reached,
                row.reached_at if row else None,
            )
        )
        turn = turn and reached
    return MissionView(mission.id, mission.model, window, stages, _limits(mission))


def _limits(mission: Running) -> list[tuple[str, int, int]]:
    if not mission.limits:
        return []
    awarded = budgets.so_far(mission.source, mission.awarded)
    return [(unit, limit, awarded[unit]) for unit, limit in mission.limits.items()]
