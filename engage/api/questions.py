"""``/api/v1``: what was reported of a partner and what it earned, and why not more."""

from flask import Blueprint, Response, abort

from engage import periods
from engage.activity.models import Fact
from engage.activity.problems import shown
from engage.api import question_shapes as shape
from engage.api.protocol import answered, query_of, refused, tells, the_partner, the_programme
from engage.earnings import reasons
from engage.earnings import service as statements
from engage.insight import facts, misses
from engage.insight.whynot import WhyNot, why_not
from engage.money import natural, natural_unit

blueprint = Blueprint("api_questions", __name__, url_prefix="/api/v1")


@tells(blueprint, "/partners/<path:partner>/facts", shape.FactPage, "facts", shape.FactsQuery)
def get_facts(partner: str) -> Response:
    """A partner's facts with what each earned, the last one first, a page at a time."""
    query = query_of(shape.FactsQuery)
    found = the_partner(the_programme(), partner)
    try:
        period = periods.parse(query.period) if query.period else None
    except periods.UnknownPeriod as error:
        return refused(400, str(error))
    wanted = facts.Filter(query.kind, period, query.unpaid)
    rows = facts.listed(found.id, wanted, limit=query.limit + 1, before_id=query.before)
    page = rows[: query.limit]
    return answered(
        shape.FactPage(
            facts=[_fact_out(row.fact, row.earned) for row in page],
            next=page[-1].fact.id if len(rows) > query.limit else None,
        )
    )


def _fact_out(fact: Fact, earned: dict[str, int]) -> shape.FactOut:
    return shape.FactOut.from_row(
        fact,
        amount=natural(fact.amount, 4),
        quantity=natural(fact.quantity, 4),
        earned={unit: natural_unit(amount, unit) for unit, amount in sorted(earned.items())},
    )


@tells(blueprint, "/partners/<path:partner>/why", shape.Why, "facts", shape.WhyQuery)
def get_why(partner: str) -> Response:
    """What a fact earned by which rule or mission, and the first condition it missed of the others."""
    query, programme = query_of(shape.WhyQuery), the_programme()
    found = the_partner(programme, partner)
    fact = facts.named(found.id, query.fact)
    if fact is None:
        abort(404, f"partner {shown(partner)} has no fact {shown(query.fact)}")
    paid = statements.of_fact(programme, found, fact.id)
    lines = [entry.transfer for entry in paid]
    missed, currency = why_not(programme, fact, lines), programme.currency
    return answered(
        shape.Why(
            fact=_fact_out(fact, facts.earned_by([fact.id]).get(fact.id, {})),
            earned=[
                shape.Because(
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


def missed_by(found: WhyNot, currency: str) -> list[shape.Missed]:
    return [
        *(
            shape.Missed(
                source=miss.slug, condition=miss.key, because=misses.of_rule(miss, currency)
            )
            for miss in found.rules
        ),
        *(
            shape.Missed(
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
