"""How missions and drafts of them are drawn in the console: rows, words of the form, the preview."""

from typing import Any

from flask import g
from flask_babel import gettext as _
from flask_babel import ngettext

from engage.console import mission_form, rules, service
from engage.console.form_view import Words, audience, kinds, told, whole
from engage.console.head_start import HeadStart, head_start
from engage.console.mission_form import Draft
from engage.console.service import Reach
from engage.console.typed_fields import Errors, Typed
from engage.incentives import terms
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


def words(here: Programme, voice: Voice) -> Words:
    """What the form says beside its fields."""
    whom, currency = audience(here, voice), here.currency
    zone = here.timezone.replace("_", " ")
    return Words(
        titles={"when": _("When"), "whom": _("For whom"), "budget": _("Budget")},
        about=whom.about
        | {
            "when": _(
                "Both days count, from midnight to midnight in %(zone)s. What happened since the first "
                "day counts, also if you publish later.",
                zone=zone,
            ),
            "budget": _(
                "What all its rewards together may come to. Blank: only the programme's own budget holds."
            ),
        },
        labels=whom.labels
        | {
            "starts": _("First day"),
            "ends": _("Last day"),
            "budget.points": _("Budget in points"),
            f"budget.{currency}": _("Budget in %(currency)s", currency=currency),
            "at_budget": _("When it is used up"),
            "stages": _("Stage"),
            "why": _("Why"),
        },
        hints={
            "at_budget": _("Rewards that stop are paid in the order in which stages were reached.")
        },
        choices={"at_budget": [*terms.at_budget(voice).items()]},
        columns={
            "name": _("Name"),
            "on": _("What counts"),
            "measure": _("Measured by"),
            "target": _("To be reached"),
            "reward.points": _("Reward in points"),
            f"reward.{currency}": _("Reward in %(currency)s", currency=currency),
        },
        known=whom.known,
        required=frozenset(("starts", "ends")),
    )


def drawn(here: Programme, typed: Typed, errors: Errors, kept: int, voice: Voice) -> dict[str, Any]:
    """The whole form, its stages too; the first ``kept`` of them are published."""
    said, stages = words(here, voice), mission_form.stages(typed)
    return whole(mission_form.form(here.currency), typed, errors, said, "mission") | {
        "kept": kept,
        "may_add": len(stages) < mission_form.MOST_STAGES,
        "rewards": [f"reward.{unit}" for unit in (POINTS, here.currency)],
        "labels": said.columns,
        "stages": [{name: values[0] for name, values in stage.items()} for stage in stages],
        "wrong": {name: told(errors, name) for name in errors},
        "kinds": kinds(voice),
        "measures": [
            ("facts", _("how many")),
            ("amount", _("their amount")),
            ("quantity", _("units")),
            ("customers", _("different customers")),
            ("products", _("different products")),
        ],
    }


def preview(here: Programme, draft: Draft, changed: Reach | None, voice: Voice) -> dict[str, Any]:
    """The draft in plain words: what is to be done, by how many, for how much at most, and what
    is paid at once where its first day is past."""
    mission = draft.reading.made
    who, now = partners.attributes(here.id), missions.end_of(today(here), here)
    size = len(missions.addressed(draft.audience, who, now))
    rewards = [pay for stage in draft.stages if stage for pay in stage.reward]
    highest = rules.highest_cost(rewards, size, mission.limits if mission else {})
    early = None
    if mission and size:
        early = head_start(here, mission, today(here), changed.mission if changed else None)
    return {
        "at_once": at_once(early, here.currency, voice) if early else None,
        "slug": changed.mission.model.slug if changed else None,
        "steps": [
            (sentences.task(stage, here.currency, voice), sentences.reward(stage, voice))
            if stage
            else None
            for stage in draft.stages
        ],
        "days": voice.days(mission.starts, mission.ends) if mission else None,
        "audience": sentences.audience(draft.audience, voice),
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
