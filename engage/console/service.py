"""What matters today in a programme, in a few set-based queries."""

from collections import Counter, defaultdict
from collections.abc import Sequence
from datetime import date, datetime
from typing import NamedTuple

from sqlalchemy import ColumnElement, case, func, select

from engage import periods
from engage.activity.models import Fact
from engage.console import rules
from engage.console.rules import Bar, Falling, Stretch
from engage.db import db
from engage.home.service import main_board
from engage.imports import register
from engage.imports.models import Import
from engage.leaderboards import ranking
from engage.leaderboards.published import Published
from engage.leaderboards.ranking import Ranking
from engage.ledger.models import Transfer
from engage.ledger.rules import EARNED
from engage.missions import rules as mission_rules
from engage.missions import service as missions
from engage.missions.models import MissionProgress
from engage.partners import service as partners
from engage.partners.models import Partner
from engage.periods import Period
from engage.programmes.models import Programme
from engage.videos.models import Video

_BEHIND_SHOWN = 10
_TOP = 5
_COMPARABLE = ("week", "month", "quarter", "year")


class Sales(NamedTuple):
    """Sums and active partners of a stretch and of the one before it; ``behind`` who falls back."""

    amount: int
    amount_before: int
    active: int
    active_before: int
    behind: list[Falling]


class Reach(NamedTuple):
    """A mission, whom it addresses, who reached each of its stages, and what it has paid by unit."""

    mission: missions.Running
    window: mission_rules.Window
    addressed: int
    reached: list[int]
    paid: dict[str, int]


class Fresh(NamedTuple):
    """When the newest fact came in, and the last day that facts are about; None: there are none."""

    recorded_at: datetime
    last_day: date


class Overview(NamedTuple):
    period: Period
    stretch: Stretch
    partners: int
    sales: Sales
    bars: list[Bar]
    earned: dict[str, int]
    missions: list[Reach]
    films: dict[str, int]
    board: Published | None
    board_period: Period | None
    top: Ranking
    fresh: Fresh | None
    imports: Sequence[Import]
    names: dict[int, tuple[str, str]]


def measured_kind(board: Published | None) -> str:
    """Which facts the overview sums up: those of the main board, else sales."""
    rule = board.rule if board else None
    return rule.on if rule and rule.measure == "amount" and rule.on else "sale"


def period_of(board: Published | None, day: date) -> Period:
    """The period the overview speaks of on a day."""
    kind = board.rule.period if board else "quarter"
    return periods.containing(day, kind if kind in _COMPARABLE else "quarter")


def overview(programme: Programme, period: Period, today: date) -> Overview:
    """Everything on the first page; ``period`` is one of those that can be compared."""
    board = main_board(programme)
    days = rules.stretch(period, today)
    kind = measured_kind(board)
    found = sales(programme, kind, days)
    top, shown = Ranking([], 0), None
    if board:
        shown = board.rule.windows.running(days.last)
        top = ranking.ranking(programme, board, shown, limit=_TOP, live=True)
    counted = select(func.count(Partner.id)).where(Partner.programme_id == programme.id)
    return Overview(
        period=period,
        stretch=days,
        partners=db.session.scalar(counted) or 0,
        sales=found,
        bars=rules.bars(period, days.last, _by_day(programme.id, kind, days)),
        earned=earned(programme.id, days.first, days.last),
        missions=[reach for reach in reaches(programme, today) if reach.window.state == "running"],
        films=_films(programme.id),
        board=board,
        board_period=shown,
        top=top,
        fresh=freshness(programme.id),
        imports=register.latest_done(programme.id, 3),
        names=partners.names(behind.partner_id for behind in found.behind),
    )


def sales(programme: Programme, kind: str, days: Stretch) -> Sales:
    """Every partner's sum in both stretches, in one pass over the facts."""
    now = case((Fact.day.between(days.first, days.last), Fact.amount), else_=0)
    before = case((Fact.day.between(days.before_first, days.before_last), Fact.amount), else_=0)
    sold = case((Fact.day.between(days.first, days.last), 1), else_=0)
    sold_before = case((Fact.day.between(days.before_first, days.before_last), 1), else_=0)
    rows = db.session.execute(
        select(
            Fact.partner_id, func.sum(before), func.sum(now), func.sum(sold_before), func.sum(sold)
        )
        .where(*of_kind(programme.id, kind, days.before_first, days.last))
        .group_by(Fact.partner_id)
    ).all()
    sums = [(partner_id, int(b), int(n)) for partner_id, b, n, _, _ in rows]
    return Sales(
        amount=sum(n for _, _, n in sums),
        amount_before=sum(b for _, b, _ in sums),
        active=sum(1 for row in rows if row[4]),
        active_before=sum(1 for row in rows if row[3]),
        behind=rules.falling(sums, _BEHIND_SHOWN),
    )


def of_kind(
    programme_id: int, kind: str, first: date, last: date
) -> tuple[ColumnElement[bool], ...]:
    """What a programme's standing facts of a kind and of these days meet."""
    days = Fact.day.between(first, last)
    return Fact.programme_id == programme_id, Fact.kind == kind, Fact.superseded_at.is_(None), days


def _by_day(programme_id: int, kind: str, days: Stretch) -> dict[date, int]:
    rows = db.session.execute(
        select(Fact.day, func.sum(Fact.amount))
        .where(*of_kind(programme_id, kind, days.first, days.last))
        .group_by(Fact.day)
    )
    return {day: int(amount) for day, amount in rows}


def earned(programme_id: int, first: date, last: date) -> dict[str, int]:
    """What facts of these days earned all partners, by unit, in minor units."""
    rows = db.session.execute(
        select(Transfer.unit, func.sum(Transfer.amount))
        .where(
            Transfer.programme_id == programme_id,
            Transfer.day.between(first, last),
            Transfer.kind.in_(EARNED),
        )
        .group_by(Transfer.unit)
    )
    return {unit: int(amount) for unit, amount in rows}


def reaches(programme: Programme, today: date) -> list[Reach]:
    """Every published mission with its reach and cost: running, then upcoming, then over."""
    found = missions.missions(programme)
    stage_ids = [stage_id for mission in found for stage_id in mission.stage_ids]
    reached = _count_reached(stage_ids)
    paid = _paid(stage_ids)
    who, at = partners.attributes(programme.id), missions.end_of(today, programme)
    reaches = []
    for mission in found:
        cost = sum((paid[stage_id] for stage_id in mission.stage_ids), Counter[str]())
        window = mission_rules.window(mission.model.starts, mission.model.ends, today)
        size = len(missions.addressed(mission.audience, who, at))
        counts = [reached.get(stage_id, 0) for stage_id in mission.stage_ids]
        reaches.append(Reach(mission, window, size, counts, cost))
    newest_first = sorted(reaches, key=lambda r: r.mission.model.ends, reverse=True)
    return sorted(newest_first, key=lambda r: mission_rules.STATES.index(r.window.state))


def ends_at(reach: Reach, programme: Programme) -> datetime:
    """The first instant after a mission."""
    return periods.containing(reach.mission.model.ends, "day").ends_at(programme.timezone)


def _count_reached(stage_ids: Sequence[int]) -> dict[int, int]:
    rows = db.session.execute(
        select(MissionProgress.stage_id, func.count())
        .where(MissionProgress.stage_id.in_(stage_ids), MissionProgress.reached_at.is_not(None))
        .group_by(MissionProgress.stage_id)
    )
    return dict(rows.tuples().all())


def _paid(stage_ids: Sequence[int]) -> dict[int, Counter[str]]:
    found: dict[int, Counter[str]] = defaultdict(Counter)
    rows = db.session.execute(
        select(Transfer.stage_id, Transfer.unit, func.sum(Transfer.amount))
        .where(Transfer.stage_id.in_(stage_ids))
        .group_by(Transfer.stage_id, Transfer.unit)
    )
    for stage_id, unit, amount in rows:
        found[stage_id][unit] = int(amount)
    return found


def _films(programme_id: int) -> dict[str, int]:
    rows = db.session.execute(
        select(Video.state, func.count())
        .where(Video.programme_id == programme_id)
        .group_by(Video.state)
    )
    return dict(rows.tuples().all())


def freshness(programme_id: int) -> Fresh | None:
    """How new the programme's data is."""
    here = Fact.programme_id == programme_id
    newest = select(Fact.recorded_at).where(here).order_by(Fact.id.desc()).limit(1)
    recorded_at = db.session.scalar(newest)
    last_day = db.session.scalar(select(func.max(Fact.day)).where(here))
    return Fresh(recorded_at, last_day) if recorded_at and last_day else None
