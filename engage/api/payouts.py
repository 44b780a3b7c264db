"""``/api/v1/payouts``: what is being paid out, for the systems that make the payments."""

from flask import Blueprint, Response, abort
from spectree import Response as Documented

from engage.api import shapes
from engage.api.routes import REFUSALS, answered, limited, spec, the_programme
from engage.payouts import document, service
from engage.web import keyed

blueprint = Blueprint("api_payouts", __name__, url_prefix="/api/v1")


@blueprint.get("/payouts")
@keyed("read")
@limited
@spec.validate(resp=Documented(HTTP_200=shapes.Payouts, **REFUSALS), tags=["payouts"])
def get_payouts() -> Response:
    """Every payout run, newest first."""
    return answered(shapes.Payouts.model_validate({"runs": document.runs(the_programme())}))


@blueprint.get("/payouts/<int(max=2147483647):number>")
@keyed("read")
@limited
@spec.validate(
    resp=Documented(HTTP_200=shapes.Payments, HTTP_404=shapes.Error, **REFUSALS), tags=["payouts"]
)
def get_payments(number: int) -> Response:
    """One run with every payment, its state and why it is held."""
    run = service.run_of(the_programme().id, number)
    if run is None:
        abort(404)
    return answered(
        shapes.Payments.model_validate({"run": number, "payments": document.payments(run)})
    )
