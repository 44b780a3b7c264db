"""The budget page: what is spent, where it ends, and what can still be won."""

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator
from functools import partial
from itertools import groupby
from operator import attrgetter
from typing import Any

from flask import Blueprint, g, render_template
from flask import url_for as url

from engage.earnings.reasons import rule_name
from engage.home.service import main_board, main_period
from engage.insight import strain
from engage.insight.budget import CORRECTED, Source, Spending, Total, budget
from engage.insight.leaks import Lost
from engage.insight.rules import Forecast
from engage.money import POINTS
from engage.partners.service import names
from engage.texts import capital
from engage.voice import Voice
from engage.web import allow
from engage.web.here import programme, today
from engage.web.locales import viewer

blueprint = Blueprint("console_budget", __name__, url_prefix="/console/budget")

#: Partners shown of those who leave most unearned.
_PARTNERS = 15


@blueprint.get("")
@allow("manager")
def index() -> str:
    here, voice = programme(), viewer()
    day = today(here)
    period = main_period(main_board(here), day)
    found = budget(here, period, day, g.now)
    return render_template(
        "insight/budget.html",
        period=voice.period(period),
        totals=[_total(total, voice) for total in found.totals],
        spending=list(_rows(found.spending, voice)),
        strained=[strain.told(one, voice) for one in found.spending if one.state],
        causes=_causes(found.lost, voice),
        partners=_partners(found.lost, voice),
        losing=len({lost.partner_id for lost in found.lost}),
        sums=_sums(found.lost, voice),
    )


def _range(
    found: Forecast | None, said: Callable[[int], str], voice: Voice
) -> dict[str, str] | None:
    if found is None:
        return None
    low, expected, high = map(said, found)
    between = voice.gettext("%(low)s to %(high)s", low=low, high=high)
    return {"expected": expected, "between": between}


def _total(total: Total, voice: Voice) -> dict[str, Any]:
    _, unit = voice.gettext, total.unit
    left = None if total.budget is None else total.budget - total.accrued
    return {
        "name": _("Points") if unit == POINTS else unit,
        "budget": None if total.budget is None else voice.bare(total.budget, unit),
        "left": None if left is None else voice.bare(left, unit),
        "done": max(0, total.accrued),
        "most": total.budget,
        "accrued": voice.bare(total.accrued, unit),
        "now": voice.bare(total.this_period, unit),
        "spent": _spent(total, voice),
        "forecast": _range(total.forecast, lambda amount: voice.bare(amount, unit), voice),
        "over": total.forecast is not None
        and total.budget is not None
        and total.forecast.high > total.budget,
        "lasts": None
        if total.lasts is None
        else voice.ngettext(
            "At this period's pace it lasts %(shown)s more day.",
            "At this period's pace it lasts %(shown)s more days.",
            total.lasts,
            shown=voice.number(total.lasts),
        ),
    }


def _spent(total: Total, voice: Voice) -> str:
    """What became of the awards: points are mostly redeemed, money is paid."""
    if total.redeemed:
        return voice.gettext("redeemed: %(sum)s", sum=voice.bare(total.redeemed, total.unit))
    return voice.gettext("paid out: %(sum)s", sum=voice.bare(total.paid, total.unit))


def _rows(spending: Iterable[Spending], voice: Voice) -> Iterator[dict[str, Any]]:
    """A row for each source with all its units; the rows add up to what was awarded."""
    for source, of in groupby(spending, key=attrgetter("source")):
        units = list(of)
        name, href, when = _named(source, voice)
        yield {
            "name": name,
            "href": href,
            "when": when,
            "budgets": [_limit(one, voice) for one in units if one.budget is not None],
            "now": [voice.pay(one.this_period, one.unit, whole=False) for one in units],
            "accrued": [voice.pay(one.spent, one.unit, whole=False) for one in units],
            "forecasts": [
                _range(one.forecast, partial(voice.pay, unit=one.unit), voice) for one in units
            ]
            if any(one.forecast for one in units)
            else [None],
        }


def _named(source: Source, voice: Voice) -> tuple[str, str | None, str]:
    """What a row is called, where it leads, and of which days it is."""
    if source.kind == "mission":
        href = url("console_missions.mission", slug=source.slug)
        return source.name, href, voice.days(source.first, source.last)
    if source.kind == "rule":
        href = url("console_rules.index", _anchor=source.slug)
        return rule_name(source.slug), href, voice.days(source.first, source.last)
    if source == CORRECTED:
        said = voice.gettext("After questions of partners, and by hand")
        return voice.gettext("Corrections"), None, said
    return voice.gettext("Everything else"), None, voice.gettext("Rules and missions that are over")


def _limit(one: Spending, voice: Voice) -> dict[str, str]:
    """How far a budget of a source's own is used."""
    return {
        "amount": voice.pay(one.budget or 0, one.unit),
        "at": voice.gettext("stops there") if one.stops else voice.gettext("warns there"),
        "used": voice.gettext(
            "%(spent)s in all, %(share)s",
            spent=voice.pay(one.spent, one.unit),
            share=voice.percent_of(max(0, one.spent), one.budget or 0),
        ),
    }


def _added(lost: Iterable[Lost]) -> dict[str, int]:
    """Money first."""
    sums: dict[str, int] = defaultdict(int)
    for one in lost:
        sums[one.leak.unit] += one.leak.amount
    return dict(sorted(sums.items(), key=lambda pair: pair[0] == POINTS))


def _sums(lost: Iterable[Lost], voice: Voice) -> str:
    found = [voice.pay(amount, unit) for unit, amount in _added(lost).items() if amount]
    return voice.all_of(found) if found else voice.gettext("the tier itself")


def _causes(lost: Iterable[Lost], voice: Voice) -> list[dict[str, Any]]:
    by_cause: dict[str, list[Lost]] = defaultdict(list)
    for one in lost:
        by_cause[one.leak.cause].append(one)
    return [
        {
            "what": capital(_cause(cause, voice)),
            "sums": _sums(of, voice),
            "partners": len({one.partner_id for one in of}),
        }
        for cause in ("stage", "band", "milestone", "minimum", "tier", "falls", "cap")
        if (of := by_cause.get(cause))
    ]


def _cause(cause: str, voice: Voice) -> str:
    return {
        "stage": voice.gettext("the next stage of a mission"),
        "band": voice.gettext("a better rate"),
        "milestone": voice.gettext("a milestone"),
        "minimum": voice.gettext("the minimum of a rule"),
        "tier": voice.gettext("the next tier"),
        "falls": voice.gettext("a tier that ends"),
        "cap": voice.gettext("beyond a cap"),
    }[cause]


def _partners(lost: Iterable[Lost], voice: Voice) -> list[dict[str, Any]]:
    """Who leaves most unearned: in money, then in points."""
    by_partner: dict[int, list[Lost]] = defaultdict(list)
    for one in lost:
        by_partner[one.partner_id].append(one)

    def worth(of: list[Lost]) -> tuple[int, int]:
        sums = _added(of)
        points = sums.pop(POINTS, 0)
        return sum(sums.values()), points

    most = sorted(by_partner.items(), key=lambda pair: worth(pair[1]), reverse=True)[:_PARTNERS]
    called = names([partner_id for partner_id, _ in most])
    return [
        {
            "name": called[partner_id][1],
            "href": url("console_partners.partner", external_id=called[partner_id][0]),
            "sums": _sums(of, voice),
            "why": capital(
                voice.all_of(
                    dict.fromkeys(
                        voice.gettext(
                            "%(cause)s (%(source)s)",
                            cause=_cause(one.leak.cause, voice),
                            source=rule_name(one.slug) if one.kind == "rule" else one.name,
                        )
                        for one in of
                    )
                )
            ),
        }
        for partner_id, of in most
    ]
