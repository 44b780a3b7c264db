"""How the board that films tell of stands: only what everybody sees of it, and what agrees with the facts."""

from collections.abc import Mapping
from datetime import date, datetime, timedelta
from functools import cached_property

from sqlalchemy import select

from engage import clock
from engage.db import db
from engage.leaderboards import pictures
from engage.leaderboards import ranking as ranks
from engage.leaderboards import service as leaderboards
from engage.leaderboards.published import Published
from engage.partners.models import Partner
from engage.periods import ALL, Period
from engage.programmes.models import Programme

#: Who joined so long before a period's last day, or in it, is a newcomer in it.
NEWCOMER = timedelta(days=90)


class Standings:
    """The first board that ranks partners and is for all of them, in ``told`` or else its running period."""

    def __init__(self, programme: Programme, told: Period | None, now: datetime) -> None:
        boards = leaderboards.boards(programme)
        self.programme, self.now = programme, now
        self.board = next((b for b in boards if b.rule.by == "partner" and b.rule.is_public), None)
        today = clock.local_day(now, programme.timezone)
        running = self.board.rule.windows.running(today) if self.board else ALL
        self.period = told or running

    @cached_property
    def ranking(self) -> ranks.Ranking:
        return self._ranked(self.period)

    @cached_property
    def ranks_before(self) -> dict[int, int]:
        """The ranks of the period before, by partner."""
        before = self._ranked(self.period.previous())
        return {row.member_id: row.rank for row in before.rows}

    def line(self, partner: Partner) -> ranks.Row | None:
        """The partner's line as everybody sees it; None where that would contradict what else a film
        tells: while the board is frozen, and of whom facts came after it was final."""
        row = self._line(self._lines, partner, live=False)
        if row is None or not self._is_final:
            return row
        now = self._line(self._lines_now, partner, live=True)
        return row if now and now.score == row.score else None

    def _line(
        self, lines: Mapping[int, ranks.Row], partner: Partner, *, live: bool
    ) -> ranks.Row | None:
        if row := lines.get(partner.id):
            return row
        if self.board is None or partner.visibility != "hidden" or not self.ranking.ranked:
            return None
        # Off the public board, but their own film tells them where they stand.
        near = ranks.around(self.programme, self.board, self.period, partner.id, reach=0, live=live)
        return near.rows[0] if near.rows else None

    @cached_property
    def _lines(self) -> dict[int, ranks.Row]:
        return {row.member_id: row for row in self.ranking.rows}

    @cached_property
    def order(self) -> dict[int, int]:
        """At which of the rows of `ranking` a partner stands."""
        return {member: at for at, member in enumerate(self._lines)}

    @cached_property
    def _lines_now(self) -> dict[int, ranks.Row]:
        """With what came after the board was final; no outlet of the house shows these."""
        return {row.member_id: row for row in self._ranked(self.period, live=True).rows}

    def _ranked(self, period: Period | None, *, live: bool = False) -> ranks.Ranking:
        if self.board is None or period is None or self._hides(period):
            return ranks.Ranking([], 0)
        return ranks.ranking(self.programme, self.board, period, live=live)

    def _hides(self, period: Period) -> bool:
        """Whether a place in this period would tell how a board stands that is frozen in it."""
        assert self.board is not None
        return any(
            self.board.rule.tells_of(other.rule, self._earning)
            and self._picture(other, period) == "freeze"
            for other in leaderboards.boards(self.programme)
        )

    @cached_property
    def _earning(self) -> Mapping[str, frozenset[str]]:
        return leaderboards.earning(self.programme, self.now)

    @cached_property
    def _is_final(self) -> bool:
        return self.board is not None and self._picture(self.board, self.period) == "final"

    @property
    def is_provisional(self) -> bool:
        if self.board is None:
            return False
        stage = pictures.stage(self.programme, self.board, self.period, self.now)
        return stage.name == "provisional"

    def _picture(self, board: Published, period: Period) -> str | None:
        picture = pictures.as_seen(self.programme, board, period).picture
        return picture.kind if picture else None

    # --- newcomers --------------------------------------------------------------------------------

    @cached_property
    def _joining(self) -> tuple[date, date]:
        """Between which days a newcomer joined."""
        before = NEWCOMER if self.period.kind not in ("year", "all") else timedelta(0)
        return max(self.period.first, date.min + NEWCOMER) - before, self.period.last

    def is_newcomer(self, joined: date) -> bool:
        first, last = self._joining
        return first <= joined <= last

    @cached_property
    def newcomers(self) -> list[int]:
        """The newcomers on the board, best first."""
        joined = Partner.joined_on.between(*self._joining)
        ours = Partner.programme_id == self.programme.id
        new = set(db.session.scalars(select(Partner.id).where(ours, joined)))
        return [row.member_id for row in self.ranking.rows if row.member_id in new]
