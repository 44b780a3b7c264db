"""Partners as a manager looks for them: searched, filtered, a page at a time."""

from collections.abc import Mapping, Sequence
from datetime import date
from typing import NamedTuple

from sqlalchemy import ColumnElement, func, or_, select

from engage.accounts.models import Seat, User
from engage.activity.models import Fact
from engage.conditions import PARTNER_ATTRIBUTES
from engage.db import db
from engage.partners.models import Partner

PAGE = 50


class Search(NamedTuple):
    """What is looked for: words, and attributes that must be equal."""

    words: str = ""
    where: Mapping[str, str] = {}

    @property
    def narrows(self) -> bool:
        return bool(self.words or self.where)


class Found(NamedTuple):
    """A page of partners in the order of their names, and how many there are in all."""

    partners: Sequence[Partner]
    total: int


def search(programme_id: int, wanted: Search, page: int) -> Found:
    """Page ``page`` (from 1) of the partners that match."""
    conditions = _conditions(programme_id, wanted)
    total = db.session.scalar(select(func.count()).select_from(Partner).where(*conditions)) or 0
    rows = db.session.scalars(
        select(Partner)
        .where(*conditions)
        .order_by(func.lower(Partner.name), Partner.id)
        .limit(PAGE)
        .offset((page - 1) * PAGE)
    ).all()
    return Found(rows, total)


def _conditions(programme_id: int, wanted: Search) -> list[ColumnElement[bool]]:
    conditions = [Partner.programme_id == programme_id]
    conditions += [getattr(Partner, name) == value for name, value in wanted.where.items()]
    for word in wanted.words.split():
        # SQLite folds the case of ASCII alone: an accented letter must be typed as it stands.
        columns = (Partner.name, Partner.external_id, Partner.email)
        conditions.append(or_(*(column.icontains(word, autoescape=True) for column in columns)))
    return conditions


def options(programme_id: int) -> dict[str, list[str]]:
    """The values that partners have, by attribute: what one can filter by."""
    found: dict[str, list[str]] = {}
    for name in PARTNER_ATTRIBUTES:
        column = getattr(Partner, name)
        values = db.session.scalars(
            select(column)
            .where(Partner.programme_id == programme_id, column.is_not(None))
            .distinct()
            .order_by(column)
        )
        found[name] = list(values)
    return found


def sold(partner_ids: Sequence[int], kind: str, first: date, last: date) -> dict[int, int]:
    """The sum (ten-thousandths) of these partners' facts of a kind, of these days."""
    rows = db.session.execute(
        select(Fact.partner_id, func.sum(Fact.amount))
        .where(
            Fact.partner_id.in_(partner_ids),
            Fact.kind == kind,
            Fact.superseded_at.is_(None),
            Fact.day.between(first, last),
        )
        .group_by(Fact.partner_id)
    )
    return {partner_id: int(amount) for partner_id, amount in rows}


def log_ins(partner: Partner) -> Sequence[User]:
    """The people who sign in for a partner."""
    return db.session.scalars(
        select(User)
        .join(Seat, Seat.user_id == User.id)
        .where(Seat.partner_id == partner.id)
        .order_by(User.email)
    ).all()
