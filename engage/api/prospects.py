"""``/api/v1``: what is ahead of a partner, and what facts that have not happened would earn."""

from typing import Any
from zoneinfo import ZoneInfo

from flask import Blueprint, Response, g, request
from pydantic import ValidationError
from spectree import Response as Documented

from engage import periods
from engage.activity.dates import Reading, read_instant
from engage.activity.problems import Unreadable
from engage.activity.rules import Report
from engage.api import intake, shapes
from engage.api import question_shapes as shape
from engage.api.intake import BadBody
from engage.api.protocol import (
    REFUSALS,
    answered,
    at_most,
    described,
    refused,
    tells,
    the_partner,
    the_programme,
)
from engage.api.questions import missed_by, stage_name
from engage.api.said import issues
from engage.earnings.service import ByRule
from engage.insight import ahead, answers
from engage.insight.whatif import Gain, WhatIf, what_if
from engage.ledger.rules import Overdrawn
from engage.money import natural, natural_unit
from engage.programmes.models import Programme
from engage.tiers import sentences as tiers
from engage.tiers.rules import Outlook
from engage.web import keyed

blueprint = Blueprint("api_prospects", __name__, url_prefix="/api/v1")


@tells(blueprint, "/partners/<path:partner>/ahead", shape.Ahead, "partners")
def get_ahead(partner: str) -> Response:
    """What the nearest reward of every rule and running mission needs of a partner, and each tier."""
    programme = the_programme()
    found = ahead.ahead(programme, the_partner(programme, partner), g.now)
    return answered(
        shape.Ahead(
            rules=[_rule_ahead(item, programme.currency) for item in found.rules],
            missions=[
                shape.StageAhead(
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


def _rule_ahead(item: ahead.RuleAhead, currency: str) -> shape.RuleAhead:
    unit, endless = item.rule.earn, item.last == periods.LAST_DAY
    return shape.RuleAhead(
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


def _tier_ahead(item: Outlook, currency: str) -> shape.TierAhead:
    tier = item.tier
    return shape.TierAhead(
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
@at_most("60 per minute")  # each takes the writer for some milliseconds
@described(
    json=shape.Supposition,
    resp=Documented(
        HTTP_200=shape.WouldEarn,
        HTTP_400=shapes.Error,
        HTTP_404=shapes.Error,
        HTTP_422=shape.Problems,
        **REFUSALS,
    ),
    tags=["facts"],
)
def post_what_if() -> Response:
    """What facts that have not happened would earn their partner, and change. Nothing is saved."""
    programme = the_programme()
    try:
        said, *more = intake.items(request.get_data())
        if more:
            raise BadBody("several questions at once: send one, with its facts in a list")
        asked = shape.Supposition.model_validate(said)
        reports = _reports(asked, programme)
    except BadBody as error:
        return refused(400, str(error))
    except ValidationError as error:
        return _problems(list(issues(error, shape.Supposition)))
    except Unreadable as error:
        return _problems([shapes.Issue(field="occurred_at", problem=str(error))])
    try:
        found = what_if(programme, the_partner(programme, asked.partner), reports, g.now)
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
    response = answered(shape.Problems(problems=issues))
    response.status_code = 422
    return response


def _reports(asked: shape.Supposition, programme: Programme) -> list[Report]:
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
                fact.amount,
                programme.currency,
                fact.quantity,
                fact.product,
                fact.category,
                fact.customer or name,
            )
        )
    return reports


def _would_earn(found: WhatIf, programme: Programme) -> shape.WouldEarn:
    above = found.after.above
    return shape.WouldEarn(
        sums={unit: natural_unit(amount, unit) for unit, amount in found.sums.items()},
        summary=answers.total(found),
        lines=[_because(gain, programme.currency) for gain in found.gains],
        changes=list(answers.moves(found, programme)),
        missed=missed_by(found.missed, programme.currency),
        next_tier=_tier_ahead(above, programme.currency) if above else None,
    )


def _because(gain: Gain, currency: str) -> shape.Because:
    said: dict[str, Any] = answers.line(gain, currency)
    payer = gain.payer
    return shape.Because(
        source=payer.slug if isinstance(payer, ByRule) else stage_name(payer.mission, payer.number),
        unit=gain.unit,
        amount=natural_unit(gain.amount, gain.unit),
        because=f"{said['why']} {said['sum']}".strip(),
    )
