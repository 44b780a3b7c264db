"""A partner's films for others: links made on the film's page, and what they open."""

from flask import (
    Blueprint,
    abort,
    current_app,
    flash,
    g,
    make_response,
    redirect,
    render_template,
    request,
    url_for,
)
from flask_babel import force_locale
from flask_babel import gettext as _
from werkzeug.wrappers import Response

from engage.db import transaction
from engage.videos import sharing, shelf
from engage.videos.routes import clock_text, media, mine
from engage.videos.sharing import Shared
from engage.web import allow, public

blueprint = Blueprint("shared_films", __name__)


@blueprint.post("/videos/<key>/links")
@allow("partner")
def make(key: str) -> Response:
    video = mine(key)
    days = request.form.get("days", "")
    if video.state != "done" or days not in map(str, sharing.DAYS):
        abort(400)
    agreed = {
        f"with_{what}": what in request.form.getlist("preview") for what in ("name", "poster")
    }
    try:
        transaction(lambda: sharing.make(video, int(days), **agreed, now=g.now))
    except sharing.TooMany:
        flash(_("This film has %(n)s links already: end one of them first.", n=sharing.AT_ONCE))
    return redirect(url_for("videos.watch", key=key) + "#links")


@blueprint.post("/videos/<key>/links/<id:share_id>/end")
@allow("partner")
def end(key: str, share_id: int) -> Response:
    video = mine(key)
    if not transaction(lambda: sharing.revoke(video.id, share_id, g.now)):
        abort(404)
    flash(_("The link has ended: whoever has it sees nothing any more."), "success")
    return redirect(url_for("videos.watch", key=key) + "#links")


@blueprint.get("/shared/films/<token>")
@public
def watch(token: str) -> Response:
    """The film for whoever has the address; once that has ended, a page that says so."""
    found = _opened(token)
    if found is None:
        return _kept_out(make_response(render_template("videos/ended.html"), 410))
    with force_locale(found.video.locale):
        page = render_template(
            "videos/shared.html",
            shared=found,
            token=token,
            length=clock_text(found.video.seconds or 0),
        )
    return _kept_out(make_response(page))


@blueprint.get("/shared/films/<token>/<any('film.mp4', 'film.jpg', 'film.vtt'):part>")
@public
def part(token: str, part: str) -> Response:
    """The film in byte ranges, its poster where that was agreed to, its captions."""
    found = _opened(token)
    if found is None:
        abort(410)
    if part == shelf.POSTER and not found.poster:
        abort(404)
    return _kept_out(media(found.video, part))


def _opened(token: str) -> Shared | None:
    try:
        return sharing.opened(token, current_app.config["SECRET_KEY"], g.now)
    except LookupError:
        abort(404)


def _kept_out(answer: Response) -> Response:
    """Whoever was given the address may look; search engines were not, and no address leaks on."""
    answer.headers["X-Robots-Tag"] = "noindex"
    answer.headers["Referrer-Policy"] = "no-referrer"
    return answer
