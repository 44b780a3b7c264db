"""Partners for their manager: the list, and everything about one of them on a page."""

from datetime import date
from typing import Any

from flask import (
    Blueprint,
    abort,
    current_app,
    flash,
    g,
    redirect,
    render_template,
    request,
    url_for,
)
from flask_babel import gettext as _
from sqlalchemy import select

from engage import config, membership
from engage.accounts import passwords, trust
from engage.accounts import service as accounts
from engage.accounts.models import User
from engage.conditions import PARTNER_ATTRIBUTES
from engage.console import directory, partner_view, service
from engage.console.directory import Search
from engage.db import db
from engage.earnings import reasons
from engage.earnings import service as earnings
from engage.home.service import main_board
from engage.leaderboards import sentences as board_sentences
from engage.missions import service as missions
from engage.partners.choices import BadChoice
from engage.partners.models import Partner
from engage.partners.service import by_external_id
from engage.programmes.models import Programme
from engage.videos.models import Video
from engage.web import allow
from engage.web.here import committed, paged, programme, today
from engage.web.locales import viewer
from engage.web.numbers import form_number, page_number

blueprint = Blueprint("console_partners", __name__, url_prefix="/console/partners")

_LINES = 10
_FILMS = 4


@blueprint.get("/")
@allow("manager")
def index() -> str:
    here, voice = programme(), viewer()
    where = {name: request.args.get(name, "").strip() for name in PARTNER_ATTRIBUTES}
    wanted = Search(
        request.args.get("q", "").strip()[:100], {name: v for name, v in where.items() if v}
    )
    page = page_number()
    found = directory.search(here.id, wanted, page)
    board = main_board(here)
    period = service.period_of(board, today(here))
    ids = [partner.id for partner in found.partners]
    sold = directory.sold(ids, service.measured_kind(board), period.first, period.last)
    return render_template(
        "console_partners/index.html",
        partners=found.partners,
        wanted=wanted,
        options=directory.options(here.id),
        labels=partner_view.attribute_labels(voice),
        sold={
            partner_id: voice.amount(board_sentences.rounded(amount), here.currency, whole=True)
            for partner_id, amount in sold.items()
        },
        this_period=voice.this(period.kind),
        **paged(page, directory.PAGE, found.total),
    )


@blueprint.get("/<path:external_id>")
@allow("manager")
def partner(external_id: str) -> str:
    return _page(external_id)


def _partner(here: Programme, external_id: str) -> Partner:
    return by_external_id(here.id, external_id) or abort(404)


def _page(external_id: str, **extra: Any) -> str:
    here, voice = programme(), viewer()
    found, day = _partner(here, external_id), today(here)
    board = main_board(here)
    period = service.period_of(board, day)
    standings = partner_view.boards(here, found, day, voice)
    entries = earnings.entries(here, found, limit=_LINES)
    views = missions.views(here, found, day)
    films = db.session.scalars(
        select(Video).where(Video.partner_id == found.id).order_by(Video.id.desc()).limit(_FILMS)
    ).all()
    return render_template(
        "console_partners/partner.html",
        partner=found,
        profile=partner_view.profile(found, voice),
        numbers=[
            *partner_view.numbers(here, found, service.measured_kind(board), period, voice),
            *partner_view.place(board, standings),
        ],
        boards=standings,
        lines=[
            reasons.shown(entry, here.currency, voice, payouts=url_for("console_payouts.index"))
            | {"fact": url_for("console_facts.fact", number=entry.fact.id) if entry.fact else None}
            for entry in entries
        ],
        missions=[partner_view.mission(view, here, voice) for view in views],
        films=films,
        people=[partner_view.person(user, here) for user in directory.log_ins(found)],
        **extra,
    )


@blueprint.post("/<path:external_id>")
@allow("manager")
def change_log_ins(external_id: str) -> Any:
    """Seat a person, give one who has no password yet a fresh link, (`remove`) take a seat back.

    Or (`left_on`) write down the partner's last day; blank, they are back.
    """
    if "left_on" in request.form:
        return _part(external_id, request.form["left_on"].strip())
    if "remove" in request.form:
        return _remove(external_id, form_number("remove"))
    email, name = request.form.get("email", "").strip(), request.form.get("name", "").strip()

    def work(here: Programme) -> tuple[str, str | None]:
        found = _partner(here, external_id)
        if "renew" in request.form:
            renew = form_number("renew")
            user = next((u for u in directory.log_ins(found) if u.id == renew), None) or abort(404)
        else:
            user = _seated(here, found, email, name[:200])
        if not partner_view.may_link(user, here):
            return user.email, None
        token = passwords.password_link(user, current_app.config["SECRET_KEY"], g.now)
        address = url_for("accounts.set_password", token=token)
        return user.email, f"{config.settings().address}{address}"

    try:
        who, link = committed(work)
    except accounts.Refused as refusal:
        return _page(external_id, email=email, name=name, error=str(refusal)), 422
    return _page(external_id, made=who, link=link)


def _seated(here: Programme, found: Partner, email: str, name: str) -> User:
    user, _new = accounts.add_user(email, name=name, is_admin=False, now=g.now)
    # Seating a stranger would take their password (see trust): no manager may do that to another's
    # people, nor to an administrator.
    if not trust.sits_only_in(user, here.id):
        raise accounts.Refused(
            _("This person is known outside of this programme: an administrator must seat them.")
        )
    accounts.give_seat(user, here, found)
    return user


def _part(external_id: str, text: str) -> Any:
    def work(here: Programme) -> None:
        try:
            left_on = date.fromisoformat(text) if text else None
        except ValueError:
            raise BadChoice("left_on", _("Write a day such as 2013-03-31.")) from None
        membership.part(here, _partner(here, external_id), left_on, now=g.now)

    try:
        committed(work)
    except BadChoice as refusal:
        return _page(external_id, left_on=text, left_error=str(refusal)), 422
    flash(_("Saved."), "success")
    return redirect(url_for(".partner", external_id=external_id))


def _remove(external_id: str, user_id: int | None) -> Any:
    def work(here: Programme) -> str:
        return accounts.take_seat(user_id or 0, _partner(here, external_id), g.now).email

    try:
        email = committed(work)
    except accounts.Refused:
        abort(404)
    flash(_("%(who)s no longer signs in for this partner.", who=email), "success")
    return redirect(url_for(".partner", external_id=external_id))
