"""What a programme spends, where that goes, and what its partners will leave unearned."""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from datetime import date, datetime, timedelta
from typing import NamedTuple

from sqlalchemy import ColumnElement, case, func, or_, select

from engage.db import db
from engage.incentives.rules import Rule, in_force
from engage.incentives.service import books
from engage.incentives.worth import Book
from engage.insight import leaks, rules
from engage.insight.leaks import Lost
from engage.insight.rules import Forecast
from engage.ledger import budgets
from engage.ledger.models import Account, Transfer
from engage.ledger.rules import EARNED
from engage.missions import service as missions
from engage.missions.service import Running
from engage.periods import Period
from engage.programmes.models import Programme


class Source(NamedTuple):
    """What awards: a rule or mission that runs, by its ``slug``, in its days from ``first`` to
    ``last``; or one of those below. ``budgets`` are its own, ``stops`` the units of those that end it."""

    kind: str
    slug: str = ""
    name: str = ""
    first: date = date.min
    last: date = date.max
    units: frozenset[str] = frozenset()
    budgets: tuple[tuple[str, int], ...] = ()
    stops: frozenset[str] = frozenset()


#: Rules and missions that do not run any more, and what managers corrected by hand.
OVER, CORRECTED = Source("over"), Source("corrected")


class Spending(NamedTuple):
    """What one source awards in a unit, in minor units: in the period that is looked at, and ever.

    ``budget`` is its own, None where none is set, and limits what is awarded ever; ``stops`` says
    whether it does, or managers are warned. ``forecast`` is what will have been awarded ever on the
    source's last day, None where it is too early to tell or over.
    """

    source: Source
    unit: str
    this_period: int
    spent: int
    forecast: Forecast | None

    @property
    def budget(self) -> int | None:
        return dict(self.source.budgets).get(self.unit)

    @property
    def stops(self) -> bool:
        return self.unit in self.source.stops

    @property
    def state(self) -> str | None:
        """``used`` up is its budget, or it may be by its last day: ``ahead``; None: there is plenty."""
        if self.budget is None:
            return None
        if self.spent >= self.budget:
            return "used"
        return "ahead" if self.forecast and self.forecast.high > self.budget else None


class Total(NamedTuple):
    """A programme's awards in a unit: ever, and within the period; what of it was paid or redeemed.

    ``forecast`` is what will have been awarded ever when the period ends, ``lasts`` how many days the
    budget does at the period's pace (None where it has no end).
    """

    unit: str
    budget: int | None
    accrued: int
    this_period: int
    paid: int
    redeemed: int
    forecast: Forecast | None
    lasts: int | None


class Budget(NamedTuple):
    """``spending`` adds up to ``totals``, in the period and in all: its last rows are the rest."""

    period: Period
    totals: list[Total]
    spending: list[Spending]
    lost: list[Lost]


_Payer = tuple[int | None, int | None]  # rule version, stage
_BY_HAND: _Payer = (None, None)
_Days = dict[date | None, int]  # None: on days that nobody asked for
Awarded = Mapping[tuple[_Payer, str], _Days]


def budget(programme: Programme, period: Period, today: date, now: datetime) -> Budget:
    """Budgets, awards, forecasts to the end of ``period`` (of missions: to their own), and leaks."""
    open_rules = list(_open(books(programme), today, now))
    running = missions.missions(programme, today, today)
    sources = _sources(open_rules, running, period)
    awarded = _awarded(programme.id, sources.values(), period, today)
    return Budget(
        period,
        list(_totals(programme, period, today, awarded)),
        spending(sources, awarded, period, today),
        leaks.lost(programme, open_rules, running, today, now),
    )


def strained(programme: Programme, period: Period, today: date, now: datetime) -> list[Spending]:
    """Rules and missions whose own budgets are used up, or may be before ``period`` (of missions:
    their own) ends."""
    open_rules = [(book, rule) for book, rule in _open(books(programme), today, now) if rule.budget]
    running = missions.missions(programme, today, today)
    sources = _sources(open_rules, [one for one in running if one.model.budget], period)
    if not sources:
        return []
    awarded = _awarded(
        programme.id,
        sources.values(),
        period,
        today,
        or_(
            Transfer.rule_version_id.in_([version for version, _ in sources if version]),
            Transfer.stage_id.in_([stage for _, stage in sources if stage]),
        ),
    )
    return [one for one in spending(sources, awarded, period, today) if one.state]


def _open(shelf: Iterable[Book], today: date, now: datetime) -> Iterator[tuple[Book, Rule]]:
    for book in shelf:
        version = in_force(book.versions, now)
        if version and version.rule and version.rule.covers(today, now):
            yield book, version.rule


def _sources(
    open_rules: Iterable[tuple[Book, Rule]], running: Iterable[Running], period: Period
) -> dict[_Payer, Source]:
    """What runs, by whatever pays for it: all versions of a rule, all stages of a mission."""
    found: dict[_Payer, Source] = {}
    for book, rule in open_rules:
        source = Source(
            "rule",
            book.slug,
            book.slug,
            max(period.first, rule.starts or period.first),
            min(period.last, rule.ends or period.last),
            frozenset({rule.earn}),
            () if rule.budget is None else ((rule.earn, rule.budget),),
            frozenset() if rule.limit is None else frozenset({rule.earn}),
        )
        found |= dict.fromkeys(((version.id, None) for version in book.versions), source)
    for mission in running:
        model = mission.model
        source = Source(
            "mission",
            model.slug,
            model.name,
            model.starts,
            model.ends,
            frozenset(unit for stage in mission.stages for unit, _ in stage.reward),
            model.budget,
            frozenset(mission.limits),
        )
        found |= dict.fromkeys(((None, stage_id) for stage_id in mission.stage_ids), source)
    return found


def _awarded(
    programme_id: int,
    sources: Iterable[Source],
    period: Period,
    today: date,
    *conditions: ColumnElement[bool],
) -> Awarded:
    """Awards by payer, unit and the day of their facts, as far back as the period or a source began."""
    first = min([period.first, *(source.first for source in sources)])
    found: dict[tuple[_Payer, str], _Days] = defaultdict(dict)
    day = case((Transfer.day.between(first, today), Transfer.day)).label("looked_at")
    amount = func.sum(Transfer.amount)
    rows = db.session.execute(
        select(Transfer.rule_version_id, Transfer.stage_id, Transfer.unit, day, amount)
        .where(Transfer.programme_id == programme_id, Transfer.kind.in_(EARNED), *conditions)
        .group_by(Transfer.rule_version_id, Transfer.stage_id, Transfer.unit, "looked_at")
    )
    for version_id, stage_id, unit, looked_at, awarded in rows:
        found[(version_id, stage_id), unit][looked_at] = int(awarded)
    return found


def spending(
    sources: Mapping[_Payer, Source], awarded: Awarded, period: Period, today: date
) -> list[Spending]:
    """Every award once, under what awarded it; a source that awarded nothing has its rows, too."""
    parts: dict[tuple[Source, str], list[_Days]] = {
        (source, unit): [] for source in sources.values() for unit in sorted(source.units)
    }
    for (payer, unit), days in sorted(awarded.items(), key=lambda one: one[0][0] == _BY_HAND):
        source = sources.get(payer, CORRECTED if payer == _BY_HAND else OVER)
        parts.setdefault((source, unit), []).append(days)
    found = []
    for (source, unit), of in sorted(parts.items(), key=lambda one: one[0][0] in (OVER, CORRECTED)):
        days = _summed(of)
        spent, began = sum(days.values()), _within(days, source.first)
        ends = None if source in (OVER, CORRECTED) else _forecast(began, source.last, today)
        found.append(
            Spending(
                source,
                unit,
                sum(_within(days, period.first).values()),
                spent,
                _on_top(spent - sum(began.values()), ends),
            )
        )
    return found


def _summed(parts: Iterable[_Days]) -> _Days:
    days: _Days = defaultdict(int)
    for part in parts:
        for day, amount in part.items():
            days[day] += amount
    return days


def _within(days: _Days, first: date) -> dict[date, int]:
    """What of it is of days from ``first`` on."""
    return {day: amount for day, amount in days.items() if day and day >= first}


def _on_top(before: int, found: Forecast | None) -> Forecast | None:
    return found and Forecast(*(before + amount for amount in found))


def whole_days(days: Mapping[date, int], first: date, today: date) -> list[int]:
    """The amounts of each day from ``first`` to yesterday: today is not over."""
    return [days.get(first + timedelta(days=n), 0) for n in range((today - first).days)]


def _forecast(days: Mapping[date, int], last: date, today: date) -> Forecast | None:
    """Where awards of these days end on ``last``; never below what is awarded already."""
    found = rules.forecast(
        whole_days(days, min(days, default=today), today), (last - today).days + 1
    )
    return found and Forecast(*(max(sum(days.values()), amount) for amount in found))


def _totals(programme: Programme, period: Period, today: date, awarded: Awarded) -> Iterator[Total]:
    set_ = budgets.budgets(programme.id)
    held: dict[tuple[str, str], int] = {
        (kind, unit): int(amount)
        for kind, unit, amount in db.session.execute(
            select(Account.kind, Account.unit, func.sum(Account.balance))
            .where(
                Account.programme_id == programme.id,
                Account.kind.in_(("budget", "paid", "redeemed")),
            )
            .group_by(Account.kind, Account.unit)
        )
    }
    for unit in sorted({unit for _, unit in held} | set_.keys()):
        days = _summed(part for (_, of), part in awarded.items() if of == unit)
        inside = _within(days, period.first)
        ever, so_far = -held.get(("budget", unit), 0), sum(inside.values())
        began = min(inside, default=today)
        limit = set_.get(unit)
        yield Total(
            unit,
            limit,
            ever,
            so_far,
            held.get(("paid", unit), 0),
            held.get(("redeemed", unit), 0),
            _on_top(ever - so_far, _forecast(inside, period.last, today)),
            None if limit is None else rules.lasts(limit, ever, whole_days(inside, began, today)),
        )
