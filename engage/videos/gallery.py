"""How a template looks with real partners: three whose films differ most, and the longest name there is."""

from typing import NamedTuple

from sqlalchemy import func, select

from engage.activity.models import Fact
from engage.db import db
from engage.partners.models import Partner
from engage.periods import Period
from engage.programmes.models import Programme
from engage.studio.plan import Plan, plan
from engage.studio.values import from_json
from engage.studio.words import language_of, told_in
from engage.videos import drafts, rules
from engage.videos.catalogue import Offered
from engage.videos.snapshot import Teller

#: Why a partner is looked at, in the order they are shown.
WHY = ("newcomer", "champion", "dipped", "longest")


def faces(programme: Programme, period: Period | None) -> dict[str, Partner]:
    """Who is looked at, by why (`WHY`): `rules.contrasting` by what they sold in a period (all time if
    not given), and who has the longest name. Reasons nobody answers are left out."""
    chosen = rules.contrasting(_known(programme, period))
    longest = db.session.scalar(
        select(Partner.id)
        .where(Partner.programme_id == programme.id)
        .order_by(func.length(Partner.name).desc(), Partner.id)
        .limit(1)
    )
    if longest is not None and longest not in chosen.values():
        chosen["longest"] = longest
    rows = db.session.scalars(select(Partner).where(Partner.id.in_(chosen.values())))
    partners = {partner.id: partner for partner in rows}
    return {why: partners[chosen[why]] for why in WHY if why in chosen}


def _known(programme: Programme, period: Period | None) -> list[rules.Known]:
    sold = [_sold(programme, days) for days in (period, period.previous() if period else None)]
    rows = db.session.execute(
        select(Partner.id, Partner.joined_on).where(Partner.programme_id == programme.id)
    )
    return [
        rules.Known(who, joined, sold[0].get(who, 0), sold[1].get(who, 0) if period else 0)
        for who, joined in rows
    ]


def _sold(programme: Programme, period: Period | None) -> dict[int, int]:
    """The amounts of facts by partner, in ten-thousandths."""
    wanted = [Fact.programme_id == programme.id, Fact.superseded_at.is_(None)]
    if period:
        wanted.append(Fact.day.between(period.first, period.last))
    rows = db.session.execute(
        select(Fact.partner_id, func.sum(Fact.amount)).where(*wanted).group_by(Fact.partner_id)
    )
    return {partner_id: int(amount or 0) for partner_id, amount in rows}


class Preview(NamedTuple):
    """A partner's film as it would be: its plan, or why there is none. ``key`` changes with the film."""

    plan: Plan | None
    refusal: str | None
    key: str


def preview(
    film: Offered, teller: Teller, partner: Partner, form: str, language: str | None = None
) -> Preview:
    """What a partner would see now, in their language if none is given."""
    made = drafts.draft(film, teller, partner, form, language)
    if made.refusal:
        return Preview(None, made.refusal, made.key)
    told = told_in(film.template, language or language_of(partner.locale or "", film.template))
    return Preview(plan(told, from_json(made.snapshot)), None, made.key)
