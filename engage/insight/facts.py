"""A partner's facts, newest first, with what each earned."""

from typing import NamedTuple

from sqlalchemy import exists, func, select, tuple_

from engage.activity.models import Fact
from engage.activity.service import meeting
from engage.conditions import Where
from engage.db import db
from engage.ledger.models import Transfer
from engage.ledger.rules import EARNED
from engage.periods import Period


class Listed(NamedTuple):
    """A fact and what it earned, by unit in minor units."""

    fact: Fact
    earned: dict[str, int]


class Filter(NamedTuple):
    """Which facts are meant: of a kind, of days, under conditions, or those that earned nothing."""

    kind: str | None = None
    period: Period | None = None
    unpaid: bool = False
    where: Where = ()


def listed(
    partner_id: int, wanted: Filter, *, limit: int, before_id: int | None = None
) -> list[Listed]:
    """Standing facts in the order they happened, the last one first, from behind ``before_id`` on.

    A ``before_id`` that is not this partner's gives none.
    """
    place = (Fact.day, Fact.occurred_at, Fact.id)
    statement = select(Fact).where(Fact.partner_id == partner_id, Fact.superseded_at.is_(None))
    if wanted.kind:
        statement = statement.where(Fact.kind == wanted.kind)
    if wanted.period:
        statement = statement.where(Fact.day.between(wanted.period.first, wanted.period.last))
    statement = statement.where(*meeting(wanted.where))
    if wanted.unpaid:
        paid = exists().where(Transfer.fact_id == Fact.id, Transfer.kind.in_(EARNED))
        statement = statement.where(~paid)
    if before_id is not None:
        last = db.session.execute(
            select(*place).where(Fact.id == before_id, Fact.partner_id == partner_id)
        ).first()
        if last is None:
            return []
        # The day alone is in the index; it bounds what is compared with the rest.
        statement = statement.where(Fact.day <= last.day, tuple_(*place) < tuple(last))
    newest_first = statement.order_by(*(column.desc() for column in place)).limit(limit)
    facts = list(db.session.scalars(newest_first))
    earned = earned_by([fact.id for fact in facts])
    return [Listed(fact, earned.get(fact.id, {})) for fact in facts]


def earned_by(fact_ids: list[int]) -> dict[int, dict[str, int]]:
    """What facts earned, by id and unit; those that stand at nothing are left out."""
    found: dict[int, dict[str, int]] = {}
    rows = db.session.execute(
        select(Transfer.fact_id, Transfer.unit, func.sum(Transfer.amount))
        .where(Transfer.fact_id.in_(fact_ids), Transfer.kind.in_(EARNED))
        .group_by(Transfer.fact_id, Transfer.unit)
    )
    for fact_id, unit, amount in rows:
        if fact_id is not None and amount:
            found.setdefault(fact_id, {})[unit] = int(amount)
    return found


def fact(partner_id: int, fact_id: int) -> Fact | None:
    """One of a partner's own facts, superseded ones too."""
    return db.session.scalar(select(Fact).where(Fact.id == fact_id, Fact.partner_id == partner_id))


def named(partner_id: int, external_id: str) -> Fact | None:
    """A partner's standing fact by its external id; the newest where two sources use the same one."""
    return db.session.scalar(
        select(Fact)
        .where(
            Fact.partner_id == partner_id,
            Fact.external_id == external_id,
            Fact.superseded_at.is_(None),
        )
        .order_by(Fact.id.desc())
        .limit(1)
    )
