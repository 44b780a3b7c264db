"""The rewards that stages owe, less what stands posted."""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any, NamedTuple

from sqlalchemy import ColumnElement, delete, func, select

from engage.activity.models import Fact
from engage.activity.rules import Standing
from engage.among import in_chunks
from engage.apart import Apart
from engage.conditions import asks_for_tier
from engage.db import db
from engage.ledger import budgets
from engage.ledger.models import Transfer
from engage.ledger.rules import NOTHING_POSTED, Difference, Posted, carried
from engage.missions import progress
from engage.missions.models import MissionProgress
from engage.missions.rules import Progress
from engage.missions.service import Attributes, Running, addressed, end_of, missions
from engage.partners import service as partners
from engage.programmes.models import Programme


def concerned(
    programme: Programme, changed: Sequence[Standing], climbed: Mapping[int, datetime]
) -> list[Running]:
    """The missions that `advance` looks at."""
    if not changed:
        return []
    first, last = min(fact.day for fact in changed), max(fact.day for fact in changed)
    return missions(programme, *(() if climbed else (first, last)))


def advance(
    programme: Programme,
    concerned: Iterable[Running],
    new: Sequence[Standing],
    superseded: Sequence[Standing],
    attributes: Mapping[int, Attributes],
    climbed: Mapping[int, datetime],
) -> list[Difference]:
    """Bring progress up to date after ``new`` came in and ``superseded`` went out, and give the
    rewards owed.

    ``climbed`` are partners whose tier is another from an instant on: missions for a tier count
    what they did since otherwise.
    """
    owed: list[Difference] = []
    for mission in concerned:
        otherwise: set[int] = set()
        if asks_for_tier(mission.audience):
            over = end_of(mission.model.ends, programme)
            since = {p: attributes[p] for p, instant in climbed.items() if instant <= over}
            otherwise.update(addressed(mission.audience, since))
        again = progress.carry_on(mission, new, superseded, attributes) | otherwise
        settled = _settle(mission, again, attributes)
        owed += _while_its_budget_lasts(programme, mission, settled)
    return owed


def _settle(
    mission: Running,
    partner_ids: Iterable[int],
    attributes: Mapping[int, Attributes],
    *,
    store: bool = True,
) -> list[Difference]:
    """Rewards these partners are owed in a mission, less what stands posted.

    With ``store`` their progress is written as well. The budget of the mission is left aside.
    """
    owed: list[Difference] = []
    for chunk in in_chunks(sorted(partner_ids), 1_000):
        found = progress.measured(mission, chunk, attributes)
        if store:
            progress.store(mission, found)
        posted = _posted(mission.stage_ids, Transfer.partner_id.in_(chunk))
        owed += _differences(_rewards(mission, found), posted)
    return owed


def _while_its_budget_lasts(
    programme: Programme, mission: Running, owed: list[Difference]
) -> list[Difference]:
    """The same, unless the mission stops at its budget and gets there, or stands there already.

    As with rules (`engage.incentives.awards`): below the budget nothing was ever withheld.
    """
    if not owed or not mission.limits:
        return owed
    stands = budgets.keep_up(programme.id, mission.source, mission.awarded)
    mine = {unit: sum(d.amount for d in owed if d.unit == unit) for unit in mission.limits}
    if any(
        stands[unit] >= limit or stands[unit] + mine[unit] > limit
        for unit, limit in mission.limits.items()
    ):
        owed = _whole(programme, mission, store=False)
    for unit in mission.limits:
        budgets.add(mission.source, unit, sum(d.amount for d in owed if d.unit == unit))
    return owed


def differing_budgets(programme: Programme) -> Iterator[Apart]:
    """What missions have awarded and is kept of them as something else."""
    limited = ((m.source, m.awarded) for m in missions(programme) if m.limits)
    return budgets.differing(programme.id, limited)


def outstanding(
    programme: Programme, mission: Running, attributes: Mapping[int, Attributes], *, store: bool
) -> list[Difference]:
    """Rewards owed to those of these partners that take part; of a mission that stops at its
    budget, to all."""
    if mission.limits:
        return _whole(programme, mission, store=store)
    inside = addressed(mission.audience, attributes)
    return _settle(mission, inside, attributes, store=store)


def _whole(programme: Programme, mission: Running, *, store: bool) -> list[Difference]:
    """The differences of a mission over all partners, within its budget."""
    everybody = partners.attributes(programme.id)
    rewards: list[_Reward] = []
    for chunk in in_chunks(addressed(mission.audience, everybody), 1_000):
        found = progress.measured(mission, chunk, everybody)
        if store:
            progress.store(mission, found)
        rewards += _rewards(mission, found)
    for unit, limit in mission.limits.items():
        rewards = _within_budget(unit, limit, rewards)
    return _differences(rewards, _posted(mission.stage_ids))


_Place = tuple[int, int, str]  # stage, partner, unit


class _Reward(NamedTuple):
    """What a partner is owed for a stage, and the fact that reached it."""

    place: _Place
    number: int
    amount: int
    fact: Standing
    before: int
    after: int
    terms: Mapping[str, Any] | None = None


def _rewards(mission: Running, found: Mapping[int, list[Progress]]) -> list[_Reward]:
    return [
        _Reward((stage_id, partner_id, unit), number, amount, step.reached, step.before, step.after)
        for partner_id, steps in found.items()
        for number, (stage, stage_id, step) in enumerate(
            zip(mission.stages, mission.stage_ids, steps, strict=True)
        )
        if step.reached
        for unit, amount in stage.reward
    ]


def _within_budget(unit: str, limit: int, rewards: Iterable[_Reward]) -> list[_Reward]:
    """What the budget carries, in event-time order of the facts that reached the stages."""
    ordered = sorted(rewards, key=lambda reward: (reward.fact.order, reward.number))
    mine = [reward for reward in ordered if reward.place[2] == unit]
    found = [reward for reward in ordered if reward.place[2] != unit]
    amounts = carried(limit, [reward.amount for reward in mine])
    for reward, amount in zip(mine, amounts, strict=True):
        less = amount != reward.amount
        found.append(reward._replace(amount=amount, terms={"left": amount}) if less else reward)
    return found


def _posted(
    stage_ids: Sequence[int], *conditions: ColumnElement[bool]
) -> dict[_Place, dict[int, Posted]]:
    """What stands posted for the stages, by place and fact."""
    found: dict[_Place, dict[int, Posted]] = defaultdict(dict)
    place = (Transfer.stage_id, Transfer.partner_id, Transfer.unit, Transfer.fact_id)
    rows = db.session.execute(
        select(*place, func.sum(Transfer.amount), func.count())
        .where(Transfer.stage_id.in_(stage_ids), *conditions)
        .group_by(*place)
    )
    for stage_id, partner_id, unit, fact_id, amount, count in rows:
        found[stage_id, partner_id, unit][fact_id] = Posted(int(amount), count)
    return found


def _differences(
    rewards: Iterable[_Reward], posted: dict[_Place, dict[int, Posted]]
) -> list[Difference]:
    owed: list[Difference] = []
    for place, _, amount, fact, before, after, terms in rewards:
        so_far = posted.get(place, {}).pop(fact.id, NOTHING_POSTED)
        if amount != so_far.amount:
            owed.append(_difference(place, fact, amount, so_far, before, after, terms))
    return owed + _taken_back(posted)


def _difference(
    place: _Place, fact: Any, amount: int, so_far: Posted, before: int, after: int, terms: Any
) -> Difference:
    stage_id, partner_id, unit = place
    return Difference(
        partner_id=partner_id,
        unit=unit,
        amount=amount - so_far.amount,
        fact_id=fact.id,
        rule_version_id=None,
        stage_id=stage_id,
        period=None,
        occurred_at=fact.occurred_at,
        day=fact.day,
        total_before=before,
        total_after=after,
        sequence=so_far.lines,
        terms=terms,
    )


def _taken_back(posted: dict[_Place, dict[int, Posted]]) -> list[Difference]:
    """Rewards that stand posted for a fact that reaches nothing any more."""
    gone = [
        (place, fact_id, standing)
        for place, lines in posted.items()
        for fact_id, standing in lines.items()
        if standing.amount
    ]
    if not gone:
        return []
    columns = select(Fact.id, Fact.occurred_at, Fact.day)
    rows = db.session.execute(columns.where(Fact.id.in_({fact_id for _, fact_id, _ in gone})))
    facts = {fact.id: fact for fact in rows}
    return [
        _difference(place, facts[fact_id], 0, standing, 0, 0, None)
        for place, fact_id, standing in gone
    ]


def recompute(
    programme: Programme,
    attributes: Mapping[int, Attributes],
    *,
    store: bool,
    slug: str | None = None,
) -> list[Difference]:
    """The differences of every mission (or one) for these partners, addressed or not any more."""
    if store:
        budgets.forget(programme.id)
    owed: list[Difference] = []
    for mission in missions(programme):
        if slug not in (None, mission.model.slug):
            continue
        owed += outstanding(programme, mission, attributes, store=store)
        outside = attributes.keys() - set(addressed(mission.audience, attributes))
        for chunk in in_chunks(sorted(outside), 1_000):
            if not mission.limits:
                posted = _posted(mission.stage_ids, Transfer.partner_id.in_(chunk))
                owed += _taken_back(posted)
            if store:
                db.session.execute(
                    delete(MissionProgress).where(
                        MissionProgress.stage_id.in_(mission.stage_ids),
                        MissionProgress.partner_id.in_(chunk),
                    )
                )
    return owed
