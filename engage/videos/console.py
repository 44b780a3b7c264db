"""Films ordered together: the batches under way, and mending what failed."""

from typing import Any

from flask import Blueprint, abort, flash, g, redirect, render_template, request, url_for
from flask_babel import gettext as _
from flask_babel import ngettext
from werkzeug.wrappers import Response

from engage.db import db, transaction
from engage.outbox import delivery
from engage.programmes.models import Programme
from engage.videos import choices, films, held, jobs, occasions, service, switches
from engage.videos.models import VideoBatch
from engage.web import allow
from engage.web.locales import viewer
from engage.web.numbers import form_number, page_number, query_number

blueprint = Blueprint("console_videos", __name__, url_prefix="/console/videos")

PER_PAGE = 50


@blueprint.get("/")
@allow("manager")
def index() -> str:
    return render_template("console_videos/index.html", **_batches())


@blueprint.get("/list")
@allow("manager")
def list_() -> str:
    return render_template("console_videos/_batches.html", **_batches())


def _batches() -> dict[str, Any]:
    before = query_number("before")
    found = films.batches(g.seat.programme.id, before_id=before, limit=21)
    return {
        "batches": [(batch, choices.described(batch, viewer())) for batch in found[:20]],
        "before": before,
        "without_room": _without_room(),
        "older": found[19].model.id if len(found) > 20 else None,
        "unfinished": any(batch.films.unfinished for batch in found),
    }


def _without_room() -> int:
    """Films that triggers would make, and the disk has no room for."""
    here = db.session.get_one(Programme, g.seat.programme.id)
    return sum(occasions.without_room(here, one, g.now) for one in switches.of_programme(here))


@blueprint.get("/<id:batch_id>")
@allow("manager")
def batch(batch_id: int) -> str:
    return render_template("console_videos/batch.html", **_batch_page(batch_id))


@blueprint.get("/<id:batch_id>/films")
@allow("manager")
def batch_films(batch_id: int) -> str:
    """The progress and the films alone, for pages that are open."""
    return render_template("console_videos/_batch_films.html", **_batch_page(batch_id))


def _batch_page(batch_id: int) -> dict[str, Any]:
    found = _the_batch(batch_id)
    page = page_number()
    rows = films.ordered(batch_id, offset=(page - 1) * PER_PAGE, limit=PER_PAGE)
    return {
        "batch": found,
        "about": choices.described(found, viewer()),
        "rows": rows,
        "held_until": held.until(found.model, g.now) if found.films.refused else None,
        "page": page,
        "pages": -(-(found.films.total - found.films.ahead) // PER_PAGE),
        "first": (page - 1) * PER_PAGE + 1,
        "last": (page - 1) * PER_PAGE + len(rows),
    }


def _the_batch(batch_id: int) -> films.Batch:
    return films.batch(g.seat.programme.id, batch_id) or abort(404)


@blueprint.post("/<id:batch_id>/retry")
@allow("manager")
def retry(batch_id: int) -> Response:
    """Try failed films again: all of them, or the one named by ``video``."""
    _the_batch(batch_id)
    video_id = form_number("video")
    if "video" in request.form and not films.in_batch(batch_id, video_id or 0):
        abort(404)
    chosen = transaction(
        lambda: service.retry(db.session.get_one(VideoBatch, batch_id), g.now, video_id)
    )
    jobs.wake(chosen)
    delivery.deliver()
    said = ngettext("One film is tried again.", "%(num)s films are tried again.", len(chosen))
    flash(said if chosen else _("There was nothing left to try again."), "success")
    return redirect(url_for("console_videos.batch", batch_id=batch_id))


@blueprint.post("/<id:batch_id>/pause")
@allow("manager")
def pause(batch_id: int) -> Response:
    """Begin no further film of a batch; or, with ``resume``, go on."""
    _the_batch(batch_id)
    change = service.resume if "resume" in request.form else service.pause
    jobs.wake(transaction(lambda: change(db.session.get_one(VideoBatch, batch_id), g.now)))
    delivery.deliver()
    return redirect(url_for("console_videos.batch", batch_id=batch_id))


@blueprint.get("/<id:batch_id>/cancel")
@allow("manager")
def ask_cancel(batch_id: int) -> str:
    """The question before the rest of a batch is called off: a page, so that it stays open."""
    found = _the_batch(batch_id)
    about = choices.described(found, viewer())
    return render_template("console_videos/cancel.html", batch=found, about=about)


@blueprint.post("/<id:batch_id>/cancel")
@allow("manager")
def cancel(batch_id: int) -> Response:
    _the_batch(batch_id)
    stopped = transaction(lambda: service.cancel(db.session.get_one(VideoBatch, batch_id), g.now))
    delivery.deliver()
    flash(ngettext("One film was called off.", "%(num)s films were called off.", stopped), "info")
    return redirect(url_for("console_videos.batch", batch_id=batch_id))
