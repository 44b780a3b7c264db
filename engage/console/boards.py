"""Boards made by a form: drawn up, looked at with real facts, published, archived."""

from dataclasses import replace
from typing import Any

from flask import Blueprint, abort, flash, g, redirect, render_template, request, url_for
from flask_babel import gettext as _
from sqlalchemy import select

from engage import effect
from engage.console import board_form
from engage.console import board_view as view
from engage.console.board_form import FORM
from engage.console.fit import fitting
from engage.console.form_view import whole
from engage.console.rules import slug_of
from engage.console.typed_fields import Errors, Typed, begun, one
from engage.console.typed_form import Reading
from engage.db import db
from engage.leaderboards import language, publishing, rules
from engage.leaderboards import service as leaderboards
from engage.leaderboards.models import Board
from engage.missions import service as missions
from engage.programmes.models import Programme
from engage.web import allow
from engage.web.here import Answer, committed, programme, reason
from engage.web.locales import viewer

blueprint = Blueprint("console_boards", __name__, url_prefix="/console/boards")

#: Addresses here that are no board's.
_RESERVED = {"new", "preview", "form"}


@blueprint.get("/")
@allow("manager")
def index() -> str:
    here, voice = programme(), viewer()
    return render_template(
        "console_boards/index.html",
        boards=view.listed(here, leaderboards.boards(here), voice),
        archived=publishing.archived(here),
    )


def _row(slug: str) -> Board:
    """A board of the programme, also one that is archived."""
    wanted = Board.programme_id == g.seat.programme.id, Board.slug == slug
    return db.session.scalar(select(Board).where(*wanted)) or abort(404)


# --- the form -------------------------------------------------------------------------------------


@blueprint.get("/new")
@allow("manager")
def new() -> Answer:
    """A blank one, or (``?from=``) one like another."""
    here, source = programme(), request.args.get("from")
    if source is None:
        return _page(here, None, board_form.blank(), {})
    like = language.parse(_row(source).definition, here.currency)
    typed = board_form.of_board(like, viewer()) | {"name": [""]}
    return _page(here, None, typed, {})


@blueprint.get("/<slug>")
@allow("manager")
def edit(slug: str) -> Answer:
    here, row = programme(), _row(slug)
    found = language.parse(row.definition, here.currency)
    return _page(here, row, board_form.of_board(found, viewer()), {})


def _page(here: Programme, row: Board | None, typed: Typed, errors: Errors) -> str:
    slug = row.slug if row else None
    reading = _read(here, slug, typed)
    return render_template(
        "console_boards/edit.html",
        archived=bool(row and row.retired_at),
        why=request.form.get("why", ""),
        heading=row.name if row else _("New board"),
        **_form(here, slug, typed, errors),
        **view.preview(here, reading, slug, viewer()),
    )


def _form(here: Programme, slug: str | None, typed: Typed, errors: Errors) -> dict[str, Any]:
    return {"of": slug} | whole(FORM, typed, errors, view.words(here, typed, viewer()), "board")


def _read(here: Programme, slug: str | None, typed: Typed) -> Reading[rules.Board]:
    free = slug or slug_of(one(typed, "name"), _RESERVED, "board")
    reading = board_form.read(typed, free, here.currency, viewer())
    along = reading.made.windows.mission if reading.made else None
    if along and along not in {mission.model.slug for mission in missions.missions(here)}:
        return Reading(None, {"mission": _("That mission is not there any more: choose another.")})
    return reading


def _typed() -> Typed:
    """What was sent, with one more row where that was asked for."""
    return FORM.with_one_more(FORM.typed_in(request.form, {}), request.form.get("do", ""))


def _of() -> str | None:
    """Which board is changed, of the parts that are asked for by themselves; None: a new one."""
    slug = request.args.get("of")
    return _row(slug).slug if slug else None


@blueprint.post("/form")
@allow("manager")
def form() -> Answer:
    """The form again, with what is wrong at the field just left."""
    here, slug, typed = programme(), _of(), _typed()
    errors = begun(_read(here, slug, typed).errors, typed)
    return render_template("console_boards/_board_form.html", **_form(here, slug, typed, errors))


@blueprint.post("/preview")
@allow("manager")
def preview() -> Answer:
    """How the board reads, and who leads it, while somebody types."""
    here, slug = programme(), _of()
    reading = _read(here, slug, _typed())
    return render_template(
        "console_boards/_board_preview.html", **view.preview(here, reading, slug, viewer())
    )


# --- published ------------------------------------------------------------------------------------


@blueprint.post("/new")
@allow("manager")
def create() -> Answer:
    return _submitted(None)


@blueprint.post("/<slug>")
@allow("manager")
def change(slug: str) -> Answer:
    return _submitted(_row(slug))


def _submitted(row: Board | None) -> Answer:
    """Publish what was sent; any other button only shows the form again."""
    here, typed, slug = programme(), _typed(), row.slug if row else None
    if request.form.get("do") != "publish":
        return _page(here, row, typed, begun(_read(here, slug, typed).errors, typed))
    board, errors = fitting(here, "boards", _read(here, slug, typed), FORM, typed)
    if board is None:
        return _page(here, row, typed, errors), 422

    def work(here: Programme) -> str:
        taken = db.session.scalars(select(Board.slug).where(Board.programme_id == here.id))
        free = slug or slug_of(board.name, _RESERVED.union(taken), "board")
        effect.rank(here, replace(board, slug=free), now=g.now, why=reason(), by=g.user.id)
        return free

    made = committed(work)
    text = _("The board is published.") if row is None else _("The board was changed.")
    flash(text, "success")
    return redirect(url_for(".index", _anchor=made), 303)


@blueprint.post("/<slug>/archive")
@allow("manager")
def archive(slug: str) -> Answer:
    """Take a board off; its definition stays, to be brought back."""
    _row(slug)
    committed(lambda here: effect.rank_no_more(here, slug, now=g.now, by=g.user.id))
    flash(_("The board is archived. Nobody sees it until you bring it back."), "info")
    return redirect(url_for(".index"), 303)


@blueprint.post("/<slug>/first")
@allow("manager")
def first(slug: str) -> Answer:
    """Put a board before all others: partners see the first one on their home."""
    _row(slug)
    committed(lambda here: publishing.put_first(here, slug))
    flash(_("It is the first board now."), "success")
    return redirect(url_for(".index"), 303)
