"""Versions of film templates: what a draft changes, publishing it, and going back to an earlier one."""

from collections.abc import Iterable

from flask import abort, flash, g, redirect, render_template, request, url_for
from flask_babel import gettext as _
from sqlalchemy import select

from engage.accounts.models import User
from engage.console import film_form
from engage.console.film_pictures import previewed
from engage.console.film_subject import Subject
from engage.console.film_subject import blueprint as blueprint
from engage.console.films import Answer, keep
from engage.db import db, transaction
from engage.studio.theme import Theme
from engage.videos import editions
from engage.videos.models import FilmVersion
from engage.web import allow
from engage.web.texts import form_text

_LONGEST_NOTE = 500


@blueprint.get("/<slug>/review")
@allow("manager")
def review(slug: str) -> Answer:
    return _review(Subject(slug), {})


def _review(subject: Subject, errors: dict[str, str]) -> str:
    late = {}
    if not isinstance(subject.base, Theme):
        late = film_form.untranslated(subject.base, subject.edits)
    return render_template(
        "console_films/review.html",
        subject=subject,
        changes=subject.differences(subject.stands, subject.edits),
        wrong=subject.errors(subject.edits),
        late=[(subject.languages[code], number) for code, number in late.items()],
        note=request.values.get("note", ""),
        errors=errors,
        pictures=previewed(subject)["pictures"],
    )


@blueprint.post("/<slug>/publish")
@allow("manager")
def publish(slug: str) -> Answer:
    subject, note = Subject(slug), form_text("note", _LONGEST_NOTE)[:_LONGEST_NOTE]
    if subject.errors(subject.edits):
        return _review(subject, {}), 422
    if not note:
        return _review(subject, {"note": _("Say in a few words what is new and why.")}), 422
    where, edits, shipped = (subject.programme.id, slug), dict(subject.edits), subject.shipped
    base, by, now = request.form.get("base", type=int) or 0, g.user.id, g.now

    def work() -> int:
        made = editions.publish(
            *where, edits, base=base, shipped=shipped, note=note, by=by, now=now
        )
        return made.number

    try:
        number = transaction(work)
    except editions.Refused as refusal:
        return _review(Subject(slug), {"": str(refusal)}), 422
    flash(_("Version %(n)s is published: films ordered from now on are made like this.", n=number), "success")  # fmt: skip
    return redirect(url_for(".history", slug=slug), 303)


@blueprint.get("/<slug>/history")
@allow("manager")
def history(slug: str) -> str:
    """Every version, newest first, with what it changed of the one before."""
    subject = Subject(slug)
    found = editions.history(subject.programme.id, slug)
    befores = [*(version.edits for version in found[1:]), *([{}] if found else [])]
    names = _names(version.published_by for version in found)
    return render_template(
        "console_films/history.html",
        subject=subject,
        versions=[
            (version, names.get(version.published_by), subject.differences(old, version.edits))
            for version, old in zip(found, befores, strict=True)
        ],
    )


def _names(user_ids: Iterable[int]) -> dict[int, str]:
    rows = db.session.execute(
        select(User.id, User.name, User.email).where(User.id.in_(set(user_ids)))
    )
    return {user_id: name or email for user_id, name, email in rows}


@blueprint.post("/<slug>/back")
@allow("manager")
def back(slug: str) -> Answer:
    """Draft what a version says (0: what is shipped), to be published as a new one."""
    subject, number = Subject(slug), request.form.get("version", type=int)
    found = {version.number: version for version in editions.history(subject.programme.id, slug)}
    if number != 0 and number not in found:
        abort(404)
    version: FilmVersion | None = found.get(number or 0)
    keep(subject, version.edits if version else {})
    note = _("As version %(n)s again.", n=number) if number else _("As shipped again.")
    return redirect(url_for(".review", slug=slug, note=note), 303)
