"""What managers do about a board's moments: freeze it or lift that, draw its league again, see what was."""

from typing import Any

from flask import Blueprint, abort, flash, g, redirect, render_template, request
from flask import url_for as url
from flask_babel import gettext as _
from sqlalchemy import select
from werkzeug.wrappers import Response

from engage import effect
from engage.accounts.models import User
from engage.db import db
from engage.leaderboards import announcements, league_words, leagues, pictures, service
from engage.leaderboards import view as views
from engage.leaderboards.models import Picture
from engage.leaderboards.moments import Span
from engage.leaderboards.pictures import Refused
from engage.leaderboards.published import Published
from engage.leaderboards.view import View
from engage.programmes.models import Programme
from engage.voice import Voice
from engage.web import allow
from engage.web.here import committed, programme, today
from engage.web.locales import viewer
from engage.web.texts import form_text

blueprint = Blueprint("console_moments", __name__, url_prefix="/console/boards")

_LONGEST = 500
#: Pictures of a board that are listed.
_MOST = 40


@blueprint.get("/<board>/moments")
@allow("manager")
def moments(board: str) -> str:
    return _page(board)


def _page(board: str, **more: Any) -> str:
    here, voice = programme(), viewer()
    published = service.board(here, board) or abort(404)
    rule = published.rule
    view = views.view(here, published, "", "", today(here))
    return render_template(
        "leaderboards/moments.html",
        board=published.model,
        stage=announcements.stage(view, g.now, voice),
        is_frozen=pictures.is_frozen(published),
        may_freeze=view.is_current,
        alike={act: _alike(here, published, act, voice) for act in ("freeze", "lift")},
        along="along" in request.form or request.form.get("act") not in ("freeze", "lift"),
        freeze=_span(rule.freeze, voice),
        final_after=_span(rule.final_after, voice),
        log=_log(published, voice),
        late=_late(here, published, voice),
        league=rule.league,
        draws=[_draw(view, draw, voice) for draw in leagues.draws(published)],
        **more,
    )


def _alike(here: Programme, published: Published, act: str, voice: Voice) -> str:
    """Boards that would tell what is frozen, or (``act=lift``) that are frozen as well.

    With when a freeze of theirs ends, where that is not with this one's.
    """

    def opens(board: Published) -> str:
        return announcements.opens(here, board.rule.windows.running(today(here)), voice)

    found = service.telling(here, published, g.now, frozen=act == "lift")
    return voice.all_of(
        each.model.name
        if opens(each) == opens(published)
        else voice.gettext("%(board)s (opens %(when)s)", board=each.model.name, when=opens(each))
        for each in found
    )


def _span(span: Span | None, voice: Voice) -> str | None:
    """``2 days and 18 hours``."""
    if span is None:
        return None
    days = voice.ngettext("%(num)d day", "%(num)d days", span.days)
    hours = voice.ngettext("%(num)d hour", "%(num)d hours", span.hours)
    return voice.all_of([days] * bool(span.days or not span.hours) + [hours] * bool(span.hours))


def _log(published: Published, voice: Voice) -> list[dict[str, Any]]:
    """The newest pictures, with who took and who lifted them."""
    found = db.session.scalars(
        select(Picture)
        .where(Picture.board_id == published.model.id)
        .order_by(Picture.id.desc())
        .limit(_MOST)
    ).all()
    names = _names({by for picture in found for by in (picture.taken_by, picture.lifted_by)})
    return [
        {
            "period": voice.period(published.rule.windows.called(picture.period)),
            "href": url("leaderboards.board", board=published.model.slug, period=picture.period),
            "said": announcements.of_picture(picture, names.get(picture.taken_by), voice),
            "lifted": announcements.lifted(picture, names.get(picture.lifted_by), voice),
        }
        for picture in found
    ]


def _names(ids: set[int | None]) -> dict[int | None, str]:
    users = db.session.scalars(select(User).where(User.id.in_(ids - {None})))
    return {user.id: user.name or user.email for user in users}


def _late(here: Programme, published: Published, voice: Voice) -> list[dict[str, Any]]:
    """The facts that came after the close of the newest final period."""
    newest = (
        select(Picture.period)
        .where(Picture.board_id == published.model.id, Picture.kind == "final")
        .order_by(Picture.id.desc())
    )
    name = db.session.scalar(newest.limit(1))
    if name is None:
        return []
    final = published.rule.windows.called(name)
    seen = pictures.as_seen(here, published, final)
    return announcements.late_facts(View(here, seen, final, None, today(here)), voice)


def _draw(view: View, draw: Any, voice: Voice) -> dict[str, Any]:
    return {
        "period": voice.period(view.published.rule.windows.called(draw.period)),
        "said": league_words.drawn(view, draw, voice.moment(draw.drawn_at), voice),
        "divisions": voice.ngettext("%(num)d division", "%(num)d divisions", draw.divisions),
        "href": url(
            "leaderboards.board", board=view.slug, period=draw.period, scope=leagues.LEAGUE
        ),
    }


@blueprint.post("/<board>/moments")
@allow("manager")
def change(board: str) -> Response | tuple[str, int]:
    """Freeze (`act=freeze`), lift (`lift`) or draw the league anew (`redraw`), with a reason.

    With `along` the boards, too, that would tell how this one stands; `act=close` freezes those alone.
    """
    act = request.form.get("act", "")
    if act not in ("freeze", "lift", "close", "redraw"):
        abort(400)
    reason = form_text(f"{act}_reason", _LONGEST)
    if not reason or len(reason) > _LONGEST:
        said = _("Say why, in at most %(most)s characters.", most=_LONGEST)
        return _page(board, error=said, act=act, reason=reason), 422
    how: dict[str, Any] = {"by": g.user.id, "now": g.now}

    def work(here: Programme) -> bool:
        published = service.board(here, board) or abort(404)
        if act == "redraw":
            return effect.redraw(here, board, reason, **how)
        alike = service.telling(here, published, g.now, frozen=act == "lift")
        slugs = {board} if act != "close" else set()
        slugs |= {each.model.slug for each in alike if "along" in request.form or act == "close"}
        effect.freeze(here, slugs, reason, on=act != "lift", **how)
        return True

    try:
        done = committed(work)
    except Refused as refusal:
        return _page(board, error=str(refusal), act=act, reason=reason), 422
    if not done:
        said = _("There are no results of the period before to draw by.")
        return _page(board, error=said, act=act, reason=reason), 422
    flash(
        {
            "freeze": _("The board is frozen for everybody but managers."),
            "close": _("What would tell of it is frozen, too."),
            "lift": _("Everybody sees what stands now."),
            "redraw": _("The league is drawn anew, and everybody reads why."),
        }[act],
        "success",
    )
    return redirect(url(".moments", board=board), 303)
