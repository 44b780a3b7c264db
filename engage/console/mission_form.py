"""A mission in the making, as its form holds it: read, checked field by field, and written back."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import date, timedelta
from decimal import Decimal
from typing import Any, NamedTuple

from flask_babel import gettext as _
from werkzeug.datastructures import MultiDict

from engage import conditions, definitions
from engage.conditions import Where
from engage.console.typed_fields import AUDIENCE, Errors
from engage.definitions import DefinitionError
from engage.missions import rules
from engage.missions.rules import Mission, Pay, Stage
from engage.money import POINTS, natural_unit, plain
from engage.voice import Voice

MOST_STAGES = 5
_NAME_LENGTH = 80


@dataclass
class StageDraft:
    """A stage as typed; ``where`` is what a stage of the programme file is limited to, as JSON."""

    name: str = ""
    on: str = "sale"
    measure: str = "facts"
    target: str = ""
    points: str = ""
    money: str = ""
    where: str = ""


@dataclass
class Draft:
    """A mission as typed. The first ``kept`` stages are published and cannot be taken away.

    ``audience`` are the texts that are chosen; ``rest`` is what else the programme file asks of
    partners, as JSON.
    """

    name: str = ""
    starts: str = ""
    ends: str = ""
    audience: dict[str, list[str]] = field(default_factory=dict)
    stages: list[StageDraft] = field(default_factory=lambda: [StageDraft()])
    kept: int = 0
    budget_points: str = ""
    budget_money: str = ""
    at_budget: str = "warn"
    rest: str = ""

    @property
    def where(self) -> Where:
        """Whom it is for; nothing where what travelled through the form came back bent."""
        return self.read_where({})

    def read_where(self, errors: Errors) -> Where:
        kept = _where(self.rest) if self.rest else {}
        try:
            asked = kept | self.audience if isinstance(kept, dict) else kept
            return conditions.audience({"audience": asked})
        except DefinitionError:
            errors["audience"] = _("Choose anew for whom it is.")
            return ()


class Reading(NamedTuple):
    """What a draft says: the mission once nothing is wrong, and each stage that can be read."""

    mission: Mission | None
    stages: list[Stage | None]
    errors: Errors


def blank(today: date) -> Draft:
    """A new one: from tomorrow on, for four weeks."""
    first = today + timedelta(days=1)
    return Draft(starts=first.isoformat(), ends=(first + timedelta(days=27)).isoformat())


def of_mission(mission: Mission, voice: Voice) -> Draft:
    """A published one, to be changed."""
    return Draft(
        mission.name,
        mission.starts.isoformat(),
        mission.ends.isoformat(),
        {
            name: sorted(texts)
            for name, values in mission.audience
            if (texts := conditions.texts(values))
        },
        [_of_stage(stage, voice) for stage in mission.stages],
        len(mission.stages),
        *_typed_pay(mission.budget, voice),
        mission.at_budget or "warn",
        _as_json(tuple(asked for asked in mission.audience if not conditions.texts(asked[1]))),
    )


def again(mission: Mission, today: date, voice: Voice) -> Draft:
    """The same once more: as long, from tomorrow on."""
    first = today + timedelta(days=1)
    moved = replace(mission, starts=first, ends=first + (mission.ends - mission.starts))
    return replace(of_mission(moved, voice), kept=0)


def _of_stage(stage: Stage, voice: Voice) -> StageDraft:
    return StageDraft(
        stage.name,
        stage.on,
        stage.measure,
        _typed(plain(stage.target), voice),
        *_typed_pay(stage.reward, voice),
        _as_json(stage.where),
    )


def _as_json(where: Where) -> str:
    return json.dumps(conditions.where_json(where), ensure_ascii=False) if where else ""


def _typed_pay(pay: Pay, voice: Voice) -> tuple[str, str]:
    """Points and money, as typed."""
    found = {unit: natural_unit(amount, unit) for unit, amount in pay}
    money = next((amount for unit, amount in found.items() if unit != POINTS), "")
    return _typed(found.get(POINTS, ""), voice), _typed(money, voice)


def _typed(number: str, voice: Voice) -> str:
    return voice.typed(Decimal(number)) if number else ""


# --- from the form --------------------------------------------------------------------------------


def from_form(form: MultiDict[str, str], kept: int = 0) -> Draft:
    """What was sent, with the stage added or taken away that the pressed button says."""
    count = min(max(form.get("stages", 1, type=int), 1), rules.MAX_STAGES)
    stages = [
        StageDraft(
            **{
                key: form.get(f"stage-{number}-{key}", "").strip()
                for key in StageDraft.__dataclass_fields__
            }
        )
        for number in range(1, count + 1)
    ]
    word, _dash, which = form.get("do", "").partition("-")
    if word == "add" and may_add(stages):
        stages.append(StageDraft())
    places = [str(number) for number in range(kept + 1, len(stages) + 1)]
    if word == "remove" and which in places and len(stages) > 1:
        del stages[int(which) - 1]
    return Draft(
        form.get("name", "").strip(),
        form.get("starts", "").strip(),
        form.get("ends", "").strip(),
        {name: form.getlist(name) for name in AUDIENCE if form.getlist(name)},
        stages,
        kept,
        form.get("budget-points", "").strip(),
        form.get("budget-money", "").strip(),
        form.get("at-budget", "warn"),
        form.get("rest", ""),
    )


def may_add(stages: list[StageDraft]) -> bool:
    return len(stages) < MOST_STAGES


# --- reading --------------------------------------------------------------------------------------


def read(draft: Draft, currency: str, today: date, voice: Voice) -> Reading:
    """The mission a draft describes, or what is wrong, by the name of the field."""
    errors: Errors = {}
    if not draft.name:
        errors["name"] = _("Give it a name: partners see it on their home page.")
    elif len(draft.name) > _NAME_LENGTH:
        errors["name"] = _("Use at most %(most)s characters.", most=_NAME_LENGTH)
    starts, ends = _window(draft, today, errors)
    whom = draft.read_where(errors)
    sums = {"budget-points": draft.budget_points, "budget-money": draft.budget_money}
    budget = _budget(sums, draft.at_budget, currency, voice, errors)
    stages: list[Stage | None] = []
    for number, typed in enumerate(draft.stages, 1):
        found: Errors = {}
        stages.append(_stage(typed, currency, voice, found))
        errors |= {f"stage-{number}-{key}": text for key, text in found.items()}
    if errors or starts is None or ends is None:
        return Reading(None, stages, errors)
    whole = tuple(stage for stage in stages if stage)
    mission = Mission("", draft.name, starts, ends, whom, whole, *budget)
    return Reading(mission, stages, errors)


def _window(draft: Draft, today: date, errors: Errors) -> tuple[date | None, date | None]:
    days: dict[str, date | None] = {"starts": None, "ends": None}
    for key, text in (("starts", draft.starts), ("ends", draft.ends)):
        try:
            days[key] = definitions.day({key: text}, key)
        except DefinitionError:
            errors[key] = _("Choose a day from 1900 to 2199.")
    starts, ends = days["starts"], days["ends"]
    if starts and ends and ends < starts:
        errors["ends"] = _("It would end before it starts: choose a later last day.")
    elif ends and ends < today and not draft.kept:
        errors["ends"] = _("That day is over: choose today or a later day.")
    return starts, ends


def _stage(typed: StageDraft, currency: str, voice: Voice, errors: Errors) -> Stage | None:
    raw: dict[str, Any] = {"name": typed.name, "on": typed.on, "measure": typed.measure}
    if not typed.name:
        errors["name"] = _("Give the stage a name.")
    target = voice.read(typed.target)
    if not typed.target:
        errors["target"] = _("Say how much is to be reached.")
    elif target is None or target <= 0:
        errors["target"] = _("Write a number above zero.")
    raw["target"] = f"{target:f}" if target is not None else ""
    sums = {"points": typed.points, "money": typed.money}
    raw["reward"] = _pay(sums, currency, voice, errors)
    if typed.where:
        raw["where"] = _where(typed.where)
    if errors:
        return None
    try:
        return rules.parse_stage(raw, currency)
    except DefinitionError as error:
        last = error.key.rpartition(".")[2]
        errors[{POINTS: "points", currency: "money"}.get(last, last)] = error.problem
        return None


def _budget(
    sums: Mapping[str, str], at: str, currency: str, voice: Voice, errors: Errors
) -> tuple[Pay, str | None]:
    """What is to be spent at most, and what happens there."""
    raw = {"budget": _pay(sums, currency, voice, errors), "at_budget": at}
    if not raw["budget"]:
        return (), None
    try:
        budget = rules.parse_pay(raw["budget"], currency)
        return budget, definitions.at_budget(raw)
    except DefinitionError as error:
        errors["budget-points" if error.key == POINTS else "budget-money"] = error.problem
        return (), None


def _pay(sums: Mapping[str, str], currency: str, voice: Voice, errors: Errors) -> dict[str, str]:
    """Points and money as they are typed at these inputs, in this order."""
    pay: dict[str, str] = {}
    for (key, text), unit in zip(sums.items(), (POINTS, currency), strict=True):
        number = voice.read(text)
        if text and (number is None or number < 0):
            errors[key] = _("Write a number, or leave it blank.")
        elif number:
            pay[unit] = f"{number:f}"
    return pay


def _where(text: str) -> Any:
    """Conditions that travelled through the form; what is none is refused by the rules."""
    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        return text
