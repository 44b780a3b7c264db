"""Rules changed by a form: a draft is begun, typed and kept (`rule_review` is how it goes on)."""

from typing import Any

from flask import Blueprint, abort, flash, g, redirect, render_template, request, url_for
from flask_babel import gettext as _
from sqlalchemy import select

from engage.console import rule_form
from engage.console import rule_view as view
from engage.console.fit import fitting
from engage.console.form_view import whole
from engage.console.rule_form import FORM
from engage.console.rules import slug_of
from engage.console.typed_fields import Typed, begun, one
from engage.console.typed_form import Reading
from engage.db import db, transaction
from engage.incentives import drafts, publishing
from engage.incentives.models import Rule as Row
from engage.incentives.models import RuleDraft, RuleVersion
from engage.incentives.rules import Rule
from engage.programmes.models import Programme
from engage.web import allow
from engage.web.here import Answer, committed, programme
from engage.web.locales import viewer
from engage.web.numbers import form_number

blueprint = Blueprint("console_drafts", __name__, url_prefix="/console/rules/drafts")


# --- begun ----------------------------------------------------------------------------------------


@blueprint.post("/")
@allow("manager")
def begin() -> Answer:
    """A new rule; or a change, an end or an old version again of the rule named ``slug``."""
    what, slug = request.form.get("do", "new"), request.form.get("slug")

    def work(here: Programme) -> tuple[int, bool]:
        row = _of_rule(here, slug, what) if slug else _begun(here, typed=rule_form.blank())
        return row.id, row.retires

    draft_id, retires = committed(work)
    return redirect(url_for(".review" if retires else ".draft", draft_id=draft_id), 303)


def _of_rule(here: Programme, slug: str, what: str) -> RuleDraft:
    """A draft about a published rule; where one is to ``change``, the newest that does already."""
    number, last = form_number("version"), publishing.latest(here, slug)
    source = _version(here, slug, number) if number else last
    if last is None or source is None:
        abort(404)
    if what == "change" and (known := drafts.of_rule(here.id, slug)):
        return known
    return _begun(
        here,
        slug=slug,
        base=last.version,
        typed=rule_form.of_raw(source.definition, viewer()) if source.definition else {},
        why=_("Version %(n)s holds again.", n=number) if number else "",
        retires=what == "retire",
    )


def _begun(here: Programme, **said: Any) -> RuleDraft:
    return drafts.begin(
        RuleDraft(programme_id=here.id, created_by=g.user.id, changed_at=g.now, **said)
    )


def _version(here: Programme, slug: str, number: int) -> RuleVersion | None:
    return db.session.scalar(
        select(RuleVersion)
        .join(Row, Row.id == RuleVersion.rule_id)
        .where(Row.programme_id == here.id, Row.slug == slug, RuleVersion.version == number)
    )


# --- typed ----------------------------------------------------------------------------------------


def the_draft(draft_id: int) -> RuleDraft:
    return drafts.find(g.seat.programme.id, draft_id) or abort(404)


def _read(here: Programme, draft: RuleDraft, typed: Typed) -> Reading[Rule]:
    slug = draft.slug or slug_of(one(typed, "name"), (), "rule")
    reading = rule_form.read(typed, slug, here.currency, here.timezone, viewer())
    if not draft.slug and not one(typed, "name"):
        reading.errors["name"] = _("Give it a name: partners see it above the rule.")
    return reading if not reading.errors else reading._replace(made=None)


def fitted(here: Programme, row: RuleDraft, typed: Typed) -> Reading[Rule]:
    """The same, and whether it fits the rest of the programme, as the file would be asked."""
    if row.retires:
        return Reading(None, {})
    return fitting(here, "rules", _read(here, row, typed), FORM, typed)


@blueprint.get("/<id:draft_id>")
@allow("manager")
def draft(draft_id: int) -> Answer:
    row = the_draft(draft_id)
    return _page(programme(), row, row.typed, {})


def _page(here: Programme, row: RuleDraft, typed: Typed, errors: dict[str, str]) -> str:
    voice = viewer()
    return render_template(
        "console_rules/draft.html",
        **_form(here, row, typed, errors),
        **view.preview(here, row, _read(here, row, typed), voice),
    )


def _form(here: Programme, row: RuleDraft, typed: Typed, errors: dict[str, str]) -> dict[str, Any]:
    form = whole(FORM, typed, errors, view.words(here, viewer()), "rule")
    return {"heading": view.name(row)} | form


@blueprint.post("/<id:draft_id>")
@allow("manager")
def save(draft_id: int) -> Answer:
    """Keep what is typed; with ``do=review`` go on to what it would do, once nothing is wrong."""
    here, row = programme(), the_draft(draft_id)
    typed = _typed(row)
    what = request.form.get("do", "")
    reading = fitted(here, row, typed) if what == "review" else _read(here, row, typed)
    keep(draft_id, typed)
    if what == "review" and not reading.errors:
        return redirect(url_for(".review", draft_id=draft_id), 303)
    if what == "leave":
        flash(_("The draft is kept."), "success")
        return redirect(url_for("console_rules.index", _anchor="drafts"), 303)
    errors = reading.errors if what == "review" else begun(reading.errors, typed)
    answer = _page(programme(), the_draft(draft_id), typed, errors)
    return (answer, 422) if what == "review" else answer


def _typed(row: RuleDraft) -> Typed:
    """What was sent, with one more row where that was asked for."""
    typed = FORM.typed_in(request.form, row.typed)
    return FORM.with_one_more(typed, request.form.get("do", ""))


def keep(draft_id: int, typed: Typed, **values: Any) -> None:
    def work() -> None:
        row = the_draft(draft_id)
        for key, value in {"typed": typed, "changed_at": g.now, **values}.items():
            setattr(row, key, value)

    transaction(work)


@blueprint.post("/<id:draft_id>/form")
@allow("manager")
def form(draft_id: int) -> Answer:
    """The form again, with what is wrong at the field just left; what is typed is kept."""
    typed = _typed(the_draft(draft_id))
    keep(draft_id, typed)
    here, row = programme(), the_draft(draft_id)
    errors = begun(_read(here, row, typed).errors, typed)
    return render_template(
        "console_rules/_rule_form.html", draft=row, **_form(here, row, typed, errors)
    )


@blueprint.post("/<id:draft_id>/preview")
@allow("manager")
def preview(draft_id: int) -> Answer:
    """How the rule reads so far, while somebody types."""
    here, row = programme(), the_draft(draft_id)
    reading = _read(here, row, _typed(row))
    return render_template(
        "console_rules/_rule_preview.html", **view.preview(here, row, reading, viewer())
    )


@blueprint.post("/<id:draft_id>/drop")
@allow("manager")
def drop(draft_id: int) -> Answer:
    transaction(lambda: db.session.delete(the_draft(draft_id)))
    flash(_("The draft was thrown away. What is published stays as it is."), "info")
    return redirect(url_for("console_rules.index"), 303)
