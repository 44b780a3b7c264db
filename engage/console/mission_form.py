"""A mission in the making: every key of a mission as a field of a form, and back.

Each of its stages is typed in a form of its own, whose inputs are named ``stages--1--target``. How
fields are typed and read is `typed_fields`'s.
"""

from datetime import date, timedelta
from functools import cache
from typing import Any, NamedTuple

from flask_babel import gettext as _
from werkzeug.datastructures import MultiDict

from engage import conditions
from engage.conditions import Where
from engage.console.typed_fields import AUDIENCE, Field, Typed, one, text
from engage.console.typed_form import Form, Reading
from engage.definitions import DefinitionError, otherwise
from engage.missions import rules
from engage.missions.rules import Mission, Stage
from engage.money import POINTS
from engage.voice import Voice
from engage.web.numbers import number

MOST_STAGES = 5


@cache
def form(currency: str) -> Form:
    return Form(
        (
            Field("starts", "date", "when"),
            Field("ends", "date", "when"),
            *(Field(f"audience.{name}", "values", "whom") for name in AUDIENCE),
            Field("audience.joined", "days", "whom"),
            *(Field(f"budget.{unit}", "size", "budget") for unit in (POINTS, currency)),
            Field("at_budget", "choice", "budget"),
            Field("stages", "forms", "stages"),
        )
    )


@cache
def stage_form(currency: str) -> Form:
    return Form(
        (
            Field("name", "text", "stage"),
            Field("on", "choice", "stage"),
            Field("measure", "choice", "stage"),
            Field("target", "size", "stage"),
            *(Field(f"reward.{unit}", "size", "stage") for unit in (POINTS, currency)),
        )
    )


# --- typed ----------------------------------------------------------------------------------------


def stages(typed: Typed) -> list[Typed]:
    """What is typed of each stage, one at least."""
    count = min(max(number(one(typed, "stages")) or 1, 1), rules.MAX_STAGES)
    return [
        {
            name.removeprefix(f"stages--{place}--"): values
            for name, values in typed.items()
            if name.startswith(f"stages--{place}--")
        }
        for place in range(1, count + 1)
    ]


def _with_stages(typed: Typed, found: list[Typed]) -> Typed:
    rest = {name: values for name, values in typed.items() if not name.startswith("stages")}
    named = {
        f"stages--{place}--{name}": values
        for place, stage in enumerate(found, 1)
        for name, values in stage.items()
    }
    return rest | {"stages": [str(len(found))]} | named


def typed_in(sent: MultiDict[str, str], currency: str, kept: int) -> Typed:
    """What was sent, with the stage added or taken away that the pressed button says.

    The first ``kept`` stages are published and cannot be taken away.
    """
    typed = form(currency).typed_in(sent, {})
    found = stages(typed)
    word, _dash, which = sent.get("do", "").partition("-")
    if word == "add" and len(found) < MOST_STAGES:
        found.append({})
    if word == "remove" and which in map(str, range(kept + 1, len(found) + 1)) and len(found) > 1:
        del found[int(which) - 1]
    return _with_stages(typed, found)


def blank(today: date) -> Typed:
    """A new one: from tomorrow on, for four weeks."""
    first = today + timedelta(days=1)
    return {"starts": [first.isoformat()], "ends": [(first + timedelta(days=27)).isoformat()]}


def of_mission(mission: Mission, currency: str, voice: Voice) -> Typed:
    """A published one, as somebody would have typed it."""
    raw = rules.to_json(mission)
    found = [stage_form(currency).of_raw(stage, voice) for stage in raw.pop("stages")]
    typed = {"name": [raw.pop("name")]} | form(currency).of_raw(raw, voice)
    return _with_stages(typed, found)


# --- read -----------------------------------------------------------------------------------------


class Draft(NamedTuple):
    """What is typed: the mission once nothing is wrong, whom it is for, the stages that can be read."""

    reading: Reading[Mission]
    audience: Where
    stages: list[Stage | None]


def read(typed: Typed, slug: str, currency: str, voice: Voice, earliest: date) -> Draft:
    """The mission that is typed, or what is wrong with it at which input; it may end ``earliest`` then."""
    raw, errors = form(currency).raw(typed, voice)
    rows: list[dict[str, Any]] = []
    said = {"name": _("Give it a name: partners see it on their home page.")}
    said |= {key: _("Choose a day from 1900 to 2199.") for key in ("starts", "ends")}
    for place, stage in enumerate(stages(typed), 1):
        found, wrong = stage_form(currency).raw(stage, voice)
        rows.append(found)
        errors |= {f"stages--{place}--{name}": problem for name, problem in wrong.items()}
        said[f"stages[{place}].name"] = _("Give the stage a name.")
        said[f"stages[{place}].target"] = _("Say how much is to be reached.")
    starts, ends = raw.get("starts", ""), raw.get("ends", "")
    if ends and ends < starts:
        errors["ends"] = _("It would end before it starts: choose a later last day.")
    elif ends and ends < earliest.isoformat():
        errors["ends"] = _("That day is over: choose today or a later day.")
    if not raw.get("budget"):
        raw.pop("at_budget", None)
    raw |= {"slug": slug, "stages": rows} | (
        {"name": name} if (name := text(typed, "name")) else {}
    )
    whom = otherwise((), conditions.audience, raw)
    parsed = [otherwise(None, rules.parse_stage, row, currency) for row in rows]
    try:
        mission = rules.parse(raw, currency)
    except DefinitionError as error:
        mission, errors = None, form(currency).told(error, typed, said) | errors
    return Draft(Reading(None if errors else mission, errors), whom, parsed)
