"""Reports that could not be taken, for their manager: what is missing, try again, or say no."""

from typing import Any

from flask import Blueprint, abort, flash, g, redirect, render_template, request, url_for
from flask_babel import gettext as _
from flask_babel import ngettext
from werkzeug.wrappers import Response

from engage import flow
from engage.activity import held
from engage.activity import sentences as facts
from engage.activity.models import HeldFact
from engage.activity.rules import REASONS
from engage.db import db
from engage.definitions import FACT_KINDS
from engage.programmes.models import Programme
from engage.voice import Voice
from engage.web import allow
from engage.web.here import committed, paged, programme
from engage.web.locales import viewer
from engage.web.numbers import page_number
from engage.web.texts import form_text

blueprint = Blueprint("console_held", __name__, url_prefix="/console/held")

_NOTE = 500


def reason_words() -> dict[str, str]:
    """What a report waits for, in a word or two."""
    return {
        "unknown_partner": _("Unknown partner"),
        "foreign_currency": _("No exchange rate"),
        "future": _("In the future"),
        "negative_quantity": _("Negative quantity"),
        "over_budget": _("Over budget"),
    }


def state_words() -> dict[str, str]:
    return {
        "waiting": _("Waiting"),
        "taken": _("Taken in"),
        "replaced": _("Replaced"),
        "dismissed": _("Dismissed"),
    }


def _asked() -> tuple[str, str, str]:
    """State, reason and text that the address filters by."""
    state, reason = request.args.get("state", "waiting"), request.args.get("reason", "")
    if state not in state_words() or (reason and reason not in REASONS):
        abort(404)
    return state, reason, request.args.get("q", "").strip()[:100]


@blueprint.get("/")
@allow("manager")
def index() -> str:
    here, voice = programme(), viewer()
    state, reason, text = _asked()
    page = page_number()
    found = held.search(here.id, state, reason=reason, text=text, page=page)
    return render_template(
        "console_held/index.html",
        rows=[_shown(row, here, voice) for row in found.rows],
        waiting=sum(held.counts(here.id).values()),
        state=state,
        reason=reason,
        text=text,
        states=[
            {"label": word, "href": url_for(".index", state=name), "current": name == state}
            for name, word in state_words().items()
        ],
        reasons=[("", _("Everything")), *reason_words().items()],
        **paged(page, held.PAGE, found.total),
    )


def _shown(row: HeldFact, here: Programme, voice: Voice) -> dict[str, Any]:
    """A report as the page lists it."""
    said = held.report(row)
    known = said.kind in FACT_KINDS
    return {
        "id": row.id,
        "what": facts.title(said.kind, said.customer, said.product, voice) if known else said.kind,
        "external_id": row.external_id,
        "partner": row.partner,
        "when": voice.moment(row.occurred_at),
        "amount": voice.amount(said.amount, said.currency or here.currency, exact=True)
        if said.amount
        else None,
        "quantity": voice.quantity(said.quantity) if said.quantity else None,
        "reason": reason_words()[row.reason],
        "problem": row.problem,
        "held_at": row.held_at,
        "came_by": row.came_by,
        "state": row.state,
        "settled_at": row.settled_at,
        "note": row.note,
    }


@blueprint.post("/retry")
@allow("manager")
def retry_all() -> Response:
    """Try everything that waits again."""
    return _retried(None)


@blueprint.post("/<id:held_id>/retry")
@allow("manager")
def retry(held_id: int) -> Response:
    return _retried([_waiting(held_id).id])


def _waiting(held_id: int) -> HeldFact:
    found = db.session.get(HeldFact, held_id)
    if found is None or found.programme_id != g.seat.programme.id:
        abort(404)
    return found


def _retried(ids: list[int] | None) -> Response:
    def work(here: Programme) -> tuple[int, int]:
        rows = held.waiting(here.id, ids=ids)
        return flow.readmit(here, rows, now=g.now), len(rows)

    taken, tried = committed(work)
    if taken:
        said = ngettext(
            "%(n)s report was taken in.",
            "%(n)s reports were taken in.",
            taken,
            n=viewer().number(taken),
        )
    else:
        said = _("Nothing could be taken in: what is missing is still missing.")
    if taken and taken < tried:
        said += " " + _("%(n)s still wait.", n=viewer().number(tried - taken))
    flash(said, "success" if taken else "info")
    return redirect(url_for(".index"), 303)  # fmt: skip


@blueprint.post("/<id:held_id>/dismiss")
@allow("manager")
def dismiss(held_id: int) -> Response:
    """Say no to a report; the reason stays with it."""
    held_id, note = _waiting(held_id).id, form_text("note", _NOTE)[:_NOTE]
    if not note:
        flash(_("Say why, so that others understand it later. Nothing was dismissed."), "error")
    elif committed(lambda here: held.dismiss(here.id, held_id, note, g.user.id, g.now)):
        flash(_("The report was dismissed. It stays in the list of dismissed ones."), "success")
    else:
        flash(_("This report does not wait any more."), "info")
    return redirect(url_for(".index"), 303)
