"""Where a partner stands in the rules that reward reaching more: the next better band of each."""

from collections.abc import Mapping
from datetime import datetime
from decimal import Decimal
from typing import Any, NamedTuple

from sqlalchemy import select

from engage import periods
from engage.clock import local_day
from engage.conditions import addresses
from engage.db import db
from engage.incentives import rules
from engage.incentives.models import RunningTotal
from engage.incentives.rules import Rule
from engage.incentives.service import books
from engage.periods import Period
from engage.programmes.models import Programme


class BandAhead(NamedTuple):
    """A banded rule in force: the running total and where its next better band starts.

    ``bonus`` is what reaching it pays at once, above what the way there earns anyway at the present
    rate; minor units.
    """

    slug: str
    rule: Rule
    period: Period
    total: int
    start: int
    rate: Decimal
    bonus: int


def bands_ahead(
    programme: Programme, partner_id: int, partner: Mapping[str, Any], now: datetime
) -> list[BandAhead]:
    """The next better band of every banded rule that speaks to this partner today."""
    today = local_day(now, programme.timezone)
    open_rules = []
    for book in books(programme):
        version = rules.in_force(book.versions, now)
        rule = version.rule if version else None
        if rule and rule.bands and rule.covers(today, now) and addresses(rule.where, partner):
            open_rules.append((book, rule, periods.containing(today, rule.period)))
    if not open_rules:
        return []
    totals = {
        (row.rule_id, row.period): row.total
        for row in db.session.execute(
            select(RunningTotal.rule_id, RunningTotal.period, RunningTotal.total).where(
                RunningTotal.partner_id == partner_id,
                RunningTotal.rule_id.in_([book.id for book, _, _ in open_rules]),
            )
        )
    }
    found = []
    for book, rule, period in open_rules:
        total = totals.get((book.id, period.name), 0)
        if ahead := _next(rule, total):
            start, rate = ahead
            found.append(
                BandAhead(book.slug, rule, period, total, start, rate, _bonus(rule, total, start))
            )
    return found


def _next(rule: Rule, total: int) -> tuple[int, Decimal] | None:
    """Where the next band with a better rate starts, and that rate; None at the top or the cap."""
    if rule.cap is not None and rules.pay(rule, total) >= rule.cap:
        return None
    now = next((b.rate.decimal for b in reversed(rule.band) if total >= b.start), Decimal(0))
    return next(
        ((b.start, b.rate.decimal) for b in rule.band if b.start > total and b.rate.decimal > now),
        None,
    )


def _bonus(rule: Rule, total: int, start: int) -> int:
    """What the step over the edge pays: only where the new rate counts from the start."""
    return rules.pay(rule, start) - rules.pay(rule, start - 1) if rule.bands == "retroactive" else 0
