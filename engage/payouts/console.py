"""Payouts to managers: what is collected, what to look at, two yeses where it takes two, and paid."""

from collections.abc import Callable
from typing import Any

from flask import Blueprint, Response, abort, flash, g, redirect, render_template, request, url_for
from flask_babel import gettext as _
from flask_babel import ngettext

from engage.db import db
from engage.earnings import reasons
from engage.earnings import service as statements
from engage.partners.models import Partner
from engage.payouts import collecting, export, service, standing, sums, view
from engage.payouts.models import Payout, PayoutRun
from engage.payouts.service import Refused
from engage.programmes.models import Programme
from engage.web import allow
from engage.web.here import Answer, committed, programme, today
from engage.web.locales import viewer
from engage.web.numbers import form_number, query_number

blueprint = Blueprint("console_payouts", __name__, url_prefix="/console/payouts")


@blueprint.get("/")
@allow("manager")
def index() -> str:
    """Every run, and when the next one is collected."""
    here, voice, day = programme(), viewer(), today(programme())
    runs = service.runs(here.id)
    states = sums.counts(here.id)
    return render_template(
        "console_payouts/index.html",
        runs=[view.row(run, states.get(run.id, {}), day, voice) for run in runs],
        following=view.following(here, runs, day, voice),
        carried=view.carried(here.id, voice),
    )


@blueprint.post("/collect")
@allow("manager")
def collect() -> Answer:
    """Collect the period that is over now, and not when the schedule comes round."""

    def work(here: Programme) -> int | None:
        run = collecting.collect(here, g.now, g.user.id)
        return run.number if run else None

    number = _done(work)
    if number is None:
        return redirect(url_for(".index"), 303)
    flash(_("The period is collected. Look at what is held, then approve it."), "success")
    return redirect(url_for(".run", number=number), 303)


def _run(number: int) -> PayoutRun:
    return service.run_of(g.seat.programme.id, number) or abort(404)


def _done(step: Callable[[Programme], Any]) -> Any:
    """What a step answers; where it is refused, None and the reason on the next page."""
    try:
        return committed(step)
    except Refused as refusal:
        flash(str(refusal)[:1].upper() + str(refusal)[1:] + ".", "error")
        return None


@blueprint.get("/<id:number>")
@allow("manager")
def run(number: int) -> str:
    """One run with its payments: the held ones first."""
    return render_template("console_payouts/run.html", **_shown(_run(number)))


def _shown(found: PayoutRun) -> dict[str, Any]:
    own = {"mine": g.user.id == found.approved_by, "own": service.is_of(found, g.user.id)}
    return view.run(found, today(programme()), viewer()) | own


@blueprint.get("/<id:number>/approve")
@allow("manager")
def ask_approve(number: int) -> str:
    """The question before a yes: how much, to how many, what stays held."""
    return render_template("console_payouts/approve.html", **_shown(_run(number)))


@blueprint.post("/<id:number>/approve")
@allow("manager")
def approve(number: int) -> Answer:
    """A manager's yes."""
    cleared = _done(lambda here: service.approve(_run(number), g.user.id, g.now))
    if cleared:
        flash(_("Approved. Export the payments, and mark them paid when they are made."), "success")
    elif cleared is False:
        flash(_("Approved by you. Another manager's yes is needed as well."), "success")
    return redirect(url_for(".run", number=number), 303)


@blueprint.get("/<id:number>/pay")
@allow("manager")
def ask_pay(number: int) -> str:
    """The question before payments are marked as made; ``payment`` names one of them."""
    return _paying(_run(number), None)


def _paying(found: PayoutRun, error: str | None) -> str:
    shown = _shown(found)
    one = query_number("payment") if request.method == "GET" else form_number("payment")
    chosen = [
        payment
        for payment in shown["payments"]
        if payment["word"] == "on_its_way" and one in (None, payment["id"])
    ]
    return render_template(
        "console_payouts/pay.html",
        **shown,
        chosen=chosen,
        sum=view.total(found, {payment["id"] for payment in chosen}, viewer()),
        one=one,
        error=error,
        reference=request.form.get("reference", ""),
    )


@blueprint.post("/<id:number>/pay")
@allow("manager")
def pay(number: int) -> Answer:
    """Mark the run's payments, or one, as made."""
    one = form_number("payment")
    if "payment" in request.form and one is None:
        abort(404)
    reference = request.form.get("reference", "")
    if not 0 < len(reference.strip()) <= 100:
        return _paying(_run(number), _("Write the payment's reference, up to 100 characters.")), 422

    def work(here: Programme) -> int:
        how = g.user.id, reference, g.now, today(here)
        return service.pay(_run(number), *how, payout_id=one)

    if made := _done(work):
        said = ngettext(
            "%(num)d payment is marked paid.", "%(num)d payments are marked paid.", made
        )
        flash(f"{said} {_('The partners see it now.')}", "success")
    return redirect(url_for(".run", number=number), 303)


@blueprint.get("/<id:number>/payments/<id:payout_id>")
@allow("manager")
def payment(number: int, payout_id: int) -> str:
    """One payment: why it is held, and what can be done."""
    return _one(_run(number), payout_id, None)


def _one(found: PayoutRun, payout_id: int, error: str | None) -> str:
    shown = _shown(found)
    chosen = next((p for p in shown["payments"] if p["id"] == payout_id), None) or abort(404)
    here, voice = programme(), viewer()
    payout = db.session.get_one(Payout, payout_id)
    partner = db.session.get_one(Partner, payout.partner_id)
    late = statements.explained(here, partner, standing.late_lines(payout, found))
    return render_template(
        "console_payouts/payment.html",
        **shown,
        payment=chosen,
        late=[reasons.shown(entry, here.currency, voice) for entry in late],
        error=error,
        note=request.form.get("note", ""),
    )


@blueprint.post("/<id:number>/payments/<id:payout_id>")
@allow("manager")
def decide(number: int, payout_id: int) -> Answer:
    """Release a held payment, or put it back; after it was paid: the bank returned it."""
    note = request.form.get("note", "").strip()
    releases = request.form.get("do") == "release"
    found = _run(number)
    if all(payout.id != payout_id for payout in service.payments(found)):
        abort(404)
    if not releases and not note:
        return _one(found, payout_id, _("Write why: the partner reads it.")), 422

    def work(here: Programme) -> bool:
        how = _run(number), payout_id, g.user.id, note, g.now
        if releases:
            service.release(*how)
        else:
            service.put_back(*how, today(here))
        return True

    if _done(work):
        flash(
            _("Released: it is paid with the others.")
            if releases
            else _("Put back: it comes with the next payout."),
            "success",
        )
    return redirect(url_for(".run", number=number), 303)


@blueprint.get("/<id:number>/payments.csv")
@allow("manager")
def download(number: int) -> Answer:
    """What is left to be paid, as a file for the bank."""
    found = _run(number)
    if found.cleared_at is None:
        abort(404)
    name = f"payout-{g.seat.programme.slug}-{found.number}.csv"
    text = export.to_csv(found, g.seat.programme.slug)
    headers = {"Content-Disposition": f'attachment; filename="{name}"'}
    return Response(text, mimetype="text/csv", headers=headers)
