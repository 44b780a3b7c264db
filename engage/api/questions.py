"""``/api/v1``: what was reported of a partner and what it earned, why not more, and what if."""

from typing import Any
from zoneinfo import ZoneInfo

from flask import Blueprint, Response, abort, g, request
from pydantic import ValidationError
from spectree import Response as Documented

from engage import periods
from engage.activity.dates import Reading, read_instant
from engage.activity.models import Fact
from engage.activity.problems import Unreadable
from engage.activity.rules import Report
from engage.api import intake, shapes
from engage.api.intake import BadBody
from engage.api.routes import (
    REFUSALS,
    answered,
    limited,
    per_key,
    query_of,
    refused,
    spec,
    the_programme,
)
from engage.earnings import reasons
from engage.earnings import service as statements
from engage.earnings.service import ByRule
from engage.insight import ahead, answers, facts, misses
from engage.insight.whatif import Gain, WhatIf, what_if
from engage.insight.whynot import WhyNot, why_not
from engage.ledger.rules import Overdrawn
from engage.money import natural, natural_unit, scaled
from engage.partners import service as partners
from engage.partners.models import Partner
from engage.programmes.models import Programme
from engage.tiers import sentences as tiers
from engage.tiers.rules import Outlook
from engage.web import keyed, limiter

blueprint = Blueprint("api_questions", __name__, url_prefix="/api/v1")


def _partner(programme: Programme, external_id: str) -> Partner:
    found = partners.by_external_id(programme.id, external_id)
    if found is None:
        abort(404)
    return found


@blueprint.get("/partners/<path:partner>/facts")
@keyed("read")
@limited
@spec.validate(
    query=shapes.FactsQuery,
    resp=Documented(
        HTTP_200=shapes.FactPage, HTTP_400=shapes.Error, HTTP_404=shapes.Error, **REFUSALS
    ),
    skip_validation=True,
    tags=["facts"],
)
def get_facts(partner: str) -> Response:
    """A partner's facts with what each earned, the last one first, a page at a time."""
    query = query_of(shapes.FactsQuery)
    found = _partner(the_programme(), partner)
    try:
        period = periods.parse(query.period) if query.period else None
    except periods.UnknownPeriod as error:
        return refused(400, str(error))
    wanted = facts.Filter(query.kind, period, query.unpaid)
    rows = facts.listed(found.id, wanted, limit=query.limit + 1, before_id=query.before)
    page = rows[: query.limit]
    return answered(
        shapes.FactPage(
            facts=[_fact_out(row.fact, row.earned) for row in page],
            next=page[-1].fact.id if len(rows) > query.limit else None,
        )
    )


def _fact_out(fact: Fact, earned: dict[str, int]) -> shapes.FactOut:
    return shapes.FactOut(
        external_id=fact.external_id,
        kind=fact.kind,
        occurred_at=fact.occurred_at,
        amount=natural(fact.amount, 4),
        quantity=natural(fact.quantity, 4),
        product=fact.product,
        category=fact.category,
        customer=fact.customer,
        earned={unit: natural_unit(amount, unit) for unit, amount in sorted(earned.items())},
    )


@blueprint.get("/partners/<path:partner>/why")
@keyed("read")
@limited
@spec.validate(
    query=shapes.WhyQuery,
    resp=Documented(HTTP_200=shapes.Why, HTTP_400=shapes.Error, HTTP_404=shapes.Error, **REFUSALS),
    skip_validation=True,
    tags=["facts"],
)
def get_why(partner: str) -> Response:
    """What a fact earned by which rule or mission, and the first condition it missed of the others."""
    query, programme = query_of(shapes.WhyQuery), the_programme()
    found = _partner(programme, partner)
    fact = facts.named(found.id, query.fact)
    if fact is None:
        abort(404)
    paid = statements.of_fact(programme, found, fact.id)
    lines = [entry.transfer for entry in paid]
    missed, currency = why_not(programme, fact, lines), programme.currency
    return answered(
        shapes.Why(
            fact=_fact_out(fact, facts.earned_by([fact.id]).get(fact.id, {})),
            earned=[
                shapes.Because(
                    source=entry.source,
                    unit=entry.transfer.unit,
                    amount=natural_unit(entry.amount, entry.transfer.unit),
                    because=reasons.because_text(entry, currency),
                )
                for entry in paid
            ],
            missed=_missed(missed, currency),
        )
    )


def _missed(found: WhyNot, currency: str) -> list[shapes.Missed]:
    return [
        *(
            shapes.Missed(
                source=miss.slug, condition=miss.key, because=misses.of_rule(miss, currency)
            )
            for miss in found.rules
        ),
        *(
            shapes.Missed(
                source=_stage_name(miss.mission.model.slug, miss.number),
                condition=miss.key,
                because=misses.of_stage(miss, currency),
            )
            for miss in found.stages
        ),
    ]


def _stage_name(slug: str, number: int) -> str:
    """As a statement names it; a mission as a whole has no number."""
    return f"mission:{slug}/{number}" if number else f"mission:{slug}"


@blueprint.get("/partners/<path:partner>/ahead")
@keyed("read")
@limited
@spec.validate(
    resp=Documented(HTTP_200=shapes.Ahead, HTTP_404=shapes.Error, **REFUSALS),
    skip_validation=True,
    tags=["partners"],
)
def get_ahead(partner: str) -> Response:
    """What the nearest reward of every rule and running mission needs of a partner, and each tier."""
    programme = the_programme()
    found = ahead.ahead(programme, _partner(programme, partner), g.now)
    return answered(
        shapes.Ahead(
            rules=[_rule_ahead(item, programme.currency) for item in found.rules],
            missions=[
                shapes.StageAhead(
                    mission=item.slug,
                    stage=item.stage.number,
                    last=item.last,
                    value=natural(item.stage.value, 4),
                    target=natural(item.stage.stage.target, 4),
                    needed=natural(item.stage.needed, 4),
                    reward={u: natural_unit(amount, u) for u, amount in item.stage.stage.reward},
                )
                for item in found.stages
            ],
            tiers=[_tier_ahead(item, programme.currency) for item in found.tiers],
        )
    )


def _rule_ahead(item: ahead.RuleAhead, currency: str) -> shapes.RuleAhead:
    unit, endless = item.rule.earn, item.last == periods.LAST_DAY
    return shapes.RuleAhead(
        rule=item.slug,
        period=item.period.name,
        last=None if endless else item.last,
        total=None if item.total is None else natural(item.total, 4),
        edge=None if item.edge is None else natural(item.edge, 4),
        needed=None if item.edge is None else natural(item.needed, 4),
        unit=unit,
        pays_at_once=natural_unit(item.bonus, unit),
        left_to_cap=None if item.room is None else natural_unit(item.room, unit),
        because=ahead.sentence(item, currency),
    )


def _tier_ahead(item: Outlook, currency: str) -> shapes.TierAhead:
    tier = item.tier
    return shapes.TierAhead(
        tier=tier.name,
        last=None if item.last == periods.LAST_DAY else item.last,
        value=natural(item.value, 4),
        target=natural(tier.threshold, 4),
        needed=natural(item.needed, 4),
        multiplier={unit: f"{times:f}" for unit, times in tier.multiplier},
        perks=list(tier.perks),
        because=tiers.needs(item, currency),
    )


@blueprint.post("/what-if")
@keyed("read")
@limiter.limit("60 per minute", key_func=per_key)  # each takes the writer for some milliseconds
@spec.validate(
    json=shapes.Supposition,
    resp=Documented(
        HTTP_200=shapes.WouldEarn,
        HTTP_400=shapes.Error,
        HTTP_404=shapes.Error,
        HTTP_422=shapes.Problems,
        **REFUSALS,
    ),
    skip_validation=True,
    tags=["facts"],
)
def post_what_if() -> Response:
    """What facts that have not happened would earn their partner, and change. Nothing is saved."""
    programme = the_programme()
    try:
        asked = shapes.Supposition.model_validate(intake.items(request.get_data())[0])
        reports = _reports(asked, programme)
    except BadBody as error:
        return refused(400, str(error))
    except ValidationError as error:
        return _problems(list(intake.issues(error)))
    except Unreadable as error:
        return _problems([shapes.Issue(field="occurred_at", problem=str(error))])
    try:
        found = what_if(programme, _partner(programme, asked.partner), reports, g.now)
    except Overdrawn as error:
        return _problems([shapes.Issue(field="facts", problem=str(error))])
    if found.problems:
        return _problems(
            [
                shapes.Issue(
                    field=f"facts.{problem.position}.{problem.column}", problem=problem.problem
                )
                for problem in found.problems
            ]
        )
    return answered(_would_earn(found, programme))


def _problems(issues: list[shapes.Issue]) -> Response:
    response = answered(shapes.Problems(problems=issues))
    response.status_code = 422
    return response


def _reports(asked: shapes.Supposition, programme: Programme) -> list[Report]:
    zone = ZoneInfo(programme.timezone)
    reading = Reading("", zone, zone)
    reports = []
    for number, fact in enumerate(asked.facts, 1):
        written = fact.occurred_at or g.now
        occurred_at, day = read_instant(written, reading)
        name = f"what if {number:03d}"
        reports.append(
            Report(
                name,
                asked.partner,
                fact.kind,
                occurred_at,
                day,
                scaled(fact.amount),
                programme.currency,
                scaled(fact.quantity),
                fact.product,
                fact.category,
                fact.customer or name,
            )
        )
    return reports


def _would_earn(found: WhatIf, programme: Programme) -> shapes.WouldEarn:
    above = found.after.above
    return shapes.WouldEarn(
        sums={unit: natural_unit(amount, unit) for unit, amount in found.sums.items()},
        summary=answers.total(found),
        lines=[_because(gain, programme.currency) for gain in found.gains],
        changes=list(answers.moves(found, programme)),
        missed=_missed(found.missed, programme.currency),
        next_tier=_tier_ahead(above, programme.currency) if above else None,
    )


def _because(gain: Gain, currency: str) -> shapes.Because:
    said: dict[str, Any] = answers.line(gain, currency)
    payer = gain.payer
    return shapes.Because(
        source=payer.slug
        if isinstance(payer, ByRule)
        else _stage_name(payer.mission, payer.number),
        unit=gain.unit,
        amount=natural_unit(gain.amount, gain.unit),
        because=f"{said['why']} {said['sum']}".strip(),
    )
