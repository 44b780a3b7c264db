"""Leaderboards: the list of them, each one, and the fragments with which it stays up to date."""

from collections.abc import Callable, Hashable
from datetime import date
from typing import Any

from flask import (
    Blueprint,
    Response,
    abort,
    current_app,
    flash,
    g,
    jsonify,
    redirect,
    render_template,
    request,
)
from flask import url_for as url
from flask_babel import gettext as _
from werkzeug.wrappers import Response as AnyResponse

from engage import clock
from engage.leaderboards import (
    announcements,
    document,
    parts,
    pictures,
    places,
    ranking,
    scopes,
    sentences,
    service,
    wording,
)
from engage.leaderboards import view as views
from engage.leaderboards.leagues import LEAGUE
from engage.leaderboards.narrowing import NoDivision, NoSuchView, may_narrow
from engage.leaderboards.offers import offers
from engage.leaderboards.view import View
from engage.partners import choices
from engage.programmes.models import Programme
from engage.voice import Voice
from engage.web import again, allow
from engage.web.locales import viewer

blueprint = Blueprint("leaderboards", __name__, url_prefix="/leaderboards")


def _today(of: Programme) -> date:
    return clock.local_day(g.now, of.timezone)


def _view(board: str) -> View:
    """What the address means; there is no such page where it means nothing."""
    here = g.seat.programme
    published = service.board(here, board)
    if published is None or not service.may_see(here, published, g.seat.partner, g.now):
        abort(404)
    asked = request.args
    try:
        view = views.view(
            *(here, published, asked.get("period", ""), asked.get("scope", ""), _today(here)),
            live=g.seat.partner is None and "live" in asked,
            partner=g.seat.partner,
        )
    except NoDivision as other:
        if request.endpoint != f"{blueprint.name}.board":
            abort(404)
        # Where a page's own controls lead: its scope goes along to every period.
        when = viewer().period(other.period)
        flash(
            _("That division was not drawn in %(period)s: this is everybody.", period=when), "info"
        )
        abort(redirect(url(".board", board=board, period=other.period.name)))
    except NoSuchView:
        abort(404)
    if not may_narrow(view.scope, g.seat.partner):
        abort(404)
    return view


def _number(name: str) -> int:
    """What the address says after ``name``: after which line the page begins, or which group's is meant."""
    text = request.args.get(name, "0")
    if not text.isascii() or not text.isdigit() or len(text) > 9:
        abort(404)
    return int(text)


@blueprint.get("/")
@allow("partner", "manager")
def index() -> str:
    """Every board, and where the partner stands on each."""
    here, voice = g.seat.programme, viewer()
    cards = []
    for published in service.shown_to(here, g.seat.partner, g.now):
        view = views.view(here, published, "", "", _today(here))
        is_mine = g.seat.partner and service.is_for(here, published, g.seat.partner, g.now)
        me = views.member_of(published, g.seat.partner) if is_mine and not view.is_frozen else None
        found = (
            views.near(view, me, reach=0)
            if me
            else ranking.ranking(here, published, view.period, limit=1)
        )
        cards.append(_card(view, found, me, voice))
    totals = next((card for card in cards if card["is_of_partners"]), None)
    among = (
        offers(here, g.seat.partner, totals["rank"], g.now, voice)
        if g.seat.partner and totals
        else []
    )
    return render_template("leaderboards/index.html", cards=cards, offers=among)


def _card(view: View, found: ranking.Ranking, me: int | None, voice: Voice) -> dict[str, Any]:
    rule = view.published.rule
    row = found.rows[0] if found.rows else None
    ranked = found.among(row) if row else found.ranked
    whole = sentences.is_told_whole(rule, found.best)
    return {
        "name": view.published.model.name,
        "href": url("leaderboards.board", board=view.slug),
        "measure": sentences.measure(rule, view.period, view.programme.currency, voice),
        "ranked": sentences.members(rule, ranked, voice) if ranked else None,
        "stage": announcements.stage(view, g.now, voice),
        "is_of_partners": rule.by == "partner",
        "rank": row.rank if row and me else None,
        "name_of_mine": row.name if row and me and rule.by != "partner" else None,
        "leader": row.name if row and not me else None,
        "score": sentences.score(rule, row.score, view.programme.currency, voice, whole=whole)
        if row
        else None,
    }


def _line_of(view: View, key: str) -> str:
    """The address of the line in the table of the member that ``key`` stands for."""
    if view.published.rule.by == "partner":
        who = choices.by_public_key(view.programme.id, key, current_app.config["SECRET_KEY"])
        member = who.id if who else abort(404)
    else:
        member = _number("at")
    place = views.place(view, member) or abort(404)
    has_podium = place <= ranking.PODIUM and not (view.scope and view.scope[0] == LEAGUE)
    name = "podium" if has_podium else "board"
    after = (place - 1) // views.PAGE * views.PAGE
    return url(".board", **view.address(after=after or None, _anchor=f"{name}-{key}"))


@blueprint.get("/<board>")
@allow("partner", "manager")
def board(board: str) -> AnyResponse:
    """One board: where I am, the podium, the table; or the way to somebody's line in it (``at``)."""
    view, after, voice = _view(board), _number("after"), viewer()
    if asked := request.args.get("at"):
        return redirect(_line_of(view, asked))
    me = views.member_of(view.published, g.seat.partner)
    of_partners = view.published.rule.by == "partner"
    frame = render_template(
        "leaderboards/board.html",
        view=view,
        measure=sentences.measure(view.published.rule, view.period, view.programme.currency, voice),
        period_name=voice.period(view.period),
        scopes=scopes.offered(view, g.seat.partner, voice),
        say_you=wording.you(view, voice),
        say_moved=wording.moved(view, voice),
        me=ranking.key_of(me, g.seat.partner) if me and of_partners else me,
        after=after,
    )
    made = {"past": _past(view, voice), "rows": _rows(view, after, voice)}
    if me:
        made["me"] = _mine(view, me, voice)
    return again.page(frame, made, view.published, views.until(view, g.now, voice))


def _past(view: View, voice: Voice) -> again.Part:
    return again.Part(
        lambda now, names: parts.past(view.at(now), voice, names),
        _alike("past", view, voice),
        views.periods_question(view.published),
    )


def _rows(view: View, after: int, voice: Voice) -> again.Part:
    here, behind = (view.published, view.period, view.scope), _behind_its_close(view)
    return again.Part(
        lambda now, found: parts.rows(view.at(now), after, g.now, voice, found),
        _alike("rows", view, voice, after),
        None if after else ranking.question_first(*here, views.PAGE),
        beside=lambda board: (behind(board), board.changed_at.replace(second=0, microsecond=0)),
    )


def _mine(view: View, member: int, voice: Voice) -> again.Part:
    here = view.published, view.period, view.scope
    return again.Part(
        lambda now, found: parts.me(view.at(now), member, g.seat.partner, g.now, voice, found),
        question=ranking.question_around(*here, member),
        tells_all=lambda found: places.tells_all(view.published, member, ranking.NEAR, found),
        beside=_behind_its_close(view),
    )


def _behind_its_close(view: View) -> Callable[[Any], Hashable]:
    """A result also tells of what came too late for it, which no row of its ranking does."""
    return lambda board: board.version if view.published.picture else None


def _alike(what: str, view: View, voice: Voice, after: int = 0) -> Hashable:
    """Those who read a part alike, of one version of the board: by their language and their clock."""
    days = view.today, clock.local_day(g.now, voice.timezone)
    return (
        what,
        view.period.name,
        view.scope,
        view.live,
        after,
        str(voice.locale),
        voice.timezone,
        days,
    )


@blueprint.get("/<board>/rows")
@allow("partner", "manager")
def rows(board: str) -> AnyResponse:
    """The table: the same for everybody who reads the same language on the same clock.

    So it is rendered once for all of them, and not at all for who has it already (304).
    """
    view, after, voice = _view(board), _number("after"), viewer()
    until = views.until(view, g.now, voice)
    return again.fragment(_rows(view, after, voice), view.published, until)


def _found(board: str) -> dict[str, Any]:
    view, voice = _view(board), viewer()
    return {"view": view} | parts.found(view, request.args.get("q", "").strip()[:100], voice)


@blueprint.get("/<board>/search")
@allow("partner", "manager")
def search(board: str) -> str:
    """Who bears that name on the board, as a page."""
    return render_template("leaderboards/search.html", **_found(board))


@blueprint.get("/<board>/found")
@allow("partner", "manager")
def found(board: str) -> str:
    """The same as a fragment, while the name is typed."""
    return render_template("leaderboards/_found.html", **_found(board))


_SHEETS = {
    "csv": (document.to_csv, "text/csv"),
    "xlsx": (
        document.to_xlsx,
        "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    ),
}


@blueprint.get("/<board>/export.<any(csv, xlsx, json):kind>")
@allow("partner", "manager")
def export(board: str, kind: str) -> AnyResponse:
    """The whole ranking as a file, as everybody may see it; the ids of others are a manager's."""
    view = _view(board)
    found = ranking.ranking(
        view.programme, view.published, view.period, scope=view.scope, live=view.live
    )
    if g.seat.partner is not None and view.published.rule.by == "partner":
        found = found._replace(rows=[row._replace(external_id=None) for row in found.rows])
    if kind == "json":
        answer: AnyResponse = jsonify(
            document.document(
                *(view.programme, view.published, view.period, found, g.now, g.seat.partner)
            )
        )
    else:
        write, mimetype = _SHEETS[kind]
        stage = pictures.stage(view.programme, view.published, view.period, g.now)
        answer = Response(write(view.published, found, stage, g.seat.partner), mimetype=mimetype)
    name = f"{view.slug}-{view.period.name}.{kind}"
    answer.headers["Content-Disposition"] = f'attachment; filename="{name}"'
    return answer


@blueprint.get("/<board>/me")
@allow("partner")
def me(board: str) -> AnyResponse:
    """Where the partner stands, with the neighbours: the small part that is theirs alone."""
    view, voice = _view(board), viewer()
    member = views.member_of(view.published, g.seat.partner)
    if member is None:
        abort(404)
    until = views.until(view, g.now, voice)
    return again.fragment(_mine(view, member, voice), view.published, until)
