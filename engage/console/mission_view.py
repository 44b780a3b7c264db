"""How missions and drafts of them are drawn in the console: rows, words of the form, the preview."""

from typing import Any

from flask import g
from flask_babel import gettext as _
from flask_babel import ngettext

from engage.console import mission_form, rules, service
from engage.console.form_view import named
from engage.console.head_start import HeadStart, head_start
from engage.console.mission_form import Draft
from engage.console.service import Reach
from engage.console.typed_fields import AUDIENCE, Errors
from engage.incentives.drafts import known_values
from engage.missions import sentences
from engage.missions import service as missions
from engage.money import POINTS
from engage.partners import service as partners
from engage.programmes.models import Programme
from engage.voice import Voice
from engage.web.here import today


def shown(reach: Reach, here: Programme, voice: Voice) -> dict[str, Any]:
    """A mission as the pages here draw it."""
    model = reach.mission.model
    pays = [(u, reach.paid[u]) for u in (here.currency, POINTS) if reach.paid.get(u)]
    return {
        "slug": model.slug,
        "name": model.name,
        "when": voice.days(model.starts, model.ends),
        "starts": voice.day(model.starts),
        "ends": voice.day(model.ends),
        "state": reach.window.state,
        "left": voice.left(service.ends_at(reach, here), g.now),
        "audience": sentences.audience(reach.mission.audience, voice),
        "addressed": reach.addressed,
        "finished": reach.reached[-1] if reach.reached else 0,
        "stages": [
            {
                "name": stage.name,
                "task": sentences.task(stage, here.currency, voice),
                "reward": sentences.reward(stage, voice),
                "reached": reach.reached[index],
            }
            for index, stage in enumerate(reach.mission.stages)
        ],
        "paid": said(reach.paid, here.currency, voice),
        "paid_first": said(dict(pays[:1]), here.currency, voice),
        "paid_more": said(dict(pays[1:]), here.currency, voice) if pays[1:] else None,
    }


def said(amounts: dict[str, int], currency: str, voice: Voice) -> str:
    """Money and points in words; a dash where nothing is paid."""
    said = [voice.pay(amounts[unit], unit) for unit in (currency, POINTS) if amounts.get(unit)]
    return voice.all_of(said) if said else "–"


def options(here: Programme, draft: Draft) -> dict[str, list[str]]:
    """What can be chosen, and what was: nobody may have a value of the audience any more, or yet."""
    found = known_values(here)
    return {
        name: list(dict.fromkeys([*found.get(f"where.{name}", []), *draft.audience.get(name, [])]))
        for name in AUDIENCE
    }


def summary(errors: Errors, currency: str) -> list[tuple[str, str]]:
    """What is wrong, each with the id of its element, for ui/form.html."""
    labels = {
        "name": _("Name"),
        "starts": _("First day"),
        "ends": _("Last day"),
        "audience": _("For whom"),
        "budget-points": _("Budget in points"),
        "budget-money": _("Budget in %(currency)s", currency=currency),
        "at-budget": _("When it is used up"),
        "on": _("What counts"),
        "measure": _("Measured by"),
        "target": _("To be reached"),
        "points": _("Reward in points"),
        "money": _("Reward in %(currency)s", currency=currency),
        "why": _("Why"),
    }
    found = []
    for key, problem in errors.items():
        if key.startswith("stage-"):
            _word, number, field = key.split("-", 2)
            label = _("Stage %(n)s", n=number) + ", " + labels.get(field, field)
        else:
            label = labels.get(key, key)
        place = "audience-head" if key == "audience" else f"field-{key}"
        found.append((place, named(label, problem)))
    return found


def stage_words(here: Programme, draft: Draft) -> dict[str, Any]:
    """What the stages' part of the form needs besides the draft."""
    return {
        "may_add": mission_form.may_add(draft.stages),
        "currency": here.currency,
        "kinds": [
            ("sale", _("Sales")),
            ("deal_registered", _("Registered deals")),
            ("deal_won", _("Won deals")),
            ("training_completed", _("Completed trainings")),
            ("certification", _("Certifications")),
            ("login", _("Sign-ins")),
            ("custom", _("Other activities")),
        ],
        "measures": [
            ("facts", _("how many")),
            ("amount", _("their amount")),
            ("quantity", _("units")),
            ("customers", _("different customers")),
            ("products", _("different products")),
        ],
    }


def preview(
    here: Programme, draft: Draft, voice: Voice, changed: Reach | None = None
) -> dict[str, Any]:
    """The draft in plain words: what is to be done, by how many, for how much at most, and what
    is paid at once where its first day is past."""
    reading = mission_form.read(draft, here.currency, today(here), voice)
    who, now = partners.attributes(here.id), missions.end_of(today(here), here)
    size = len(missions.addressed(draft.where, who, now))
    rewards = [pay for stage in reading.stages if stage for pay in stage.reward]
    limits = reading.mission.limits if reading.mission else {}
    highest = rules.highest_cost(rewards, size, limits)
    early = None
    if reading.mission and size:
        kept = changed.mission if changed else None
        early = head_start(here, reading.mission, today(here), kept)
    return {
        "at_once": at_once(early, here.currency, voice) if early else None,
        "slug": changed.mission.model.slug if changed else None,
        "steps": [
            (sentences.task(stage, here.currency, voice), sentences.reward(stage, voice))
            if stage
            else None
            for stage in reading.stages
        ],
        "days": voice.days(reading.mission.starts, reading.mission.ends)
        if reading.mission
        else None,
        "audience": sentences.audience(draft.where, voice),
        "addressed": size,
        "costs": bool(rewards),
        "highest": said(highest, here.currency, voice),
    }


def at_once(early: HeadStart, currency: str, voice: Voice) -> str:
    """``61 partners have already reached stage 1: 6,550 points and $365 are paid at once.``"""
    if not early.counted:
        return str(_("It has begun: who has reached a stage already is paid at once."))
    reached = [(number, count) for number, count in enumerate(early.reached, 1) if count]
    if not reached:
        who = _("It has begun, and nobody has reached a stage yet")
    else:
        steps = [
            ngettext(
                "%(n)s partner has already reached stage %(stage)s",
                "%(n)s partners have already reached stage %(stage)s",
                count,
                n=voice.number(count),
                stage=number,
            )
            if number == reached[0][0]
            else _("%(n)s stage %(stage)s", n=voice.number(count), stage=number)
            for number, count in reached
        ]
        who = voice.all_of(steps)
    words = {
        "who": who,
        "paid": said(early.paid, currency, voice),
        "taken": said(early.taken, currency, voice),
    }
    if early.paid and early.taken:
        say = _("%(who)s: %(paid)s are paid and %(taken)s taken back at once.", **words)
    elif early.paid:
        say = _("%(who)s: %(paid)s are paid at once.", **words)
    elif early.taken:
        say = _("%(who)s: %(taken)s are taken back at once.", **words)
    else:
        say = f"{who}."
    return str(say)
