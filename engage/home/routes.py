"""A partner's home: where I stand and what is next, in one screen of a phone."""

from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from flask import Blueprint, abort, g, redirect, render_template, request
from flask import url_for as url
from werkzeug.wrappers import Response

from engage.db import transaction
from engage.earnings import reasons
from engage.earnings import service as statements
from engage.home import news, sentences, service
from engage.home.rules import NextTier
from engage.home.service import Here
from engage.insight.routes import form as what_if_form
from engage.leaderboards import announcements, pictures, wording
from engage.leaderboards import sentences as boards
from engage.leaderboards import view as views
from engage.leaderboards.offers import offers
from engage.leaderboards.ranking import as_of, key_of
from engage.leaderboards.view import View
from engage.missions.pages import card
from engage.money import POINTS
from engage.partners.models import Partner
from engage.payouts import sentences as payout_sentences
from engage.payouts import standing as payouts
from engage.programmes.models import Programme
from engage.tiers import sentences as tiers
from engage.videos import films
from engage.videos.routes import card as film_card
from engage.voice import Voice
from engage.web import allow
from engage.web.here import mine
from engage.web.locales import viewer

blueprint = Blueprint("home", __name__)

#: Ledger lines on the home page.
LINES = 4
#: Letters of a name that fit into a greeting.
LONGEST_NAME = 28


@blueprint.get("/")
@allow("partner", "manager")
def home() -> str | Response:
    """The partner's home; a manager's is the console."""
    if g.seat.partner is None:
        return redirect("/console/")
    programme, partner = mine()
    voice = viewer()
    now = _now(programme, partner, voice)
    return render_template(
        "home/home.html",
        greeting=_greeting(partner, voice),
        lead=_lead(now["here"], voice),
        tier=tiers.standing(programme, partner, g.now, voice),
        tier_is_next=isinstance(now["here"].next, NextTier),
        **now,
        **_latest(programme, partner, voice),
        **what_if_form(programme, partner),
    )


@blueprint.get("/home/now")
@allow("partner")
def now() -> str:
    """What is next, my rank, my numbers, my mission: what moves while one looks."""
    return render_template("home/_now.html", **_now(*mine(), viewer()))


@blueprint.post("/home/read")
@allow("partner")
def read() -> Response:
    """I have read what happened ``until`` then."""
    try:
        until = datetime.fromisoformat(request.form.get("until", ""))
    except ValueError:
        abort(400)
    partner_id, user_id = g.seat.partner.id, g.user.id
    if until.tzinfo is None:
        abort(400)
    seen = min(until, g.now)
    transaction(lambda: news.read(partner_id, user_id, seen))
    return redirect(url(".home"), 303)


@blueprint.get("/home/latest")
@allow("partner")
def latest() -> str:
    """The newest ledger lines and the newest film."""
    return render_template("home/_latest.html", **_latest(*mine(), viewer()))


def _greeting(partner: Partner, voice: Voice) -> str:
    hour = g.now.astimezone(ZoneInfo(voice.timezone)).hour
    if 5 <= hour < 12:
        hello = voice.gettext("Good morning")
    elif 12 <= hour < 18:
        hello = voice.gettext("Good afternoon")
    elif hour >= 18:
        hello = voice.gettext("Good evening")
    else:
        hello = voice.gettext("Hello")
    name = g.user.name or partner.name
    if name != partner.name:
        name = name.split()[0]
    if len(name) > LONGEST_NAME:  # a greeting of four lines pushes everything else off the screen
        return hello
    return voice.gettext("%(hello)s, %(name)s", hello=hello, name=name)


def _lead(here: Here, voice: Voice) -> str:
    period = here.period
    return voice.gettext(
        "%(period)s, day %(day)s of %(days)s",
        period=voice.period(period),
        day=(here.today - period.first).days + 1,
        days=(period.last - period.first).days + 1,
    )


def _now(programme: Programme, partner: Partner, voice: Voice) -> dict[str, Any]:
    here = service.here(programme, partner, g.now)
    board = _board(here, programme, partner, voice) if here.board else None
    return {
        "here": here,
        "news": [
            {"text": one.text, "href": one.href, "when": voice.moment(one.at)}
            for one in news.unread(programme, partner, g.user.id, g.now, voice)
        ],
        "news_until": g.now.isoformat(),
        "next": sentences.next_step(here, programme, voice, g.now),
        "board": board,
        "numbers": _numbers(here, programme, board, voice),
        "payouts": [
            said
            for standing in payouts.standings(programme, partner.id, g.now)
            if (said := payout_sentences.next_payout(standing, voice))
        ],
        "mission": _mission(here, programme, voice),
        "slugs": [here.board.model.slug] if here.board else [],
    }


def _mission(here: Here, programme: Programme, voice: Voice) -> dict[str, Any] | None:
    """The mission that is next, else the running one that ends first."""
    running = [m for m in here.missions if m.window.state == "running"]
    if not running:
        return None
    slug = here.next.slug if here.next else None
    found = next((m for m in running if m.mission.slug == slug), running[0])
    return card(found, programme, voice, g.now)


def _board(here: Here, programme: Programme, partner: Partner, voice: Voice) -> dict[str, Any]:
    assert here.board is not None
    period = here.board.rule.windows.running(here.today)
    seen = pictures.as_seen(programme, here.board, period)
    view = View(programme, seen, period, None, here.today)
    kept = views.ranks_yesterday(view, here.near)
    rows = wording.shown(view, here.near, voice, yesterday=kept, me=partner.id, small=True)
    top = [] if rows else wording.shown(view, views.page(view, 0, limit=3), voice, small=True)
    return {
        "name": here.board.model.name,
        "slug": here.board.model.slug,
        "version": here.board.model.version,
        **(announcements.frozen(view, partner.id, voice) if here.frozen else {"frozen": None}),
        "href": url("leaderboards.board", board=here.board.model.slug),
        "rows": rows,
        "me": key_of(partner.id, partner),
        "mine": (mine := next((row for row in rows if row["me"]), None)),
        "offers": offers(programme, partner, mine["rank"] if mine else None, g.now, voice),
        "top": top,
        "say_moved": wording.moved(view, voice),
        "gap": wording.gap_line(view, here.near, partner.id, voice),
        "ranked": boards.members(here.board.rule, here.near.ranked, voice),
        "count": voice.number(max(map(here.near.among, here.near.rows), default=0)),
        "stage": announcements.stage(view, g.now, voice) if view.is_over else None,
        "as_of": voice.as_of(as_of(seen), g.now),
        "this": voice.this(here.board.rule.period),
    }


def _numbers(
    here: Here, programme: Programme, board: dict[str, Any] | None, voice: Voice
) -> list[dict[str, Any]]:
    """Rank, points and money: three numbers, the rest is one tap away."""
    found = [_rank(board, voice)] if board else []
    this = voice.this(here.period.kind)
    for unit, label in (
        (POINTS, voice.gettext("Points")),
        (programme.currency, voice.gettext("Earned")),
    ):
        amount = here.earned.get(unit, 0)
        value = voice.bare(amount, unit, whole=False)
        href = url("insight.facts_page", period=here.period.name)
        found.append({"label": label, "value": value, "hint": this, "href": href})
    return found


def _rank(board: dict[str, Any], voice: Voice) -> dict[str, Any]:
    said = {"label": voice.gettext("Rank"), "href": board["href"]}
    mine = board["mine"]
    if board["frozen"]:
        return said | {"value": "–", "hint": voice.gettext("frozen")}
    if mine is None:
        return said | {"value": "–", "hint": voice.gettext("not ranked yet")}
    said |= {
        "value": mine["rank"],
        "unit": voice.gettext("of %(count)s", count=board["count"]),
        "hint": board["this"],
    }
    if mine.get("move"):
        said |= {"move": mine["move"], "hint": voice.gettext("today")}
    return said


def _latest(programme: Programme, partner: Partner, voice: Voice) -> dict[str, Any]:
    lines = [
        reasons.shown(
            entry, programme.currency, voice, href=url("earnings.line", number=entry.transfer.id)
        )
        for entry in statements.entries(programme, partner, limit=LINES)
    ]
    video = films.newest(partner.id)
    return {"lines": lines, "film": film_card(video, is_new=True) if video else None}
