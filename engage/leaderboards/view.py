"""What a board's page shows: which period and scope are meant, and their rows in a reader's words."""

from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from typing import Any

from sqlalchemy import String, select, text

from engage import clock
from engage.db import as_text, db
from engage.leaderboards import days, leagues, pictures, ranking
from engage.leaderboards.leagues import LEAGUE
from engage.leaderboards.narrowing import NoSuchView, narrowed
from engage.leaderboards.places import Rows
from engage.leaderboards.published import Published
from engage.leaderboards.ranking import Ranking, Scope
from engage.leaderboards.windows import ROLLING
from engage.partners.models import Group, Partner
from engage.periods import Period, UnknownPeriod
from engage.programmes.models import Programme
from engage.voice import Voice

#: Lines of a ranking on one page.
PAGE = 50


@dataclass(frozen=True)
class View:
    """A board in a period and scope, on a local day of its programme.

    ``published`` is the board as everybody sees it there; ``live`` as managers alone may.
    """

    programme: Programme
    published: Published
    period: Period
    scope: Scope | None
    today: date
    live: bool = False

    @property
    def is_frozen(self) -> bool:
        picture = self.published.picture
        return picture is not None and picture.kind == "freeze"

    def at(self, published: Published) -> "View":
        """The same view of the board as it has become."""
        seen = pictures.as_seen(self.programme, published, self.period, live=self.live)
        return replace(self, published=seen)

    @property
    def slug(self) -> str:
        return self.published.model.slug

    @property
    def is_current(self) -> bool:
        return self.period.first <= self.today <= self.period.last

    @property
    def is_over(self) -> bool:
        return self.period.last < self.today

    def to(self, period: Period) -> dict[str, Any]:
        """The parts of the address of the same board and scope in another period."""
        return replace(self, period=period).address()

    def address(self, **more: Any) -> dict[str, Any]:
        """The parts of an address that leads here; what is as always is left out."""
        return {
            "board": self.slug,
            "period": None if self.is_current else self.period.name,
            "scope": "=".join(self.scope) if self.scope else None,
            "live": 1 if self.live else None,
        } | more


def view(
    programme: Programme,
    published: Published,
    period: str,
    scope: str,
    today: date,
    *,
    live: bool = False,
    partner: Partner | None = None,
) -> View:
    """The view an address asks for; empty texts mean this period and everybody.

    ``league`` alone is the division of the ``partner`` who looks, or the first.

    :raises NoDivision: the league was drawn without it in this period, or not at all.
    :raises NoSuchView: the period is not one of the board's, or nobody is in the scope.
    """
    kind = published.rule.period
    try:
        wanted = published.rule.windows.called(period, today)
    except UnknownPeriod as error:
        raise NoSuchView(str(error)) from error
    if wanted.kind != kind or (kind == ROLLING and wanted.last > today):
        raise NoSuchView(f"{wanted.name} is no {kind} of this board")
    seen = pictures.as_seen(programme, published, wanted, live=live)
    chosen = narrowed(programme, published, wanted, scope, partner) if scope else None
    return View(programme, seen, wanted, chosen, today, live)


def is_inside(view: View, partner: Partner) -> bool:
    """Whether a partner is one of those whom the view ranks."""
    if view.scope is None:
        return True
    kind, value = view.scope
    if kind != LEAGUE:
        return bool(getattr(partner, kind) == value)
    draw = leagues.draw_of(view.published, view.period)
    return draw is not None and str(leagues.placed(draw, partner.id).division) == value


def until(view: View, now: datetime, voice: Voice) -> datetime:
    """Until when its page reads as it does now, as long as neither board nor reader change.

    Whatever on it turns with the clock alone (a day that is over, a board that freezes) belongs here.
    While a board is frozen its partners still see their own scores move, of which no version tells.
    """
    if view.is_frozen or view.live:
        return now
    over = clock.next_day(now, view.programme.timezone, voice.timezone)
    turns = view.published.model.turns_at
    return min(over, turns) if turns else over


#: From each period's name to the next one in the key: buckets are many, periods are few.
_PERIODS = text("""
WITH RECURSIVE periods(name) AS (
  SELECT min(period) FROM standing_buckets WHERE board_id = :board
  UNION ALL
  SELECT (SELECT min(period) FROM standing_buckets WHERE board_id = :board AND period > name)
  FROM periods WHERE name IS NOT NULL
)
SELECT name FROM periods WHERE name NOT LIKE '@%'
""").columns(name=String)


def periods_question(published: Published) -> tuple[str, dict[str, Any]]:
    """What `past_periods` asks, for the driver."""
    return as_text(_PERIODS, db.engine.dialect.name), {"board": published.model.id}


def past_periods(view: View, rows: Rows = None) -> list[Period]:
    """The board's periods that have standings, with the running one, newest first.

    From the ``rows`` of `periods_question`, where it was asked already.
    """
    if rows is None:
        rows = db.session.execute(_PERIODS, {"board": view.published.model.id}).all()
    windows = view.published.rule.windows
    found = {windows.called(name) for (name,) in rows}
    found |= {view.period, windows.running(view.today)}
    return sorted(found, key=lambda period: period.first, reverse=True)


def member_of(published: Published, partner: Partner | None) -> int | None:
    """Which member of the board a partner is: itself, or its group; None where it has none."""
    if partner is None or published.rule.by == "partner":
        return partner.id if partner else None
    name = getattr(partner, published.rule.by)
    return db.session.scalar(
        select(Group.id).where(
            Group.programme_id == partner.programme_id,
            Group.kind == published.rule.by,
            Group.name == name,
        )
    )


def is_yesterday_kept(view: View) -> bool:
    """Whether there is something that movement can be measured against."""
    yesterday = view.today - timedelta(days=1)
    moves = view.is_current and not view.is_frozen
    return moves and days.is_kept(view.published, view.period, yesterday)


def ranks_yesterday(view: View, found: Ranking) -> dict[int, int] | None:
    """Their ranks when yesterday ended; None where none were kept or the period is over."""
    if not is_yesterday_kept(view):
        return None
    yesterday = view.today - timedelta(days=1)
    members = [row.member_id for row in found.rows]
    return days.ranks(view.published, view.period, yesterday, members, view.scope)


def ranks_before(view: View, found: Ranking) -> tuple[Period, dict[int, int]] | None:
    """The period before, and their ranks when it ended; None where none were kept, or it is over."""
    before = next(view.published.rule.windows.over(view.today), None)
    moves = view.is_current and not view.is_frozen
    if before is None or not moves or not days.is_kept(view.published, before, before.last):
        return None
    members = [row.member_id for row in found.rows]
    return before, days.ranks(view.published, before, before.last, members, view.scope)


def page(view: View, after: int, limit: int = PAGE, rows: Rows = None) -> Ranking:
    """A page of the ranking, from the line behind ``after``."""
    return ranking.ranking(
        view.programme,
        view.published,
        view.period,
        scope=view.scope,
        limit=limit,
        after_place=after,
        live=view.live,
        rows=rows,
    )


def near(view: View, member_id: int, reach: int = ranking.NEAR, rows: Rows = None) -> Ranking:
    """A member's line with its neighbours; no rows where it is not ranked."""
    return ranking.around(
        *(view.programme, view.published, view.period, member_id),
        scope=view.scope,
        reach=reach,
        live=view.live,
        rows=rows,
    )


def place(view: View, member_id: int) -> int | None:
    """On which line of the ranking a member stands; None where it is not listed."""
    return ranking.place(
        *(view.programme, view.published, view.period, member_id), scope=view.scope, live=view.live
    )


def own_score(view: View, member_id: int) -> int | None:
    """What a member has by now, where the board is frozen: its own score is no secret to it."""
    board = view.published._replace(picture=None)
    found = ranking.around(
        view.programme, board, view.period, member_id, scope=view.scope, reach=0, live=True
    )
    return next((row.score for row in found.rows), None)
