"""Rules changed by a form: a draft is begun, typed and kept (`rule_review` is how it goes on)."""

from typing import Any

from flask import Blueprint, abort, flash, g, redirect, render_template, request, url_for
from flask_babel import gettext as _
from sqlalchemy import select
from werkzeug.wrappers import Response

from engage.console import rule_form, rules
from engage.console import rule_view as view
from engage.console.fit import begun, misfits
from engage.console.form_view import drawn, summary, told
from engage.console.here import programme
from engage.console.rule_form import FORM, Reading
from engage.console.typed_form import Typed, one
from engage.db import db, transaction
from engage.incentives import drafts, publishing
from engage.incentives.models import Rule as Row
from engage.incentives.models import RuleDraft, RuleVersion
from engage.programmes.models import Programme
from engage.web import allow
from engage.web.locales import viewer
from engage.web.numbers import form_number

blueprint = Blueprint("console_drafts", __name__, url_prefix="/console/rules/drafts")

Answer = str | Response | tuple[str, int]


# --- begun ----------------------------------------------------------------------------------------


@blueprint.post("/")
@allow("manager")
def begin() -> Answer:
    """A new rule; or a change, an end or an old version again of the rule named ``slug``."""
    programme_id, user_id, now, voice = g.seat.programme.id, g.user.id, g.now, viewer()
    what, slug = request.form.get("do", "new"), request.form.get("slug") or None
    number = form_number("version")

    def work() -> RuleDraft | None:
        here = db.session.get_one(Programme, programme_id)
        if slug is None:
            blank = rule_form.blank(here.currency)
            return drafts.begin(programme_id, user_id, slug=None, base=0, typed=blank, now=now)
        last = publishing.latest(here, slug)
        source = _version(here, slug, number) if number else last
        if last is None or source is None:
            return None
        if what == "change" and (known := drafts.of_rule(programme_id, slug)):
            return known
        return drafts.begin(
            programme_id,
            user_id,
            slug=slug,
            base=last.version,
            typed=rule_form.of_raw(source.definition, voice) if source.definition else {},
            why=_("Version %(n)s holds again.", n=number) if number else "",
            retires=what == "retire",
            now=now,
        )

    def begun() -> tuple[int, bool] | None:
        row = work()
        return (row.id, row.retires) if row else None

    found = transaction(begun)
    if found is None:
        abort(404)
    draft_id, retires = found
    return redirect(url_for(".review" if retires else ".draft", draft_id=draft_id), 303)


def _version(here: Programme, slug: str, number: int) -> RuleVersion | None:
    return db.session.scalar(
        select(RuleVersion)
        .join(Row, Row.id == RuleVersion.rule_id)
        .where(Row.programme_id == here.id, Row.slug == slug, RuleVersion.version == number)
    )


# --- typed ----------------------------------------------------------------------------------------


def the_draft(draft_id: int) -> RuleDraft:
    found = drafts.find(g.seat.programme.id, draft_id)
    if found is None:
        abort(404)
    return found


def _read(here: Programme, draft: RuleDraft, typed: Typed) -> Reading:
    slug = draft.slug or rules.slug_of(one(typed, "name"), (), "rule")
    reading = rule_form.read(typed, slug, here.currency, here.timezone, viewer())
    if not draft.slug and not one(typed, "name"):
        reading.errors["name"] = _("Give it a name: partners see it above the rule.")
    return reading if not reading.errors else reading._replace(rule=None)


def whole(here: Programme, row: RuleDraft, typed: Typed) -> Reading:
    """The same, and whether it fits the rest of the programme, as the file would be asked."""
    if row.retires:
        return Reading(None, {})
    reading = _read(here, row, typed)
    if reading.rule is None:
        return reading
    errors = misfits(here, "rules", reading.rule, FORM, typed)
    return Reading(None, errors) if errors else reading


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
    words = view.words(here, viewer())
    return {
        "summary": summary(FORM, errors, words, "rule"),
        "heading": view.name(row),
        "typed": typed,
        "rest": one(typed, "rest"),
        "rule_name": one(typed, "name"),
        "name_error": told(errors, "name"),
        "parts": drawn(FORM, typed, errors, words),
    }


@blueprint.post("/<id:draft_id>")
@allow("manager")
def save(draft_id: int) -> Answer:
    """Keep what is typed; with ``do=review`` go on to what it would do, once nothing is wrong."""
    here, row = programme(), the_draft(draft_id)
    typed = _typed(row)
    what = request.form.get("do", "")
    reading = whole(here, row, typed) if what == "review" else _read(here, row, typed)
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
    now = g.now

    def work() -> None:
        row = the_draft(draft_id)
        row.typed, row.changed_at = typed, now
        for key, value in values.items():
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
