"""Leaderboards: the list of them, each one, and the fragments with which it stays up to date."""

from typing import Any

from flask import (
    Blueprint,
    Response,
    abort,
    current_app,
    g,
    jsonify,
    make_response,
    render_template,
    request,
)
from flask import url_for as url
from flask_babel import gettext as _
from werkzeug.wrappers import Response as AnyResponse

from engage import clock
from engage.db import db
from engage.leaderboards import document, ranking, rendered, sentences, service
from engage.leaderboards import view as views
from engage.leaderboards.ranking import Ranking, Scope
from engage.leaderboards.view import PAGE, NoSuchView, View
from engage.programmes.models import Programme
from engage.voice import Voice
from engage.web import allow, conditional
from engage.web.locales import viewer

blueprint = Blueprint("leaderboards", __name__, url_prefix="/leaderboards")


def programme() -> Programme:
    """The programme of who looks at the page, in this request's session."""
    return db.session.get_one(Programme, g.seat.programme.id)


def _today(of: Programme) -> Any:
    return clock.local_day(g.now, of.timezone)


def _view(board: str) -> View:
    """What the address means; there is no such page where it means nothing."""
    here = programme()
    published = service.board(here, board)
    if published is None:
        abort(404)
    asked = request.args
    try:
        view = views.view(
            here, published, asked.get("period", ""), asked.get("scope", ""), _today(here)
        )
    except NoSuchView:
        abort(404)
    if not views.may_narrow(view.scope, g.seat.partner):
        abort(404)
    return view


def _after() -> int:
    """After which line the page begins: 0, 50, …"""
    text = request.args.get("after", "0")
    if not text.isascii() or not text.isdigit() or len(text) > 9:
        abort(404)
    return int(text)


@blueprint.get("/")
@allow("partner", "manager")
def index() -> str:
    """Every board, and where the partner stands on each."""
    here, voice = programme(), viewer()
    cards = []
    for published in service.boards(here):
        view = views.view(here, published, "", "", _today(here))
        me = views.member_of(published, g.seat.partner)
        found = (
            views.near(view, me, reach=0)
            if me
            else ranking.ranking(here, published, view.period, limit=1)
        )
        cards.append(_card(view, found, me, voice))
    return render_template("leaderboards/index.html", cards=cards)


def _card(view: View, found: ranking.Ranking, me: int | None, voice: Voice) -> dict[str, Any]:
    rule = view.published.rule
    row = found.rows[0] if found.rows else None
    return {
        "name": view.published.model.name,
        "href": url("leaderboards.board", board=view.slug),
        "measure": sentences.measure(rule, view.period, voice),
        "ranked": sentences.members(rule, found.ranked, voice) if found.ranked else None,
        "rank": row.rank if row and me else None,
        "name_of_mine": row.name if row and me and rule.by != "partner" else None,
        "leader": row.name if row and not me else None,
        "score": sentences.score(rule, row.score, view.programme.currency, voice) if row else None,
    }


@blueprint.get("/<board>")
@allow("partner", "manager")
def board(board: str) -> str:
    """One board: where I am, the podium, the table."""
    view, after, voice = _view(board), _after(), viewer()
    me = views.member_of(view.published, g.seat.partner)
    near = _near(view, me, voice) if me else None
    periods = views.past_periods(view)
    return render_template(
        "leaderboards/board.html",
        view=view,
        rule=view.published.rule,
        measure=sentences.measure(view.published.rule, view.period, voice),
        period_name=voice.period(view.period),
        periods=[(p.name, _period_name(view, p, voice)) for p in periods],
        **_neighbours(view, periods),
        scopes=_scopes(view),
        say_you=views.you(view, voice),
        say_moved=views.moved(view, voice),
        me=me,
        near=near if near and near["count"] else None,
        rows=_rows(view, after, voice).html,
        after=after,
    )


def _period_name(view: View, period: Any, voice: Voice) -> str:
    name = voice.period(period)
    if period.first <= view.today <= period.last and period.kind != "all":
        return voice.gettext("%(period)s, %(now)s", period=name, now=voice.this(period.kind))
    return name


def _neighbours(view: View, periods: list[Any]) -> dict[str, str | None]:
    """Addresses of the periods before and after the one shown."""
    place = periods.index(view.period)
    older = periods[place + 1] if place + 1 < len(periods) else None
    newer = periods[place - 1] if place else None
    return {
        name: url("leaderboards.board", **view.to(period)) if period else None
        for name, period in (("older", older), ("newer", newer))
    }


def _scopes(view: View) -> list[dict[str, Any]]:
    """Whole programme, my region, my organisation, my team; and the one that is looked at."""
    if view.published.rule.by != "partner":
        return []
    partner = g.seat.partner
    labels = {
        "region": _("My region"),
        "organisation": _("My organisation"),
        "team": _("My team"),
    }
    wanted: list[tuple[str, Scope | None, str | None]] = [(_("Everyone"), None, None)]
    for kind, label in labels.items():
        if partner is not None and (value := getattr(partner, kind)):
            wanted.append((label, (kind, value), value))
    if view.scope not in [scope for _label, scope, _value in wanted] and view.scope:
        wanted.append((view.scope[1], view.scope, None))
    return [
        {
            "label": label,
            "value": value,
            "href": url(
                "leaderboards.board", **view.address(scope="=".join(scope) if scope else None)
            ),
            "current": scope == view.scope,
        }
        for label, scope, value in wanted
    ]


@blueprint.get("/<board>/rows")
@allow("partner", "manager")
def rows(board: str) -> AnyResponse:
    """The table: the same for everybody who reads the same language on the same clock.

    So it is rendered once for all of them, and not at all for who has it already (304).
    """
    piece = _rows(_view(board), _after(), viewer())
    return conditional(make_response(piece.html), piece.digest)


def _rows(view: View, after: int, voice: Voice) -> rendered.Piece:
    shelf: rendered.Shelf = current_app.extensions.setdefault("engage.boards", rendered.Shelf())
    model = view.published.model
    as_of = voice.as_of(ranking.as_of(view.published), g.now)
    key = (
        (model.id, model.version, model.name, view.period.name, view.scope, after),
        (view.today, views.is_yesterday_kept(view)),
        (str(voice.locale), as_of),
    )
    return shelf.get(key, lambda: _render_rows(view, after, as_of, voice))


def _render_rows(view: View, after: int, as_of: str, voice: Voice) -> str:
    found = views.page(view, after)
    yesterday = views.ranks_yesterday(view)
    podium = Ranking(found.rows[:3], found.ranked, found.best) if not after else None
    table = Ranking(found.rows[0 if after else 3 :], found.ranked, found.best)
    last = found.rows[-1].place if found.rows else after
    return render_template(
        "leaderboards/_rows.html",
        view=view,
        after=after,
        last=last,
        podium=views.shown(view, podium, voice, small=True) if podium else [],
        rows=views.shown(view, table, voice, yesterday=yesterday),
        ranked=sentences.members(view.published.rule, found.ranked, voice),
        total=found.ranked,
        page=PAGE,
        tie=sentences.tie(view.published.rule, view.programme.currency, voice),
        as_of=as_of,
        latest=_latest_with_rows(view) if not found.ranked else None,
        voice=voice,
    )


def _latest_with_rows(view: View) -> Any:
    """The newest other period in which somebody stands on the board; None when there is none."""
    return next(
        (p for p in views.past_periods(view) if p != view.period and p.first < view.today), None
    )


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
    found = ranking.ranking(view.programme, view.published, view.period, scope=view.scope)
    if g.seat.partner is not None and view.published.rule.by == "partner":
        found = found._replace(rows=[row._replace(external_id=None) for row in found.rows])
    if kind == "json":
        answer: AnyResponse = jsonify(
            document.document(view.programme, view.published, view.period, found, g.now)
        )
    else:
        write, mimetype = _SHEETS[kind]
        answer = Response(write(view.published, found), mimetype=mimetype)
    name = f"{view.slug}-{view.period.name}.{kind}"
    answer.headers["Content-Disposition"] = f'attachment; filename="{name}"'
    return answer


@blueprint.get("/<board>/me")
@allow("partner")
def me(board: str) -> Response:
    """Where the partner stands, with the neighbours: the small part that is theirs alone."""
    view, voice = _view(board), viewer()
    member = views.member_of(view.published, g.seat.partner)
    if member is None:
        abort(404)
    return make_response(
        render_template("leaderboards/_me.html", view=view, near=_near(view, member, voice))
    )


def _near(view: View, member: int, voice: Voice) -> dict[str, Any]:
    found = views.near(view, member, reach=2)
    mine = next((row for row in found.rows if row.member_id == member), None)
    kept = views.ranks_yesterday(view, [row.member_id for row in found.rows])
    return {
        "rows": views.shown(view, found, voice, yesterday=kept, me=member),
        "gap": views.gap_line(view, found, member, voice),
        "ranked": sentences.members(view.published.rule, found.ranked, voice),
        "count": found.ranked,
        "mine": mine,
        "inside": view.scope is None or getattr(g.seat.partner, view.scope[0]) == view.scope[1],
        "to_me": _place_of(view, mine) if mine and mine.listed else None,
    }


def _place_of(view: View, mine: ranking.Row) -> str:
    """The address of the partner's own line in the table."""
    after = (mine.place - 1) // PAGE * PAGE
    name = "podium" if mine.place <= 3 else "board"
    address = view.address(after=after or None, _anchor=f"{name}-{mine.member_id}")
    return url("leaderboards.board", **address)
