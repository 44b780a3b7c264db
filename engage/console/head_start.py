"""What a mission that begins in the past would find done, and pay, the moment it is published."""

from datetime import date
from typing import NamedTuple

from sqlalchemy import func, select

from engage.activity.models import Fact
from engage.db import db
from engage.missions import awards, progress
from engage.missions.rules import Mission
from engage.missions.service import Running, addressed
from engage.partners import service as partners
from engage.programmes.models import Programme

#: A preview is made while somebody types: over more facts than this it says no numbers.
MOST_FACTS = 50_000


class HeadStart(NamedTuple):
    """Partners who have reached each stage already, and what is paid or taken back at once.

    ``paid`` and ``taken`` are minor units by unit; ``counted`` is False where there was too much to
    look through, and then the rest is empty.
    """

    counted: bool
    reached: list[int]
    paid: dict[str, int]
    taken: dict[str, int]


def head_start(
    programme: Programme, mission: Mission, today: date, published: Running | None = None
) -> HeadStart | None:
    """What ``mission`` starts with; None where it has not begun. Nothing is written.

    ``published`` is the mission it replaces, whose rewards stand and are not paid again.
    """
    if mission.starts > today:
        return None
    if _facts(programme, mission) > MOST_FACTS:
        return HeadStart(False, [], {}, {})
    who = partners.attributes(programme.id)
    # Stages that are new have an id that no reward was paid for.
    ids = [*(published.stage_ids if published else ()), *range(-len(mission.stages), 0)]
    draft = Running(0, mission, tuple(ids[: len(mission.stages)]))
    stood = progress.measured(draft, addressed(mission.audience, who), who)
    reached = [
        sum(1 for steps in stood.values() if steps[index].reached)
        for index in range(len(mission.stages))
    ]
    paid: dict[str, int] = {}
    taken: dict[str, int] = {}
    for owed in awards.outstanding(programme, draft, who, store=False):
        side = paid if owed.amount > 0 else taken
        side[owed.unit] = side.get(owed.unit, 0) + abs(owed.amount)
    return HeadStart(True, reached, paid, taken)


def _facts(programme: Programme, mission: Mission) -> int:
    found = (
        select(Fact.id)
        .where(
            Fact.programme_id == programme.id,
            Fact.kind.in_({stage.on for stage in mission.stages}),
            Fact.day.between(mission.starts, mission.ends),
            Fact.superseded_at.is_(None),
        )
        .limit(MOST_FACTS + 1)
    )
    return db.session.scalar(select(func.count()).select_from(found.subquery())) or 0
