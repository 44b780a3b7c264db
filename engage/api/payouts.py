"""``/api/v1``: what is being paid out, for the systems that pay; and what points buy."""

from flask import Blueprint, Response, abort, g

from engage.api import money_shapes as shape
from engage.api.protocol import answered, paged, query_of, tells, the_partner, the_programme
from engage.api.shapes import BackQuery
from engage.payouts import document, service
from engage.rewards import service as rewards

blueprint = Blueprint("api_payouts", __name__, url_prefix="/api/v1")


@tells(blueprint, "/payouts", shape.Payouts, "payouts")
def get_payouts() -> Response:
    """Every payout run, newest first."""
    return answered(shape.Payouts.model_validate({"runs": document.runs(the_programme())}))


@tells(blueprint, "/payouts/<int(max=9223372036854775807):number>", shape.Payments, "payouts")
def get_payments(number: int) -> Response:
    """One run with every payment, its state and why it is held."""
    programme = the_programme()
    run = service.run_of(programme.id, number)
    if run is None:
        abort(404, f"there is no payout {number} in programme {programme.slug}")
    return answered(
        shape.Payments.model_validate({"run": number, "payments": document.payments(run)})
    )


@tells(blueprint, "/partners/<path:partner>/payouts", shape.OwnPayments, "payouts", BackQuery)
def get_partner_payouts(partner: str) -> Response:
    """A partner's payments with their promised days and the late lines in them, newest first."""
    query, programme = query_of(BackQuery), the_programme()
    mine, limit = the_partner(programme, partner), query.limit + 1
    found = document.of_partner(programme, mine, g.now, limit=limit, before=query.before)
    page, last = paged(found, query.limit)
    following = last["payment"] if last else None
    return answered(shape.OwnPayments.model_validate({"payments": page, "next": following}))


@tells(blueprint, "/rewards", shape.Rewards, "rewards")
def get_rewards() -> Response:
    """The catalogue: what points buy, the least expensive first."""
    found = rewards.catalogue(the_programme().id)
    return answered(
        shape.Rewards(rewards=[shape.Reward.from_row(one, reward=one.id) for one in found])
    )


@tells(blueprint, "/redemptions", shape.Redemptions, "rewards", shape.RedemptionsQuery)
def get_redemptions() -> Response:
    """What was redeemed, newest first: `state=reserved` waits to be fulfilled."""
    return _redemptions(None)


@tells(
    blueprint,
    "/partners/<path:partner>/redemptions",
    shape.Redemptions,
    "rewards",
    shape.RedemptionsQuery,
)
def get_partner_redemptions(partner: str) -> Response:
    """What a partner redeemed, newest first."""
    return _redemptions(the_partner(the_programme(), partner).id)


def _redemptions(partner_id: int | None) -> Response:
    query = query_of(shape.RedemptionsQuery)
    found = rewards.redeemed(
        the_programme().id,
        partner_id=partner_id,
        state=query.state,
        before=query.before,
        limit=query.limit + 1,
    )
    page, last = paged(found, query.limit)
    return answered(
        shape.Redemptions(
            redemptions=[
                shape.Redemption.from_row(
                    one, redemption=one.id, partner=external_id, reward=one.reward_id
                )
                for one, external_id in page
            ],
            next=last[0].id if last else None,
        )
    )
