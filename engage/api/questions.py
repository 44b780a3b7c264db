"""``/api/v1``: what was reported of a partner and what it earned, and why not more."""

from flask import Blueprint, Response, abort
from spectree import Response as Documented

from engage import periods
from engage.activity.models import Fact
from engage.activity.problems import shown
from engage.api import question_shapes, shapes
from engage.api.protocol import (
    REFUSALS,
    answered,
    limited,
    query_of,
    refused,
    spec,
    the_partner,
    the_programme,
)
from engage.earnings import reasons
from engage.earnings import service as statements
from engage.insight import facts, misses
from engage.insight.whynot import WhyNot, why_not
from engage.money import natural, natural_unit
from engage.web import keyed

blueprint = Blueprint("api_questions", __name__, url_prefix="/api/v1")


@blueprint.get("/partners/<path:partner>/facts")
@keyed("read")
@limited
@spec.validate(
    query=question_shapes.FactsQuery,
    resp=Documented(
        HTTP_200=question_shapes.FactPage, HTTP_400=shapes.Error, HTTP_404=shapes.Error, **REFUSALS
    ),
    skip_validation=True,
    tags=["facts"],
)
def get_facts(partner: str) -> Response:
    """A partner's facts with what each earned, the last one first, a page at a time."""
    query = query_of(question_shapes.FactsQuery)
    found = the_partner(the_programme(), partner)
    try:
        period = periods.parse(query.period) if query.period else None
    except periods.UnknownPeriod as error:
        return refused(400, str(error))
    wanted = facts.Filter(query.kind, period, query.unpaid)
    rows = facts.listed(found.id, wanted, limit=query.limit + 1, before_id=query.before)
    page = rows[: query.limit]
    return answered(
        question_shapes.FactPage(
            facts=[_fact_out(row.fact, row.earned) for row in page],
            next=page[-1].fact.id if len(rows) > query.limit else None,
        )
    )


def _fact_out(fact: Fact, earned: dict[str, int]) -> question_shapes.FactOut:
    return question_shapes.FactOut(
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
    query=question_shapes.WhyQuery,
    resp=Documented(
        HTTP_200=question_shapes.Why, HTTP_400=shapes.Error, HTTP_404=shapes.Error, **REFUSALS
    ),
    skip_validation=True,
    tags=["facts"],
)
def get_why(partner: str) -> Response:
    """What a fact earned by which rule or mission, and the first condition it missed of the others."""
    query, programme = query_of(question_shapes.WhyQuery), the_programme()
    found = the_partner(programme, partner)
    fact = facts.named(found.id, query.fact)
    if fact is None:
        abort(404, f"partner {shown(partner)} has no fact {shown(query.fact)}")
    paid = statements.of_fact(programme, found, fact.id)
    lines = [entry.transfer for entry in paid]
    missed, currency = why_not(programme, fact, lines), programme.currency
    return answered(
        question_shapes.Why(
            fact=_fact_out(fact, facts.earned_by([fact.id]).get(fact.id, {})),
            earned=[
                question_shapes.Because(
                    source=entry.source,
                    unit=entry.transfer.unit,
                    amount=natural_unit(entry.amount, entry.transfer.unit),
                    because=reasons.because_text(entry, currency),
                )
                for entry in paid
            ],
            missed=missed_by(missed, currency),
        )
    )


def missed_by(found: WhyNot, currency: str) -> list[question_shapes.Missed]:
    return [
        *(
            question_shapes.Missed(
                source=miss.slug, condition=miss.key, because=misses.of_rule(miss, currency)
            )
            for miss in found.rules
        ),
        *(
            question_shapes.Missed(
                source=stage_name(miss.mission.model.slug, miss.number),
                condition=miss.key,
                because=misses.of_stage(miss, currency),
            )
            for miss in found.stages
        ),
    ]


def stage_name(slug: str, number: int) -> str:
    """As a statement names it; a mission as a whole has no number."""
    return f"mission:{slug}/{number}" if number else f"mission:{slug}"
