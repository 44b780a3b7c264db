"""Boards and the standings on them."""

from datetime import date, datetime
from typing import Any

from sqlalchemy import JSON, ForeignKey, Index, String, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from engage.db import Id, Model

#: A period's name: ``2013-Q1``, or the slug of a season or mission.
NAME = String(80)


class Board(Model):
    """A published ranking; ``version`` rises with every change of its standings.

    ``kept_on`` is the local day that ends the window whose standings are kept, where it moves on
    with every day.
    """

    __tablename__ = "boards"

    id: Mapped[int] = mapped_column(Id, primary_key=True)
    programme_id: Mapped[int] = mapped_column(ForeignKey("programmes.id"))
    slug: Mapped[str] = mapped_column(String(80))
    name: Mapped[str] = mapped_column(String(200))
    definition: Mapped[dict[str, Any]] = mapped_column(JSON)
    position: Mapped[int] = mapped_column(default=0)
    version: Mapped[int] = mapped_column(default=0)
    changed_at: Mapped[datetime]
    retired_at: Mapped[datetime | None]
    kept_on: Mapped[date | None]

    __table_args__ = (UniqueConstraint("programme_id", "slug"),)


class Standing(Model):
    """A projection: what a member (partner or group) has in a board and period.

    ``score`` is in ten-thousandths for amounts, quantities and facts, in minor units for pay; a
    member with no score has no row. ``order_key`` rises from the first place on: the score, below
    zero where the highest leads. ``reached_at`` is kept for boards that rank who was there first.
    Who is not ``listed`` has no place in the public ranking (``rules.is_listed``).
    """

    __tablename__ = "standings"

    board_id: Mapped[int] = mapped_column(ForeignKey("boards.id"), primary_key=True)
    period: Mapped[str] = mapped_column(NAME, primary_key=True)
    member_id: Mapped[int] = mapped_column(Id, primary_key=True, autoincrement=False)
    score: Mapped[int]
    order_key: Mapped[int]
    reached_at: Mapped[datetime | None]
    listed: Mapped[bool]

    __table_args__ = (
        Index(
            "ix_standings_order",
            *("board_id", "period", "order_key", "reached_at", "member_id"),
            sqlite_where=text("listed"),
            postgresql_where=text("listed"),
        ),
    )


class StandingBucket(Model):
    """How many listed members have an order key from ``low`` on, up to the next bucket's.

    Two levels, fine and coarse (``rules.LEVELS``), so that a rank is two short sums and a short
    count instead of a count of everybody in front. Buckets nobody is in have no row.
    """

    __tablename__ = "standing_buckets"

    board_id: Mapped[int] = mapped_column(ForeignKey("boards.id"), primary_key=True)
    period: Mapped[str] = mapped_column(NAME, primary_key=True)
    level: Mapped[int] = mapped_column(primary_key=True)
    low: Mapped[int] = mapped_column(Id, primary_key=True, autoincrement=False)
    members: Mapped[int]

    __table_args__ = ({"sqlite_with_rowid": False},)


class StandingDay(Model):
    """Where a member stood when a local day ended: what "since yesterday" is measured against."""

    __tablename__ = "standing_days"

    board_id: Mapped[int] = mapped_column(ForeignKey("boards.id"), primary_key=True)
    period: Mapped[str] = mapped_column(NAME, primary_key=True)
    day: Mapped[date] = mapped_column(primary_key=True)
    member_id: Mapped[int] = mapped_column(Id, primary_key=True, autoincrement=False)
    rank: Mapped[int]
    score: Mapped[int]
