"""A partner's payments: every one, and what is in it."""

from flask import Blueprint, abort, g, render_template, url_for

from engage.earnings import reasons
from engage.earnings import service as statements
from engage.payouts import sentences, standing
from engage.web import allow
from engage.web.here import mine
from engage.web.locales import viewer
from engage.web.numbers import query_number

blueprint = Blueprint("payouts", __name__, url_prefix="/earnings/payouts")

_PAGE = 24


@blueprint.get("/")
@allow("partner")
def index() -> str:
    """Every payment of mine, the newest in front."""
    programme, partner = mine()
    voice = viewer()
    before = query_number("before")
    found = standing.of_partner(programme, partner.id, g.now, limit=_PAGE + 1, before=before)
    page = found[:_PAGE]
    return render_template(
        "payouts/index.html",
        money=[
            sentences.stats(one, voice) for one in standing.standings(programme, partner.id, g.now)
        ],
        payments=[sentences.shown(payment, voice) for payment in page],
        newest=url_for(".index") if before is not None else None,
        older=url_for(".index", before=page[-1].payout.id) if len(found) > _PAGE else None,
    )


@blueprint.get("/<id:number>")
@allow("partner")
def run(number: int) -> str:
    """What a payout run paid me, with the late and corrected lines that are in it."""
    programme, partner = mine()
    voice = viewer()
    found = standing.of_partner(programme, partner.id, g.now, run=number)
    if not found:
        abort(404)
    return render_template(
        "payouts/run.html",
        payments=[
            sentences.shown(payment, voice)
            | {
                "late_lines": [
                    reasons.shown(
                        entry,
                        programme.currency,
                        voice,
                        href=url_for("earnings.line", number=entry.transfer.id),
                    )
                    for entry in statements.explained(
                        programme, partner, standing.late_lines(payment.payout, payment.run)
                    )
                ]
            }
            for payment in found
        ],
    )
