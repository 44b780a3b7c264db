"""A partner's questions to the programme: what happened to each fact, and what another would bring."""

from collections.abc import Callable
from datetime import date, timedelta
from functools import partial
from typing import Any

from babel.numbers import get_currency_symbol
from flask import Blueprint, abort, g, render_template, request
from flask import url_for as url
from flask_babel import gettext as _

from engage import periods
from engage.activity import sentences
from engage.clock import local_day
from engage.definitions import FACT_KINDS
from engage.earnings import reasons
from engage.home.service import main_board, main_period
from engage.insight import ahead, answers, facts, pages
from engage.insight.pages import Counted
from engage.insight.plan import read, reports
from engage.insight.whatif import choices, instant, what_if
from engage.leaderboards import service as leaderboards
from engage.ledger.rules import Overdrawn
from engage.missions import sentences as stages
from engage.missions import service as missions
from engage.partners.models import Partner
from engage.periods import Period
from engage.programmes.models import Programme
from engage.texts import capital
from engage.tiers import sentences as tiers
from engage.voice import Voice
from engage.web import allow, at_most, per_person
from engage.web.here import mine
from engage.web.locales import viewer
from engage.web.numbers import page_before

blueprint = Blueprint("insight", __name__)

#: Facts on one page.
PAGE = 25


# Each question takes the database's writer for some milliseconds.
_limited = at_most("30 per minute", lambda: per_person() if request.args else None)


@blueprint.get("/earnings/facts")
@allow("partner")
def facts_page() -> str:
    """What was reported for the partner, newest first, with what each earned."""
    programme, partner = mine()
    voice, today = viewer(), local_day(g.now, programme.timezone)
    return render_template(
        "insight/facts.html",
        lead=_("Everything that arrived for you, with what it earned. Open one to see why, and why not more."),
        back=(url("earnings.earnings"), _("Earnings")),
        **listing(
            partner,
            today,
            voice,
            url_to_list=partial(url, "insight.facts_page"),
            url_to_fact=partial(url, "insight.fact_page"),
            counted=_counted(programme, partner, today, voice),
        ),
    )  # fmt: skip


def listing(
    partner: Partner,
    today: date,
    voice: Voice,
    *,
    url_to_list: Callable[..., str],
    url_to_fact: Callable[..., str],
    counted: Counted | None = None,
) -> dict[str, Any]:
    """A page of a partner's facts for templates/insight/facts.html, as the address narrows it."""
    wanted, before = counted.wanted if counted else _filter(), page_before()
    found = facts.listed(partner.id, wanted, limit=PAGE + 1, before_id=before)
    asked: dict[str, Any] = {
        name: value for name, value in request.args.items() if name != "before" and value
    }
    return {
        "rows": [
            pages.row(row, voice) | {"href": url_to_fact(number=row.fact.id)}
            for row in found[:PAGE]
        ],
        "all_facts": url_to_list(),
        "older": url_to_list(**asked, before=found[PAGE - 1].fact.id)
        if len(found) > PAGE
        else None,
        "first": url_to_list(**asked) if before else None,
        "narrowed": bool(asked),
        "kinds": [(kind, capital(sentences.named(kind, voice).many)) for kind in FACT_KINDS],
        "periods": [(period.name, voice.period(period)) for period in pages.periods_of(today)],
        "wanted": wanted,
        "counts_for": counted.name if counted else None,
        "part_of": counted.part_of if counted else None,
    }


def _counted(programme: Programme, partner: Partner, today: date, voice: Voice) -> Counted | None:
    """What ``?stage=spring-sprint/2`` or ``?board=sales`` counts, and its name; None without them."""
    if stage := request.args.get("stage"):
        slug, _slash, number = stage.rpartition("/")
        for view in missions.views(programme, partner, today):
            for found in view.stages:
                if view.mission.slug == slug and str(found.number) == number:
                    return pages.of_stage(view, found, voice)
        abort(404)
    if slug := request.args.get("board", ""):
        board = leaderboards.board(programme, slug)
        if board is None or not leaderboards.may_see(programme, board, partner, g.now):
            abort(404)
        try:
            period = board.rule.windows.called(request.args.get("period", ""), today)
        except periods.UnknownPeriod:
            abort(404)
        return pages.of_board(board, period, voice)
    return None


def _filter() -> facts.Filter:
    """What the address narrows the list to; what leads nowhere is no page."""
    kind, name = request.args.get("kind") or None, request.args.get("period") or None
    try:
        period = periods.parse(name) if name else None
    except periods.UnknownPeriod:
        abort(404)
    if kind and kind not in FACT_KINDS:
        abort(404)
    return facts.Filter(kind, period, "unpaid" in request.args)


@blueprint.get("/earnings/facts/<id:number>")
@allow("partner")
def fact_page(number: int) -> str:
    """One fact: what it earned by which rule, and why not by the others."""
    programme, partner = mine()
    found = facts.fact(partner.id, number)
    if found is None:
        abort(404)
    return render_template(
        "insight/fact.html",
        back=(url("insight.facts_page"), _("What was reported")),
        **pages.fact(programme, partner, found, viewer(), partial(url, "earnings.line")),
    )


@blueprint.get("/ahead")
@allow("partner")
def ahead_page() -> str:
    """What the nearest reward of every rule and mission, and every tier above, still needs."""
    programme, partner = mine()
    voice, currency = viewer(), programme.currency
    found = ahead.ahead(programme, partner, g.now)
    return render_template(
        "insight/ahead.html",
        lifted=[(found.held.name, times) for times in tiers.multiplies(found.held, voice)]
        if found.held
        else [],
        stages=[
            {
                "name": item.name,
                "href": url("missions.mission", slug=item.slug),
                "last": voice.day(item.last),
                "said": stages.task(item.stage.stage, currency, voice),
                "reward": stages.reward(item.stage.stage, voice),
                "so_far": stages.so_far(item.stage.stage, item.stage.value, currency, voice),
                "done": max(0, item.stage.value),
                "target": item.stage.stage.target,
            }
            for item in found.stages
        ],
        rules=[
            {
                "name": reasons.rule_name(item.slug),
                "href": url("earnings.rules", _anchor=item.slug),
                "last": voice.day(item.last) if item.last != periods.LAST_DAY else None,
                "said": ahead.sentence(item, currency, voice),
                "done": max(0, item.total or 0),
                "target": item.edge if item.edge and item.edge > 0 else None,
            }
            for item in found.rules
        ],
        tiers=[
            {
                "name": item.tier.name,
                "last": voice.day(item.last) if item.last != periods.LAST_DAY else None,
                "said": tiers.needs(item, currency, voice),
                "gives": tiers.gives(item.tier, voice),
                "done": max(0, item.value),
                "target": item.tier.threshold,
            }
            for item in found.tiers
        ],
    )


@blueprint.get("/what-if")
@allow("partner")
@_limited
def page() -> str | tuple[str, int]:
    """The question and its answer on a page of their own, for who has no script or keeps the address."""
    programme, partner = mine()
    asked, answered = form(programme, partner), _answered(programme, partner)
    page = render_template("insight/what_if.html", **asked, **answered)
    return (page, 422) if answered["errors"] else page


@blueprint.get("/what-if/answer")
@allow("partner")
@_limited
def answer() -> str | tuple[str, int]:
    """The answer alone, below the question that was asked."""
    answered = _answered(*mine())
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
            "kinds": [(kind, capital(sentences.named(kind, voice).one)) for kind in found.kinds],
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


def _answered(programme: Programme, partner: Partner) -> dict[str, Any]:
    """The answer in sentences, what is wrong with the question, or nothing where none was asked."""
    if not request.args:
        return {"errors": {}, "answer": None}
    voice, today = viewer(), local_day(g.now, programme.timezone)
    plan, errors = read(request.args, today, _period(programme, today).last, voice)
    if plan is None:
        return {"errors": errors, "answer": None}
    at = instant(plan.day, g.now, programme.timezone)
    supposed = list(reports(plan, partner.external_id, at, programme.currency))
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
            "total": answers.total(found, voice),
            "lines": [answers.line(gain, programme.currency, voice) for gain in found.gains],
            "moves": list(answers.moves(found, programme, voice)),
            "missed": list(answers.missed(found, programme, voice)),
        },
    }
