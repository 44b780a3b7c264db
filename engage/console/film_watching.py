"""How films are watched and what their partners do then, for managers: by template and scene."""

from collections.abc import Mapping
from datetime import timedelta
from typing import Any

from flask import Blueprint, g, render_template, request, url_for
from flask_babel import gettext as _
from flask_babel import ngettext

from engage.console.here import programme
from engage.programmes.models import Programme
from engage.studio.plan import plan
from engage.videos import catalogue, watching
from engage.videos.catalogue import Offered
from engage.videos.rules import AFTERWARDS, TENTHS, Watching
from engage.voice import Voice
from engage.web import allow
from engage.web.locales import viewer

blueprint = Blueprint("console_watching", __name__, url_prefix="/console/videos/watching")

DAYS = (30, 90, 365)


@blueprint.get("/")
@allow("manager")
def index() -> str:
    here, voice, asked = programme(), viewer(), request.args.get("days", 90, type=int)
    days = asked if asked in DAYS else 90
    found = watching.report(here.id, g.now - timedelta(days=days), g.now)
    films = _films(here)
    return render_template(
        "console_watching/index.html",
        choices=[
            {
                "label": ngettext("%(num)d day", "%(num)d days", one),
                "href": url_for(".index", days=one),
                "current": one == days,
            }
            for one in DAYS
        ],
        within=voice.ngettext("%(num)d day", "%(num)d days", AFTERWARDS.days),
        templates=[_shown(slug, of, films.get(slug), voice) for slug, of in found.items()],
        after=_after(found, voice),
    )


def _films(here: Programme) -> dict[str, Offered]:
    return {film.slug: film for film in catalogue.offered(here)[0]}


def _shown(slug: str, of: Watching, film: Offered | None, voice: Voice) -> dict[str, Any]:
    """The films of one template: how many were begun and seen whole, and which part by how many."""
    top = max(of.seen)
    return {
        "slug": slug,
        "title": film.template.title if film else slug,
        "begun": of.begun,
        "stats": [
            {"label": _("Films made"), "value": voice.number(of.films)},
            {"label": _("Begun"), "value": voice.percent_of(of.begun, of.films)},
            {"label": _("Seen whole"), "value": voice.percent_of(of.whole, of.begun or 1)},
        ],
        "bars": [
            {
                "label": str(number),
                "value": seen,
                "text": voice.percent_of(seen, of.begun or 1),
                "on": seen == top,
            }
            for number, seen in enumerate(of.seen, 1)
        ],
        "scenes": _scenes(of, film, voice) if film and of.begun else [],
    }


def _scenes(of: Watching, film: Offered, voice: Voice) -> list[list[str]]:
    """Each scene of the film as its samples tell it, and how many of those who began it came so far."""
    made = plan(film.template, film.template.samples())
    rows = []
    for scene in made.scenes:
        middle = (scene.first + scene.frames / 2) / film.template.fps / made.duration
        tenth = min(TENTHS - 1, int(middle * TENTHS))
        name = scene.scene.name.replace("-", " ").replace("_", " ").capitalize()
        rows.append([name, voice.percent_of(of.seen[tenth], of.begun)])
    return rows


def _after(found: Mapping[str, Watching], voice: Voice) -> list[list[str]]:
    """What partners did in the days after a film: of those who began it, and of those who did not."""
    begun = sum(of.begun for of in found.values())
    others = sum(of.unwatched for of in found.values())
    if not begun:
        return []
    rows = []
    for what, label in _labels().items():
        did = sum(of.did.get(what, 0) for of in found.values())
        left = sum(of.did_unwatched.get(what, 0) for of in found.values())
        # Pages are noted after a film that was watched, and never else.
        known = others and what not in watching.PAGES
        rows.append(
            [label, voice.percent_of(did, begun), voice.percent_of(left, others) if known else "–"]
        )
    return rows


def _labels() -> dict[str, str]:
    labels = (
        _("Opened a mission"),
        _("Opened a leaderboard"),
        _("Opened their earnings"),
        _("Opened the rewards"),
        _("Reached a stage of a mission"),
        _("Finished a training"),
        _("Closed a deal"),
        _("Earned something"),
    )
    return dict(zip(watching.STEPS, labels, strict=True))
