"""A partner's way to spend points: the catalogue, and what was had from it."""

import secrets
from typing import Any

from flask import Blueprint, abort, flash, g, redirect, render_template, request, url_for
from flask_babel import gettext as _
from werkzeug.wrappers import Response

from engage.db import db
from engage.ledger import service as ledger
from engage.money import POINTS
from engage.programmes.models import Programme
from engage.rewards import rules, service
from engage.rewards.models import Redemption, Reward
from engage.rewards.rules import Standing
from engage.voice import Voice
from engage.web import allow, at_most, per_person
from engage.web.here import committed, programme, today
from engage.web.locales import viewer

blueprint = Blueprint("rewards", __name__, url_prefix="/rewards")

_LISTED = 50


@blueprint.get("/")
@allow("partner")
def index() -> str:
    """What points buy here, and what became of those that were spent."""
    here, partner_id, voice = programme(), g.seat.partner.id, viewer()
    balance = ledger.balances(partner_id).get(POINTS, 0)
    taken = service.taken(partner_id)
    day = today(here)
    offers = []
    for reward in service.catalogue(here.id):
        had = taken.get(reward.id, 0)
        standing = rules.standing(service.offer(reward), today=day, balance=balance, taken=had)
        if standing.state != "over":
            offers.append(_shown(reward, standing, balance, voice))
    return render_template(
        "rewards/index.html",
        balance=balance,
        offers=offers,
        redemptions=[redeemed(row, voice) for row in service.of_partner(partner_id, _LISTED)],
        key=secrets.token_hex(8),
    )


def _shown(reward: Reward, standing: Standing, balance: int, voice: Voice) -> dict[str, Any]:
    return {
        "id": reward.id,
        "name": reward.name,
        "description": reward.description,
        "price": voice.points(reward.price),
        "cost": reward.price,
        "left": balance - reward.price,
        "state": standing.state,
        "why": why_not(standing, reward, voice),
        "stock": reward.stock,
        "per_partner": reward.per_partner,
        "until": voice.day(reward.ends) if reward.ends else None,
    }


def why_not(standing: Standing, reward: Reward, voice: Voice) -> str | None:
    """Why a partner cannot have it now; None where they can."""
    if standing.state == "short":
        return voice.gettext("%(points)s to go", points=voice.points(standing.missing))
    if standing.state == "soon":
        assert reward.starts
        return voice.gettext("From %(day)s on", day=voice.day(reward.starts))
    return {
        "sold_out": voice.gettext("Sold out"),
        "limit": voice.gettext("You have as many as one partner may"),
        "over": voice.gettext("No longer to be had"),
    }.get(standing.state)


def redeemed(row: Redemption, voice: Voice) -> dict[str, Any]:
    """A redemption as both sides' pages list it."""
    return {
        "id": row.id,
        "name": row.name,
        "price": voice.points(row.price),
        "state": row.state,
        "reserved": voice.moment(row.reserved_at),
        "settled": voice.moment(row.settled_at) if row.settled_at else None,
        "note": row.note,
    }


def _reward(reward_id: int) -> Reward:
    return service.reward(g.seat.programme.id, reward_id) or abort(404)


@blueprint.post("/<id:reward_id>")
@allow("partner")
@at_most("30 per minute", per_person)
def redeem(reward_id: int) -> Response:
    """Spend points on one piece; the form's key makes sent twice once."""
    key = request.form.get("key", "")
    _reward(reward_id)
    if not 0 < len(key) <= 40:
        abort(400)

    def work(here: Programme) -> str:
        how: dict[str, Any] = {"key": key, "by": g.user.id, "now": g.now}
        return service.redeem(here, g.seat.partner.id, reward_id, **how).name

    try:
        name = committed(work)
    except service.Refused as refusal:
        found = _reward(reward_id)
        said = why_not(refusal.standing, found, viewer()) or ""
        flash(_("%(name)s was not redeemed: %(why)s.", name=found.name, why=said), "error")
    else:
        flash(_("%(name)s is reserved for you.", name=name), "success")
    return redirect(url_for(".index"), 303)


@blueprint.post("/redemptions/<id:redemption_id>/cancel")
@allow("partner")
def cancel(redemption_id: int) -> Response:
    """Call my redemption off while it is not fulfilled; the points come back."""
    found, partner_id = db.session.get(Redemption, redemption_id), g.seat.partner.id
    if found is None or (found.partner_id, found.programme_id) != (partner_id, g.seat.programme.id):
        abort(404)

    def work(here: Programme) -> bool:
        how: dict[str, Any] = {"by": g.user.id, "now": g.now, "partner_id": partner_id}
        return service.cancel(here, redemption_id, "", **how)

    if committed(work):
        flash(_("It is called off, and your points are back."), "success")
    else:
        flash(_("It was settled in the meantime. Nothing was changed."), "info")
    return redirect(url_for(".index"), 303)
