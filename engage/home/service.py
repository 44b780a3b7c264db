"""Where a partner stands right now, gathered from missions, rules and boards."""

from datetime import date, datetime
from typing import NamedTuple

from engage import clock, periods
from engage.home import rules
from engage.home.rules import Goal, NextEdge, NextStage, NextTier, PlaceAbove
from engage.insight import ahead
from engage.insight.ahead import RuleAhead
from engage.leaderboards import pictures, ranking
from engage.leaderboards import service as leaderboards
from engage.leaderboards.published import Published
from engage.leaderboards.ranking import Ranking
from engage.ledger import service as ledger
from engage.missions import service as missions
from engage.missions.service import MissionView
from engage.money import SCALE
from engage.partners.models import Partner
from engage.periods import Period
from engage.programmes.models import Programme
from engage.tiers import service as tiers
from engage.tiers.rules import Outlook


class Here(NamedTuple):
    """A partner's situation at an instant.

    ``board`` is the programme's main one (its first that ranks partners), None where there is none;
    ``near`` are the lines around the partner on it. ``earned`` is minor units by unit, of
    ``period``, ``tier`` the next one above theirs. While the board is ``frozen`` nobody is told a place, and ``near`` is empty.
    """

    partner_id: int
    today: date
    period: Period
    board: Published | None
    near: Ranking
    earned: dict[str, int]
    missions: list[MissionView]
    rules: list[RuleAhead]
    tier: Outlook | None
    next: Goal | None
    frozen: bool = False

    def mission(self, slug: str) -> MissionView:
        return next(view for view in self.missions if view.mission.slug == slug)

    def rule(self, slug: str) -> RuleAhead:
        return next(rule for rule in self.rules if rule.slug == slug)


def main_board(programme: Programme) -> Published | None:
    """The first board that ranks partners and is for all of them."""
    boards = leaderboards.boards(programme)
    return next((b for b in boards if b.rule.by == "partner" and not b.rule.audience), None)


def main_period(board: Published | None, today: date) -> Period:
    """The period the numbers of a page are of: the main board's, else the quarter."""
    found = board.rule.windows.running(today) if board else periods.ALL
    fits = found is not periods.ALL and found.is_calendar
    return found if fits else periods.containing(today, "quarter")


def here(programme: Programme, partner: Partner, now: datetime, *, reach: int = 2) -> Here:
    """Everything the top of a partner's home says, and the goal it puts first."""
    today = clock.local_day(now, programme.timezone)
    board = main_board(programme)
    period = main_period(board, today)
    near = Ranking([], 0)
    frozen = board is not None and pictures.is_frozen(board)
    if board and not frozen:
        on_board = board.rule.windows.running(today)
        near = ranking.around(programme, board, on_board, partner.id, reach=reach)
    seen = missions.views(programme, partner, today)
    edges = list(ahead.of_rules(programme, partner, today, now))
    stands = tiers.standpoint(programme, partner.id, now)
    tier = stands.ahead[0] if stands and stands.ahead else None
    goals = [
        *stage_goals(seen, today),
        *(_edge_goal(item, today) for item in edges if item.needed),
        *([_tier_goal(tier, today)] if tier else []),
        *_place_goal(board, near, partner.id, today),
    ]
    return Here(
        partner.id,
        today,
        period,
        board,
        near,
        ledger.earned(partner.id, period.first, period.last),
        seen,
        edges,
        tier,
        rules.choose(goals),
        frozen,
    )


def stage_goals(views: list[MissionView], today: date) -> list[Goal]:
    """The open stage of every running mission."""
    return [
        NextStage(
            slug=view.mission.slug,
            done=stage.value,
            target=stage.stage.target,
            days=(today - view.mission.starts).days + 1,
            days_left=view.window.days_left,
            a_day=0 if stage.stage.measure in ("amount", "quantity") else SCALE,
            number=stage.number,
        )
        for view in views
        if view.window.state == "running" and (stage := view.current)
    ]


def _days(period: Period, today: date, last: date | None = None) -> tuple[int, int | None]:
    """How many days are past of a period that may end sooner, and how many remain; today is in both."""
    if period is periods.ALL:
        return 1, None
    return (today - period.first).days + 1, ((last or period.last) - today).days + 1


def _edge_goal(item: RuleAhead, today: date) -> Goal:
    days, left = _days(item.period, today, item.last)
    a_day = SCALE if item.rule.per == "fact" else 0
    return NextEdge(item.slug, item.total or 0, item.edge or 0, days, left, a_day)


def _tier_goal(item: Outlook, today: date) -> Goal:
    days, left = _days(periods.containing(today, item.tier.period), today)
    a_day = SCALE if item.tier.measure in ("facts", "customers", "products") else 0
    return NextTier(item.tier.name, item.value, item.tier.threshold, days, left, a_day)


def _place_goal(board: Published | None, near: Ranking, partner_id: int, today: date) -> list[Goal]:
    """The next higher score; where the lowest leads there is nothing to do for it."""
    mine = next((row for row in near.rows if row.member_id == partner_id), None)
    above = [row for row in near.rows if mine and row.score > mine.score]
    if board is None or mine is None or not above or board.rule.direction == "lowest":
        return []
    days, left = _days(board.rule.windows.running(today), today)
    return [
        PlaceAbove(
            slug=board.model.slug,
            done=mine.score,
            target=above[-1].score,
            days=days,
            days_left=left,
            a_day=SCALE if board.rule.measure == "facts" else 0,
            name=above[-1].name,
        )
    ]
