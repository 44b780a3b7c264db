"""A screen's page, its slides one by one, and what it celebrates."""

import hashlib
from dataclasses import replace
from typing import Any

from flask import Blueprint, abort, current_app, g, make_response, render_template, request
from werkzeug.wrappers import Response

from engage.db import db
from engage.programmes.models import Programme
from engage.screens import celebrations, rules, service
from engage.screens.models import Screen
from engage.screens.slides import Slide, slides
from engage.voice import Voice
from engage.web import asset, public
from engage.web.locales import viewer

blueprint = Blueprint("screens", __name__, url_prefix="/screen")

#: What the page is made of beside its slides: a new release of one makes it load itself again.
_MADE_OF = ("js/screen.js", "js/board.js", "js/live.js", "css/screen.css", "css/app.css")


@blueprint.get("/<token>")
@public
def screen(token: str) -> Response:
    """The whole page; once revoked, one that says so."""
    found = _found(token)
    if found.revoked_at is not None:
        return make_response(render_template("screens/off.html"), 410)
    programme = _programme(found)
    page = render_template(
        "screens/screen.html",
        programme=programme,
        screen=found,
        plan=rules.parse(found.plan),
        token=token,
        slides=_slides(found, programme),
        stamp=_stamp(found),
    )
    answer = make_response(page)
    answer.headers["X-Robots-Tag"] = "noindex"
    return answer


@blueprint.get("/<token>/slides/<key>")
@public
def slide(token: str, key: str) -> Response:
    """What one slide shows now. A page that is out of date, or of a revoked screen, loads itself anew."""
    found = _found(token)
    if found.revoked_at is not None or request.args.get("stamp") != _stamp(found):
        return _load_again()
    wanted = next((one for one in _slides(found, _programme(found)) if one.key == key), None)
    if wanted is None:
        return _load_again()
    return make_response(render_template("screens/slide.html", slide=wanted.shown))


@blueprint.get("/<token>/celebrations/<reference>")
@public
def celebration(token: str, reference: str) -> Response:
    """Who and what is celebrated; 204 where it is not for this screen, or not so any more."""
    found = _found(token)
    plan = rules.parse(found.plan)
    told = None
    if found.revoked_at is None and plan.celebrates:
        programme = _programme(found)
        told = celebrations.told(
            programme, plan, reference, current_app.config["SECRET_KEY"], g.now, _voice(programme)
        )
    if told is None:
        return make_response("", 204)
    return make_response(render_template("screens/celebration.html", told=told))


def _found(token: str) -> Screen:
    return service.by_token(token) or abort(404)


def _programme(of: Screen) -> Programme:
    return db.session.get_one(Programme, of.programme_id)


def _voice(programme: Programme) -> Voice:
    """The language of the screen's browser, the clock of the programme."""
    return replace(viewer(), timezone=programme.timezone)


def _slides(of: Screen, programme: Programme) -> list[Slide]:
    return list(slides(programme, rules.parse(of.plan), g.now, _voice(programme)))


def _stamp(of: Screen) -> str:
    made_of: list[Any] = [asset(path) for path in _MADE_OF]
    return hashlib.sha256(repr((of.plan, made_of)).encode()).hexdigest()[:12]


def _load_again() -> Response:
    answer = make_response("", 204)
    answer.headers["HX-Refresh"] = "true"
    return answer
