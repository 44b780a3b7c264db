"""``/api/v1``: what is being paid out, for the systems that pay; and what points buy."""

from dataclasses import asdict

from flask import Blueprint, Response, abort, g
from spectree import Response as Documented

from engage.api import money_shapes, shapes
from engage.api.protocol import (
    REFUSALS,
    answered,
    limited,
    paged,
    query_of,
    spec,
    the_partner,
    the_programme,
)
from engage.payouts import document, service
from engage.rewards import service as rewards
from engage.web import keyed

blueprint = Blueprint("api_payouts", __name__, url_prefix="/api/v1")


@blueprint.get("/payouts")
@keyed("read")
@limited
@spec.validate(resp=Documented(HTTP_200=money_shapes.Payouts, **REFUSALS), tags=["payouts"])
def get_payouts() -> Response:
    """Every payout run, newest first."""
    return answered(money_shapes.Payouts.model_validate({"runs": document.runs(the_programme())}))


@blueprint.get("/payouts/<int(max=9223372036854775807):number>")
@keyed("read")
@limited
@spec.validate(
    resp=Documented(HTTP_200=money_shapes.Payments, HTTP_404=shapes.Error, **REFUSALS),
    tags=["payouts"],
)
def get_payments(number: int) -> Response:
    """One run with every payment, its state and why it is held."""
    programme = the_programme()
    run = service.run_of(programme.id, number)
    if run is None:
        abort(404, f"there is no payout {number} in programme {programme.slug}")
    return answered(
        money_shapes.Payments.model_validate({"run": number, "payments": document.payments(run)})
    )


_MISSING = {"HTTP_400": shapes.Error, "HTTP_404": shapes.Error, **REFUSALS}


@blueprint.get("/partners/<path:partner>/payouts")
@keyed("read")
@limited
@spec.validate(
    query=money_shapes.BackQuery,
    resp=Documented(HTTP_200=money_shapes.OwnPayments, **_MISSING),
    skip_validation=True,
    tags=["payouts"],
)
def get_partner_payouts(partner: str) -> Response:
    """A partner's payments with their promised days and the late lines in them, newest first."""
    query, programme = query_of(money_shapes.BackQuery), the_programme()
    found = document.of_partner(
        programme,
        the_partner(programme, partner),
        g.now,
        limit=query.limit + 1,
        before=query.before,
    )
    page, last = paged(found, query.limit)
    following = last["payment"] if last else None
    return answered(money_shapes.OwnPayments.model_validate({"payments": page, "next": following}))


@blueprint.get("/rewards")
@keyed("read")
@limited
@spec.validate(resp=Documented(HTTP_200=money_shapes.Rewards, **REFUSALS), tags=["rewards"])
def get_rewards() -> Response:
    """The catalogue: what points buy, the least expensive first."""
    return answered(
        money_shapes.Rewards(
            rewards=[
                money_shapes.Reward(reward=one.id, **asdict(rewards.offer(one)))
                for one in rewards.catalogue(the_programme().id)
            ]
        )
    )


@blueprint.get("/redemptions")
@keyed("read")
@limited
@spec.validate(
    query=money_shapes.RedemptionsQuery,
    resp=Documented(HTTP_200=money_shapes.Redemptions, HTTP_400=shapes.Error, **REFUSALS),
    skip_validation=True,
    tags=["rewards"],
)
def get_redemptions() -> Response:
    """What was redeemed, newest first: `state=reserved` waits to be fulfilled."""
    return _redemptions(None)


@blueprint.get("/partners/<path:partner>/redemptions")
@keyed("read")
@limited
@spec.validate(
    query=money_shapes.RedemptionsQuery,
    resp=Documented(HTTP_200=money_shapes.Redemptions, **_MISSING),
    skip_validation=True,
    tags=["rewards"],
)
def get_partner_redemptions(partner: str) -> Response:
    """What a partner redeemed, newest first."""
    return _redemptions(the_partner(the_programme(), partner).id)


def _redemptions(partner_id: int | None) -> Response:
    query = query_of(money_shapes.RedemptionsQuery)
    found = rewards.redeemed(
        the_programme().id,
        partner_id=partner_id,
        state=query.state,
        before=query.before,
        limit=query.limit + 1,
    )
    page, last = paged(found, query.limit)
    return answered(
        money_shapes.Redemptions(
            redemptions=[
                money_shapes.Redemption(
                    redemption=one.id,
                    partner=external_id,
                    reward=one.reward_id,
                    name=one.name,
                    price=one.price,
                    state=one.state,  # type: ignore[arg-type]
                    reserved_at=one.reserved_at,
                    settled_at=one.settled_at,
                    note=one.note,
                )
                for one, external_id in page
            ],
            next=last[0].id if last else None,
        )
    )
