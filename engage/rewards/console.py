"""The reward catalogue for its manager: what is in it, and who waits for what."""

from typing import Any

from flask import Blueprint, abort, flash, g, redirect, render_template, request, url_for
from flask_babel import gettext as _
from werkzeug.wrappers import Response

from engage.db import db
from engage.programmes.models import Programme
from engage.rewards import rules, service
from engage.rewards.models import Redemption, Reward
from engage.rewards.routes import redeemed
from engage.web import allow
from engage.web.here import Answer, committed, programme
from engage.web.locales import viewer
from engage.web.numbers import page_number
from engage.web.texts import form_text

blueprint = Blueprint("console_rewards", __name__, url_prefix="/console/rewards")

_PAGE = 50
_NOTE = 300
_LONGEST = 1_000
_FIELDS = ("name", "description", "price", "stock", "per_partner", "starts", "ends")


@blueprint.get("/")
@allow("manager")
def index() -> str:
    here, voice, page = programme(), viewer(), page_number()
    settled = request.args.get("state") == "settled"
    found = service.orders(here.id, settled=settled, limit=_PAGE + 1, offset=(page - 1) * _PAGE)
    state = "settled" if settled else None
    return render_template(
        "console_rewards/index.html",
        orders=[
            redeemed(one.redemption, voice)
            | {"partner": one.partner.name, "external_id": one.partner.external_id}
            for one in found[:_PAGE]
        ],
        settled=settled,
        waiting=service.to_fulfil(here.id),
        rewards=service.catalogue(here.id),
        retired=service.catalogue(here.id, retired=True),
        previous=url_for(".index", state=state, page=page - 1) if page > 1 else None,
        following=url_for(".index", state=state, page=page + 1) if len(found) > _PAGE else None,
    )


# --- the catalogue --------------------------------------------------------------------------------


def problem_words() -> dict[str, str]:
    return {
        "number": _("Write a whole number."),
        "range": _("Write a number above zero and below a billion."),
        "day": _("Choose a day."),
        "name": _("Give it a name of at most 80 characters."),
        "long": _("Say it in at most 500 characters."),
        "before": _("The last day is before the first."),
    }


def _reward(reward_id: int) -> Reward:
    return service.reward(g.seat.programme.id, reward_id) or abort(404)


def _form(reward: Reward | None, typed: dict[str, str], errors: dict[str, str]) -> str:
    here = programme()
    return render_template(
        "console_rewards/edit.html",
        reward=reward,
        typed=typed,
        errors=errors,
        timezone=here.timezone.replace("_", " "),
    )


@blueprint.get("/new")
@allow("manager")
def new() -> str:
    return _form(None, {}, {})


@blueprint.get("/<id:reward_id>")
@allow("manager")
def edit(reward_id: int) -> str:
    found = _reward(reward_id)
    values = {name: getattr(found, name) for name in _FIELDS}
    return _form(found, {k: "" if v is None else str(v) for k, v in values.items()}, {})


@blueprint.post("/new")
@allow("manager")
def create() -> Answer:
    return _submitted(None)


@blueprint.post("/<id:reward_id>")
@allow("manager")
def change(reward_id: int) -> Answer:
    return _submitted(_reward(reward_id))


def _submitted(found: Reward | None) -> Answer:
    """Take what was sent into the catalogue, once nothing is wrong with it."""
    typed = {name: form_text(name, _LONGEST) for name in _FIELDS}
    offer, mistakes = rules.read(typed, viewer())
    if offer is None:
        words = problem_words()
        errors = {mistake.field: words[mistake.problem] for mistake in mistakes}
        return _form(found, typed, errors), 422
    if found is None:
        committed(lambda here: service.add(here.id, offer, g.now))
        said = _("%(name)s is in the catalogue.", name=offer.name)
    else:
        reward_id = found.id
        committed(lambda here: service.change(reward_id, offer))
        said = _("%(name)s was changed. What was redeemed keeps its price.", name=offer.name)
    flash(said, "success")
    return redirect(url_for(".index"), 303)


@blueprint.post("/<id:reward_id>/restock")
@allow("manager")
def restock(reward_id: int) -> Response:
    """Add pieces to the stock, or take some out."""
    _reward(reward_id)
    pieces = rules.whole(request.form.get("pieces", "").strip(), viewer())
    if not pieces or abs(pieces) > rules.MOST:
        flash(_("Write how many pieces to add, such as 20; −5 takes some out."), "error")
    elif committed(lambda here: service.restock(reward_id, pieces)):
        flash(_("The stock was changed."), "success")
    else:
        flash(_("There are not so many left. Nothing was changed."), "error")
    return redirect(url_for(".edit", reward_id=reward_id), 303)


@blueprint.post("/<id:reward_id>/limit")
@allow("manager")
def limit(reward_id: int) -> Response:
    """Limit a reward to so many ``pieces`` from now on; without any, lift the limit."""
    _reward(reward_id)
    text = request.form.get("pieces", "").strip()
    pieces = rules.whole(text, viewer()) if text else None
    if text and (pieces is None or not 0 <= pieces <= rules.MOST):
        flash(_("Write how many pieces there are, such as 20."), "error")
    elif committed(lambda here: service.limit(reward_id, pieces)):
        flash(_("The stock was changed."), "success")
    else:
        flash(_("Somebody changed it before you. Nothing was changed."), "info")
    return redirect(url_for(".edit", reward_id=reward_id), 303)


@blueprint.post("/<id:reward_id>/retire")
@allow("manager")
def retire(reward_id: int) -> Response:
    """Take a reward out of the catalogue, or (``back``) put it in again."""
    found = _reward(reward_id)
    name, back = found.name, request.form.get("back") == "y"
    committed(lambda here: service.retire(reward_id, None if back else g.now))
    said = _("%(name)s is back in the catalogue.") if back else _("%(name)s is retired.")
    flash(said % {"name": name}, "success")
    return redirect(url_for(".index"), 303)


# --- the queue ------------------------------------------------------------------------------------


def _note(redemption_id: int) -> str:
    """What is said to a redemption of this programme."""
    found = db.session.get(Redemption, redemption_id)
    if found is None or found.programme_id != g.seat.programme.id:
        abort(404)
    return form_text("note", _NOTE)[:_NOTE]


@blueprint.post("/redemptions/<id:redemption_id>/fulfil")
@allow("manager")
def fulfil(redemption_id: int) -> Response:
    note = _note(redemption_id)

    def work(here: Programme) -> bool:
        return service.fulfil(here.id, redemption_id, note, by=g.user.id, now=g.now)

    try:
        return _told(committed(work), _("It is fulfilled."))
    except service.OwnRedemption:
        flash(_("This is for yourself: another manager says that you have it."), "error")
        return redirect(url_for(".index"), 303)


@blueprint.post("/redemptions/<id:redemption_id>/cancel")
@allow("manager")
def cancel(redemption_id: int) -> Response:
    """Call a redemption off, with the reason the partner reads."""
    note = _note(redemption_id)
    if not note:
        flash(_("Say why: the partner reads it. Nothing was called off."), "error")
        return redirect(url_for(".index"), 303)

    def work(here: Programme) -> bool:
        return service.cancel(here, redemption_id, note, by=g.user.id, now=g.now)

    return _told(committed(work), _("It is called off, and the partner has the points back."))


def _told(changed: bool, said: Any) -> Response:
    if changed:
        flash(said, "success")
    else:
        flash(_("It was settled in the meantime. Nothing was changed."), "info")
    return redirect(url_for(".index"), 303)
