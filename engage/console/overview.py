"""The console's first page: what matters today."""

from datetime import date
from typing import Any

from babel import dates
from flask import Blueprint, abort, g, render_template, request, url_for
from flask_babel import gettext as _

from engage import formats, periods
from engage.activity import held
from engage.console import rules, service
from engage.disputes import service as disputes
from engage.home.service import main_board
from engage.insight import strain
from engage.insight.budget import strained
from engage.leaderboards import sentences as board_sentences
from engage.money import POINTS
from engage.voice import Voice
from engage.web import allow
from engage.web.here import programme, today
from engage.web.locales import viewer

blueprint = Blueprint("console", __name__, url_prefix="/console")


@blueprint.get("/")
@allow("manager")
def overview() -> str:
    here, voice = programme(), viewer()
    day = today(here)
    board = main_board(here)
    current = service.period_of(board, day)
    period = _asked(current)
    found = service.overview(here, period, day)
    if not found.partners or not found.fresh:
        return render_template(
            "console/begin.html", partners=found.partners, board=board, missions=found.missions
        )
    following = period.following()
    return render_template(
        "console/overview.html",
        found=found,
        period_name=voice.period(period),
        is_current=period == current,
        latest=_latest(found, current) if not found.sales.active else None,
        strained=[strain.told(one, voice) for one in strained(here, current, day, g.now)],
        held=sum(held.counts(here.id).values()),
        asked=disputes.waiting(here.id, g.now),
        previous=_address(period.previous()),
        following=_address(following) if following and following.first <= day else None,
        numbers=_numbers(found, here.currency, voice, is_current=period == current),
        bars=_bars(found, here.currency, voice, is_current=period == current),
        behind=_behind(found, here.currency, voice),
        top=_top(found, here.currency, voice),
        board_period=(shown := found.board_period),
        board_period_name=voice.period(shown) if shown else None,
        as_of=_as_of(found.fresh, day, voice)
        if period == current
        else voice.days(period.first, period.last),
        left={r.mission.id: voice.left(service.ends_at(r, here), g.now) for r in found.missions},
    )


def _as_of(fresh: service.Fresh, day: date, voice: Voice) -> str:
    """How new the data is: ``Data as of 14:05. The newest sale is of Nov 20, 2026.``"""
    when = voice.as_of(fresh.recorded_at, g.now)
    if fresh.last_day >= day:
        return voice.gettext("Data as of %(when)s, with sales of today.", when=when)
    return voice.gettext(
        "Data as of %(when)s. The newest sale is of %(day)s.",
        when=when,
        day=voice.day(fresh.last_day),
    )


def _asked(current: periods.Period) -> periods.Period:
    """The period in the address, which must be one of those the overview speaks of."""
    name = request.args.get("period")
    if not name:
        return current
    try:
        period = periods.parse(name)
    except periods.UnknownPeriod:
        abort(404)
    if period.kind != current.kind or period.first > current.first or period.first.year < 1970:
        abort(404)
    return period


def _address(period: periods.Period | None) -> str | None:
    return url_for(".overview", period=period.name) if period else None


def _latest(found: service.Overview, current: periods.Period) -> str | None:
    """Where there is something to see, when this period is empty."""
    assert found.fresh
    latest = periods.containing(found.fresh.last_day, current.kind)
    return _address(latest) if latest.first < found.period.first else None


def _numbers(
    found: service.Overview, currency: str, voice: Voice, *, is_current: bool
) -> list[dict[str, Any]]:
    """The numbers on top, five at most; missions and films are of today, not of a past period."""
    sales = found.sales
    change = rules.change(sales.amount, sales.amount_before)
    numbers: list[dict[str, Any]] = [
        {
            "label": _("Active partners"),
            "value": voice.number(sales.active),
            "unit": _("of %(all)s", all=voice.number(found.partners)),
            "hint": _("%(n)s at this point last time", n=voice.number(sales.active_before)),
            "href": url_for("console_partners.index"),
        },
        {
            "label": _("Sales"),
            "value": _whole(sales.amount, currency, voice),
            "hint": _compared(change, voice),
        },
        _awarded(found, currency, voice),
    ]
    if not is_current:
        return numbers
    if found.missions:
        reach = found.missions[0]
        numbers.append(
            {
                "label": _("Reached a stage"),
                "value": voice.number(reach.reached[0]),
                "unit": _("of %(all)s", all=voice.number(reach.addressed)),
                "hint": reach.mission.model.name,
                "href": url_for("console_missions.index"),
            }
        )
    if films := sum(found.films.values()):
        failed = found.films.get("failed", 0)
        made = found.films.get("done", 0)
        numbers.append(
            {
                "label": _("Films"),
                "value": voice.number(made),
                "unit": _("ready"),
                "hint": _("%(n)s failed", n=voice.number(failed))
                if failed
                else _("%(n)s being made", n=voice.number(films - made)),
                "href": "/console/videos/",
            }
        )
    return numbers


def _awarded(found: service.Overview, currency: str, voice: Voice) -> dict[str, Any]:
    money, points = found.earned.get(currency, 0), found.earned.get(POINTS, 0)
    if not money:
        return {"label": _("Awarded"), "value": voice.number(points), "unit": _("points")}
    return {
        "label": _("Awarded"),
        "value": voice.pay(money, currency),
        "hint": _("and %(points)s", points=voice.points(points)) if points else None,
    }


def _whole(amount: int, currency: str, voice: Voice) -> str:
    """An amount without its cents, which nobody needs at a glance."""
    return voice.amount(board_sentences.rounded(amount), currency, whole=True)


def _compared(change: int | None, voice: Voice) -> str:
    if change is None:
        return voice.gettext("nothing to compare with yet")
    text = voice.number(abs(change))
    if change == 0:
        return voice.gettext("as much as at this point last time")
    if change > 0:
        return voice.gettext("%(n)s%% more than at this point last time", n=text)
    return voice.gettext("%(n)s%% less than at this point last time", n=text)


def _bars(
    found: service.Overview, currency: str, voice: Voice, *, is_current: bool
) -> list[dict[str, Any]]:
    drawn = []
    for bar in found.bars:
        first = max(bar.period.first, found.period.first)
        last = min(bar.period.last, found.stretch.last)
        skeleton = "MMM" if bar.period.kind == "month" else "MMMd"
        drawn.append(
            {
                "label": str(dates.format_skeleton(skeleton, first, locale=voice.locale)),
                "value": max(bar.amount, 0),
                "text": formats.compact(bar.amount, currency, voice.locale),
                "on": is_current and bar.period.first <= found.stretch.last <= bar.period.last,
                "title": voice.days(first, last),
            }
        )
    return drawn


def _behind(found: service.Overview, currency: str, voice: Voice) -> list[dict[str, Any]]:
    rows = []
    for one in found.sales.behind:
        external_id, name = found.names[one.partner_id]
        change = rules.change(one.now, one.before)
        before, now = (_whole(amount, currency, voice) for amount in (one.before, one.now))
        rows.append(
            {
                "name": name,
                "href": url_for("console_partners.partner", external_id=external_id),
                "silent": one.silent,
                "text": _("%(before)s before, nothing now", before=before)
                if one.silent
                else _("%(before)s before, %(now)s now", before=before, now=now),
                "change": f"−{voice.number(abs(change or 0))}%",
            }
        )
    return rows


def _top(found: service.Overview, currency: str, voice: Voice) -> list[dict[str, Any]]:
    if not found.board:
        return []
    rule = found.board.rule
    return [
        {
            "key": row.member_id,
            "rank": row.rank,
            "name": row.name,
            "detail": row.organisation,
            "score": board_sentences.score(rule, row.score, currency, voice, whole=True),
            "share": row.score / found.top.best if found.top.best > 0 else 0,
            "href": url_for("console_partners.partner", external_id=row.external_id)
            if rule.by == "partner" and row.external_id
            else None,
        }
        for row in found.top.rows
    ]
