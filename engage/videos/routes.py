"""Watching: a partner's films, each with captions and in words; nobody else's.

A manager of the programme may watch as well, from the batch they ordered.
"""

import logging
from pathlib import Path
from typing import Any

from flask import (
    Blueprint,
    abort,
    current_app,
    g,
    redirect,
    render_template,
    request,
    send_file,
    url_for,
)
from flask_babel import gettext as _
from flask_babel import ngettext
from werkzeug.exceptions import RequestedRangeNotSatisfiable
from werkzeug.wrappers import Response
from werkzeug.wsgi import FileWrapper

from engage import config
from engage.db import transaction
from engage.outbox import delivery
from engage.videos import (
    corrections,
    films,
    in_words,
    jobs,
    rules,
    sharing,
    shelf,
    shelves,
    watching,
)
from engage.videos.models import Video
from engage.web import allow

blueprint = Blueprint("videos", __name__, url_prefix="/videos")

log = logging.getLogger(__name__)

#: Bytes of a film that are read at once.
AT_ONCE = 1 << 18
#: What the parts of a film are, to whoever asks for them.
KINDS = {shelf.FILM: "video/mp4", shelf.POSTER: "image/jpeg", shelf.CAPTIONS: "text/vtt"}


@blueprint.get("/")
@allow("partner")
def index() -> str:
    return render_template("videos/index.html", films=_own())


@blueprint.get("/list")
@allow("partner")
def list_() -> str:
    """The list alone, for pages that are open."""
    return render_template("videos/_film_list.html", films=_own())


def _own() -> list[dict[str, Any]]:
    found = films.of_partner(g.seat.partner.id)
    return [card(video, is_new=index == 0) for index, video in enumerate(found)]


def card(video: Video, *, is_new: bool = False) -> dict[str, Any]:
    """A film as `ui/video.html` draws it. ``is_new``: it may wear the sign of the newest."""
    done = video.state == "done"
    shown = {
        "title": video.title,
        "href": url_for("videos.watch", key=video.key),
        "at": video.finished_at if done else video.created_at,
        "state": video.state,
        "new": is_new and done and (g.now - video.finished_at).days < 7,
    }
    if done:
        shown["poster"] = url_for("videos.poster", key=video.key)
        shown["duration"] = clock_text(video.seconds or 0)
    if video.state == "failed":
        # Why it failed is the manager's to mend; a partner is told that it is being looked after.
        shown["problem"] = _("This film could not be made. Your programme's team can see why.")
    return shown


def clock_text(seconds: int) -> str:
    """``0:24``."""
    return f"{seconds // 60}:{seconds % 60:02d}"


@blueprint.get("/<key>")
@allow("partner", "manager")
def watch(key: str) -> str:
    video = mine(key)
    return render_template("videos/watch.html", **_page(video))


@blueprint.get("/<key>/player")
@allow("partner", "manager")
def player(key: str) -> str:
    """What the page shows while the film is on its way, and the player once it is there."""
    return render_template("videos/_player.html", **_page(mine(key)))


def _page(video: Video) -> dict[str, Any]:
    back = (url_for("videos.index"), _("Videos"))
    if g.seat.partner is None:
        back = (url_for("console_videos.index"), _("Videos"))
    page: dict[str, Any] = {"video": video, "film": card(video), "back": back}
    if video.state not in ("cancelled", "withdrawn"):
        page["story"] = in_words.of(video, g.seat.programme)
    if video.state not in ("done", "withdrawn"):
        return page
    if video.state == "done":
        page["formats"] = films.in_formats(video)
    after = corrections.newer(video)
    if after is not None:
        page["newer"] = url_for("videos.watch", key=after.key)
    elif video.state == "withdrawn":
        page["awaited"] = corrections.is_awaited(video)
    elif corrections.changed(video, g.seat.programme, config.settings().address, g.now):
        page["changed"] = True
    return page | (_links(video) if g.seat.partner is not None else {})


@blueprint.post("/<key>/watched")
@allow("partner")
def watched(key: str) -> tuple[str, int]:
    """What the player tells while its partner watches (``tenths``), and the pages (``opened``) that
    they turn to afterwards; said twice it says the same."""
    video, opened, now = mine(key), request.form.get("opened"), g.now
    tenths = rules.tenths(request.form.get("tenths", ""))
    if video.state != "done" or (tenths is None and opened not in watching.PAGES):
        abort(400)
    video_id = video.id
    if tenths is not None:
        transaction(lambda: watching.note(video_id, tenths, now))
    elif opened:
        transaction(lambda: watching.opened(video_id, opened, now))
    return "", 204


@blueprint.post("/<key>/anew")
@allow("partner")
def anew(key: str) -> Response:
    """Have a film made again whose numbers were corrected; the film that tells them as they are."""
    video, programme, address = mine(key), g.seat.programme, config.settings().address
    after = corrections.newer(video)
    if after is None:
        if not corrections.changed(video, programme, address, g.now):
            abort(409)
        placed = transaction(lambda: corrections.make_anew(mine(key), programme, address, g.now))
        delivery.deliver()
        jobs.wake(placed.to_make, urgent=True)
        after = corrections.newer(mine(key)) or mine(key)
    return redirect(url_for("videos.watch", key=after.key))


def _links(video: Video) -> dict[str, Any]:
    """The links that lead to a film, and what another one may be."""
    secret = current_app.config["SECRET_KEY"]
    words = {"with_name": _("your name"), "with_poster": _("the first picture")}
    living = sharing.living(video.id, g.now)
    shown = films.by_ids(share.shown_id for share in living)
    return {
        "without_others": sharing.tells_of_others(video),
        "links": [
            {
                "id": share.id,
                "expires_at": share.expires_at,
                "film": shown.get(share.shown_id),
                "shows": [word for name, word in words.items() if getattr(share, name)],
                "address": url_for(
                    "shared_films.watch", token=sharing.token(share, secret), _external=True
                ),
            }
            for share in living
        ],
        "lives": [(days, ngettext("%(num)d day", "%(num)d days", days)) for days in sharing.DAYS],
    }


@blueprint.get("/<key>/film.mp4")
@allow("partner", "manager")
def film(key: str) -> Response:
    """The film, in byte ranges; ``?download`` to keep it."""
    return media(mine(key), shelf.FILM)


@blueprint.get("/<key>/poster.jpg")
@allow("partner", "manager")
def poster(key: str) -> Response:
    return media(mine(key), shelf.POSTER)


@blueprint.get("/<key>/captions.vtt")
@allow("partner", "manager")
def captions(key: str) -> Response:
    return media(mine(key), shelf.CAPTIONS)


def media(video: Video, name: str) -> Response:
    """A part of a finished film; 404 while there is none."""
    if video.state != "done":
        abort(404)
    try:
        file, size = shelves.of(config.settings()).open(video.key, name)
    except FileNotFoundError:
        abort(404)
    except shelf.Trouble as trouble:
        log.error("%s", trouble)
        abort(503)
    response = send_file(
        file,
        mimetype=KINDS[name],
        conditional=False,
        as_attachment="download" in request.args,
        download_name=f"{video.title}{Path(name).suffix}".replace("/", "-").replace(":", ""),
    )
    response.response = FileWrapper(file, AT_ONCE)
    response.content_length = size
    response.set_etag(f"{video.key[:32]}-{size}")
    try:
        response.make_conditional(_asked(), accept_ranges=True, complete_length=size)
    except RequestedRangeNotSatisfiable as beyond:
        file.close()
        return Response(status=416, headers={"Content-Range": f"bytes */{beyond.length}"})
    # Named by its content, so it never changes; but it is one person's, and asked for each time.
    response.headers["Cache-Control"] = "private, no-cache"
    return response


def _asked() -> dict[str, Any]:
    """The request, without a range that is none (RFC 9110 has it ignored) or several at once."""
    wished, asked = request.range, {**request.environ}
    if wished is None or wished.units != "bytes" or len(wished.ranges) != 1:
        asked.pop("HTTP_RANGE", None)
    return asked


def mine(key: str) -> Video:
    """The film if it is the viewer's to see; 404 for everybody else."""
    partner = g.seat.partner
    return films.find(g.seat.programme.id, key, partner.id if partner else None) or abort(404)
