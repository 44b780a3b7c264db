"""The screens of a programme for its manager: what they show, their addresses, and turning them off."""

from flask import Blueprint, abort, flash, g, redirect, render_template, request, session, url_for
from flask_babel import gettext as _
from werkzeug.wrappers import Response

from engage.db import transaction
from engage.missions import service as missions
from engage.screens import rules, service, slides
from engage.screens.models import Screen
from engage.screens.rules import Plan
from engage.web import allow
from engage.web.here import Answer, programme, today

blueprint = Blueprint("console_screens", __name__, url_prefix="/console/screens")

#: Where the session keeps a new address until it was shown, once.
_ADDRESS = "screen_address"


@blueprint.get("/")
@allow("manager")
def index() -> str:
    here = programme()
    boards = {found.model.slug: found.model.name for found in slides.boards(here)}
    known = boards | {one.mission.slug: one.mission.name for one in _missions()}
    plans = [(one, rules.parse(one.plan)) for one in service.screens(here.id)]
    return render_template(
        "console_screens/index.html",
        screens=[
            {
                "id": one.id,
                "plan": plan,
                "shows": [known[slug] for slug in plan.boards + plan.missions if slug in known],
                "created_at": one.created_at,
            }
            for one, plan in plans
        ],
        address=session.pop(_ADDRESS, None),
    )


def _missions() -> list[missions.MissionView]:
    """Missions that a screen may show: those that are not over."""
    here = programme()
    found = missions.overview(here, today(here))
    return [one for one in found if one.window.state != "over"]


def _form(screen: Screen | None, plan: Plan, errors: dict[str, str]) -> str:
    return render_template(
        "console_screens/edit.html",
        screen=screen,
        plan=plan,
        errors=errors,
        boards=[(one.model.slug, one.model.name) for one in slides.boards(programme())],
        missions=[(one.mission.slug, one.mission.name) for one in _missions()],
    )


def _screen(screen_id: int) -> Screen:
    return service.screen(g.seat.programme.id, screen_id) or abort(404)


@blueprint.get("/new")
@allow("manager")
def new() -> str:
    boards = tuple(one.model.slug for one in slides.boards(programme()))
    running = (one.mission.slug for one in _missions() if one.window.state == "running")
    return _form(None, Plan("", boards, tuple(running)), {})


@blueprint.get("/<id:screen_id>")
@allow("manager")
def edit(screen_id: int) -> str:
    found = _screen(screen_id)
    return _form(found, rules.parse(found.plan), {})


def _read() -> tuple[Plan, dict[str, str]]:
    """The plan that was sent, and what is wrong with it, by field."""
    boards = {one.model.slug for one in slides.boards(programme())}
    running = {one.mission.slug for one in _missions()}
    plan, mistakes = rules.read(
        request.form,
        [slug for slug in request.form.getlist("boards") if slug in boards],
        [slug for slug in request.form.getlist("missions") if slug in running],
    )
    words = {
        "name": _("Give it a name of at most 80 characters."),
        "seconds": _("Write a whole number from 5 to 600."),
        "nothing": _("Choose at least one board or mission."),
        "choice": _("Choose one of these."),
    }
    return plan, {mistake.field: words[mistake.problem] for mistake in mistakes}


@blueprint.post("/new")
@allow("manager")
def create() -> Answer:
    """Make a screen; its address is shown on the page that follows, and never again."""
    programme_id, by, now = g.seat.programme.id, g.user.id, g.now
    plan, errors = _read()
    if errors:
        return _form(None, plan, errors), 422
    _show(transaction(lambda: service.make(programme_id, plan, by=by, now=now)[1]))
    return redirect(url_for(".index"), 303)


@blueprint.post("/<id:screen_id>")
@allow("manager")
def change(screen_id: int) -> Answer:
    found = _screen(screen_id)
    plan, errors = _read()
    if errors:
        return _form(found, plan, errors), 422
    transaction(lambda: service.change(screen_id, plan))
    flash(_("%(name)s shows that from its next slide on.", name=plan.name), "success")
    return redirect(url_for(".index"), 303)


@blueprint.post("/<id:screen_id>/move")
@allow("manager")
def move(screen_id: int) -> Response:
    """Give a screen a new address: the old one is lost, or known to too many."""
    _screen(screen_id)
    _show(transaction(lambda: service.move(screen_id)))
    return redirect(url_for(".index"), 303)


@blueprint.post("/<id:screen_id>/revoke")
@allow("manager")
def revoke(screen_id: int) -> Response:
    name, now = rules.parse(_screen(screen_id).plan).name, g.now
    transaction(lambda: service.revoke(screen_id, now))
    flash(_("%(name)s is turned off, within a minute where it hangs.", name=name), "success")
    return redirect(url_for(".index"), 303)


def _show(token: str) -> None:
    session[_ADDRESS] = url_for("screens.screen", token=token, _external=True)
