"""A partner's questions about lines of their statement."""

from flask import Blueprint, abort, flash, g, redirect, render_template, url_for
from flask_babel import gettext as _

from engage.db import transaction
from engage.disputes import sentences, service
from engage.earnings import service as statements
from engage.earnings.routes import line_page
from engage.programmes.models import Programme
from engage.web import allow, at_most, per_person
from engage.web.here import Answer, committed, mine
from engage.web.locales import viewer
from engage.web.texts import form_text

blueprint = Blueprint("disputes", __name__)

_QUESTION, _EXPECTED = 2_000, 500
_LISTED = 100


@blueprint.post("/earnings/<id:number>/ask")
@allow("partner")
@at_most("20 per hour", per_person)
def ask(number: int) -> Answer:
    """Ask about one of my lines: what I wonder, and what I expected."""
    question, expected = form_text("question", _QUESTION), form_text("expected", _EXPECTED)
    error = None
    if not question:
        error = _("Write what you wonder about, so that somebody can answer it.")
    elif len(question) > _QUESTION or len(expected) > _EXPECTED:
        error = _("This is too long: say it in at most %(most)s characters.", most=_QUESTION)
    if error:
        return line_page(number, question=question, expected=expected, error=error), 422

    def work(here: Programme) -> None:
        entry = statements.entry(*mine(), number)
        if entry is None:
            abort(404)
        service.ask(here, entry.transfer, question, expected or None, by=g.user.id, now=g.now)

    try:
        committed(work)
    except service.AlreadyOpen:
        flash(_("Your earlier question about this line is still open."), "info")
    else:
        flash(_("Your question is on its way. You see here until when it is answered."), "success")
    return redirect(url_for("earnings.line", number=number, _anchor="questions"), 303)


@blueprint.get("/disputes/")
@allow("partner")
def index() -> Answer:
    """Everything I asked, with its deadline or its answer."""
    found = service.of_partner(g.seat.partner.id, _LISTED)
    voice, now = viewer(), g.now
    shown = [
        sentences.shown(asked.dispute, asked.line.unit, voice, now)
        | {"about": voice.pay(asked.line.amount, asked.line.unit, whole=False, sign=True)}
        for asked in found
    ]
    fresh = [row["id"] for row in shown if row["is_new"]]
    page = render_template("disputes/index.html", disputes=shown)
    if fresh:
        transaction(lambda: service.see(fresh, now))
    return page


@blueprint.post("/disputes/<id:dispute_id>/withdraw")
@allow("partner")
def withdraw(dispute_id: int) -> Answer:
    """Take my open question back."""
    partner_id, by, now = g.seat.partner.id, g.user.id, g.now
    mine = service.one(g.seat.programme.id, dispute_id)
    if mine is None or mine.partner.id != partner_id:
        abort(404)
    number = mine.line.id
    if transaction(lambda: service.withdraw(partner_id, dispute_id, by=by, now=now)):
        flash(_("You took your question back."), "success")
    return redirect(url_for("earnings.line", number=number), 303)
