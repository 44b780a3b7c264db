"""What a partner earned, line by line with the reason; and the rules everybody earns by."""

from typing import Any

from flask import Blueprint, abort, g, render_template, request
from flask import url_for as url

from engage import clock
from engage.db import db, transaction
from engage.disputes import sentences as dispute_words
from engage.disputes import service as disputes
from engage.earnings import reasons, service
from engage.home.service import main_board, main_period
from engage.incentives import explain
from engage.incentives import service as incentives
from engage.incentives.rules import Rule
from engage.incentives.worth import Book
from engage.ledger import budgets
from engage.ledger import service as ledger
from engage.ledger.models import Transfer
from engage.ledger.sentences import used
from engage.money import POINTS
from engage.partners.models import Partner
from engage.payouts import sentences as payout_sentences
from engage.payouts import standing as payouts
from engage.periods import Period
from engage.programmes import changelog
from engage.programmes.models import Programme
from engage.tiers import sentences as tiers
from engage.voice import Voice
from engage.web import allow
from engage.web.locales import viewer
from engage.web.numbers import query_number

blueprint = Blueprint("earnings", __name__)

#: Lines on one page, and payments on it.
PAGE = 25
_PAYMENTS = 3


def _mine() -> tuple[Programme, Partner]:
    """The partner who looks, and their programme, in this request's session."""
    seat = g.seat
    return (
        db.session.get_one(Programme, seat.programme.id),
        db.session.get_one(Partner, seat.partner.id),
    )


@blueprint.get("/earnings/")
@allow("partner")
def earnings() -> str:
    """Balances, and the newest lines."""
    programme, partner = _mine()
    voice, before = viewer(), _before()
    found = service.entries(programme, partner, limit=PAGE + 1, before=before)
    today = clock.local_day(g.now, programme.timezone)
    period = main_period(main_board(programme), today)
    return render_template(
        "earnings/earnings.html",
        numbers=_numbers(
            programme,
            ledger.earned_ever(partner.id),
            ledger.earned(partner.id, period.first, period.last),
            period,
            voice,
        ),
        lines=[_shown(entry, programme, voice) for entry in found[:PAGE]],
        older=url("earnings.earnings", before=found[PAGE - 1].transfer.id)
        if len(found) > PAGE
        else None,
        before=before,
        answered=disputes.unseen(partner.id),
        payouts=[
            payout_sentences.stats(standing, voice)
            for standing in payouts.standings(programme, partner.id, g.now)
        ],
        payments=[
            payout_sentences.shown(payment, voice)
            for payment in payouts.of_partner(programme, partner.id, g.now, limit=_PAYMENTS)
        ]
        if before is None
        else [],
    )


def _before() -> int | None:
    """Where the page begins: before that line; the newest without."""
    if "before" not in request.args:
        return None
    found = query_number("before")
    if found is None:
        abort(404)
    return found


def _numbers(
    programme: Programme,
    balances: dict[str, int],
    earned: dict[str, int],
    period: Period,
    voice: Voice,
) -> list[dict[str, Any]]:
    """Money and points, this period and of all time; money first where there is any."""
    found = []
    for unit in (programme.currency, POINTS):
        label = voice.gettext("Points") if unit == POINTS else voice.gettext("Money")
        for hint, name, amount in (
            (voice.this(period.kind), period.name, earned.get(unit, 0)),
            (voice.gettext("all time"), None, balances.get(unit, 0)),
        ):
            value = voice.number(amount) if unit == POINTS else voice.pay(amount, unit, whole=False)
            href = url("insight.facts_page", period=name)
            found.append({"label": label, "value": value, "hint": hint, "href": href})
    return found


def _shown(entry: service.Entry, programme: Programme, voice: Voice) -> dict[str, Any]:
    href = url("earnings.line", number=entry.transfer.id)
    fact = url("insight.fact_page", number=entry.fact.id) if entry.fact else None
    runs = url("payouts.index")
    shown = reasons.shown(entry, programme.currency, voice, href=href, payouts=runs)
    return shown | {"fact": fact}


@blueprint.get("/earnings/<id:number>")
@allow("partner")
def line(number: int) -> str:
    """One line under its own address."""
    return line_page(number)


def line_page(number: int, **asked: str) -> str:
    """A line, what was asked about it, and the form to ask (as it was sent, where it is refused)."""
    programme, partner = _mine()
    entry, voice, now = service.entry(programme, partner, number), viewer(), g.now
    if entry is None:
        abort(404)
    shown = _shown(entry, programme, voice) | {"open": True}
    questions = [
        dispute_words.shown(dispute, entry.transfer.unit, voice, now)
        for dispute in disputes.of_line(number)
    ]
    page = render_template(
        "earnings/line.html",
        line=shown,
        number=number,
        questions=questions,
        may_ask=not any(question["state"] in ("open", "overdue") for question in questions),
        working_days=programme.dispute_days,
        **asked,
    )
    fresh = [question["id"] for question in questions if question["is_new"]]
    if fresh:
        transaction(lambda: disputes.see(fresh, now))
    return page


@blueprint.get("/rules/")
@allow("partner", "manager")
def rules() -> str:
    """How one earns here: every rule in plain words, with its versions."""
    programme = db.session.get_one(Programme, g.seat.programme.id)
    voice = viewer()
    shelf = [rule_card(book, programme, voice) for book in incentives.books(programme)]
    return render_template(
        "earnings/rules.html",
        tiers=tiers.ladder(programme, g.now, voice),
        tier=tiers.standing(programme, db.session.get_one(Partner, g.seat.partner.id), g.now, voice)
        if g.seat.partner
        else None,
        rules=[rule for rule in shelf if not rule["retired"]],
        retired=[rule for rule in shelf if rule["retired"]],
    )


@blueprint.get("/rules/changes")
@allow("partner", "manager")
def changes() -> str:
    """What changed about the programme, from when and why; managers also see who published it."""
    programme = db.session.get_one(Programme, g.seat.programme.id)
    voice = viewer()
    found = [
        {
            **entry._asdict(),
            "href": _place_of(entry),
            "published": voice.moment(entry.published_at) if entry.published_at else None,
            "since": voice.moment(entry.since) if entry.since else None,
            "to_come": bool(entry.since and entry.since > g.now),
            "by": entry.by if g.seat.role == "manager" else None,
        }
        for entry in changelog.entries(programme, voice)
    ]
    return render_template("earnings/changes.html", changes=found)


def _place_of(entry: changelog.Entry) -> str:
    """Where what was changed is told as it is now; a mission or a board may be for others alone."""
    if entry.of == "mission":
        return url("missions.index")
    if entry.of == "board":
        return url("leaderboards.index")
    return url("earnings.rules", _anchor=entry.slug)


def rule_card(book: Book, programme: Programme, voice: Voice) -> dict[str, Any]:
    """A rule with its versions, newest first; ``now`` is the one in force, else the first to come."""
    started = [v for v in book.versions if v.valid_from is None or v.valid_from <= g.now]
    now = started[-1] if started else book.versions[0]
    versions = {
        version.number: {
            "number": version.number,
            "since": voice.moment(version.valid_from) if version.valid_from else None,
            "why": version.why,
            "sentence": explain.sentence(version.rule, programme.currency, voice)
            if version.rule
            else None,
        }
        for version in reversed(book.versions)
    }
    return {
        "slug": book.slug,
        "name": reasons.rule_name(book.slug),
        "pays_points": now.rule is not None and now.rule.earn == POINTS,
        "now": versions.pop(now.number),
        "others": list(versions.values()),
        "retired": now.rule is None,
        "used": _used(book, now.rule, voice) if now.rule else None,
    }


def _used(book: Book, rule: Rule, voice: Voice) -> str | None:
    """How much of its budget is used where the rule stops there, and that is nearly all."""
    if book.limit is None:
        return None
    mine = Transfer.rule_version_id.in_([version.id for version in book.versions])
    spent = budgets.so_far(book.source, lambda: budgets.awarded(mine))
    return used(book.limit, spent.get(rule.earn, 0), rule.earn, voice)
