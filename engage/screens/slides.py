"""What a screen shows, slide by slide: only what everybody of the programme may see."""

from collections.abc import Iterator, Mapping
from datetime import date, datetime
from typing import Any, NamedTuple

from sqlalchemy import func, select

from engage import clock
from engage.db import db
from engage.leaderboards import announcements, wording
from engage.leaderboards import sentences as standings
from engage.leaderboards import service as leaderboards
from engage.leaderboards import view as views
from engage.leaderboards.published import Published
from engage.leaderboards.windows import ROLLING
from engage.missions import sentences, service
from engage.missions.models import MissionProgress, MissionStage
from engage.missions.pages import ends_at, starts_at
from engage.missions.service import MissionView
from engage.periods import LAST_DAY
from engage.programmes.models import Programme
from engage.screens import rules
from engage.screens.rules import Plan
from engage.voice import Voice


class Slide(NamedTuple):
    """``key`` names it in addresses (``board-sales``), ``event`` is what makes it read differently."""

    key: str
    event: str | None
    shown: Mapping[str, Any]


def boards(programme: Programme) -> list[Published]:
    """The boards that a wall may show: not those that only their audience sees."""
    return [board for board in leaderboards.boards(programme) if board.rule.is_public]


def slides(programme: Programme, plan: Plan, now: datetime, voice: Voice) -> Iterator[Slide]:
    """The slides of a plan in order; what is not there any more is left out."""
    today = clock.local_day(now, programme.timezone)
    public = {board.model.slug: board for board in boards(programme)}
    for slug in plan.boards:
        if slug in public:
            shown = _board(programme, public[slug], today, now, voice)
            yield Slide(f"board-{slug}", f"live:board:{slug}", shown)
    missions = {found.mission.slug: found for found in service.overview(programme, today)}
    for slug in plan.missions:
        if slug in missions and missions[slug].window.state != "over":
            shown = _mission(programme, missions[slug], voice)
            yield Slide(f"mission-{slug}", None, shown)


def _board(
    programme: Programme, published: Published, today: date, now: datetime, voice: Voice
) -> dict[str, Any]:
    view = views.view(programme, published, "", "", today)
    ends = view.period.last != LAST_DAY and published.rule.period != ROLLING
    found = views.page(view, 0, rules.LINES)
    rows = found.rows[: rules.lines(found.ranked)]
    yesterday = views.ranks_yesterday(view, found)
    shown = wording.shown(view, found._replace(rows=rows), voice, yesterday=yesterday)
    if published.rule.by == "partner" and published.rule.measure == programme.currency:
        # What one partner is paid is for no wall: places are, sums are not.
        shown = [{**row, "score": ""} for row in shown]
    return {
        "kind": "board",
        "name": published.model.name,
        "slug": published.model.slug,
        "version": published.model.version,
        "detail": standings.measure(published.rule, view.period, programme.currency, voice),
        "note": standings.members(published.rule, found.ranked, voice) if found.ranked else None,
        "frozen": view.is_frozen,
        "stage": announcements.stage(view, now, voice) if view.is_over else None,
        "until": view.period.ends_at(programme.timezone) if ends else None,
        "rows": shown,
    }


def _mission(programme: Programme, view: MissionView, voice: Voice) -> dict[str, Any]:
    reached = _reached(view)
    begins = view.window.state == "upcoming"
    return {
        "kind": "mission",
        "name": view.mission.name,
        "slug": view.mission.slug,
        "detail": sentences.audience(view.audience, voice),
        "note": voice.days(view.mission.starts, view.mission.ends),
        "begins": begins,
        "until": (starts_at if begins else ends_at)(view, programme),
        "stages": [
            {
                "number": stage.number,
                "name": stage.stage.name,
                "detail": sentences.task(stage.stage, programme.currency, voice),
                "reward": sentences.reward(stage.stage, voice),
                "reached": reached.get(stage.number, 0),
            }
            for stage in view.stages
        ],
    }


def _reached(view: MissionView) -> dict[int, int]:
    """How many partners reached each stage, by its number."""
    rows = db.session.execute(
        select(MissionStage.number, func.count().label("reached"))
        .join(MissionProgress, MissionProgress.stage_id == MissionStage.id)
        .where(MissionStage.mission_id == view.id, MissionProgress.reached_at.is_not(None))
        .group_by(MissionStage.number)
    )
    return {row.number: row.reached for row in rows}
