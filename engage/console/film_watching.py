"""How films are watched and what their partners do then, for managers: by template and scene."""

from collections.abc import Mapping
from datetime import timedelta
from typing import Any

from flask import Blueprint, g, render_template, request, url_for
from flask_babel import gettext as _
from flask_babel import ngettext

from engage.programmes.models import Programme
from engage.studio.design import MOMENTS
from engage.studio.plan import plan
from engage.videos import catalogue, watching
from engage.videos.catalogue import Offered
from engage.videos.rules import AFTERWARDS, TENTHS, Watching, together
from engage.voice import Voice
from engage.web import allow
from engage.web.here import programme
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
        moments=_moments(found, films, voice),
    )


def _moments(
    found: Mapping[str, Watching], films: Mapping[str, Offered], voice: Voice
) -> list[list[str]]:
    """The same by moment, where there is more than one: films, begun, seen whole, and who closed a deal
    in the days after."""
    by: dict[str, list[Watching]] = {}
    for slug, of in found.items():
        if slug in films:
            by.setdefault(films[slug].template.moment, []).append(of)
    rows = []
    for moment in MOMENTS:
        if moment in by:
            of = together(by[moment])
            shares = [(of.begun, of.films), (of.whole, of.begun), (of.did.get("deal", 0), of.begun)]
            told = [_share(some, whole, voice) for some, whole in shares]
            rows.append([_moment_names()[moment], voice.number(of.films), *told])
    return rows if len(rows) > 1 else []


def _share(some: int, whole: int, voice: Voice) -> str:
    return voice.percent_of(some, whole) if whole else "–"


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
            {"label": _("Begun"), "value": _share(of.begun, of.films, voice)},
            {"label": _("Seen whole"), "value": _share(of.whole, of.begun, voice)},
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
        "moment": _moment_names()[film.template.moment] if film else "",
        "scenes": _scenes(of, film, voice) if film and of.begun else [],
        "after": _after(of, voice) if of.begun else [],
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


def _after(of: Watching, voice: Voice) -> list[list[str]]:
    """What partners did in the days after a film: of those who began it, and of those who did not."""
    return [
        [
            label,
            _share(of.did.get(what, 0), of.begun, voice),
            # Pages are noted after a film that was watched, and never else.
            "–"
            if what in watching.PAGES
            else _share(of.did_unwatched.get(what, 0), of.unwatched, voice),
        ]
        for what, label in _labels().items()
    ]


def _moment_names() -> dict[str, str]:
    return {
        "onboarding": _("Onboarding"),
        "launch": _("Product launch"),
        "learning": _("Learning"),
        "status": _("Status update"),
        "recap": _("Recap"),
    }


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
