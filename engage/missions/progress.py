"""How far partners are in missions: carried on by what facts add, walked anew where that may tell more."""

from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from sqlalchemy import bindparam, func, or_, select

from engage.activity import service as activity
from engage.activity.models import Fact
from engage.activity.rules import DISTINCT, Standing, adds, concerns, counted
from engage.among import among, in_chunks
from engage.apart import Apart, apart
from engage.conditions import Where, asks_for_tier, in_tier
from engage.db import db
from engage.missions import rules
from engage.missions.models import MissionProgress
from engage.missions.rules import Order, Progress, Stood
from engage.missions.service import Attributes, Running, addressed, missions
from engage.money import SCALE
from engage.prepared import Prepared, Question, together
from engage.programmes.models import Programme
from engage.rows import upsert_rows


@dataclass(slots=True)
class _Change:
    """What facts add to each stage for one partner, and the first of them in event-time order."""

    added: list[int]
    since: Order


def carry_on(
    mission: Running,
    new: Sequence[Standing],
    superseded: Sequence[Standing],
    attributes: Mapping[int, Attributes],
) -> set[int]:
    """Add to progress what came and take off what went; the partners who must be walked anew.

    What that costs does not depend on how many facts the window holds.
    """
    signed = list(_signed(mission, new, superseded, attributes))
    if any(s.measure in DISTINCT for s in mission.stages) and asks_for_tier(mission.audience):
        return {fact.partner_id for fact, _ in signed}  # the database knows no tier of a moment
    if not signed:
        return set()
    changes = _changes(mission, signed)
    (rows,) = together(_stood(mission, changes))
    stood = {
        (stage_id, partner_id): Stood(value, (at, *more) if at else None)
        for stage_id, partner_id, value, at, *more in rows
    }
    again: set[int] = set()
    rows = []
    for partner_id, change in changes.items():
        before = [
            stood.get((stage_id, partner_id), rules.NOTHING) for stage_id in mission.stage_ids
        ]
        values = rules.carried_on(mission.stages, before, change.added, change.since)
        if values is None:
            again.add(partner_id)
            continue
        rows += [
            {
                "stage_id": stage_id,
                "partner_id": partner_id,
                "value": value,
                "reached_at": None,
                "fact_id": None,
            }
            for stage_id, value, added in zip(mission.stage_ids, values, change.added, strict=True)
            if added
        ]
    upsert_rows(MissionProgress.__table__, rows, put=("value",))
    return again


def _signed(
    mission: Running,
    new: Sequence[Standing],
    superseded: Sequence[Standing],
    attributes: Mapping[int, Attributes],
) -> Iterator[tuple[Standing, int]]:
    """The facts that count in the mission's window, with 1 as they came and -1 as they went."""
    inside = set(addressed(mission.audience, attributes))
    kinds, model = {stage.on for stage in mission.stages}, mission.model
    for facts, sign in ((new, 1), (superseded, -1)):
        for fact in facts:
            if (
                fact.kind in kinds
                and fact.partner_id in inside
                and model.starts <= fact.day <= model.ends
                and in_tier(mission.audience, attributes[fact.partner_id], fact.occurred_at)
            ):
                yield fact, sign


def asked(
    mission: Running,
    new: Sequence[Standing],
    superseded: Sequence[Standing],
    attributes: Mapping[int, Attributes],
) -> Iterator[Question]:
    """What `carry_on` will ask once these facts are written."""
    signed = list(_signed(mission, new, superseded, attributes))
    if signed:
        yield _stood(mission, {fact.partner_id for fact, _ in signed})
    for stage in mission.stages:
        if moved := _named(stage, signed):
            yield _net(mission, stage, moved)


def _changes(mission: Running, signed: Sequence[tuple[Standing, int]]) -> dict[int, _Change]:
    """What these facts add, by partner."""
    found: dict[int, _Change] = {}
    for fact, sign in signed:
        change = found.setdefault(fact.partner_id, _Change([0] * len(mission.stages), fact.order))
        change.since = min(change.since, fact.order)
        for index, stage in enumerate(mission.stages):
            if stage.measure not in DISTINCT and concerns(stage.on, stage.where, fact):
                change.added[index] += sign * adds(stage.measure, fact, Counter())
    for index, stage in enumerate(mission.stages):
        if moved := _named(stage, signed):
            (rows,) = together(_net(mission, stage, moved))
            nets = {(partner_id, name): int(net) for partner_id, name, net in rows}
            for place, by in moved.items():
                now = nets.get(place, 0)
                found[place[0]].added[index] += ((now > 0) - (now - by > 0)) * SCALE
    return found


_Name = tuple[int, str]  # a partner's customer or product


def _named(stage: rules.Stage, signed: Iterable[tuple[Standing, int]]) -> Counter[_Name]:
    """How often facts count that name a customer (or product), for a stage that counts those."""
    found: Counter[_Name] = Counter()
    if stage.measure in DISTINCT:
        for fact, sign in signed:
            name = getattr(fact, stage.measure.removesuffix("s"))
            if name and concerns(stage.on, stage.where, fact):
                found[fact.partner_id, name] += sign * counted(fact.amount, fact.quantity)
    return found


def _net(mission: Running, stage: rules.Stage, moved: Counter[_Name]) -> Question:
    """By how much sales outnumber returns, of these partners' customers (or products)."""
    return _nets(stage.measure, stage.where), {
        "kind": stage.on,
        "first": mission.model.starts,
        "last": mission.model.ends,
        "partner_ids": {partner_id for partner_id, _ in moved},
        "names": {name for _, name in moved},
    }


@lru_cache(maxsize=256)
def _nets(measure: str, where: Where) -> Prepared:
    column = _fact[measure.removesuffix("s")]
    return Prepared(
        select(_fact.partner_id, column, func.sum(activity.COUNTED))
        .where(
            _fact.superseded_at.is_(None),
            _fact.kind == bindparam("kind"),
            _fact.day.between(bindparam("first"), bindparam("last")),
            among(_fact.partner_id, "partner_ids"),
            among(column, "names"),
            *activity.meeting(where),
        )
        .group_by(_fact.partner_id, column),
        tuple,
    )


_progress: Any = MissionProgress.__table__.c
_fact: Any = Fact.__table__.c
_STOOD = Prepared(
    select(
        *(_progress.stage_id, _progress.partner_id, _progress.value),
        *(_fact.occurred_at, _fact.external_id, _fact.source),
    )
    .join_from(
        MissionProgress.__table__,
        Fact.__table__,
        isouter=True,
        onclause=_fact.id == _progress.fact_id,
    )
    .where(among(_progress.stage_id, "stage_ids"), among(_progress.partner_id, "partner_ids")),
    tuple,
)


def _stood(mission: Running, partner_ids: Collection[int]) -> Question:
    """Where stages stand stored, and the order of the fact that reached each."""
    return _STOOD, {"stage_ids": mission.stage_ids, "partner_ids": {*partner_ids}}


def measured(
    mission: Running, partner_ids: Sequence[int], attributes: Mapping[int, Attributes]
) -> dict[int, list[Progress]]:
    """Progress of partners by the pure rules, straight from the facts of the window.

    In a mission for a tier counts what was done while in it.
    """
    by_partner: dict[int, list[Standing]] = {partner_id: [] for partner_id in partner_ids}
    kinds = {stage.on for stage in mission.stages}
    for fact in activity.facts_of(partner_ids, mission.model.starts, mission.model.ends):
        if fact.kind in kinds and in_tier(
            mission.audience, attributes[fact.partner_id], fact.occurred_at
        ):
            by_partner[fact.partner_id].append(fact)
    return {
        partner_id: rules.progress(mission.stages, counted)
        for partner_id, counted in by_partner.items()
    }


def store(mission: Running, found: Mapping[int, list[Progress]]) -> None:
    rows = _rows(mission, found)
    upsert_rows(MissionProgress.__table__, rows, put=("value", "reached_at", "fact_id"))


def _rows(mission: Running, found: Mapping[int, list[Progress]]) -> list[dict[str, Any]]:
    return [
        {
            "stage_id": stage_id,
            "partner_id": partner_id,
            "value": step.value,
            "reached_at": step.reached.occurred_at if step.reached else None,
            "fact_id": step.reached.id if step.reached else None,
        }
        for partner_id, steps in found.items()
        for stage_id, step in zip(mission.stage_ids, steps, strict=True)
    ]


def differing(programme: Programme, attributes: Mapping[int, Attributes]) -> Iterator[Apart]:
    """Stored progress that is not what the facts say (a missing row stands for zero)."""
    table: Any = MissionProgress.__table__
    for mission in missions(programme):
        here = select(table).where(
            table.c.stage_id.in_(mission.stage_ids),
            or_(table.c.value != 0, table.c.fact_id.is_not(None), table.c.reached_at.is_not(None)),
        )
        must = (
            tuple(row.values())
            for chunk in in_chunks(addressed(mission.audience, attributes), 1_000)
            for row in _rows(mission, measured(mission, chunk, attributes))
            if row["value"] or row["fact_id"]
        )
        yield from apart(table, db.session.execute(here).tuples(), must)
