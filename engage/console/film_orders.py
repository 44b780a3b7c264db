"""Ordering films: what an order would bring, asked for a second time where it is much, and placed."""

from typing import Any

from flask import abort, g, redirect, render_template, request, send_file, url_for
from flask_babel import gettext as _
from werkzeug.wrappers import Response

from engage import config
from engage.db import db, transaction
from engage.outbox import delivery
from engage.programmes.models import Programme
from engage.studio.template import TemplateError
from engage.videos import (
    audiences,
    catalogue,
    choices,
    drafts,
    filling,
    forecasts,
    jobs,
    languages,
    rules,
    service,
    stills,
)
from engage.videos.choices import Choice
from engage.videos.console import blueprint as blueprint
from engage.web import allow
from engage.web.locales import viewer
from engage.web.numbers import form_number

#: The films of more partners than this are ordered by a worker, and not counted before: reading what
#: each would tell takes some milliseconds.
COUNTED_AT_ONCE = 100
#: An order of more new films than this is asked for a second time.
UNASKED = 50


@blueprint.get("/new")
@allow("manager")
def new() -> str:
    return _order_page({})


def _order_page(errors: dict[str, str]) -> str:
    programme = g.seat.programme
    offered, broken = catalogue.offered(g.seat.programme)
    choice = choices.read(request.values, offered, programme, g.now)
    return render_template(
        "console_videos/new.html",
        offered=offered,
        broken=broken,
        choice=choice,
        periods=choices.periods_to_choose(programme, g.now, choice.period),
        segments=audiences.segments(programme),
        voice=viewer(),
        **_forecast(choice, offered, errors),
    )


@blueprint.get("/forecast")
@allow("manager")
def forecast() -> str:
    """What the order on the page would bring, while it is being chosen."""
    offered, _broken = catalogue.offered(g.seat.programme)
    choice = choices.read(request.args, offered, g.seat.programme, g.now)
    return render_template(
        "console_videos/_forecast.html",
        choice=choice,
        voice=viewer(),
        **_forecast(choice, offered, {}),
    )


def _forecast(
    choice: Choice, offered: list[catalogue.Offered], errors: dict[str, str]
) -> dict[str, Any]:
    programme = g.seat.programme
    film = next((one for one in offered if one.slug == choice.template), None)
    found = choices.partners(choice, programme)
    shown: dict[str, Any] = {"film": film, "errors": errors, "found": found, "brings": None}
    if film is None or not found.chosen:
        return shown
    if unfit := _unfit(film, choice):
        return shown | {"unfit": unfit}
    shown["in_english"] = languages.without_words(film.template, found.chosen)
    shown["made"], shown["brings"] = _counted(film, choice, found)
    return shown


def _unfit(film: catalogue.Offered, choice: Choice) -> str | None:
    """Why a film is not made in what was chosen for it."""
    template, today = film.template, choices.today(g.seat.programme, g.now)
    if choice.form not in template.formats:
        return str(
            _(
                "“%(film)s” is not made in %(format)s: choose %(formats)s.",
                film=template.title,
                format=choice.form,
                formats=", ".join(template.formats),
            )
        )
    if template.moment == "status" and choice.period and choice.period.last < today:
        return str(
            _(
                "“%(film)s” tells how a period is going, and %(period)s is over: choose one that runs.",
                film=template.title,
                period=viewer().period(choice.period),
            )
        )
    return drafts.untellable(template, choice.period, today)


def _counted(
    film: catalogue.Offered, choice: Choice, found: choices.Found
) -> tuple[list[drafts.Draft] | None, rules.Forecast]:
    """The films of an order and what they bring; None, and at most, where they are many."""
    if len(found.chosen) > COUNTED_AT_ONCE:
        return None, forecasts.expected(film.slug, len(found.chosen))
    made = drafts.drafts(
        g.seat.programme,
        film,
        found.chosen,
        period=choice.period,
        address=config.settings().address,
        now=g.now,
        form=choice.form,
    )
    keys = [draft.key for draft in made if draft.refusal is None]
    states = service.existing(g.seat.programme.id, keys)
    there = sum(state not in rules.WITHOUT_A_FILE for _id, state in states.values())
    refusals = [draft.refusal for draft in made if draft.refusal is not None]
    return made, forecasts.expected(film.slug, len(keys) - there, there, refusals)


@blueprint.post("/")
@allow("manager")
def create() -> Response | str | tuple[str, int]:
    """Order what the form says; many films at once are confirmed on a page of their own first."""
    programme = g.seat.programme
    offered, _broken = catalogue.offered(g.seat.programme)
    choice = choices.read(request.form, offered, programme, g.now)
    try:
        # Nothing is made by default: what an order is about must be said.
        film = catalogue.load(request.form.get("template", ""), programme)
        if choice.period and choice.period.name != request.form.get("period"):
            raise drafts.Refused(_("Say which period the films are to tell of"))
        if choice.form != request.form.get("format", choice.form):
            raise drafts.Refused(_("There is no such format: choose one of the list"))
        if unfit := _unfit(film, choice):
            raise drafts.Refused(unfit)
        found = choices.partners(choice, programme)
        made, brings = _counted(film, choice, found)
        if brings.new and not brings.fits:
            raise drafts.Refused(_("There is no room for these films: see what they need"))
        if brings.new > max(UNASKED, form_number("confirmed") or 0):
            return render_template(
                "console_videos/confirm.html",
                film=film,
                choice=choice,
                made=made,
                brings=brings,
                voice=viewer(),
                in_english=languages.without_words(film.template, found.chosen),
                whom=choices.whom(choice, found, viewer()),
            )
        batch_id, to_make = _place(film, choice, made)
    except (drafts.Refused, catalogue.UnknownTemplate, TemplateError) as refusal:
        return _order_page({"": str(refusal)}), 422
    if made is None:
        jobs.ask("fill", batch_id)
    else:
        jobs.wake(to_make, urgent=rules.urgent("manager", len(made)))
    delivery.deliver()
    return redirect(url_for("console_videos.batch", batch_id=batch_id))


def _place(
    film: catalogue.Offered, choice: Choice, made: list[drafts.Draft] | None
) -> tuple[int, list[int]]:
    programme_id, user_id = g.seat.programme.id, g.user.id

    def work() -> tuple[int, list[int]]:
        batch = service.batch_of(
            film, choice.period, "manager", audience=choice.audience, by=user_id, form=choice.form
        )
        here = db.session.get_one(Programme, programme_id)
        if made is None:
            filling.begin(here, batch, g.now)
            return batch.id, []
        placed = service.place(here, film, made, batch, g.now)
        return placed.batch.id, placed.to_make

    return transaction(work)


@blueprint.get("/still/<slug>.jpg")
@allow("manager")
def still(slug: str) -> Response:
    """The title picture of a template, drawn with its samples."""
    try:
        film = catalogue.load(slug, g.seat.programme)
    except (catalogue.UnknownTemplate, TemplateError):
        abort(404)
    form = film.template.formats[0]
    path = stills.still(film, config.settings().media_dir, form)
    answer = send_file(path, mimetype="image/jpeg", conditional=True, etag=film.digest[:32])
    answer.headers["Cache-Control"] = "private, no-cache"
    return answer
