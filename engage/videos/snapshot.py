"""What is known about a partner when a film is ordered, read by the functions that pay and rank.

`fields` turns it into the values a template asks for. Words and numbers are the partner's own
(locale, time zone); nothing depends on the hour, so the same facts make the same film.
"""

import copy
from collections.abc import Iterable
from datetime import date, datetime
from decimal import Decimal
from functools import cached_property

from engage import clock
from engage.activity import service as activity
from engage.activity.models import Fact
from engage.activity.rules import Standing
from engage.activity.service import Month
from engage.incentives import service as incentives
from engage.incentives.rules import Rule, in_force
from engage.leaderboards import ranking as ranks
from engage.leaderboards import sentences
from engage.ledger import service as ledger
from engage.missions import service as missions
from engage.missions.service import MissionView
from engage.partners.models import Partner
from engage.periods import ALL, Period
from engage.programmes.models import Programme
from engage.studio.design import ENGLISH
from engage.studio.typeface import MissingScript, drawable_words, printable
from engage.studio.values import Number
from engage.tiers import service as tiers
from engage.tiers.service import Standpoint
from engage.videos import highlights
from engage.videos.languages import Tongue, locale_of
from engage.videos.standings import Standings
from engage.voice import Voice

#: How far back "best month so far" looks.
MEMORY_YEARS = 10


class Teller:
    """What the films of one order have in common: programme, period and moment."""

    def __init__(
        self, programme: Programme, period: Period | None, address: str, now: datetime
    ) -> None:
        self.programme, self.address, self.now = programme, address, now
        self.told_period = period
        self.today = clock.local_day(now, programme.timezone)

    def about(self, partner: Partner, language: str | None = None) -> "Told":
        """``language``: the film's; the partner's own if not given."""
        return Told(self, partner, language)

    @cached_property
    def standings(self) -> Standings:
        """Of the board that is told of, in the period told of or the board's that runs."""
        return Standings(self.programme, self.told_period, self.now)

    @cached_property
    def period(self) -> Period:
        """What is summed up: the period told of, or all time."""
        return self.told_period or ALL

    @cached_property
    def is_over(self) -> bool:
        return self.period.last < self.today

    @cached_property
    def last_day(self) -> date:
        return min(self.period.last, self.today)

    @cached_property
    def kind(self) -> str:
        """The kind of fact that is counted as a deal."""
        board = self.standings.board
        return board.rule.on if board and board.rule.on else "sale"

    @cached_property
    def rules(self) -> list[Rule]:
        """The rules in force now."""
        versions = (in_force(b.versions, self.now) for b in incentives.books(self.programme))
        return [v.rule for v in versions if v and v.rule and v.rule.covers(self.today, self.now)]


class Told:
    """One partner's story; each field reads one part of it."""

    def __init__(self, teller: Teller, partner: Partner, language: str | None = None) -> None:
        self.teller, self.partner = teller, partner
        self.currency = teller.programme.currency
        locale = locale_of(partner, language)
        self.tongue = Tongue(language or locale.language)
        self.voice = Voice(
            locale,
            partner.timezone or teller.programme.timezone,
            self.tongue.gettext,
            self.tongue.ngettext,
        )

    def in_english(self) -> "Told":
        """The same story told in English, for what the house cannot say otherwise."""
        other = copy.copy(self)
        other.tongue = Tongue(ENGLISH)
        locale = locale_of(self.partner, ENGLISH)
        other.voice = Voice(
            locale, self.voice.timezone, other.tongue.gettext, other.tongue.ngettext
        )
        return other

    @property
    def name(self) -> str:
        """The partner's name as it can be drawn here: its Latin form or the address where need be.

        As it is where even that cannot: there is no film then, and the reason is said.
        """
        name = self.partner.name
        try:
            return printable(name, drawable_words(name), self.partner.email)
        except MissingScript:
            return name

    @cached_property
    def facts(self) -> list[Standing]:
        """Everything that is known of what the partner did, up to the period's last day."""
        last = self.teller.last_day
        first = date(last.year - MEMORY_YEARS, last.month, 1)
        wanted = (Fact.partner_id == self.partner.id, Fact.day.between(first, last))
        return list(activity.standing_facts(*wanted))

    @cached_property
    def sales(self) -> list[Standing]:
        """The deals of the period."""
        return [
            fact for fact in self._of_period(self.teller.period) if fact.kind == self.teller.kind
        ]

    def _of_period(self, period: Period) -> Iterable[Standing]:
        return highlights.within(self.facts, period.first, period.last)

    def sold(self, period: Period | None) -> int:
        """The amount of a period's deals, in ten-thousandths."""
        found = self._of_period(period) if period else ()
        return sum(fact.amount for fact in found if fact.kind == self.teller.kind)

    @cached_property
    def tiers(self) -> Standpoint | None:
        return tiers.standpoint(self.teller.programme, self.partner.id, self.teller.now)

    @cached_property
    def earned(self) -> dict[str, int]:
        period = self.teller.period
        return ledger.earned(self.partner.id, period.first, period.last)

    @cached_property
    def history(self) -> list[Month]:
        """Every month up to the period's last day, from the first one with a fact on."""
        last = self.teller.last_day
        first = date(last.year - MEMORY_YEARS, last.month, 1)
        months = activity.months(self.partner.id, self.teller.kind, first, last)
        began = next((i for i, month in enumerate(months) if month.facts), len(months))
        return months[began:]

    @cached_property
    def in_period(self) -> list[Month]:
        """The facts of the period's own days by month."""
        first = max(self.teller.period.first, date(self.teller.last_day.year - MEMORY_YEARS, 1, 1))
        if first > self.teller.last_day:
            return []
        return activity.months(self.partner.id, self.teller.kind, first, self.teller.last_day)

    @cached_property
    def row(self) -> ranks.Row | None:
        """The partner's line on the board; see `Standings.line`."""
        return self.teller.standings.line(self.partner)

    @cached_property
    def views(self) -> list[MissionView]:
        return missions.views(self.teller.programme, self.partner, self.teller.today)

    @cached_property
    def mission(self) -> MissionView | None:
        """The mission to tell of: one that runs, else the next one, else the period's last.

        Of a period that is over it is the last mission that ended in it: what runs now moves on,
        and a film of the past holds still.
        """
        period = self.teller.period
        past = [
            v for v in self.views if v.window.state == "over" and v.mission.ends >= period.first
        ]
        if self.teller.is_over:
            past = [view for view in past if view.mission.ends <= period.last]
            return max(past, key=lambda view: view.mission.ends, default=None)
        near = [view for view in self.views if view.window.state != "over"]
        if self.teller.told_period is not None:
            near = [view for view in near if view.mission.starts <= period.last] or near
        return near[0] if near else past[-1] if past and self.teller.told_period else None

    def percent(self, whole: int | None) -> Number | None:
        """Whole percents as a film's number; None for None."""
        if whole is None:
            return None
        return Number(whole, self.voice.percent(Decimal(whole) / 100))

    def score(self, score: int) -> str:
        """A score as the board writes it: all alike, so that they line up among neighbours."""
        board = self.teller.standings.board
        assert board is not None
        rule = board.rule
        return sentences.score(rule, score, self.currency, self.voice, bare=rule.counts_facts)
