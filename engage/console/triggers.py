"""Films that make themselves: after what, which one and for whom; switched and changed by a form."""

from dataclasses import replace
from typing import Any

from flask import Blueprint, abort, flash, g, redirect, render_template, request, url_for
from flask_babel import gettext as _

from engage.console import rules
from engage.console import trigger_view as view
from engage.console.trigger_view import FORM
from engage.console.typed_fields import Errors, Typed, begun, one
from engage.console.typed_form import Reading
from engage.programmes.models import Programme
from engage.videos import switches
from engage.videos.switches import Switched
from engage.videos.triggers import MOST, Trigger
from engage.web import allow
from engage.web.here import Answer, committed, programme
from engage.web.locales import viewer

blueprint = Blueprint("console_triggers", __name__, url_prefix="/console/videos/triggers")

_RESERVED = {"new", "preview", "form"}


@blueprint.get("/")
@allow("manager")
def index() -> str:
    here, voice, there = programme(), viewer(), view.offer(programme())
    found = switches.of_programme(here)
    return render_template(
        "console_triggers/index.html",
        triggers=[view.listed(here, one, there, voice) for one in found],
        full=len(found) >= MOST,
    )


def _the(slug: str) -> Switched:
    found = switches.of_programme(programme())
    return next((one for one in found if one.trigger.slug == slug), None) or abort(404)


@blueprint.post("/<slug>/switch")
@allow("manager")
def switch(slug: str) -> Answer:
    """On, for what happens from now on; or off."""
    found, on = _the(slug), "on" in request.form
    _keep(replace(found.trigger, enabled=on))
    flash(
        _("It is on: what happens from now on is answered.") if on else _("It is off."), "success"
    )
    return redirect(url_for(".index", _anchor=slug), 303)


def _keep(trigger: Trigger) -> None:
    committed(lambda here: switches.keep(here, trigger, g.user.id, g.now))


# --- the form -------------------------------------------------------------------------------------


@blueprint.get("/new")
@allow("manager")
def new() -> Answer:
    return _page(None, view.typed_of(Trigger("", "learnt", "learning"), viewer()), {})


@blueprint.get("/<slug>")
@allow("manager")
def edit(slug: str) -> Answer:
    found = _the(slug)
    typed = view.typed_of(found.trigger, viewer())
    return _page(found, typed, _read(programme(), slug, typed).errors if found.misfit else {})


def _page(found: Switched | None, typed: Typed, errors: Errors) -> str:
    here, of = programme(), found.trigger.slug if found else None
    return render_template(
        "console_triggers/edit.html",
        on=found is None or found.trigger.enabled,
        **_form(here, of, typed, errors),
        **_preview(here, _read(here, of, typed)),
    )


def _form(here: Programme, of: str | None, typed: Typed, errors: Errors) -> dict[str, Any]:
    there = view.offer(here)
    drawn = view.form_parts(here, typed, errors, there, viewer())
    return {"of": of, **drawn}


def _read(here: Programme, of: str | None, typed: Typed) -> Reading[Trigger]:
    return view.read(here, typed, of or _free(here, typed), view.offer(here), viewer())


def _free(here: Programme, typed: Typed) -> str:
    taken = {one.trigger.slug for one in switches.of_programme(here)}
    return rules.slug_of(one(typed, "on"), taken | _RESERVED, "trigger")


def _preview(here: Programme, reading: Reading[Trigger]) -> dict[str, Any]:
    if reading.made is None:
        return {"said": None, "unfinished": len(reading.errors)}
    return {
        "said": view.sentence(reading.made, view.offer(here), viewer()),
        "forecast": view.forecast(here, reading.made, viewer()),
    }


def _typed() -> Typed:
    return FORM.typed_in(request.form, {})


def _of() -> str | None:
    slug = request.args.get("of")
    return _the(slug).trigger.slug if slug else None


@blueprint.post("/form")
@allow("manager")
def form() -> Answer:
    """The form again, with what is wrong at the field just left."""
    here, of, typed = programme(), _of(), _typed()
    errors = begun(_read(here, of, typed).errors, typed)
    return render_template("console_triggers/_trigger_form.html", **_form(here, of, typed, errors))


@blueprint.post("/preview")
@allow("manager")
def preview() -> Answer:
    """What is typed in plain words, and how many films that makes."""
    here, of = programme(), _of()
    said = _preview(here, _read(here, of, _typed()))
    return render_template("console_triggers/_trigger_preview.html", of=of, **said)


@blueprint.post("/new")
@allow("manager")
def create() -> Answer:
    if len(switches.of_programme(programme())) >= MOST:
        abort(409)
    return _submitted(None)


@blueprint.post("/<slug>")
@allow("manager")
def change(slug: str) -> Answer:
    return _submitted(_the(slug))


def _submitted(found: Switched | None) -> Answer:
    """Keep what was sent; any other button only shows the form again."""
    here, typed = programme(), _typed()
    reading = _read(here, found.trigger.slug if found else None, typed)
    if request.form.get("do") != "keep":
        return _page(found, typed, {})
    if reading.made is None:
        return _page(found, typed, reading.errors), 422
    _keep(replace(reading.made, enabled=found is None or found.trigger.enabled))
    flash(_("Kept."), "success")
    return redirect(url_for(".index", _anchor=reading.made.slug), 303)
