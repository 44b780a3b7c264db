"""The first start: a year of the programme, made up and carried through the flow in one transaction.

The numbers are as true as any: facts go in through ``flow.record``, week by week, and whatever else
there is follows from them. A seed that is interrupted leaves nothing behind.
"""

from collections.abc import Callable
from datetime import datetime, timedelta
from itertools import groupby
from typing import Any, NamedTuple

from sqlalchemy import func, select

from engage import clock, flow, membership, periods
from engage.activity.models import Fact
from engage.activity.rules import Report
from engage.config import ConfigurationError, Settings
from engage.db import db, transaction
from engage.demo import history, logins, programme, scenes
from engage.demo.cast import Cast, cast
from engage.demo.logins import Login
from engage.leaderboards import days
from engage.leaderboards import service as leaderboards
from engage.outbox import delivery
from engage.partners.models import Partner
from engage.payouts import collecting as payouts
from engage.programmes import service as programmes
from engage.programmes.models import Programme
from engage.terminal import bar
from engage.videos import catalogue
from engage.videos import jobs as film_jobs
from engage.videos import service as films

SOURCE = "demo"
LEAD = "P-0001"
_DAYS_KEPT = 14
#: Whose language films have beside English: one partner of each gets a recap.
ABROAD = ("de_DE", "es_MX", "fr_CA")


class Seeded(NamedTuple):
    """What the house holds: how many partners and facts, and since when."""

    partners: int
    facts: int
    since: datetime


def seeded() -> Seeded | None:
    """What a seed (and the stream since) left; None in an empty house.

    :raises ConfigurationError: the house holds another programme.
    """
    found = db.session.scalars(select(Programme)).all()
    if not found:
        return None
    ours = next((one for one in found if one.slug == programme.SLUG), None)
    if ours is None:
        raise ConfigurationError(
            f"this house holds the programme {found[0].slug}: "
            "give the demo one of its own, such as ENGAGE_HOME=./demo"
        )
    partners = select(func.count()).where(Partner.programme_id == ours.id)
    facts = select(func.count()).where(Fact.programme_id == ours.id)
    return Seeded(db.session.scalar(partners) or 0, db.session.scalar(facts) or 0, ours.created_at)


def seed(settings: Settings, partners: int, now: datetime) -> None:
    """Fill an empty house, and order the first films."""
    timezone = programme.described(now.date()).timezone
    today = clock.local_day(now, timezone)
    first = programme.first_day(today)
    characters = cast(partners, first, today)
    with bar("Making up a year", partners) as tell:
        reports = history.history(characters, first, now, timezone, tell)
        tell(partners)
    with bar("Facts through the flow", len(reports)) as tell:
        to_make = transaction(lambda: _fill(settings, characters, reports, now, tell))
    film_jobs.wake(to_make)
    delivery.deliver()


def _fill(
    settings: Settings,
    characters: Cast,
    reports: list[Report],
    now: datetime,
    tell: Callable[[int], None],
) -> list[int]:
    """Everything of the first start, in the caller's transaction; the films to wake a worker for."""
    today = clock.local_day(now, programme.described(now.date()).timezone)
    file = programme.described(today)
    opened = periods.midnight(programme.first_day(today), file.timezone)
    ours = programmes.publish(file, opened).programme
    ours.created_at = now
    membership.enrol(ours, characters.profiles, now=opened)
    _take_in(ours, reports, tell)
    # So few that the house takes them for somebody who joins, and welcomes them with a film.
    membership.enrol(ours, [characters.newest.profile], now=now)
    return _order_films(settings, ours, now)


def _take_in(ours: Programme, reports: list[Report], tell: Callable[[int], None]) -> None:
    done = 0
    # Not across the end of a month: what is of a period comes before it is over.
    for _, week in groupby(reports, key=lambda r: (r.day.month, r.day.isocalendar()[:2])):
        batch = list(week)
        # As if it had run all the time: each week is recorded when it ends.
        outcome = flow.record(ours, batch, source=SOURCE, now=batch[-1].occurred_at)
        assert not outcome.problems, outcome.problems[0]
        payouts.collect(ours, batch[-1].occurred_at)
        tell(done := done + len(batch))


def _order_films(settings: Settings, ours: Programme, now: datetime) -> list[int]:
    """A film of each moment for who signs in as a partner, the last quarter's in other languages."""
    quarter = periods.containing(clock.local_day(now, ours.timezone), "quarter")
    before = quarter.previous()
    others = select(func.min(Partner.id)).where(Partner.programme_id == ours.id)
    abroad = db.session.scalars(others.where(Partner.locale.in_(ABROAD)).group_by(Partner.locale))
    wanted = (
        ("launch", None, [lead(ours).id]),
        ("learning", None, [lead(ours).id]),
        ("status", quarter, [lead(ours).id]),
        ("recap", before, [lead(ours).id, *abroad]),
    )
    to_make: list[int] = []
    for template, period, whom in wanted:
        placed = films.order(
            ours,
            catalogue.load(template, ours),
            whom,
            period=period,
            reason="demo",
            ordered_by=None,
            address=settings.address,
            now=now,
        )
        to_make += placed.to_make
    return to_make


def _keep_days(ours: Programme, now: datetime) -> None:
    """The last days of the boards, so that who signs in sees its way on them."""
    today = clock.local_day(now, ours.timezone)
    for board in leaderboards.boards(ours):
        running = board.rule.windows.running(today)
        if running != periods.ALL:
            days.keep(ours, board, running.first)
        for ago in range(_DAYS_KEPT, -1, -1):
            days.keep(ours, board, today - timedelta(days=ago))


def lead(ours: Programme) -> Partner:
    """The partner that the demo's partner log-in sees."""
    return db.session.execute(
        select(Partner).filter_by(programme_id=ours.id, external_id=LEAD)
    ).scalar_one()


def let_in(settings: Settings, now: datetime) -> list[Login]:
    """The log-ins of this house, made where there are none."""
    found = logins.kept(settings.home_dir)
    people = logins.make(settings.home_dir, found)

    def work() -> Any:
        ours = programmes.by_slug(programme.SLUG)
        logins.admit(ours, lead(ours), people, renewed=not found, now=now)
        _keep_days(ours, now)
        scenes.settle(ours)
        scenes.play(ours, lead(ours), people, now)

    transaction(work)
    return [logins.as_it_stands(login) for login in people]
