"""Payouts to managers: what is collected, what to look at, two yeses where it takes two, and paid."""

from collections.abc import Callable
from typing import Any

from flask import Blueprint, Response, abort, flash, g, redirect, render_template, request, url_for
from flask_babel import gettext as _
from flask_babel import ngettext
from sqlalchemy import select
from werkzeug.wrappers import Response as AnyResponse

from engage.console.here import programme, today
from engage.db import db, transaction
from engage.earnings import reasons
from engage.earnings import service as statements
from engage.outbox.delivery import deliver
from engage.partners.models import Partner
from engage.payouts import export, rules, sentences, service
from engage.payouts.models import Payout, PayoutRun
from engage.payouts.service import Refused
from engage.rows import among
from engage.voice import Voice
from engage.web import allow
from engage.web.locales import viewer
from engage.web.numbers import form_number, query_number

blueprint = Blueprint("console_payouts", __name__, url_prefix="/console/payouts")

Answer = str | AnyResponse | tuple[str, int]


@blueprint.get("/")
@allow("manager")
def index() -> str:
    """Every run, and when the next one is collected."""
    here, voice, day = programme(), viewer(), today(programme())
    terms = service.terms_of(here)
    found = service.runs(here.id)
    sums = service.counts(here.id)
    following = None
    if terms:
        period = terms.closed(day)
        if found and found[0].last_day >= period.last:
            period = terms.following(period)
        following = {
            "period": voice.period(period),
            "collected": voice.day(terms.closes_on(period)),
            "promised": voice.day(terms.promised_on(period.last)),
            "due": terms.closes_on(period) <= day,
        }
    owing = service.carried(here.id)
    names = _names({partner_id for partner_id, _unit, _amount in owing})
    return render_template(
        "console_payouts/index.html",
        runs=[_row(run, sums.get(run.id, {}), voice) for run in found],
        following=following,
        carried=[
            (*names[partner_id], voice.pay(amount, unit, whole=False))
            for partner_id, unit, amount in owing
        ],
    )


def _row(
    run: PayoutRun, sums: dict[tuple[str, str], service.Count], voice: Voice
) -> dict[str, Any]:
    """A run in one line: how much, and what it waits for."""
    by_state: dict[str, int] = {}
    totals: dict[str, int] = {}
    for (word, unit), count in sums.items():
        by_state[word] = by_state.get(word, 0) + count.payments
        if word != "put_back":
            totals[unit] = totals.get(unit, 0) + count.amount
    still = sum(by_state.get(word, 0) for word in ("held", "waiting", "on_its_way"))
    late = rules.late_by(run.promised_on, today(programme())) if still else 0
    return {
        "number": run.number,
        "period": sentences.of_period(run, voice),
        "promised": voice.day(run.promised_on),
        "late": sentences.late(late, voice) if late else None,
        "payments": sum(by_state.values()) - by_state.get("put_back", 0),
        "held": by_state.get("held", 0),
        "open": by_state.get("on_its_way", 0),
        "paid": by_state.get("paid", 0),
        "total": voice.all_of(voice.pay(totals[u], u, whole=False) for u in sorted(totals)),
        "state": _state(run, by_state, still),
        "cleared": run.cleared_at is not None,
        "needs_second": run.needs_second,
    }


def _state(run: PayoutRun, by_state: dict[str, int], still: int) -> tuple[str, str]:
    """What a run waits for, and how a badge shows it."""
    if not by_state:
        return _("Nothing to pay"), ""
    if not still:
        return _("Paid") if by_state.get("paid") else _("Put back"), "success"
    if run.cleared_at:
        return _("On its way"), "info"
    if run.approved_at:
        return _("Needs a second manager"), "warning"
    return _("To be approved"), "warning"


@blueprint.post("/collect")
@allow("manager")
def collect() -> Answer:
    """Collect the period that is over now, and not when the schedule comes round."""
    now, user_id = g.now, g.user.id

    def work() -> int | None:
        run = service.collect(programme(), now, user_id)
        return run.number if run else None

    number = _done(lambda: transaction(work))
    if number is None:
        return redirect(url_for(".index"), 303)
    flash(_("The period is collected. Look at what is held, then approve it."), "success")
    return redirect(url_for(".run", number=number), 303)


def _run(number: int) -> PayoutRun:
    found = service.run_of(g.seat.programme.id, number)
    if found is None:
        abort(404)
    return found


def _done(step: Callable[[], Any]) -> Any:
    """What a step answers; where it is refused, None and the reason on the next page."""
    try:
        found = step()
    except Refused as refusal:
        flash(str(refusal)[:1].upper() + str(refusal)[1:] + ".", "error")
        return None
    deliver()
    return found


@blueprint.get("/<id:number>")
@allow("manager")
def run(number: int) -> str:
    """One run with its payments: the held ones first."""
    found, voice = _run(number), viewer()
    return render_template("console_payouts/run.html", **_shown(found, voice))


def _shown(found: PayoutRun, voice: Voice) -> dict[str, Any]:
    payments = service.payments(found)
    names = _names({payout.partner_id for payout in payments})
    shown = [_payment(payout, found, names, voice) for payout in payments]
    return {
        "run": _row(found, service.counts(g.seat.programme.id).get(found.id, {}), voice),
        "held": [payment for payment in shown if payment["word"] == "held"],
        "payments": shown,
        "approved": service.approvers(found),
        "mine": g.user.id == found.approved_by,
    }


def _payment(
    payout: Payout, run: PayoutRun, names: dict[int, tuple[str, str]], voice: Voice
) -> dict[str, Any]:
    word = service.state(payout, run)
    name, external_id = names[payout.partner_id]
    return {
        "id": payout.id,
        "name": name,
        "partner": external_id,
        "amount": voice.pay(payout.amount, payout.unit, whole=False),
        "word": word,
        "state": sentences.state(word, voice),
        "holds": [sentences.hold(why, than, payout.unit, voice) for why, than in payout.holds],
        "parts": sentences.parts(payout, voice),
        "reference": payout.reference,
        "note": payout.note,
        "may_return": word in ("held", "waiting", "on_its_way", "paid"),
    }


def _names(partner_ids: set[int]) -> dict[int, tuple[str, str]]:
    rows = db.session.execute(
        select(Partner.id, Partner.name, Partner.external_id).where(among(Partner.id, partner_ids))
    )
    return {row.id: (row.name, row.external_id) for row in rows}


@blueprint.get("/<id:number>/approve")
@allow("manager")
def ask_approve(number: int) -> str:
    """The question before a yes: how much, to how many, what stays held."""
    return render_template("console_payouts/approve.html", **_shown(_run(number), viewer()))


@blueprint.post("/<id:number>/approve")
@allow("manager")
def approve(number: int) -> Answer:
    """A manager's yes."""
    now, user_id = g.now, g.user.id
    cleared = _done(lambda: transaction(lambda: service.approve(_run(number), user_id, now)))
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
    shown = _shown(found, viewer())
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
        one=one,
        error=error,
        reference=request.form.get("reference", ""),
    )


@blueprint.post("/<id:number>/pay")
@allow("manager")
def pay(number: int) -> Answer:
    """Mark the run's payments, or one, as made."""
    now, day, user_id = g.now, today(programme()), g.user.id
    one = form_number("payment")
    if "payment" in request.form and one is None:
        abort(404)
    reference = request.form.get("reference", "")
    if not 0 < len(reference.strip()) <= 100:
        return _paying(_run(number), _("Write the payment's reference, up to 100 characters.")), 422
    made = _done(
        lambda: transaction(
            lambda: service.pay(_run(number), user_id, reference, now, day, payout_id=one)
        )
    )
    if made:
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
    shown = _shown(found, viewer())
    chosen = next((p for p in shown["payments"] if p["id"] == payout_id), None)
    if chosen is None:
        abort(404)
    here, voice = programme(), viewer()
    payout = db.session.get_one(Payout, payout_id)
    partner = db.session.get_one(Partner, payout.partner_id)
    late = statements.explained(here, partner, service.late_lines(payout, found))
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
    now, day, user_id = g.now, today(programme()), g.user.id
    note = request.form.get("note", "").strip()
    releases = request.form.get("do") == "release"
    found = _run(number)
    if all(payout.id != payout_id for payout in service.payments(found)):
        abort(404)
    if not releases and not note:
        return _one(found, payout_id, _("Write why: the partner reads it.")), 422

    def work() -> bool:
        run = _run(number)
        if releases:
            service.release(run, payout_id, user_id, note, now)
        else:
            service.put_back(run, payout_id, user_id, note, now, day)
        return True

    if _done(lambda: transaction(work)):
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
