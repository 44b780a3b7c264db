"""Sharing a place, one's own or one's group's: the page with the picture, and the address others open."""

from typing import Any, NamedTuple

from flask import Blueprint, abort, current_app, g, make_response, render_template, request
from flask_babel import force_locale, get_locale
from itsdangerous import BadSignature, URLSafeTimedSerializer
from werkzeug.wrappers import Response

from engage import clock, formats
from engage.db import db
from engage.leaderboards import ranking, scopes, sentences, service
from engage.leaderboards import view as views
from engage.leaderboards.models import Board
from engage.leaderboards.narrowing import NoSuchView
from engage.partners import choices
from engage.partners.models import Group, Partner
from engage.partners.rules import public_name
from engage.programmes.models import Programme
from engage.web import allow, public
from engage.web.locales import viewer

blueprint = Blueprint("share", __name__)

#: Seconds that a shared address lives.
LIFETIME = 90 * 86_400


class Shared(NamedTuple):
    """What is signed into an address: the place as it was when its partner shared it, or its group's.

    The name is not in it, but what stands for the partner as it is shown (`partners.rules.public_key`): the
    address ends once it is shown otherwise. ``group_id`` is 0 on a board of partners, ``scope`` empty where all of the board are ranked.
    """

    partner: str
    board_id: int
    period: str
    rank: int
    ranked: int
    locale: str
    group_id: int = 0
    scope: str = ""


def _serializer() -> URLSafeTimedSerializer:
    return URLSafeTimedSerializer(current_app.config["SECRET_KEY"], salt="share")


@blueprint.get("/leaderboards/<board>/share")
@allow("partner")
def mine(board: str) -> str:
    """The partner's own place, or its group's, as a picture, and the address under which others see it."""
    here, partner, asked = g.seat.programme, g.seat.partner, request.args
    published = service.board(here, board)
    if published is None or not service.may_see(here, published, partner, g.now):
        abort(404)
    today = clock.local_day(g.now, here.timezone)
    where = asked.get("period", ""), asked.get("scope", "")
    try:
        view = views.view(here, published, *where, today, partner=partner)
    except NoSuchView:
        abort(404)
    if not scopes.is_shared(view, partner):
        abort(404)
    of_partners = published.rule.by == "partner"
    member = views.member_of(published, partner)
    # With its neighbours, who say whether a last place is its alone.
    found = views.near(view, member) if member and not view.is_frozen else None
    row = (
        next((row for row in found.rows if row.member_id == member and row.listed), None)
        if found
        else None
    )
    is_last = bool(row and found and ranking.last_alone(found, published.rule.tie) == member)
    token = None
    if row and found and not is_last:
        place = (row.rank, found.ranked, str(get_locale() or "en"))
        part = 0 if of_partners else row.member_id, "=".join(view.scope or ())
        shared = Shared(
            ranking.key_of(partner.id, partner), published.model.id, view.period.name, *place, *part
        )
        token = _serializer().dumps(list(shared))
    return render_template(
        "share/mine.html",
        view=view,
        token=token,
        of_partners=of_partners,
        is_last=is_last,
        hidden=of_partners and public_name(partner) is None,
    )


@blueprint.get("/shared/<token>")
@public
def shared(token: str) -> Response:
    """The page that a link to a place opens, with what networks want to know of it."""
    card = _card(token)
    answer = make_response(render_template("share/shared.html", card=card, token=token))
    answer.headers["X-Robots-Tag"] = "noindex"
    return answer


@blueprint.get("/shared/<token>.png")
@public
def picture(token: str) -> Response:
    # What draws takes long to load: nobody waits for it who shares nothing.
    from engage.share.card import Card, draw

    card = _card(token)
    answer = make_response(draw(Card(**card)))
    answer.mimetype = "image/png"
    answer.headers["Cross-Origin-Resource-Policy"] = "cross-origin"
    return answer


def _card(token: str) -> dict[str, Any]:
    """What a shared address tells, in the language it was shared in; 404 once it tells nothing."""
    try:
        raw, at = _serializer().loads(token, max_age=LIFETIME, return_timestamp=True)
    except BadSignature:
        abort(404)
    said = Shared(*raw)
    board = db.session.get(Board, said.board_id)
    key = str(said.partner), current_app.config["SECRET_KEY"]
    partner = choices.by_public_key(board.programme_id, *key) if board else None
    name = _name(partner, said) if partner and partner.left_on is None else None
    if said.rank == said.ranked > ranking.PODIUM:
        abort(404)  # a last place, of when it could be shared
    if name is None or board is None or board.retired_at is not None:
        abort(404)
    programme = db.session.get_one(Programme, board.programme_id)
    published = service.read(board, programme)
    with force_locale(said.locale):
        voice = viewer()
        period = published.rule.windows.called(said.period)
        members = sentences.members(published.rule, said.ranked, voice)
        kind, _, value = said.scope.partition("=")
        part = scopes.named(published, period, (kind, value), voice) if value else None
        when = voice.period(period), voice.day(clock.local_day(at, programme.timezone))
        return {
            "place": formats.ordinal(said.rank, voice.locale),
            "rank": said.rank,
            "of": voice.gettext("of %(ranked)s", ranked=members),
            "who": name,
            "board": " · ".join(filter(None, (board.name, part))),
            "when": ", ".join(when),
            "house": programme.name,
        }


def _name(partner: Partner, said: Shared) -> str | None:
    if not said.group_id:
        return public_name(partner)
    group = db.session.get(Group, said.group_id)
    return group.name if group else None
