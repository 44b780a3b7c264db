"""Missions: what is running, what is coming, what is over; and each one."""

from typing import Any

from flask import Blueprint, abort, g, render_template

from engage.activity import sentences as facts
from engage.missions import pages, sentences, service
from engage.missions.service import MissionView
from engage.programmes.models import Programme
from engage.voice import Voice
from engage.web import allow
from engage.web.here import mine, programme, today
from engage.web.locales import viewer

blueprint = Blueprint("missions", __name__, url_prefix="/missions")


def _views() -> tuple[Programme, list[MissionView]]:
    """The missions that speak to who looks: a partner's own, all of them for a manager."""
    if g.seat.partner is None:
        here = programme()
        return here, service.overview(here, today(here))
    here, partner = mine()
    return here, service.views(here, partner, today(here))


@blueprint.get("/")
@allow("partner", "manager")
def index() -> str:
    here, views = _views()
    voice = viewer()
    cards = [_card(view, here, voice) for view in views]
    return render_template(
        "missions/index.html",
        running=[card for card in cards if card["state"] == "running"],
        upcoming=[card for card in cards if card["state"] == "upcoming"],
        over=[card for card in reversed(cards) if card["state"] == "over"],
    )


def _card(view: MissionView, programme: Programme, voice: Voice) -> dict[str, Any]:
    return pages.card(view, programme, voice, g.now, plays=g.seat.partner is not None)


@blueprint.get("/<slug>")
@allow("partner", "manager")
def mission(slug: str) -> str:
    """One mission: what is next in it, its path, and what counts."""
    return render_template("missions/mission.html", **_shown(slug))


@blueprint.get("/<slug>/now")
@allow("partner")
def now(slug: str) -> str:
    """How far the partner is: the part that moves while one looks."""
    return render_template("missions/_progress.html", **_shown(slug))


def _shown(slug: str) -> dict[str, Any]:
    here, views = _views()
    view = next((view for view in views if view.mission.slug == slug), None) or abort(404)
    voice = viewer()
    card = _card(view, here, voice)
    is_mine = g.seat.partner is not None
    return {
        "mission": card,
        "next": pages.next_step(view, here, voice, g.now) if is_mine else None,
        "counts": _counts(view, here, voice),
    }


def _counts(view: MissionView, programme: Programme, voice: Voice) -> list[tuple[str, str]]:
    """The small print, as pairs."""
    mission = view.mission
    zone = programme.timezone.replace("_", " ")
    rows = [
        (
            voice.gettext("Takes part"),
            facts.partners(view.audience, voice) or voice.gettext("every partner"),
        ),
        (
            voice.gettext("Counts"),
            voice.gettext(
                "from the start of %(first)s to the end of %(last)s (%(zone)s)",
                first=voice.day(mission.starts),
                last=voice.day(mission.ends),
                zone=zone,
            ),
        ),
    ]
    if len(view.stages) > 1:
        opens = voice.gettext("when the one before is reached; it counts from the first day")
        rows.append((voice.gettext("A stage opens"), opens))
    pays = voice.gettext("the moment a stage is reached, without a claim")
    lasts = sentences.budget({unit: limit for unit, limit, _ in view.limits}, voice)
    rows.append((voice.gettext("Pays"), f"{pays}, {lasts}" if lasts else pays))
    return rows
