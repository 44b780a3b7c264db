"""A partner's facts as pages draw them: for the partner, and for a manager who looks after it."""

from collections.abc import Callable
from datetime import date
from typing import Any, NamedTuple

from engage import periods
from engage.activity import sentences
from engage.activity.models import Fact
from engage.earnings import reasons
from engage.earnings import service as statements
from engage.insight import facts, misses
from engage.insight.whynot import why_not
from engage.leaderboards.published import Published
from engage.missions.service import MissionView, StageView
from engage.partners.models import Partner
from engage.periods import Period
from engage.programmes.models import Programme
from engage.voice import Voice


class Counted(NamedTuple):
    """What counts for something, and its name; ``part_of`` the group whose number it is, in words."""

    wanted: facts.Filter
    name: str
    part_of: str | None = None


def of_stage(view: MissionView, found: StageView, voice: Voice) -> Counted:
    days = Period("", "mission", view.mission.starts, view.mission.ends)
    name = voice.gettext(
        "Stage %(number)s of %(mission)s", number=found.number, mission=view.mission.name
    )
    return Counted(facts.Filter(found.stage.on, days, where=found.stage.where), name)


def of_board(board: Published, period: Period, voice: Voice) -> Counted:
    """The facts behind a score; those of pay are all of the period."""
    name = f"{board.model.name}, {voice.period(period)}"
    part_of = {
        "organisation": voice.gettext("your organisation"),
        "team": voice.gettext("your team"),
        "region": voice.gettext("your region"),
    }.get(board.rule.by)
    return Counted(facts.Filter(board.rule.on, period, where=board.rule.where), name, part_of)


def periods_of(today: date) -> list[Period]:
    """This month and five before, this quarter and three before, this year and the last."""
    found = []
    for kind, count in (("month", 6), ("quarter", 4), ("year", 2)):
        period: Period | None = periods.containing(today, kind)
        for _number in range(count):
            assert period
            found.append(period)
            period = period.previous()
    return found


def row(found: facts.Listed, voice: Voice) -> dict[str, Any]:
    """A line of templates/insight/facts.html."""
    fact = found.fact
    return {
        "what": sentences.title(fact.kind, fact.customer, fact.product, voice),
        "when": voice.moment(fact.occurred_at),
        "size": voice.amount(fact.amount, fact.currency, exact=True)
        if fact.amount and fact.currency
        else None,
        "earned": [
            voice.pay(found.earned[u], u, whole=False, sign=True) for u in sorted(found.earned)
        ],
    }


def fact(
    programme: Programme,
    partner: Partner,
    found: Fact,
    voice: Voice,
    url_to_line: Callable[..., str],
) -> dict[str, Any]:
    """What templates/insight/fact.html tells of a fact: what it earned, and why not more."""
    currency = programme.currency
    paid = statements.of_fact(programme, partner, found.id)
    standing = found.superseded_at is None
    missed = why_not(programme, found, [line.transfer for line in paid]) if standing else None
    return {
        "title": sentences.title(found.kind, found.customer, found.product, voice),
        "when": voice.moment(found.occurred_at),
        "pairs": reasons.fact_pairs(found, currency, voice),
        "superseded": voice.moment(found.superseded_at) if found.superseded_at else None,
        "lines": [_line(entry, currency, voice, url_to_line) for entry in paid],
        "misses": [
            *(misses.of_rule(miss, currency, voice) for miss in missed.rules),
            *(misses.of_stage(miss, currency, voice) for miss in missed.stages),
        ]
        if missed
        else [],
    }


def _line(
    entry: statements.Entry, currency: str, voice: Voice, url_to_line: Callable[..., str]
) -> dict[str, Any]:
    """A line of the fact that the page is about: headed by what paid it."""
    href = url_to_line(number=entry.transfer.id)
    said = reasons.shown(entry, currency, voice, href=href)
    if isinstance(entry.paid_by, statements.ByRule):
        said["what"] = reasons.rule_name(entry.paid_by.slug)
    return said
