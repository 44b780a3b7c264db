"""Missions written down: published, changed in place, taken off the pages; each change is kept."""

from datetime import datetime
from typing import Any

from sqlalchemy import func, select, update

from engage.conditions import where_json
from engage.db import db
from engage.missions import rules
from engage.missions.models import Mission, MissionStage
from engage.missions.service import missions
from engage.programmes import revisions
from engage.programmes.models import Programme


def stage_count(programme: Programme, slug: str) -> int:
    """How many stages a mission of that slug has, retired ones too; 0 when there is none."""
    return (
        db.session.scalar(
            select(func.count())
            .select_from(MissionStage)
            .join(Mission)
            .where(Mission.programme_id == programme.id, Mission.slug == slug)
        )
        or 0
    )


def _stands(programme: Programme, slug: str) -> dict[str, Any] | None:
    """What the file says of a published mission; None where there is none, or it is retired."""
    found = next((m for m in missions(programme) if m.model.slug == slug), None)
    return rules.to_json(found.model) if found else None


def retire(
    programme: Programme, slug: str, now: datetime, why: str | None = None, by: int | None = None
) -> None:
    """Take a mission off the pages; what it paid stands."""
    stood = _stands(programme, slug)
    revisions.note(programme.id, "mission", slug, stood, None, now, why, by)
    db.session.execute(
        update(Mission)
        .where(Mission.programme_id == programme.id, Mission.slug == slug)
        .values(retired_at=now)
    )
    programme.reissue()


def publish(
    programme: Programme,
    mission: rules.Mission,
    now: datetime,
    why: str | None = None,
    by: int | None = None,
) -> Mission:
    """Write a mission down (a changed one of the same slug is replaced in place) and flush it; the
    change is kept."""
    stood = _stands(programme, mission.slug)
    revisions.note(
        programme.id, "mission", mission.slug, stood, rules.to_json(mission), now, why, by
    )
    found = db.session.scalar(
        select(Mission).where(Mission.programme_id == programme.id, Mission.slug == mission.slug)
    )
    if found is None:
        found = Mission(programme_id=programme.id, slug=mission.slug)
        db.session.add(found)
    found.name, found.starts, found.ends = mission.name, mission.starts, mission.ends
    found.audience = where_json(mission.audience)
    found.budget, found.at_budget = rules.pay_json(mission.budget), mission.at_budget
    found.published_at, found.retired_at = now, None
    definitions = [rules.stage_json(stage) for stage in mission.stages]
    for stage, definition in zip(list(found.stages), definitions, strict=False):
        stage.definition = definition
    for number in range(len(found.stages) + 1, len(definitions) + 1):
        found.stages.append(MissionStage(number=number, definition=definitions[number - 1]))
    db.session.flush()
    programme.reissue()
    return found
