"""What a partner earned, line by line with the reason; and the rules everybody earns by."""

from typing import Any

from flask import Blueprint, abort, g, render_template
from flask import url_for as url

from engage.db import transaction
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
from engage.programmes import changelog
from engage.programmes.models import Programme
from engage.tiers import sentences as tiers
from engage.voice import Voice
from engage.web import allow
from engage.web.here import mine, programme, today
from engage.web.locales import viewer
from engage.web.numbers import page_before

blueprint = Blueprint("earnings", __name__)

#: Lines on one page, and payments on it.
PAGE = 25
_PAYMENTS = 3


@blueprint.get("/earnings/")
@allow("partner")
def earnings() -> str:
    """Balances, and the newest lines."""
    here, partner = mine()
    voice, before = viewer(), page_before()
    found = service.entries(here, partner, limit=PAGE + 1, before=before)
    payments = [] if before else payouts.of_partner(here, partner.id, g.now, limit=_PAYMENTS)
    return render_template(
        "earnings/earnings.html",
        numbers=_numbers(here, partner, voice),
        lines=[_shown(entry, here, voice) for entry in found[:PAGE]],
        older=url("earnings.earnings", before=found[PAGE - 1].transfer.id)
        if len(found) > PAGE
        else None,
        before=before,
        answered=disputes.unseen(partner.id),
        payouts=[
            payout_sentences.stats(standing, voice)
            for standing in payouts.standings(here, partner.id, g.now)
        ],
        payments=[payout_sentences.shown(payment, voice) for payment in payments],
    )


def _numbers(here: Programme, partner: Partner, voice: Voice) -> list[dict[str, Any]]:
    """Money and points, this period and of all time; money first where there is any."""
    period = main_period(main_board(here), today(here))
    earned, ever = (
        ledger.earned(partner.id, period.first, period.last),
        ledger.earned_ever(partner.id),
    )
    return [
        {
            "label": voice.gettext("Points") if unit == POINTS else voice.gettext("Money"),
            "value": voice.bare(amounts.get(unit, 0), unit, whole=False),
            "hint": hint,
            "href": url("insight.facts_page", period=name),
        }
        for unit in (here.currency, POINTS)
        for hint, name, amounts in (
            (voice.this(period.kind), period.name, earned),
            (voice.gettext("all time"), None, ever),
        )
    ]


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
    here, partner = mine()
    entry, voice, now = service.entry(here, partner, number), viewer(), g.now
    if entry is None:
        abort(404)
    shown = _shown(entry, here, voice) | {"open": True}
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
        working_days=here.dispute_days,
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
    here, voice = programme(), viewer()
    shelf = [rule_card(book, here, voice) for book in incentives.books(here)]
    return render_template(
        "earnings/rules.html",
        tiers=tiers.ladder(here, g.now, voice),
        tier=tiers.standing(*mine(), g.now, voice) if g.seat.partner else None,
        rules=[rule for rule in shelf if not rule["retired"]],
        retired=[rule for rule in shelf if rule["retired"]],
    )


@blueprint.get("/rules/changes")
@allow("partner", "manager")
def changes() -> str:
    """What changed about the programme, from when and why; managers also see who published it."""
    here, voice = programme(), viewer()
    found = [
        {
            **entry._asdict(),
            "href": _place_of(entry),
            "published": voice.moment(entry.published_at) if entry.published_at else None,
            "since": voice.moment(entry.since) if entry.since else None,
            "to_come": bool(entry.since and entry.since > g.now),
            "by": entry.by if g.seat.role == "manager" else None,
        }
        for entry in changelog.entries(here, voice)
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
    by_it = Transfer.rule_version_id.in_([version.id for version in book.versions])
    spent = budgets.so_far(book.source, lambda: ledger.posted(by_it))
    return used(book.limit, spent.get(rule.earn, 0), rule.earn, voice)
