"""A draft before it is published: what it would change, how it did over real facts, from when on."""

from datetime import date, datetime
from typing import Any

from flask import abort, flash, g, redirect, render_template, request, url_for
from flask_babel import gettext as _
from flask_babel import ngettext
from sqlalchemy import select
from werkzeug.wrappers import Response

from engage import flow, periods, proof
from engage.activity.models import Fact
from engage.console import replay_view, rule_form
from engage.console import rule_view as view
from engage.console.drafts import blueprint as blueprint
from engage.console.drafts import fitted, keep, the_draft
from engage.console.rules import slug_of
from engage.console.typed_fields import one
from engage.console.typed_form import Reading
from engage.db import db, without_trace
from engage.earnings.reasons import rule_name
from engage.incentives import drafts, jobs, language, publishing, terms
from engage.incentives.models import RuleDraft
from engage.incentives.publishing import Release
from engage.incentives.replay import PERIODS
from engage.incentives.rules import Rule
from engage.money import POINTS
from engage.partners import service as partners
from engage.programmes.models import Programme
from engage.programmes.rehearsal import Rehearsal, rehearsed
from engage.web import allow
from engage.web.here import LONGEST_WHY, Answer, committed, programme
from engage.web.locales import viewer
from engage.web.texts import form_text


@blueprint.get("/<id:draft_id>/review")
@allow("manager")
def review(draft_id: int) -> Answer:
    """What it would change, how it did over real facts, and from when on it is to hold."""
    return _review(draft_id)


def _review(
    draft_id: int, errors: dict[str, str] | None = None, found: Rehearsal | None = None
) -> Answer:
    (here, row, reading), voice = _finished(draft_id), viewer()
    stands = view.published(here, row)
    page = render_template(
        "console_rules/review.html",
        draft=row,
        heading=view.name(row),
        change=terms.compared(stands, reading.made, here.currency, voice),
        nothing=stands == reading.made,
        overtaken=_overtaken(here, row),
        errors=errors or {},
        when=request.form.get("when", "now"),
        day=request.form.get("day", ""),
        why=request.form.get("why", row.why),
        timezone=here.timezone,
        correction=_correction(found, here) if found else None,
        replay=replay_view.replay(here, row, _raw(reading), voice),
    )
    return (page, 422) if errors else page


def _finished(draft_id: int) -> tuple[Programme, RuleDraft, Reading[Rule]]:
    """A draft in which nothing is wrong; with mistakes one is led back to its form."""
    here, row = programme(), the_draft(draft_id)
    reading = fitted(here, row, row.typed)
    if reading.errors:
        abort(redirect(url_for(".draft", draft_id=draft_id), 303))
    return here, row, reading


def _overtaken(here: Programme, row: RuleDraft) -> int | None:
    """The version that was published since the draft was begun."""
    last = publishing.latest(here, row.slug) if row.slug else None
    return last.version if last and last.version != row.base else None


def _raw(reading: Reading[Rule]) -> dict[str, Any] | None:
    return language.to_json(reading.made) if reading.made else None


def _correction(found: Rehearsal, here: Programme) -> dict[str, Any]:
    """What a change of the past would do, in words."""
    voice = viewer()

    def side(sides: Any) -> list[str]:
        return [
            ngettext(
                "%(n)s partner, %(pay)s",
                "%(n)s partners, %(pay)s together",
                sides[unit].partners,
                n=voice.number(sides[unit].partners),
                pay=voice.pay(sides[unit].amount, unit),
            )
            for unit in (here.currency, POINTS)
            if unit in sides
        ]

    names = partners.names(partner for partner, _unit, _amount in found.largest)
    return {
        "lines": found.lines,
        "gains": side(found.gains),
        "losses": side(found.losses),
        "largest": [
            (names[partner][1], voice.pay(amount, unit, whole=False, sign=True))
            for partner, unit, amount in found.largest
        ],
    }


@blueprint.post("/<id:draft_id>/replay")
@allow("manager")
def replay(draft_id: int) -> Answer:
    """Try it over the last periods of real facts; nothing of it is written."""
    _here, _row, reading = _finished(draft_id)
    periods = request.form.get("periods", 4, type=int)
    jobs.start(draft_id, _raw(reading), periods if periods in PERIODS else 4)
    return redirect(url_for(".review", draft_id=draft_id, _anchor="replay"), 303)


@blueprint.get("/<id:draft_id>/replay")
@allow("manager")
def replay_state(draft_id: int) -> Answer:
    """How far the run is; when it has ended, the page that says what was found is asked for."""
    row = the_draft(draft_id)
    if not row.replay or row.replay["state"] != "running" or jobs.lost(row.replay, g.now):
        target = url_for(".review", draft_id=draft_id, _anchor="replay")
        if request.headers.get("HX-Request"):
            return Response(headers={"HX-Refresh": "true"})
        return redirect(target, 303)
    shown = replay_view.replay(programme(), row, row.replay["definition"], viewer())
    return render_template("console_rules/_replay_state.html", replay=shown)


@blueprint.post("/<id:draft_id>/publish")
@allow("manager")
def publish(draft_id: int) -> Answer:
    """Publish it; where that changes the past, what it would do is shown first, and must be meant."""
    here, row, _reading = _finished(draft_id)
    if version := _overtaken(here, row):
        keep(draft_id, row.typed, base=version)
        text = _("Version %(n)s was published since this draft was begun: look again.", n=version)
        return _review(draft_id, {"overtaken": text})
    why, since, errors = _asked(here)
    keep(draft_id, row.typed, why=why)
    if errors or since is None:
        return _review(draft_id, errors)
    if since < g.now and request.form.get("sure") != "y":
        found = without_trace(lambda: _rehearse(draft_id, since, why))
        return _review(
            draft_id, {"sure": _("This corrects the past: confirm that you mean it.")}, found
        )
    return _published(draft_id, since, why)


def _asked(here: Programme) -> tuple[str, datetime | None, dict[str, str]]:
    """Why, and from when on."""
    errors: dict[str, str] = {}
    why = form_text("why", LONGEST_WHY)
    if not why:
        errors["why"] = _("Say why: partners read it beside the change.")
    elif len(why) > LONGEST_WHY:
        errors["why"] = _("Use at most %(most)s characters.", most=LONGEST_WHY)
    if request.form.get("when", "now") == "now":
        return why, g.now, errors
    try:
        day = date.fromisoformat(request.form.get("day", ""))
        if not 1900 <= day.year < 2200:
            raise ValueError(day)
        return why, periods.midnight(day, here.timezone), errors
    except ValueError:
        errors["day"] = _("Choose the day from which it holds.")
        return why, None, errors


def _change(draft_id: int, since: datetime, why: str) -> tuple[str, str | None]:
    """Publish the draft's rule in this transaction: its slug, and what changed."""
    here, row = programme(), the_draft(draft_id)
    release = Release(since, why, g.user.id, g.now)
    if row.retires and row.slug:
        return row.slug, publishing.retire(here, row.slug, release)
    slug = row.slug or slug_of(one(row.typed, "name"), drafts.taken(here.id), "rule")
    reading = rule_form.read(row.typed, slug, here.currency, here.timezone, viewer())
    assert reading.made is not None
    return slug, publishing.publish(here, reading.made, release)


def _rehearse(draft_id: int, since: datetime, why: str) -> Rehearsal:
    _slug, change = _change(draft_id, since, why)
    return rehearsed([change] if change else [], proof.outstanding(programme()))


def _published(draft_id: int, since: datetime, why: str) -> Answer:
    def work(here: Programme) -> tuple[str, str | None, int]:
        slug, change = _change(draft_id, since, why)
        # Where nothing has happened from then on, nobody's pay can change.
        lines = flow.reconsider(here, now=g.now) if change and _happened(here, since) else 0
        db.session.delete(the_draft(draft_id))
        return slug, change, lines

    slug, change, lines = committed(work)
    if change is None:
        flash(_("This says the same as what is published: nothing has changed."), "info")
        return redirect(url_for("console_rules.index", _anchor=slug), 303)
    said = _("%(rule)s is published.", rule=rule_name(slug))
    if lines:
        said += " " + ngettext(
            "%(num)d ledger line was posted.", "%(num)d ledger lines were posted.", lines
        )
    flash(said, "success")
    return redirect(url_for("console_rules.index", _anchor=slug), 303)


def _happened(here: Programme, since: datetime) -> bool:
    found = select(Fact.id).where(
        Fact.programme_id == here.id, Fact.occurred_at >= since, Fact.superseded_at.is_(None)
    )
    return db.session.scalar(found.limit(1)) is not None
