"""Partners' questions for their manager: the queue by deadline, and answering one."""

from datetime import datetime
from decimal import Decimal
from typing import Any

from flask import Blueprint, abort, flash, g, redirect, render_template, request, url_for
from flask_babel import gettext as _
from werkzeug.wrappers import Response

from engage import money
from engage.accounts.models import User
from engage.db import db
from engage.disputes import sentences, service
from engage.disputes.service import Asked
from engage.earnings import reasons
from engage.earnings import service as statements
from engage.ledger import service as ledger
from engage.web import allow
from engage.web.here import Answer, committed, programme
from engage.web.locales import viewer
from engage.web.numbers import page_number
from engage.web.texts import form_text

blueprint = Blueprint("console_disputes", __name__, url_prefix="/console/disputes")

_PAGE = 50
_LONGEST = 2_000


@blueprint.get("/")
@allow("manager")
def index() -> str:
    here, voice, page = programme(), viewer(), page_number()
    answered = request.args.get("state") == "settled"
    first = (page - 1) * _PAGE
    found = service.queue(here.id, answered=answered, limit=_PAGE + 1, offset=first)
    shown = [
        sentences.shown(asked.dispute, asked.line.unit, voice, g.now)
        | {
            "about": voice.pay(asked.line.amount, asked.line.unit, whole=False, sign=True),
            "partner": asked.partner.name,
        }
        for asked in found[:_PAGE]
    ]
    state = "settled" if answered else None
    return render_template(
        "console_disputes/index.html",
        disputes=shown,
        answered=answered,
        waiting=service.waiting(here.id, g.now),
        working_days=here.dispute_days,
        previous=url_for(".index", state=state, page=page - 1) if page > 1 else None,
        following=url_for(".index", state=state, page=page + 1) if len(found) > _PAGE else None,
    )


def _asked(dispute_id: int) -> Asked:
    return service.one(g.seat.programme.id, dispute_id) or abort(404)


@blueprint.get("/<id:dispute_id>")
@allow("manager")
def dispute(dispute_id: int) -> str:
    return _page(_asked(dispute_id))


def _page(asked: Asked, **extra: Any) -> str:
    here, voice = programme(), viewer()
    entry = statements.entry(here, asked.partner, asked.line.id)
    assert entry is not None  # the question is about a line of this partner
    unit = asked.line.unit
    return render_template(
        "console_disputes/dispute.html",
        dispute=sentences.shown(asked.dispute, unit, voice, g.now),
        proposal=_proposal(asked),
        partner=asked.partner,
        unit=_("points") if unit == money.POINTS else unit,
        line=reasons.shown(entry, here.currency, voice) | {"open": True},
        balance=voice.pay(ledger.balances(asked.partner.id).get(unit, 0), unit, whole=False),
        **extra,
    )


def _proposal(asked: Asked) -> dict[str, Any] | None:
    """What one manager proposes and another is to look at; None where nothing is."""
    dispute, voice = asked.dispute, viewer()
    if dispute.proposed_at is None or dispute.proposed_amount is None:
        return None
    by = db.session.get_one(User, dispute.proposed_by)
    return {
        "by": by.name or by.email,
        "at": voice.moment(dispute.proposed_at),
        "seen": dispute.proposed_at.isoformat(),
        "answer": dispute.proposed_answer,
        "amount": voice.pay(dispute.proposed_amount, asked.line.unit, whole=False, sign=True),
        "mine": dispute.proposed_by == g.user.id or service.is_own(asked, g.user.id),
    }


@blueprint.post("/<id:dispute_id>")
@allow("manager")
def answer(dispute_id: int) -> Answer:
    """Explain, and correct the line where an amount is given."""
    asked = _asked(dispute_id)
    text = form_text("answer", _LONGEST)
    typed, voice = request.form.get("amount", "").strip()[:40], viewer()
    errors: dict[str, str] = {}
    amount = None
    if not text or len(text) > _LONGEST:
        errors["answer"] = _("Explain it in words, at most %(most)s characters.", most=_LONGEST)
    number = voice.read(typed)
    if typed and number is None:
        example = voice.number(Decimal("1234.5"))
        errors["amount"] = _("Write a number such as %(example)s.", example=example)
    try:
        amount = None if number is None else money.minor(number, asked.line.unit)
    except money.NotExact as error:
        errors["amount"] = str(error)
    if amount == 0:
        errors["amount"] = _("Zero corrects nothing: leave it empty to explain only.")
    if amount is not None and service.is_own(asked, g.user.id):
        errors["amount"] = _("You asked this yourself: another manager decides what it is worth.")
    if errors:
        return _page(asked, errors=errors, text=text, typed=typed), 422
    done = committed(
        lambda here: service.answer(here, dispute_id, text, amount, by=g.user.id, now=g.now)
    )
    if done == "proposed":
        flash(_("So much needs another manager, who finds your proposal here."), "info")
        return redirect(url_for(".dispute", dispute_id=dispute_id), 303)
    return _told(dispute_id, bool(done), corrected=amount is not None)


def _told(dispute_id: int, settled: bool, *, corrected: bool) -> Response:
    if not settled:
        flash(_("Somebody settled this question before you. Nothing was changed."), "info")
    elif corrected:
        flash(_("The line is corrected, and the partner knows why."), "success")
    else:
        flash(_("Your explanation is with the partner."), "success")
    return redirect(url_for(".dispute", dispute_id=dispute_id), 303)


@blueprint.post("/<id:dispute_id>/second")
@allow("manager")
def second(dispute_id: int) -> Answer:
    """Another manager's yes to the correction that was ``seen``."""
    if (proposal := _proposal(_asked(dispute_id))) is None or proposal["mine"]:
        return _told(dispute_id, False, corrected=True)
    try:
        seen = datetime.fromisoformat(request.form.get("seen", ""))
    except ValueError:
        abort(400)
    done = committed(lambda here: service.second(here, dispute_id, seen, by=g.user.id, now=g.now))
    return _told(dispute_id, done, corrected=True)
