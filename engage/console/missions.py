"""Missions for their manager: what they reach and cost, new ones, changed ones, ended ones."""

from dataclasses import replace

from flask import Blueprint, abort, flash, g, redirect, render_template, request, url_for
from flask_babel import gettext as _
from flask_babel import ngettext
from sqlalchemy import select

from engage import flow
from engage.console import mission_form, rules, service
from engage.console import mission_view as view
from engage.console.mission_form import Draft
from engage.console.service import Reach
from engage.console.typed_fields import AUDIENCE
from engage.db import db
from engage.incentives import terms
from engage.incentives.drafts import known_values
from engage.missions import publishing, sentences
from engage.missions import service as missions
from engage.missions.models import Mission
from engage.missions.rules import Mission as Definition
from engage.partners import service as partners
from engage.programmes.models import Programme
from engage.voice import Voice
from engage.web import allow
from engage.web.here import Answer, committed, programme, reason, today
from engage.web.locales import viewer
from engage.web.numbers import form_number

blueprint = Blueprint("console_missions", __name__, url_prefix="/console/missions")

#: Addresses here that are no mission's.
_RESERVED = {"new", "preview", "stages"}


@blueprint.get("/")
@allow("manager")
def index() -> str:
    here, voice = programme(), viewer()
    found = [view.shown(reach, here, voice) for reach in service.reaches(here, today(here))]
    return render_template("console_missions/index.html", missions=found)


def _reach(here: Programme, slug: str) -> Reach:
    found = service.reaches(here, today(here))
    return next((one for one in found if one.mission.model.slug == slug), None) or abort(404)


@blueprint.get("/<slug>")
@allow("manager")
def mission(slug: str) -> str:
    here, voice = programme(), viewer()
    reach = _reach(here, slug)
    rewards = [pay for stage in reach.mission.stages for pay in stage.reward]
    highest = rules.highest_cost(rewards, reach.addressed, reach.mission.limits)
    return render_template(
        "console_missions/mission.html",
        mission=view.shown(reach, here, voice),
        highest=view.said(highest, here.currency, voice),
        summary=sentences.summary(reach.mission.model, here.currency, voice),
    )


# --- the form -------------------------------------------------------------------------------------


@blueprint.get("/new")
@allow("manager")
def new() -> Answer:
    here, voice, day = programme(), viewer(), today(programme())
    source = request.args.get("from")
    if source is None:
        return _form(here, mission_form.blank(day), voice)
    return _form(here, mission_form.again(_reach(here, source).mission.model, day, voice), voice)


@blueprint.get("/<slug>/edit")
@allow("manager")
def edit(slug: str) -> Answer:
    here, voice = programme(), viewer()
    found = _reach(here, slug)
    return _form(here, mission_form.of_mission(found.mission.model, voice), voice, found)


def _form(
    here: Programme,
    draft: Draft,
    voice: Voice,
    changed: Reach | None = None,
    errors: dict[str, str] | None = None,
    previewed: bool = False,
) -> str:
    named = terms.labels(voice)
    return render_template(
        "console_missions/edit.html",
        draft=draft,
        started=bool(changed and changed.window.state != "upcoming"),
        errors=errors or {},
        summary=view.summary(errors or {}, here.currency),
        previewed=previewed,
        options=view.options(here, draft),
        labels={name: named[f"where.{name}"] for name in AUDIENCE},
        timezone=here.timezone,
        why=request.form.get("why", ""),
        at_budget=[*terms.at_budget(voice).items()],
        **view.stage_words(here, draft),
        **view.preview(here, draft, voice, changed),
    )


@blueprint.post("/preview")
@allow("manager")
def preview() -> Answer:
    """What the form says so far, in plain words, while somebody fills it in."""
    here, of = programme(), request.args.get("of")
    changed = _reach(here, of) if of else None
    draft = mission_form.from_form(request.form, len(changed.mission.stages) if changed else 0)
    return render_template(
        "console_missions/_mission_preview.html", **view.preview(here, draft, viewer(), changed)
    )


@blueprint.post("/stages")
@allow("manager")
def stages() -> Answer:
    """The stages of the form with one more, or one less."""
    here = programme()
    draft = mission_form.from_form(request.form, form_number("kept") or 0)
    return render_template(
        "console_missions/_mission_stages.html",
        draft=draft,
        errors={},
        fresh=request.form.get("do") == "add",
        **view.stage_words(here, draft),
    )


@blueprint.post("/new")
@allow("manager")
def create() -> Answer:
    return _submitted(None)


@blueprint.post("/<slug>/edit")
@allow("manager")
def change(slug: str) -> Answer:
    return _submitted(_reach(programme(), slug))


def _submitted(changed: Reach | None) -> Answer:
    """Publish what was sent; any other button only shows the form again."""
    here, voice, day = programme(), viewer(), today(programme())
    draft = mission_form.from_form(request.form, len(changed.mission.stages) if changed else 0)
    if request.form.get("do") != "publish":
        return _form(here, draft, voice, changed, previewed=True)
    reading = mission_form.read(draft, here.currency, day, voice)
    errors = dict(reading.errors)
    known = known_values(here)
    if any(set(draft.audience.get(n, [])) - {*known[f"where.{n}"]} for n in ("segment", "tier")):
        errors["audience"] = _("There is no such segment or tier any more: choose another.")
    elif not missions.addressed(draft.where, partners.attributes(here.id)):
        errors["audience"] = _("Nobody fits all of this: choose less.")
    if changed and not reason():
        errors["why"] = _("Say why: partners read it beside the change.")
    if errors or reading.mission is None:
        return _form(here, draft, voice, changed, errors), 422
    return _published(reading.mission, changed.mission.model.slug if changed else None)


def _published(mission: Definition, slug: str | None) -> Answer:
    """Make it live: on the pages of those it addresses, with what they have done already."""

    def work(here: Programme) -> tuple[str, int]:
        taken = db.session.scalars(select(Mission.slug).where(Mission.programme_id == here.id))
        free = slug or rules.slug_of(mission.name, _RESERVED.union(taken))
        publishing.publish(here, replace(mission, slug=free), g.now, reason(), g.user.id)
        return free, flow.launch(here, free, now=g.now)

    made, lines = committed(work)
    text = _("The mission is live.") if slug is None else _("The mission was changed.")
    if lines:
        text += " " + ngettext(
            "%(num)d reward was posted for what partners have done already.",
            "%(num)d rewards were posted for what partners have done already.",
            lines,
        )
    flash(text, "success")
    return redirect(url_for(".mission", slug=made), 303)


@blueprint.post("/<slug>/end")
@allow("manager")
def end(slug: str) -> Answer:
    """End a running mission tonight, or take one back that has not begun."""
    flash(committed(lambda here: _ended(here, _reach(here, slug))), "success")
    return redirect(url_for(".index"), 303)


def _ended(here: Programme, found: Reach) -> str:
    mission = found.mission.model
    if found.window.state == "over":
        return str(_("The mission was over already."))
    if found.window.state == "upcoming":
        publishing.retire(here, mission.slug, g.now, by=g.user.id)
        said = _("The mission was taken back. It had not begun.")
    else:
        publishing.publish(here, replace(mission, ends=today(here)), g.now, by=g.user.id)
        said = _("The mission ends tonight. What was earned stays.")
    flow.launch(here, mission.slug, now=g.now)
    return str(said)
