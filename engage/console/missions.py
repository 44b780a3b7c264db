"""Missions for their manager: what they reach and cost, new ones, changed ones, ended ones."""

from dataclasses import replace
from datetime import date, timedelta
from typing import Any

from flask import Blueprint, abort, flash, g, redirect, render_template, request, url_for
from flask_babel import gettext as _
from flask_babel import ngettext
from sqlalchemy import select

from engage import effect
from engage.console import mission_form, rules, service
from engage.console import mission_view as view
from engage.console.fit import fitting
from engage.console.mission_form import Draft
from engage.console.service import Reach
from engage.console.typed_fields import Errors, Typed, begun, one
from engage.db import db
from engage.missions import publishing, sentences
from engage.missions import service as missions
from engage.missions.models import Mission
from engage.missions.rules import Mission as Definition
from engage.partners import service as partners
from engage.programmes.models import Programme
from engage.web import allow
from engage.web.here import Answer, committed, programme, reason, today
from engage.web.locales import viewer

blueprint = Blueprint("console_missions", __name__, url_prefix="/console/missions")

#: Addresses here that are no mission's.
_RESERVED = {"new", "preview", "form"}


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
    """A blank one, or (``?from=``) the same as another once more: as long, from tomorrow on."""
    here, source = programme(), request.args.get("from")
    typed = mission_form.blank(today(here))
    if source is not None:
        old = _reach(here, source).mission.model
        first = today(here) + timedelta(days=1)
        again = replace(old, starts=first, ends=first + (old.ends - old.starts))
        typed = mission_form.of_mission(again, here.currency, viewer())
    return _page(here, None, typed, {})


@blueprint.get("/<slug>/edit")
@allow("manager")
def edit(slug: str) -> Answer:
    here = programme()
    found = _reach(here, slug)
    typed = mission_form.of_mission(found.mission.model, here.currency, viewer())
    return _page(here, found, typed, {})


def _page(
    here: Programme, changed: Reach | None, typed: Typed, errors: Errors, previewed: bool = False
) -> str:
    return render_template(
        "console_missions/edit.html",
        started=bool(changed and changed.window.state != "upcoming"),
        previewed=previewed,
        why=request.form.get("why", ""),
        why_error=errors.get("why"),
        **_form(here, changed, typed, errors),
        **view.preview(here, _read(here, changed, typed), changed, viewer()),
    )


def _form(here: Programme, changed: Reach | None, typed: Typed, errors: Errors) -> dict[str, Any]:
    of = changed.mission.model.slug if changed else None
    return {"of": of} | view.drawn(here, typed, errors, _kept(changed), viewer())


def _kept(changed: Reach | None) -> int:
    """How many stages are published."""
    return len(changed.mission.stages) if changed else 0


def _read(here: Programme, changed: Reach | None, typed: Typed) -> Draft:
    free = changed.mission.model.slug if changed else rules.slug_of(one(typed, "name"), _RESERVED)
    earliest = date.min if changed else today(here)
    return mission_form.read(typed, free, here.currency, viewer(), earliest)


def _typed(here: Programme, changed: Reach | None) -> Typed:
    return mission_form.typed_in(request.form, here.currency, _kept(changed))


def _of(here: Programme) -> Reach | None:
    """Which mission is changed, of the parts that are asked for by themselves; None: a new one."""
    slug = request.args.get("of")
    return _reach(here, slug) if slug else None


@blueprint.post("/form")
@allow("manager")
def form() -> Answer:
    """The form again: with one stage more or less, and with what is wrong at the field just left."""
    here = programme()
    changed = _of(here)
    typed = _typed(here, changed)
    errors = begun(_read(here, changed, typed).reading.errors, typed)
    fresh = request.form.get("do") == "add"
    return render_template(
        "console_missions/_mission_form.html", fresh=fresh, **_form(here, changed, typed, errors)
    )


@blueprint.post("/preview")
@allow("manager")
def preview() -> Answer:
    """What the form says so far, in plain words, while somebody fills it in."""
    here = programme()
    changed = _of(here)
    draft = _read(here, changed, _typed(here, changed))
    return render_template(
        "console_missions/_mission_preview.html", **view.preview(here, draft, changed, viewer())
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
    here = programme()
    typed = _typed(here, changed)
    draft = _read(here, changed, typed)
    if request.form.get("do") != "publish":
        return _page(here, changed, typed, begun(draft.reading.errors, typed), previewed=True)
    of = mission_form.form(here.currency)
    mission, errors = fitting(here, "missions", draft.reading, of, typed)
    if draft.audience and not missions.addressed(draft.audience, partners.attributes(here.id)):
        chosen = f"audience.{draft.audience[0][0]}"
        errors.setdefault(chosen, _("Nobody fits all of this: choose less."))
    if changed and not reason():
        errors["why"] = _("Say why: partners read it beside the change.")
    if errors or mission is None:
        return _page(here, changed, typed, errors), 422
    return _published(mission, changed.mission.model.slug if changed else None)


def _published(mission: Definition, slug: str | None) -> Answer:
    """Make it live: on the pages of those it addresses, with what they have done already."""

    def work(here: Programme) -> tuple[str, int]:
        taken = db.session.scalars(select(Mission.slug).where(Mission.programme_id == here.id))
        free = slug or rules.slug_of(mission.name, _RESERVED.union(taken))
        publishing.publish(here, replace(mission, slug=free), g.now, reason(), g.user.id)
        return free, effect.launch(here, free, now=g.now)

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
    effect.launch(here, mission.slug, now=g.now)
    return str(said)
