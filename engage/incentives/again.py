"""Groups that must be walked again though none of their own facts changed: what else their pay is by."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from datetime import date, datetime

from sqlalchemy import select

from engage import periods
from engage.activity import service as activity
from engage.activity.models import Fact
from engage.activity.rules import Standing, concerns
from engage.among import among
from engage.db import db
from engage.incentives import baseline
from engage.incentives.models import RuleVersion, RunningTotal
from engage.incentives.worth import Attributes, Book, Group, placed
from engage.ledger.models import Transfer


def measured_against(shelf: Iterable[Book], changed: Sequence[Standing]) -> set[Group]:
    """Groups with pay for growth whose baseline these facts are part of."""
    found: set[Group] = set()
    for book in shelf:
        growing = [v.rule for v in book.versions if v.rule and v.rule.baseline]
        days: dict[int, set[date]] = defaultdict(set)
        for fact in changed:
            if any(concerns(rule.on, rule.where, fact) for rule in growing):
                days[fact.partner_id].add(fact.day)
        if not days:
            continue
        rows = db.session.execute(
            select(RunningTotal.partner_id, RunningTotal.period).where(
                RunningTotal.rule_id == book.id, among(RunningTotal.partner_id, days)
            )
        )
        for partner_id, name in rows:
            before = [p for rule in growing for p in baseline.reach(rule, periods.parse(name))]
            if any(p.first <= day <= p.last for day in days[partner_id] for p in before):
                found.add((book.id, partner_id, name))
    return found


def done_since(
    shelf: Iterable[Book], climbed: Mapping[int, datetime], attributes: Mapping[int, Attributes]
) -> set[Group]:
    """Groups of rules that look at tiers, with facts since their partner's tier is another."""
    if not climbed:
        return set()
    here = (among(Fact.partner_id, climbed), Fact.occurred_at >= min(climbed.values()))
    facts = [
        fact
        for fact in activity.standing_facts(*here)
        if fact.occurred_at >= climbed[fact.partner_id]
    ]
    lines = db.session.execute(
        select(RuleVersion.rule_id, Transfer.partner_id, Transfer.period, Transfer.occurred_at)
        .join(RuleVersion, RuleVersion.id == Transfer.rule_version_id)
        .where(among(Transfer.partner_id, climbed), Transfer.occurred_at >= min(climbed.values()))
    )
    posted = {
        (rule_id, partner_id, period)
        for rule_id, partner_id, period, at in lines
        if at >= climbed[partner_id]
    }
    units = {
        unit
        for partner_id in climbed
        for ladder in attributes[partner_id]["tier"].ladders
        for tier in ladder.tiers
        for unit, _ in tier.multiplier
    }
    found: set[Group] = set()
    for book in shelf:
        if book.looks_at_tiers(units):
            found |= placed(book, facts, attributes).keys()
            found |= {group for group in posted if group[0] == book.id}
    return found
