"""Where members stood when a day ended: what "since yesterday" is measured against."""

from collections.abc import Iterable
from dataclasses import replace
from datetime import date, timedelta
from typing import Any

from sqlalchemy import Date, bindparam, delete, func, insert, literal, select

from engage.accounts.models import Seat
from engage.among import among
from engage.db import db
from engage.leaderboards import counted, few, rules
from engage.leaderboards.models import StandingDay
from engage.leaderboards.published import Published
from engage.leaderboards.ranking import Scope
from engage.leaderboards.windows import ROLLING
from engage.partners.models import Partner
from engage.periods import Period
from engage.programmes.models import Programme

#: How long the days are kept of those who can look at their own: who has an account, and groups.
KEPT = timedelta(days=35)


_days: Any = StandingDay.__table__.c
_DAY = (
    _days.board_id == bindparam("board"),
    _days.period == bindparam("period"),
    _days.day == bindparam("day"),
)
_ANYBODY = select(_days.member_id).where(*_DAY).limit(1)
_RANKS = select(_days.member_id, _days.rank).where(*_DAY, among(_days.member_id, "ids"))
_AT_END = select(_days.rank).where(*_DAY, _days.member_id == bindparam("member"))
_WAY = (
    select(_days.rank)
    .where(
        *_DAY[:2],
        # Named one by one they are found in the key, however many members there are.
        _days.day.in_(bindparam("days", expanding=True)),
        _days.member_id == bindparam("member"),
    )
    .order_by(_days.day)
)


def keep(programme: Programme, published: Published, today: date) -> int:
    """Write down where everybody stood when yesterday ended, once; how many rows were written.

    It is one statement of the database. The day before, which only marks on rows were measured against,
    is then kept of those alone who see their own way, unless a period ended with it: a board of a million
    costs two days of them.
    """
    windows, yesterday = published.rule.windows, today - timedelta(days=1)
    period = windows.running(yesterday)
    is_on = period.first <= yesterday <= period.last
    shown = windows.running(today) if period.kind == ROLLING else period
    if not is_on or is_kept(published, shown, yesterday):
        return 0
    so_far = period
    if period.kind != ROLLING and yesterday < period.last:
        # A part of the period is none of the projection: the ranking counts the facts up to then.
        so_far = replace(period, kind="part", last=yesterday)
    line = counted.ordered(programme, published, so_far).c
    here = (literal(published.model.id), literal(shown.name), literal(yesterday, Date))
    rows = select(*here, line.member_id, line.rank, line.score)
    columns = ["board_id", "period", "day", "member_id", "rank", "score"]
    db.session.execute(insert(StandingDay).from_select(columns, rows))
    _forget(published, today)
    written = select(func.count()).where(
        StandingDay.board_id == published.model.id, StandingDay.day == yesterday
    )
    return db.session.scalar(written) or 0


def _forget(published: Published, today: date) -> None:
    here = delete(StandingDay).where(StandingDay.board_id == published.model.id)
    ended = next((period.last for period in published.rule.windows.over(today)), today)
    old = (StandingDay.day < today - KEPT, StandingDay.day != ended)
    db.session.execute(here.where(*old))
    if published.rule.by == "partner":
        looks = select(Seat.partner_id).where(Seat.partner_id.is_not(None))
        yesterday = today - timedelta(days=1)
        db.session.execute(
            here.where(
                StandingDay.day < yesterday,
                StandingDay.day != ended,
                StandingDay.member_id.not_in(looks),
            )
        )


def way(published: Published, period: Period, member_id: int, today: date) -> list[int]:
    """The ranks a member had at the end of each kept day of a period before ``today``, oldest first."""
    first = max(period.first, today - KEPT)
    days = [first + timedelta(days=n) for n in range((min(today, period.last) - first).days + 1)]
    there = {"board": published.model.id, "period": period.name, "member": member_id}
    return list(db.session.scalars(_WAY, there | {"days": days}))


def at_end(published: Published, period: Period, member_id: int) -> int | None:
    """The rank a member had when a period ended; None where it was not kept."""
    there = {"board": published.model.id, "period": period.name, "day": period.last}
    return db.session.scalar(_AT_END, there | {"member": member_id})


def is_kept(published: Published, period: Period, day: date) -> bool:
    """Whether the places of that day are written down."""
    there = {"board": published.model.id, "period": period.name, "day": day}
    return db.session.scalar(_ANYBODY, there) is not None


def ranks(
    published: Published,
    period: Period,
    day: date,
    member_ids: Iterable[int],
    scope: Scope | None = None,
) -> dict[int, int]:
    """Ranks at the end of ``day`` by member, of ``member_ids``; within ``scope`` of all in it."""
    there = {"board": published.model.id, "period": period.name, "day": day}
    if scope is None:
        found = db.session.execute(_RANKS, there | {"ids": list(member_ids)})
        return {row.member_id: row.rank for row in found}
    rows = db.session.execute(
        select(_days.member_id, _days.rank)
        .join(Partner, Partner.id == _days.member_id)
        .where(*_DAY, few.within(published, period, scope))
        .order_by(_days.rank),
        there,
    ).all()
    places = rules.ranks([row.rank for row in rows], published.rule.tie)
    return {row.member_id: place for row, place in zip(rows, places, strict=True)}
