"""Which part of a board is meant: a region, an organisation, a team, a type, or a division of its league."""

import difflib

from sqlalchemy import select

from engage.activity.problems import shown
from engage.db import db
from engage.leaderboards import leagues
from engage.leaderboards.leagues import LEAGUE
from engage.leaderboards.published import Published
from engage.leaderboards.ranking import SCOPES, Scope
from engage.partners.models import Group, Partner
from engage.periods import Period
from engage.programmes.models import Programme


class NoSuchView(LookupError):
    """The address names a period or scope this board does not have."""


class NoDivision(NoSuchView):
    """There is such a division, though not in the ``period``."""

    def __init__(self, period: Period) -> None:
        super().__init__(f"there is no such division in {period.name}")
        self.period = period


def narrowed(
    programme: Programme,
    published: Published,
    period: Period,
    text: str,
    partner: Partner | None = None,
) -> Scope:
    """The part of a board that ``region=West`` names, or ``league=2``, or ``league`` (see `view`).

    :raises NoSuchView: the board has no such part in the period, or nobody is in it.
    """
    kind, _, value = text.partition("=")
    if published.rule.by != "partner":
        raise NoSuchView(f"this board ranks by {published.rule.by}: leave the scope out")
    if kind == LEAGUE:
        return _division(published, period, text, partner)
    if kind not in SCOPES or not value:
        known = ", ".join(SCOPES)
        raise NoSuchView(
            f"{shown(text)} is no scope: write one of {known}, as region=West, or league=2"
        )
    inside = select(Partner.id).where(
        Partner.programme_id == programme.id, getattr(Partner, kind) == value
    )
    if db.session.scalar(inside.limit(1)) is None:
        known = ", ".join(_likest(programme, kind, value))
        raise NoSuchView(
            f"nobody is in {kind} {shown(value)}" + (known and f"; there are: {known}")
        )
    return kind, value


def _likest(programme: Programme, kind: str, value: str) -> list[str]:
    """Of the programme's regions (…) those that may have been meant, else the first dozen."""
    there = Group.programme_id == programme.id, Group.kind == kind
    found = select(Group.name).where(*there).order_by(Group.name).limit(1_000)
    names = list(db.session.scalars(found))
    return difflib.get_close_matches(value[:200], names) or names[:12]


def _division(published: Published, period: Period, text: str, partner: Partner | None) -> Scope:
    draw = leagues.draw_of(published, period)
    number = text.removeprefix(LEAGUE).removeprefix("=")
    if draw and not number:
        number = str(leagues.placed(draw, partner.id).division if partner else 1)
    if draw and number in map(str, range(1, draw.divisions + 1)):
        return LEAGUE, number
    most = max((draw.divisions for draw in leagues.draws(published)), default=0)
    if number in map(str, range(1, most + 1)) or (most and not number):
        raise NoDivision(period)
    has = f"has {most} divisions" if most else "has no league that is drawn"
    raise NoSuchView(f"{shown(text)} is no division: this board {has}")


def may_narrow(scope: Scope | None, partner: Partner | None) -> bool:
    """Whether a partner (None: a manager) may look at a scope alone.

    Not at another organisation or team: it would tell where somebody with a pseudonym works.
    """
    if scope is None or partner is None or scope[0] not in ("organisation", "team"):
        return True
    return bool(getattr(partner, scope[0]) == scope[1])
