"""Progress of the partners that facts touched, and the rewards owed, less what stands posted."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence

from sqlalchemy import delete, func, select

from engage.activity import service as activity
from engage.activity.models import Fact
from engage.activity.rules import Standing
from engage.db import db, in_chunks, upsert_rows
from engage.ledger.models import Transfer
from engage.ledger.rules import NOTHING_POSTED, Difference, Posted
from engage.missions import rules
from engage.missions.models import Mission, MissionProgress
from engage.missions.rules import Happening, Progress
from engage.missions.service import Attributes, Running, addressed, missions
from engage.programmes.models import Programme


def advance(
    programme: Programme,
    changed: Sequence[Standing],
    attributes: Mapping[int, Attributes],
) -> list[Difference]:
    """Bring progress up to date where ``changed`` facts count, and give the rewards owed."""
    if not changed:
        return []
    first, last = min(fact.day for fact in changed), max(fact.day for fact in changed)
    owed: list[Difference] = []
    for mission in missions(programme, Mission.starts <= last, Mission.ends >= first):
        kinds = {stage.on for stage in mission.stages}
        touched = {
            fact.partner_id
            for fact in changed
            if fact.kind in kinds
            and mission.model.starts <= fact.day <= mission.model.ends
            and addressed(mission.audience, attributes[fact.partner_id])
        }
        owed += settle(mission, touched)
    return owed


def settle(mission: Running, partner_ids: Iterable[int], *, store: bool = True) -> list[Difference]:
    """Rewards these partners are owed in a mission, less what stands posted.

    With ``store`` their progress is written as well.
    """
    owed: list[Difference] = []
    for chunk in in_chunks(sorted(partner_ids), 1_000):
        found = measured(mission, chunk)
        if store:
            _store(mission, found)
        owed += _rewards(mission, found, _posted(mission.stage_ids, chunk))
    return owed


def measured(mission: Running, partner_ids: Sequence[int]) -> dict[int, list[Progress]]:
    """Progress of partners by the pure rules, straight from the facts of the window."""
    by_partner: dict[int, list[Happening]] = {partner_id: [] for partner_id in partner_ids}
    facts = activity.standing_facts(
        Fact.partner_id.in_(partner_ids),
        Fact.kind.in_({stage.on for stage in mission.stages}),
        Fact.day.between(mission.model.starts, mission.model.ends),
    )
    for fact in facts:
        by_partner[fact.partner_id].append(
            Happening(
                fact.id,
                fact.kind,
                fact.occurred_at,
                fact.day,
                fact.amount,
                fact.quantity,
                fact.product,
                fact.category,
                fact.customer,
            )
        )
    return {
        partner_id: rules.progress(mission.stages, happenings)
        for partner_id, happenings in by_partner.items()
    }


def _store(mission: Running, found: Mapping[int, list[Progress]]) -> None:
    rows = [
        {
            "stage_id": stage_id,
            "partner_id": partner_id,
            "value": step.value,
            "reached_at": step.reached.occurred_at if step.reached else None,
            "fact_id": step.reached.id if step.reached else None,
        }
        for partner_id, progress in found.items()
        for stage_id, step in zip(mission.stage_ids, progress, strict=True)
    ]
    upsert_rows(MissionProgress.__table__, rows, put=("value", "reached_at", "fact_id"))


_Place = tuple[int, int, str]  # stage, partner, unit


def _posted(
    stage_ids: Sequence[int], partner_ids: Sequence[int]
) -> dict[_Place, dict[int, Posted]]:
    found: dict[_Place, dict[int, Posted]] = defaultdict(dict)
    rows = db.session.execute(
        select(
            Transfer.stage_id,
            Transfer.partner_id,
            Transfer.unit,
            Transfer.fact_id,
            func.sum(Transfer.amount),
            func.count(),
        )
        .where(Transfer.partner_id.in_(partner_ids), Transfer.stage_id.in_(stage_ids))
        .group_by(Transfer.stage_id, Transfer.partner_id, Transfer.unit, Transfer.fact_id)
    )
    for stage_id, partner_id, unit, fact_id, amount, count in rows:
        found[stage_id, partner_id, unit][fact_id] = Posted(int(amount), count)
    return found


def _rewards(
    mission: Running,
    found: Mapping[int, list[Progress]],
    posted: dict[_Place, dict[int, Posted]],
) -> list[Difference]:
    owed: list[Difference] = []
    for partner_id, progress in found.items():
        for stage, stage_id, step in zip(mission.stages, mission.stage_ids, progress, strict=True):
            if step.reached is None:
                continue
            for unit, amount in stage.reward:
                lines = posted.get((stage_id, partner_id, unit), {})
                so_far = lines.pop(step.reached.id, NOTHING_POSTED)
                if amount != so_far.amount:
                    owed.append(
                        Difference(
                            partner_id,
                            unit,
                            amount - so_far.amount,
                            step.reached.id,
                            None,
                            stage_id,
                            None,
                            step.reached.occurred_at,
                            step.reached.day,
                            step.before,
                            step.after,
                            so_far.lines,
                        )
                    )
    return owed + _taken_back(posted)


def _taken_back(posted: dict[_Place, dict[int, Posted]]) -> list[Difference]:
    """Rewards that stand posted for a fact that reaches nothing any more."""
    gone = {
        fact_id
        for lines in posted.values()
        for fact_id, standing in lines.items()
        if standing.amount
    }
    if not gone:
        return []
    facts = {
        fact.id: fact
        for fact in db.session.execute(
            select(Fact.id, Fact.occurred_at, Fact.day).where(Fact.id.in_(gone))
        )
    }
    return [
        Difference(
            partner_id,
            unit,
            -standing.amount,
            fact_id,
            None,
            stage_id,
            None,
            facts[fact_id].occurred_at,
            facts[fact_id].day,
            0,
            0,
            standing.lines,
        )
        for (stage_id, partner_id, unit), lines in posted.items()
        for fact_id, standing in lines.items()
        if standing.amount
    ]


def recompute(
    programme: Programme,
    attributes: Mapping[int, Attributes],
    *,
    store: bool,
    slug: str | None = None,
) -> list[Difference]:
    """The differences of every mission (or one) for these partners, addressed or not any more."""
    owed: list[Difference] = []
    for mission in missions(programme, *([Mission.slug == slug] if slug else [])):
        inside = {p for p, partner in attributes.items() if addressed(mission.audience, partner)}
        owed += settle(mission, inside, store=store)
        outside = sorted(attributes.keys() - inside)
        for chunk in in_chunks(outside, 1_000):
            owed += _taken_back(_posted(mission.stage_ids, chunk))
            if store:
                db.session.execute(
                    delete(MissionProgress).where(
                        MissionProgress.stage_id.in_(mission.stage_ids),
                        MissionProgress.partner_id.in_(chunk),
                    )
                )
    return owed


def differing_progress(programme: Programme, attributes: Mapping[int, Attributes]) -> int:
    """How many stored progress rows are not what the facts say (a missing row stands for zero)."""
    wrong = 0
    for mission in missions(programme):
        inside = [p for p, partner in attributes.items() if addressed(mission.audience, partner)]
        stored = {
            (row.stage_id, row.partner_id): (row.value, row.reached_at)
            for row in db.session.scalars(
                select(MissionProgress).where(MissionProgress.stage_id.in_(mission.stage_ids))
            )
        }
        for chunk in in_chunks(sorted(inside), 1_000):
            for partner_id, progress in measured(mission, chunk).items():
                for stage_id, step in zip(mission.stage_ids, progress, strict=True):
                    reached_at = step.reached.occurred_at if step.reached else None
                    standing = stored.pop((stage_id, partner_id), (0, None))
                    wrong += standing != (step.value, reached_at)
        wrong += sum(1 for value, reached_at in stored.values() if value or reached_at)
    return wrong
