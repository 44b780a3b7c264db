"""A partner's films for others: links made on the film's page, and what they open."""

import logging
from collections.abc import Callable

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
    send_file,
    url_for,
)
from flask_babel import force_locale
from flask_babel import gettext as _
from werkzeug.wrappers import Response

from engage import config
from engage.db import db, transaction
from engage.outbox import delivery
from engage.studio.template import TemplateError
from engage.videos import in_words, jobs, sharing, shelf, stills
from engage.videos.models import FilmShare
from engage.videos.routes import clock_text, media, mine
from engage.videos.sharing import Shared
from engage.videos.triggers import FORMATS
from engage.web import allow, public

blueprint = Blueprint("shared_films", __name__)

log = logging.getLogger(__name__)

#: The part of a link that shows no film.
CARD = "card.jpg"


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

    def work() -> list[int]:
        return sharing.prepare(sharing.make(mine(key), int(days), **agreed, now=g.now), g.now)

    try:
        _prepare(work)
    except sharing.TooMany:
        flash(_("This film has %(n)s links already: end one of them first.", n=sharing.AT_ONCE))
    except sharing.CannotBeShown as error:
        log.warning("film %s cannot be shared: %s", key, error)
        flash(_("This film cannot be shown without what it tells of other partners."))
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
    """The film for whoever has the address, or that it is being made; once the link has ended, a page
    that says so, in its programme's name."""
    found = _opened(token)
    if found is not None and found.shown is None and not found.has_ended:
        share_id = found.share.id
        try:
            _prepare(lambda: sharing.prepare(db.session.get_one(FilmShare, share_id), g.now))
            found = _opened(token)
        except sharing.CannotBeShown as error:
            log.warning("link %d shows nothing: %s", share_id, error)
    if found is None or found.shown is None:
        page = render_template("videos/ended.html", shared=found, token=token)
        return _kept_out(make_response(page, 410))
    with force_locale(found.shown.locale):
        page = render_template(
            "videos/shared.html",
            shared=found,
            token=token,
            length=clock_text(found.shown.seconds or 0),
            # Only where it is asked for: whatever draws a preview of the link reads the page without.
            story=in_words.of(found.shown, found.programme) if "words" in request.args else None,
        )
    return _kept_out(make_response(page))


def _prepare(work: Callable[[], list[int]]) -> None:
    jobs.wake(transaction(work), urgent=True)
    delivery.deliver()


@blueprint.get("/shared/films/<token>/<any('film.mp4', 'film.jpg', 'film.vtt', 'card.jpg'):part>")
@public
def part(token: str, part: str) -> Response:
    """The film in byte ranges, its poster where that was agreed to, its captions; and in place of its
    pictures, for as long as the link is known of, the programme's card."""
    found = _opened(token)
    if found is not None and part == CARD:
        return _kept_out(_card(found))
    if found is None or found.has_ended:
        abort(410)
    if found.shown is None or (part == shelf.POSTER and not found.poster):
        abort(404)
    return _kept_out(media(found.shown, part))


def _card(found: Shared) -> Response:
    form = found.shown.format if found.shown else FORMATS[0]
    try:
        path = stills.card(found.programme, config.settings().media_dir, form)
    except TemplateError as error:
        log.error("no card of %s: %s", found.programme.slug, error)
        abort(404)
    return send_file(path, mimetype="image/jpeg", conditional=True, max_age=3600)


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
