"""A published board: its row, its definition as the rules read it, and the picture it is seen through."""

from datetime import datetime
from typing import NamedTuple

from sqlalchemy import select

from engage.db import db
from engage.leaderboards import rules
from engage.leaderboards.models import Board, Picture
from engage.missions.models import Mission
from engage.periods import Period
from engage.programmes.models import Programme


class Published(NamedTuple):
    """A board with its definition as the rules read it.

    ``picture`` is there where it is seen as it stood once, see `engage.leaderboards.pictures`.
    """

    model: Board
    rule: rules.Board
    picture: Picture | None = None

    @property
    def known_at(self) -> datetime | None:
        """What came later does not count; None: everything does."""
        return self.picture.taken_at if self.picture else None

    def keeps(self, period: Period) -> bool:
        """Whether the standings of that period are in the projection."""
        if self.rule.period == "rolling":
            return period.kind == "rolling" and period.last == self.model.kept_on
        return period.kind == self.rule.period

    def kept_as(self, period: Period) -> str | None:
        """The name under which its ranking in that period is kept; None where it is counted."""
        if not self.keeps(period):
            return None
        if self.picture is None:
            return period.name
        is_this = self.picture.ranked and self.picture.period == period.name
        return list_of(self.picture) if is_this else None

    def called(self, name: str) -> Period:
        """The period that is kept under a name, see `kept_as`."""
        return self.rule.windows.called(self.picture.period if self.picture else name)


def list_of(picture: Picture) -> str:
    """The name under which a picture is ranked among the standings of its board."""
    return f"@{picture.id}"


def windowed(programme: Programme, rule: rules.Board) -> rules.Board:
    """The board with the days of the mission it runs along with."""
    if rule.windows.mission is None:
        return rule
    found = db.session.execute(
        select(Mission.slug, Mission.starts, Mission.ends, Mission.name).where(
            Mission.programme_id == programme.id, Mission.slug == rule.windows.mission
        )
    ).one()
    return rule.within(Period(found.slug, "mission", found.starts, found.ends, found.name))
