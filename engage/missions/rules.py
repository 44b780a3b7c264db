"""How far a partner has come in a mission: a pure walk over the facts of its window.

A stage opens when the one before it is reached, and counts from the mission's start. It is reached
by the first fact with which its running value is at the target (and every earlier stage is reached),
for as long as its value over the whole window still is: a return may undo it, visibly.
"""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any, NamedTuple

from engage import conditions
from engage import definitions as read
from engage.activity.rules import Standing, adds, concerns
from engage.conditions import Where
from engage.definitions import DefinitionError
from engage.money import natural_unit, plain

MEASURES = ("amount", "quantity", "facts", "customers", "products")
MAX_STAGES = 8
_KEYS = ("slug", "name", "starts", "ends", "audience", "budget", "at_budget", "stages")
_STAGE_KEYS = ("name", "on", "measure", "where", "target", "reward")


#: Minor units by unit.
Pay = tuple[tuple[str, int], ...]


@dataclass(frozen=True, slots=True)
class Stage:
    """``target`` in ten-thousandths."""

    name: str
    on: str
    measure: str
    where: Where
    target: int
    reward: Pay


@dataclass(frozen=True, slots=True)
class Mission:
    """``budget`` is what its rewards are for all partners together, ``at_budget`` whether they
    ``stop`` there or managers are ``warn``ed.
    """

    slug: str
    name: str
    starts: date
    ends: date
    audience: Where
    stages: tuple[Stage, ...]
    budget: Pay = ()
    at_budget: str | None = None

    @property
    def limits(self) -> dict[str, int]:
        """What its rewards never come to more than, all partners together, by unit."""
        return dict(self.budget) if self.at_budget == "stop" else {}


class Progress(NamedTuple):
    """A stage's value (ten-thousandths) and the fact that reached it, None while open."""

    value: int
    reached: Standing | None
    before: int
    after: int


class _Crossing(NamedTuple):
    position: int
    fact: Standing
    before: int
    after: int


def parse(raw: Mapping[str, Any], currency: str) -> Mission:
    """A mission from its mapping in the programme file.

    :raises DefinitionError: naming the key and what to write.
    """
    take = read.Every()
    take(read.known_keys, raw, _KEYS)
    starts, ends = take(_window, raw) or (date.min, date.max)
    return take.settled(
        Mission(
            slug=take(read.slug, raw),
            name=take(read.text, raw, "name"),
            starts=starts,
            ends=ends,
            audience=take(conditions.audience, raw),
            stages=take(_stages, raw, currency),
            budget=take.under("budget", parse_pay, raw.get("budget", {}), currency),
            at_budget=take(read.at_budget, raw),
        )
    )


def _window(raw: Mapping[str, Any]) -> tuple[date, date]:
    starts, ends = read.window(raw)
    if starts is None or ends is None:
        key = "starts" if starts is None else "ends"
        raise DefinitionError(key, "is missing: a mission has a first and a last day")
    return starts, ends


def _stages(raw: Mapping[str, Any], currency: str) -> tuple[Stage, ...]:
    rows = raw.get("stages")
    if not isinstance(rows, list) or not rows:
        raise DefinitionError("stages", "is missing: write at least one [[missions.stages]]")
    if len(rows) > MAX_STAGES:
        raise DefinitionError("stages", f"has {len(rows)} stages; nobody reads more than 8")
    take = read.Every()
    stages = [
        take.under(f"stages[{number}]", parse_stage, row, currency)
        for number, row in enumerate(rows, 1)
    ]
    return take.settled(tuple(stages))


def parse_stage(raw: Any, currency: str) -> Stage:
    if not isinstance(raw, Mapping):
        raise DefinitionError("", "is no table: write each as [[missions.stages]]")
    take = read.Every()
    take(read.known_keys, raw, _STAGE_KEYS)
    return take.settled(
        Stage(
            name=take(read.text, raw, "name"),
            on=take(read.choice, raw, "on", read.FACT_KINDS),
            measure=take(read.choice, raw, "measure", MEASURES),
            where=take(conditions.where, raw, "where", conditions.FACT_CONDITIONS),
            target=take(_target, raw),
            reward=take.under("reward", parse_pay, raw.get("reward", {}), currency),
        )
    )


def _target(raw: Mapping[str, Any]) -> int:
    target = read.scaled(raw, "target")
    if target <= 0:
        raise DefinitionError("target", "is not above zero: nothing would be left to do")
    return target


def parse_pay(raw: Any, currency: str) -> Pay:
    """``{ points = "500", USD = "100" }``.

    :raises DefinitionError: an unknown unit, or an amount that is none.
    """
    if not isinstance(raw, Mapping):
        raise DefinitionError("", 'write { points = "500" }')
    take = read.Every()
    found = [(unit, take(_amount, raw, unit, currency)) for unit in raw]
    return take.settled(tuple(sorted(found, key=lambda pair: pair[0])))


def pay_json(pay: Pay) -> dict[str, str]:
    return {unit: natural_unit(amount, unit) for unit, amount in pay}


def _amount(pay: Mapping[str, Any], unit: str, currency: str) -> int:
    if unit not in ("points", currency):
        raise DefinitionError(unit, f"write points or the programme's {currency}")
    amount = read.minor(pay, unit, unit)
    if amount <= 0:
        raise DefinitionError(unit, "is not above zero: remove it")
    return amount


def to_json(mission: Mission) -> dict[str, Any]:
    """The mapping that ``parse`` reads back to an equal mission."""
    return read.written(
        slug=mission.slug,
        name=mission.name,
        starts=mission.starts.isoformat(),
        ends=mission.ends.isoformat(),
        audience=conditions.where_json(mission.audience),
        budget=pay_json(mission.budget),
        at_budget=mission.at_budget,
        stages=[stage_json(stage) for stage in mission.stages],
    )


def stage_json(stage: Stage) -> dict[str, Any]:
    return read.written(
        name=stage.name,
        on=stage.on,
        measure=stage.measure,
        where=conditions.where_json(stage.where),
        target=plain(stage.target),
        reward=pay_json(stage.reward),
    )


def progress(stages: Sequence[Stage], facts: Iterable[Standing]) -> list[Progress]:
    """Where each stage stands after ``facts`` (those of the window, in event-time order)."""
    values = [0] * len(stages)
    net: list[Counter[str]] = [Counter() for _ in stages]
    crossed: list[_Crossing | None] = [None] * len(stages)
    for position, fact in enumerate(facts):
        for index, stage in enumerate(stages):
            if not concerns(stage.on, stage.where, fact):
                continue
            before = values[index]
            values[index] = before + adds(stage.measure, fact, net[index])
            if crossed[index] is None and values[index] >= stage.target:
                crossed[index] = _Crossing(position, fact, before, values[index])
    return _opened_in_turn(stages, values, crossed)


def _opened_in_turn(
    stages: Sequence[Stage], values: list[int], crossed: list[_Crossing | None]
) -> list[Progress]:
    found: list[Progress] = []
    latest: _Crossing | None = None
    open_so_far = True
    for stage, value, crossing in zip(stages, values, crossed, strict=True):
        if not (open_so_far and crossing and value >= stage.target):
            open_so_far = False
            found.append(Progress(value, None, 0, 0))
            continue
        # A later stage may have been full before the one that opens it was: then that one opened it.
        if latest is None or crossing.position > latest.position:
            latest = crossing
        found.append(Progress(value, latest.fact, crossing.before, crossing.after))
    return found


#: Where in event time a fact is, see `Standing.order`.
Order = tuple[datetime, str, str]


class Stood(NamedTuple):
    """A stage's value so far, and where the fact that reached it is; None while open."""

    value: int
    reached: Order | None


NOTHING = Stood(0, None)


def carried_on(
    stages: Sequence[Stage], stood: Sequence[Stood], added: Sequence[int], since: Order
) -> list[int] | None:
    """The values once ``added`` comes to what stood, where the same facts reach the same stages still.

    None where that takes a walk: a stage fills, or empties, or what changed (from ``since`` on) is not
    all behind the fact that reached one.
    """
    values = [one.value + more for one, more in zip(stood, added, strict=True)]
    full = True
    for stage, one, value in zip(stages, stood, values, strict=True):
        full = full and value >= stage.target
        if full != (one.reached is not None) or (one.reached and since <= one.reached):
            return None
    return values


#: Where a mission's window stands, in the order in which missions are told.
STATES = ("running", "upcoming", "over")


class Window(NamedTuple):
    """One of `STATES`, and the days that are left."""

    state: str
    days_left: int


def window(mission_starts: date, mission_ends: date, today: date) -> Window:
    """The state of a mission on the local day ``today``; the last day counts as one day left."""
    if today < mission_starts:
        return Window("upcoming", (mission_ends - mission_starts) // timedelta(days=1) + 1)
    if today > mission_ends:
        return Window("over", 0)
    return Window("running", (mission_ends - today) // timedelta(days=1) + 1)
