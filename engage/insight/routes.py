"""What if: a partner's own question to the programme, answered by what pays."""

from collections.abc import Mapping
from datetime import date, timedelta
from typing import Any

from babel.numbers import get_currency_symbol
from flask import Blueprint, g, render_template, request
from flask_babel import gettext as _

from engage.activity import sentences as facts
from engage.clock import local_day
from engage.db import db
from engage.home.service import main_board, main_period
from engage.insight import rules, sentences
from engage.insight.rules import Plan
from engage.insight.whatif import choices, instant, what_if
from engage.ledger.rules import Overdrawn
from engage.money import LARGEST, NotExact, scaled
from engage.partners.models import Partner
from engage.periods import Period
from engage.programmes.models import Programme
from engage.voice import Voice
from engage.web import allow, limiter
from engage.web.locales import viewer

blueprint = Blueprint("insight", __name__)

Errors = dict[str, str]
_LONGEST = 200


def _per_seat() -> str:
    return f"what-if:{g.seat.user.id}"


# Each question takes the database's writer for some milliseconds.
_limited = limiter.limit(
    "30 per minute", key_func=_per_seat, deduct_when=lambda _: bool(request.args)
)


def _mine() -> tuple[Programme, Partner]:
    return (
        db.session.get_one(Programme, g.seat.programme.id),
        db.session.get_one(Partner, g.seat.partner.id),
    )


@blueprint.get("/what-if")
@allow("partner")
@_limited
def page() -> str | tuple[str, int]:
    """The question and its answer on a page of their own, for who has no script or keeps the address."""
    programme, partner = _mine()
    asked, answered = form(programme, partner), _answered(programme, partner)
    page = render_template("insight/what_if.html", **asked, **answered)
    return (page, 422) if answered["errors"] else page


@blueprint.get("/what-if/answer")
@allow("partner")
@_limited
def answer() -> str | tuple[str, int]:
    """The answer alone, below the question that was asked."""
    answered = _answered(*_mine())
    fragment = render_template("insight/_what_if_answer.html", **answered)
    return (fragment, 422) if answered["errors"] else fragment


def form(programme: Programme, partner: Partner) -> dict[str, Any]:
    """What templates/insight/form.html asks, with what was typed."""
    voice, today = viewer(), local_day(g.now, programme.timezone)
    last = _period(programme, today).last
    soon = min(today + timedelta(days=7), last)
    found = choices(programme, partner, g.now)
    return {
        "what_if": {
            "kinds": [(kind, _capital(facts.named(kind, voice).one)) for kind in found.kinds],
            "categories": found.categories,
            "products": found.products,
            "customers": found.customers,
            "symbol": get_currency_symbol(programme.currency, locale=voice.locale),
            "first": today.isoformat(),
            "last": last.isoformat(),
            "typed": {"facts": "1", "day": soon.isoformat()} | request.args.to_dict(),
        }
    }


def _period(programme: Programme, today: date) -> Period:
    return main_period(main_board(programme), today)


def _capital(text: str) -> str:
    return text[:1].upper() + text[1:]


def _answered(programme: Programme, partner: Partner) -> dict[str, Any]:
    """The answer in sentences, what is wrong with the question, or nothing where none was asked."""
    if not request.args:
        return {"errors": {}, "answer": None}
    voice, today = viewer(), local_day(g.now, programme.timezone)
    plan, errors = read(request.args, today, _period(programme, today).last, voice)
    if plan is None:
        return {"errors": errors, "answer": None}
    at = instant(plan.day, g.now, programme.timezone)
    supposed = list(rules.reports(plan, partner.external_id, at, programme.currency))
    try:
        found = what_if(programme, partner, supposed, g.now)
    except Overdrawn:
        used_up = _("The programme's budget does not cover that: nothing would be paid for it.")
        return {"errors": {"amount": used_up}, "answer": None}
    if found.problems:
        return {"errors": {p.column: p.problem for p in found.problems}, "answer": None}
    return {
        "errors": {},
        "answer": {
            "total": sentences.total(found, voice),
            "lines": [sentences.line(gain, programme.currency, voice) for gain in found.gains],
            "moves": list(sentences.moves(found, programme, voice)),
        },
    }


def read(
    typed: Mapping[str, str], today: date, last: date, voice: Voice
) -> tuple[Plan | None, Errors]:
    """The plan that was typed, or what is wrong with it by field."""
    errors: Errors = {}
    numbers = {"facts": 1, "amount": 0, "quantity": 0}
    for name in numbers:
        if text := typed.get(name, "").strip():
            try:
                numbers[name] = int(text) if name == "facts" else scaled(text)
            except (NotExact, ValueError):
                errors[name] = _("Write a number such as 1200.50.")
    if not 1 <= numbers["facts"] <= rules.MOST_FACTS:
        errors["facts"] = _("Write a number from 1 to %(most)s.", most=rules.MOST_FACTS)
    for name in ("amount", "quantity"):
        if not 0 <= numbers[name] <= LARGEST:
            errors[name] = _("Write a number above zero.")
    if (
        typed.get("kind", "sale") == "sale"
        and not errors
        and not any(numbers[name] for name in ("amount", "quantity"))
    ):
        errors["amount"] = _("Say for how much, or how many units.")
    try:
        day = date.fromisoformat(typed.get("day", ""))
    except ValueError:
        day = today
        errors["day"] = _("Choose a day.")
    if not today <= day <= last:
        errors["day"] = _("Choose a day from today to %(last)s.", last=voice.day(last))
    if errors:
        return None, errors

    def word(name: str) -> str | None:
        return typed.get(name, "").strip()[:_LONGEST] or None

    return Plan(
        typed.get("kind", "sale"),
        day,
        numbers["facts"],
        numbers["amount"],
        numbers["quantity"],
        word("product"),
        word("category"),
        word("customer"),
    ), errors
