"""Where members stood when a day ended: what "since yesterday" is measured against."""

from collections.abc import Iterable
from dataclasses import replace
from datetime import date, timedelta

from sqlalchemy import delete, select

from engage.db import db
from engage.leaderboards import ranking, rules
from engage.leaderboards.models import StandingDay
from engage.leaderboards.ranking import Scope
from engage.leaderboards.tally import Published
from engage.leaderboards.windows import ROLLING
from engage.partners.models import Partner
from engage.periods import Period
from engage.programmes.models import Programme
from engage.rows import insert_rows

#: How long days are kept; a page looks back one.
KEPT = timedelta(days=35)


def keep(programme: Programme, published: Published, today: date) -> int:
    """Write down where everybody stood when yesterday ended, once; how many rows were written.

    Nothing is written on the first day of a period: there is no yesterday in it.
    """
    windows, yesterday = published.rule.windows, today - timedelta(days=1)
    period = windows.running(today)
    if yesterday < period.first or is_kept(published, period, yesterday):
        return 0
    # A part of the period is no period of the projection: the ranking counts the facts up to then.
    so_far = replace(period, kind="part", last=yesterday)
    if period.kind == ROLLING:
        so_far = windows.ending(yesterday)
    rows = [
        {
            "board_id": published.model.id,
            "period": period.name,
            "day": yesterday,
            "member_id": row.member_id,
            "rank": row.rank,
            "score": row.score,
        }
        for row in ranking.ranking(programme, published, so_far).rows
    ]
    insert_rows(StandingDay.__table__, rows)
    db.session.execute(
        delete(StandingDay).where(
            StandingDay.board_id == published.model.id, StandingDay.day < today - KEPT
        )
    )
    return len(rows)


def is_kept(published: Published, period: Period, day: date) -> bool:
    """Whether the places of that day are written down."""
    found = select(StandingDay.member_id).where(
        StandingDay.board_id == published.model.id,
        StandingDay.period == period.name,
        StandingDay.day == day,
    )
    return db.session.scalar(found.limit(1)) is not None


def ranks(
    published: Published,
    period: Period,
    day: date,
    *,
    scope: Scope | None = None,
    member_ids: Iterable[int] | None = None,
) -> dict[int, int]:
    """Ranks at the end of ``day`` by member, within ``scope``; of ``member_ids`` only if given."""
    here = (
        StandingDay.board_id == published.model.id,
        StandingDay.period == period.name,
        StandingDay.day == day,
    )
    if scope is None:
        statement = select(StandingDay.member_id, StandingDay.rank).where(*here)
        if member_ids is not None:
            statement = statement.where(StandingDay.member_id.in_(list(member_ids)))
        return {row.member_id: row.rank for row in db.session.execute(statement)}
    rows = db.session.execute(
        select(StandingDay.member_id, StandingDay.rank)
        .join(Partner, Partner.id == StandingDay.member_id)
        .where(*here, ranking.within(published, period, scope))
        .order_by(StandingDay.rank)
    ).all()
    places = rules.ranks([row.rank for row in rows], published.rule.tie)
    return {row.member_id: place for row, place in zip(rows, places, strict=True)}
