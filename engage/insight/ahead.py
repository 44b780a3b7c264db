"""What is ahead of a partner: what the nearest reward of every rule and mission still needs."""

from collections.abc import Iterator
from datetime import date, datetime
from typing import NamedTuple

from sqlalchemy import select

from engage import periods
from engage.clock import local_day
from engage.conditions import addresses
from engage.db import db
from engage.incentives import phrases
from engage.incentives.models import RunningTotal
from engage.incentives.rules import Rule, in_force, pay
from engage.incentives.service import books
from engage.insight.rules import at_once, next_edge
from engage.missions import service as missions
from engage.missions.service import StageView
from engage.partners import service as partners
from engage.partners.models import Partner
from engage.periods import Period
from engage.programmes.models import Programme
from engage.tiers import service as tiers
from engage.tiers.rules import Outlook, Tier
from engage.voice import ENGLISH, Voice


class RuleAhead(NamedTuple):
    """A rule that speaks to a partner today, and what it pays better for next.

    ``total`` (ten-thousandths) is where the partner stands in ``period``, None where a baseline is
    not worked out before the first fact; ``edge`` where the rule pays better, None where every
    further fact simply pays, or nothing does; ``bonus`` what the edge pays by itself and ``room``
    what is left to the cap, in minor units, ``room`` None without one. ``last`` is the last day.
    """

    slug: str
    rule: Rule
    period: Period
    last: date
    total: int | None
    edge: int | None
    bonus: int
    room: int | None

    @property
    def needed(self) -> int:
        return 0 if self.edge is None or self.total is None else self.edge - self.total


class StageAhead(NamedTuple):
    """The open stage of a running mission; ``last`` is the mission's last day."""

    slug: str
    name: str
    last: date
    stage: StageView


class Ahead(NamedTuple):
    """``tiers`` are those above the one that is ``held``, the lowest first.

    What rules pay is told before the tier held multiplies it.
    """

    rules: list[RuleAhead]
    stages: list[StageAhead]
    tiers: list[Outlook]
    held: Tier | None


def ahead(programme: Programme, partner: Partner, now: datetime) -> Ahead:
    """The nearest reward of every rule and running mission that address a partner; tiers above it."""
    stands = tiers.standpoint(programme, partner.id, now)
    today = local_day(now, programme.timezone)
    return Ahead(
        list(of_rules(programme, partner, today, now)),
        [
            StageAhead(view.mission.slug, view.mission.name, view.mission.ends, stage)
            for view in missions.views(programme, partner, today)
            if view.window.state == "running" and (stage := view.current)
        ],
        stands.ahead if stands else [],
        stands.reached[-1].tier if stands and stands.reached else None,
    )


def of_rules(
    programme: Programme, partner: Partner, today: date, now: datetime
) -> Iterator[RuleAhead]:
    """Every rule that speaks to a partner today, and where it pays better."""
    who = partners.attributes(programme.id, [partner.id])[partner.id]
    totals = {
        (row.rule_id, row.period): row.total
        for row in db.session.execute(
            select(RunningTotal.rule_id, RunningTotal.period, RunningTotal.total).where(
                RunningTotal.partner_id == partner.id
            )
        )
    }
    for book in books(programme):
        version = in_force(book.versions, now)
        rule = version.rule if version else None
        if rule is None or not rule.covers(today, now) or not addresses(rule.where, who):
            continue
        if rule.within is not None and not _is_within(rule.within, who["joined"], today):
            continue
        period = periods.containing(today, rule.period)
        total = totals.get((book.id, period.name), None if rule.baseline else 0)
        edge = None if total is None else next_edge(rule, total)
        yield RuleAhead(
            book.slug,
            rule,
            period,
            min(period.last, rule.ends or period.last),
            total,
            edge,
            0 if edge is None else at_once(rule, edge),
            None if rule.cap is None or total is None else max(0, rule.cap - pay(rule, total)),
        )


def _is_within(days: int, joined: date | None, today: date) -> bool:
    return joined is not None and 0 <= (today - joined).days < days


def sentence(item: RuleAhead, currency: str, voice: Voice = ENGLISH) -> str:
    """``You stand at $4,000; from $5,000 on it pays 1%.``"""
    rule = item.rule
    if item.total is None:
        return voice.gettext(
            "It pays what is above %(baseline)s, which is worked out with your next result.",
            baseline=phrases.versus(rule, voice),
        )
    if item.room == 0:
        return voice.gettext(
            "It has paid you the most it pays: %(cap)s.", cap=voice.pay(rule.cap or 0, rule.earn)
        )
    if item.edge is None:
        if item.room is None:
            return voice.gettext("Every further result pays at once.")
        return voice.gettext(
            "Every further result pays at once, up to %(room)s more.",
            room=voice.pay(item.room, rule.earn),
        )
    said = {
        "total": phrases.measured(rule, max(0, item.total), currency, voice),
        "edge": phrases.measured(rule, item.edge, currency, voice),
    }
    if item.total < 0:
        return voice.gettext(
            "You are %(missing)s below %(baseline)s; what is above it pays.",
            missing=phrases.measured(rule, -item.total, currency, voice),
            baseline=phrases.versus(rule, voice),
        )
    if item.bonus:
        pay_ = voice.pay(item.bonus, rule.earn)
        return voice.gettext(
            "You stand at %(total)s; at %(edge)s it pays %(pay)s at once.", pay=pay_, **said
        )
    rate = next((band.rate for band in rule.band if band.start == item.edge), rule.rate)
    return voice.gettext(
        "You stand at %(total)s; from %(edge)s on it pays %(rate)s.",
        rate=phrases.rate_text(rule, rate, currency, voice) if rate else voice.gettext("more"),
        **said,
    )
