"""A partner's facts and statement for its manager, with the reasons that the partner reads."""

from functools import partial
from typing import TypeVar

from flask import Blueprint, abort, render_template
from flask import url_for as url
from flask_babel import gettext as _

from engage.activity.models import Fact
from engage.db import db
from engage.earnings import reasons
from engage.earnings import service as statements
from engage.insight import pages
from engage.insight.routes import listing
from engage.ledger.models import Transfer
from engage.partners.models import Partner
from engage.partners.service import by_external_id
from engage.programmes.models import Programme
from engage.web import allow
from engage.web.here import programme, today
from engage.web.locales import viewer
from engage.web.numbers import query_number

blueprint = Blueprint("console_facts", __name__, url_prefix="/console")

#: Lines on one page.
_LINES = 25
Of = TypeVar("Of", Fact, Transfer)


def _partner(here: Programme, external_id: str) -> Partner:
    return by_external_id(here.id, external_id) or abort(404)


@blueprint.get("/facts/<path:external_id>")
@allow("manager")
def index(external_id: str) -> str:
    """What was reported for a partner, newest first, with what each earned."""
    here = programme()
    found = _partner(here, external_id)
    return render_template(
        "insight/facts.html",
        read_by=found.name,
        lead=_("Everything that arrived for %(partner)s, with what it earned.", partner=found.name),
        back=(url("console_partners.partner", external_id=external_id), found.name),
        **listing(
            found,
            today(here),
            viewer(),
            url_to_list=partial(url, "console_facts.index", external_id=external_id),
            url_to_fact=partial(url, "console_facts.fact"),
        ),
    )


def _about(found: Of | None) -> tuple[Programme, Of, Partner]:
    """A fact or line of this programme, and the partner it is about."""
    here = programme()
    if found is None or found.programme_id != here.id:
        abort(404)
    return here, found, db.session.get_one(Partner, found.partner_id)


@blueprint.get("/fact/<id:number>")
@allow("manager")
def fact(number: int) -> str:
    """One fact: what it earned by which rule, and why not by the others, as its partner reads it."""
    here, found, partner = _about(db.session.get(Fact, number))
    return render_template(
        "insight/fact.html",
        read_by=partner.name,
        back=(url("console_facts.index", external_id=partner.external_id), partner.name),
        **pages.fact(here, partner, found, viewer(), partial(url, "console_facts.line")),
    )


@blueprint.get("/lines/<id:number>")
@allow("manager")
def line(number: int) -> str:
    """One line of a partner's statement."""
    here, _found, partner = _about(db.session.get(Transfer, number))
    entry = statements.entry(here, partner, number) or abort(404)
    return _statement(here, partner, [entry], one=True)


@blueprint.get("/statement/<path:external_id>")
@allow("manager")
def statement(external_id: str) -> str:
    """A partner's lines, newest first."""
    here, before = programme(), query_number("before")
    found = _partner(here, external_id)
    return _statement(here, found, statements.entries(here, found, limit=_LINES + 1, before=before))


def _statement(
    here: Programme, partner: Partner, entries: list[statements.Entry], *, one: bool = False
) -> str:
    voice = viewer()
    more = len(entries) > _LINES
    to_list = partial(url, "console_facts.statement", external_id=partner.external_id)
    return render_template(
        "console_partners/statement.html",
        partner=partner,
        lines=[
            reasons.shown(
                entry,
                here.currency,
                voice,
                href=None if one else url("console_facts.line", number=entry.transfer.id),
            )
            | {
                "open": one,
                "fact": url("console_facts.fact", number=entry.fact.id) if entry.fact else None,
            }
            for entry in entries[:_LINES]
        ],
        back=(to_list(), _("Statement"))
        if one
        else (url("console_partners.partner", external_id=partner.external_id), partner.name),
        first=None if one or query_number("before") is None else to_list(),
        older=to_list(before=entries[_LINES - 1].transfer.id) if more else None,
    )
