"""Boards and the standings on them."""

from datetime import date, datetime
from typing import Any

from sqlalchemy import JSON, CheckConstraint, ForeignKey, Index, String, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from engage.db import Id, Model, index_where, one_of

#: A period's name: ``2013-Q1``, or the slug of a season or mission; ``@17`` where that picture is ranked.
NAME = String(80)
#: Whom a ranking is narrowed to: ``region=Northwest``; empty: nobody.
SCOPE = String(210)


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
    #: The version that last came otherwise than by facts: a name, a rule, a freeze, a day kept.
    reshaped: Mapped[int] = mapped_column(default=0, server_default="0")
    changed_at: Mapped[datetime]
    retired_at: Mapped[datetime | None]
    kept_on: Mapped[date | None]
    #: Since when the board is there: periods that were over by then are not closed.
    opened_at: Mapped[datetime]
    #: When next a period freezes, ends or becomes final; None: never.
    turns_at: Mapped[datetime | None]
    #: What everybody is shown of the period that is frozen.
    frozen_id: Mapped[int | None] = mapped_column(
        Id, ForeignKey("board_pictures.id", use_alter=True)
    )
    #: The last day of the newest period whose result is final.
    final_until: Mapped[date | None]
    #: Whether any of its buckets was ever full: nobody asks for those of others.
    crowded: Mapped[bool] = mapped_column(default=False, server_default=text("false"))

    __table_args__ = (UniqueConstraint("programme_id", "slug"),)


class Picture(Model):
    """The standings of a board's period as they stood at ``taken_at``: ``final``, or a ``freeze``.

    Append-only, with its lines; a freeze may be lifted once. ``definition`` is the board's of then.
    Who froze or lifted by hand says why; what the programme's file asks for has no ``reason``.
    """

    __tablename__ = "board_pictures"

    id: Mapped[int] = mapped_column(Id, primary_key=True)
    board_id: Mapped[int] = mapped_column(ForeignKey("boards.id"))
    period: Mapped[str] = mapped_column(String(40))
    kind: Mapped[str] = mapped_column(String(10))
    taken_at: Mapped[datetime]
    definition: Mapped[dict[str, Any]] = mapped_column(JSON)
    #: Whether its ranking is kept as standings are; those of before that are counted.
    ranked: Mapped[bool] = mapped_column(default=True, server_default=text("false"))
    reason: Mapped[str | None] = mapped_column(String(500))
    taken_by: Mapped[int | None] = mapped_column(ForeignKey("users.id"))
    lifted_at: Mapped[datetime | None]
    lift_reason: Mapped[str | None] = mapped_column(String(500))
    lifted_by: Mapped[int | None] = mapped_column(ForeignKey("users.id"))

    __table_args__ = (
        Index("ix_board_pictures_board_id_period", "board_id", "period"),
        index_where("kind = 'final'", "uq_board_pictures_final", "board_id", "period", unique=True),
        one_of("kind", ("final", "freeze")),
        CheckConstraint("kind = 'freeze' OR lifted_at IS NULL", name="final_is_final"),
    )


class PictureLine(Model):
    """What a member had when the picture was taken, as a standing says it."""

    __tablename__ = "board_picture_lines"

    picture_id: Mapped[int] = mapped_column(
        Id, ForeignKey("board_pictures.id"), primary_key=True, autoincrement=False
    )
    member_id: Mapped[int] = mapped_column(Id, primary_key=True, autoincrement=False)
    score: Mapped[int]
    reached_at: Mapped[datetime | None]

    __table_args__ = ({"sqlite_with_rowid": False},)


def _in_order(name: str, *by: str, timed: str) -> Index:
    """The lines of a ranking one after the other, of those boards that keep times, or of the others."""
    # What is asked of a row stands in the index, or SQLite looks it up in the table each time.
    columns = dict.fromkeys(("board_id", "period", "scope", *by, "listed", "reached_at"))
    return index_where(f"listed AND reached_at {timed}", name, *columns)


class Standing(Model):
    """A projection: what a member (partner or group) has in a board and period.

    ``score`` is in ten-thousandths for amounts, quantities and facts, in minor units for pay; a
    member with no score has no row. ``order_key`` rises from the first place on: the score, below
    zero where the highest leads. ``reached_at`` is kept for boards that rank who was there first.
    Who is not ``listed`` has no place in the public ranking (``rules.is_listed``). A partner stands in
    each ``scope`` of its own that may be large (``rules.NARROWED``), too.
    """

    __tablename__ = "standings"

    board_id: Mapped[int] = mapped_column(ForeignKey("boards.id"), primary_key=True)
    period: Mapped[str] = mapped_column(NAME, primary_key=True)
    member_id: Mapped[int] = mapped_column(Id, primary_key=True, autoincrement=False)
    scope: Mapped[str] = mapped_column(SCOPE, primary_key=True, default="", server_default="")
    score: Mapped[int]
    order_key: Mapped[int]
    reached_at: Mapped[datetime | None]
    listed: Mapped[bool]

    __table_args__ = (
        _in_order("ix_standings_order", "order_key", "member_id", timed="IS NULL"),
        _in_order(
            "ix_standings_first", "order_key", "reached_at", "member_id", timed="IS NOT NULL"
        ),
        {"sqlite_with_rowid": False},
    )


class StandingBucket(Model):
    """How many listed members have an order key from ``low`` on, up to the next bucket's.

    On levels from fine to coarse (``rules.LEVELS``), so that a rank is a few short sums and a short
    count instead of a count of everybody in front. Buckets nobody is in have no row. Dense boards
    have the same levels once more, ``rules.DENSE`` higher, which count different order keys. A finest
    bucket that is full is there once more, too (``rules.FULL``), and each order key in it (``rules.EXACT``).
    """

    __tablename__ = "standing_buckets"

    board_id: Mapped[int] = mapped_column(ForeignKey("boards.id"), primary_key=True)
    period: Mapped[str] = mapped_column(NAME, primary_key=True)
    scope: Mapped[str] = mapped_column(SCOPE, primary_key=True, default="", server_default="")
    level: Mapped[int] = mapped_column(primary_key=True)
    low: Mapped[int] = mapped_column(Id, primary_key=True, autoincrement=False)
    members: Mapped[int]

    __table_args__ = ({"sqlite_with_rowid": False},)


class StandingTime(Model):
    """How many members with an order key in a full bucket reached it in the time that began at ``low``: a
    minute, an hour, a day or a month (``rules.TIMES``). On boards that rank who was there first.
    """

    __tablename__ = "standing_times"

    board_id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    period: Mapped[str] = mapped_column(NAME, primary_key=True)
    scope: Mapped[str] = mapped_column(SCOPE, primary_key=True)
    order_key: Mapped[int] = mapped_column(primary_key=True)
    level: Mapped[int] = mapped_column(primary_key=True)
    low: Mapped[datetime] = mapped_column(primary_key=True)
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


class LeagueDraw(Model):
    """Who was put into which division for a period; the newest draw of a period holds.

    Append-only, with its places. A draw that a manager asked for has a ``reason``.
    """

    __tablename__ = "league_draws"

    id: Mapped[int] = mapped_column(Id, primary_key=True)
    board_id: Mapped[int] = mapped_column(ForeignKey("boards.id"))
    period: Mapped[str] = mapped_column(String(40))
    drawn_at: Mapped[datetime]
    #: ``results``: from the scores of the period before; ``moves``: up and down from its divisions.
    basis: Mapped[str] = mapped_column(String(10))
    divisions: Mapped[int]
    reason: Mapped[str | None] = mapped_column(String(500))
    drawn_by: Mapped[int | None] = mapped_column(ForeignKey("users.id"))

    __table_args__ = (
        Index("ix_league_draws_board_id_period", "board_id", "period"),
        one_of("basis", ("results", "moves")),
    )


class LeaguePlace(Model):
    """A partner's division, 1 being the highest; ``came`` is how many it went up (or, below zero, down)."""

    __tablename__ = "league_places"

    draw_id: Mapped[int] = mapped_column(
        Id, ForeignKey("league_draws.id"), primary_key=True, autoincrement=False
    )
    partner_id: Mapped[int] = mapped_column(
        Id, ForeignKey("partners.id"), primary_key=True, autoincrement=False
    )
    division: Mapped[int]
    came: Mapped[int]

    __table_args__ = (
        Index("ix_league_places_division", "draw_id", "division"),
        {"sqlite_with_rowid": False},
    )
