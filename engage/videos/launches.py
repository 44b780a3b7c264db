"""A product launch in a film's values: a rule or mission for a product or category, with its dates."""

from collections.abc import Callable
from datetime import date, timedelta
from functools import lru_cache
from typing import NamedTuple

from engage.conditions import Where, addresses
from engage.incentives import service as incentives
from engage.incentives.rules import Rule, in_force
from engage.missions import sentences
from engage.missions.service import MissionView
from engage.partners import service as partners
from engage.studio.values import Number, Stages
from engage.videos import aims, highlights
from engage.videos.snapshot import Told

#: A launch is told of from so long before its start until so long after it.
AHEAD, AFTER = timedelta(days=45), timedelta(days=60)
PRODUCTS = ("product", "category")


class Launch(NamedTuple):
    """What is launched: the values of one condition; by a ``rule`` or in a ``mission``."""

    what: tuple[str, frozenset[str]]
    starts: date
    ends: date | None
    rule: Rule | None = None
    mission: MissionView | None = None


@lru_cache(maxsize=1)  # a film asks for a dozen fields of it
def launch(told: Told) -> Launch | None:
    """The newest one that addresses this partner."""
    today = told.teller.today
    near = [
        one
        for one in (*_rules(told), *_missions(told))
        if today - AFTER <= one.starts <= today + AHEAD and (one.ends is None or one.ends >= today)
    ]
    return max(near, key=lambda one: (one.starts, one.mission is not None), default=None)


def _rules(told: Told) -> list[Launch]:
    partner = told.partner
    known = partners.attributes(partner.programme_id, [partner.id])[partner.id]
    found = []
    for book in incentives.books(told.teller.programme):
        version = in_force(book.versions, told.teller.now)
        rule = version.rule if version else None
        what = _product(rule.where) if rule else None
        if rule and what and rule.starts and addresses(rule.where, known):
            found.append(Launch(what, rule.starts, rule.ends, rule=rule))
    return found


def _missions(told: Told) -> list[Launch]:
    found = []
    for view in told.views:
        what = next((w for s in view.stages if (w := _product(s.stage.where))), None)
        if what:
            mission = view.mission
            found.append(Launch(what, mission.starts, mission.ends, mission=view))
    return found


def _product(where: Where) -> tuple[str, frozenset[str]] | None:
    """The condition on a product or category, as far as it is one of names."""
    conditions = dict(where)
    for name in PRODUCTS:
        values = conditions.get(name)
        if isinstance(values, frozenset):
            return name, values
    return None


def of(read: Callable[[Told, Launch], "str | Number | Stages | None"]) -> Callable[[Told], "str | Number | Stages | None"]:  # fmt: skip
    """A field read from the launch, None where there is none for this partner."""

    def read_launch(told: Told) -> str | Number | Stages | None:
        found = launch(told)
        return read(told, found) if found else None

    return read_launch


def name(told: Told, one: Launch) -> str:
    return told.voice.all_of(sorted(one.what[1]))


def starts(told: Told, one: Launch) -> str:
    return told.voice.day(one.starts)


def ends(told: Told, one: Launch) -> str | None:
    return told.voice.day(one.ends) if one.ends else None


def days_until(told: Told, one: Launch) -> Number | None:
    """Days until it starts; None once it has."""
    return _days(told, (one.starts - told.teller.today).days)


def days_left(told: Told, one: Launch) -> Number | None:
    """Days it goes on after today, once it has started."""
    if one.ends is None or one.starts > told.teller.today:
        return None
    return _days(told, (one.ends - told.teller.today).days)


def _days(told: Told, days: int) -> Number | None:
    return Number(days, told.voice.number(days)) if days > 0 else None


def pays(told: Told, one: Launch) -> str | None:
    """What it is worth: its rule in words, or what its first open stage asks and gives."""
    if one.rule:
        return aims.in_short(one.rule, told)
    stage = _stage(one)
    if stage is None:
        return None
    task = sentences.task(stage, told.currency, told.voice)
    worth = sentences.reward(stage, told.voice)
    return (
        told.voice.gettext("%(task)s: %(worth)s.", task=task, worth=worth) if worth else f"{task}."
    )


def _stage(one: Launch):  # type: ignore[no-untyped-def]
    stages = one.mission.stages if one.mission else []
    found = next((stage for stage in stages if not stage.reached), None)
    return found.stage if found else None


def mission(told: Told, one: Launch) -> str | None:
    return one.mission.mission.name if one.mission else None


def stages(told: Told, one: Launch) -> Stages | None:
    return aims.stages_of(one.mission, told) if one.mission else None


def sold(told: Told, one: Launch) -> Number | None:
    """Deals of it that the partner has closed before."""
    count = highlights.count("facts", _before(told, one))
    return Number(count, told.voice.number(count)) if count > 0 else None


def customers(told: Told, one: Launch) -> Number | None:
    """To how many customers."""
    count = highlights.count("customers", _before(told, one))
    return Number(count, told.voice.number(count)) if count else None


def _before(told: Told, one: Launch):  # type: ignore[no-untyped-def]
    what, values = one.what
    return [f for f in told.facts if f.kind == told.teller.kind and getattr(f, what) in values]
