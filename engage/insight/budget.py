"""What a programme spends, where that goes, and what its partners will leave unearned."""

from collections import defaultdict
from collections.abc import Iterable, Iterator
from datetime import date, datetime, timedelta
from typing import NamedTuple

from sqlalchemy import func, select

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
from engage.missions.models import Mission
from engage.missions.service import Running
from engage.periods import Period
from engage.programmes.models import Programme


class Spending(NamedTuple):
    """What one source awards in a unit, in minor units, in its days from ``first`` to ``last``.

    ``slug`` is the rule's or mission's; ``budget`` is its own, None where none is set; ``forecast``
    None where it is too early to tell or over. ``spent`` was awarded ever, which is what a budget
    limits; ``stops`` says whether it does, or managers are warned.
    """

    kind: str
    slug: str
    name: str
    unit: str
    first: date
    last: date
    budget: int | None
    accrued: int
    forecast: Forecast | None
    spent: int
    stops: bool

    @property
    def state(self) -> str | None:
        """``used`` up is its budget, or it may be by its last day: ``ahead``; None: there is plenty."""
        if self.budget is None:
            return None
        if self.spent >= self.budget:
            return "used"
        ends = self.spent - self.accrued + self.forecast.high if self.forecast else 0
        return "ahead" if ends > self.budget else None


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
    period: Period
    totals: list[Total]
    spending: list[Spending]
    lost: list[Lost]


_Source = tuple[int | None, int | None]  # rule version, stage
_Days = dict[date, int]


def budget(programme: Programme, period: Period, today: date, now: datetime) -> Budget:
    """Budgets, awards, forecasts to the end of ``period`` (of missions: to their own), and leaks."""
    open_rules = list(_open(books(programme), today, now))
    running = missions.missions(programme, Mission.starts <= today, Mission.ends >= today)
    starts = min([period.first, *(mission.model.starts for mission in running)])
    awarded = _awarded(programme.id, starts, today)
    return Budget(
        period,
        list(_totals(programme, period, today, awarded)),
        [
            *_of_rules(open_rules, period, today, awarded),
            *_of_missions(running, today, awarded),
        ],
        leaks.lost(programme, open_rules, running, today, now),
    )


def strained(programme: Programme, period: Period, today: date, now: datetime) -> list[Spending]:
    """Rules and missions whose own budgets are used up, or may be before ``period`` (of missions:
    their own) ends."""
    open_rules = [(book, rule) for book, rule in _open(books(programme), today, now) if rule.budget]
    running = missions.missions(programme, Mission.starts <= today, Mission.ends >= today)
    running = [mission for mission in running if mission.budget]
    if not open_rules and not running:
        return []
    starts = min([period.first, *(mission.model.starts for mission in running)])
    awarded = _awarded(programme.id, starts, today)
    spending = [
        *_of_rules(open_rules, period, today, awarded),
        *_of_missions(running, today, awarded),
    ]
    return [one for one in spending if one.state]


def _open(shelf: Iterable[Book], today: date, now: datetime) -> Iterator[tuple[Book, Rule]]:
    for book in shelf:
        version = in_force(book.versions, now)
        if version and version.rule and version.rule.covers(today):
            yield book, version.rule


def _awarded(programme_id: int, first: date, last: date) -> dict[tuple[_Source, str], _Days]:
    """Awards by source, unit and the day of their facts."""
    found: dict[tuple[_Source, str], _Days] = defaultdict(dict)
    rows = db.session.execute(
        select(
            Transfer.rule_version_id,
            Transfer.stage_id,
            Transfer.unit,
            Transfer.day,
            func.sum(Transfer.amount),
        )
        .where(
            Transfer.programme_id == programme_id,
            Transfer.day.between(first, last),
            Transfer.kind.in_(EARNED),
        )
        .group_by(Transfer.rule_version_id, Transfer.stage_id, Transfer.unit, Transfer.day)
    )
    for version_id, stage_id, unit, day, amount in rows:
        found[(version_id, stage_id), unit][day] = int(amount)
    return found


def _summed(parts: Iterable[_Days]) -> _Days:
    days: _Days = defaultdict(int)
    for part in parts:
        for day, amount in part.items():
            days[day] += amount
    return days


def whole_days(days: _Days, first: date, today: date) -> list[int]:
    """The amounts of each day from ``first`` to yesterday: today is not over."""
    return [days.get(first + timedelta(days=n), 0) for n in range((today - first).days)]


def _forecast(days: _Days, first: date, last: date, today: date) -> Forecast | None:
    """Where awards of these days end on ``last``; never below what is awarded already."""
    began = min((day for day in days if day >= first), default=today)
    found = rules.forecast(whole_days(days, began, today), (last - today).days + 1)
    so_far = sum(amount for day, amount in days.items() if first <= day <= today)
    return found and Forecast(*(max(so_far, amount) for amount in found))


def _totals(
    programme: Programme,
    period: Period,
    today: date,
    awarded: dict[tuple[_Source, str], _Days],
) -> Iterator[Total]:
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
        inside = {day: amount for day, amount in days.items() if day >= period.first}
        ever, so_far = -held.get(("budget", unit), 0), sum(inside.values())
        found = _forecast(inside, period.first, period.last, today)
        began = min(inside, default=today)
        limit = set_.get(unit)
        yield Total(
            unit,
            limit,
            ever,
            so_far,
            held.get(("paid", unit), 0),
            held.get(("redeemed", unit), 0),
            found and Forecast(*(ever - so_far + amount for amount in found)),
            None if limit is None else rules.lasts(limit, ever, whole_days(inside, began, today)),
        )


def _of_rules(
    open_rules: Iterable[tuple[Book, Rule]],
    period: Period,
    today: date,
    awarded: dict[tuple[_Source, str], _Days],
) -> Iterator[Spending]:
    """Every rule in force, all its versions together."""
    for book, rule in open_rules:
        first = max(period.first, rule.starts or period.first)
        last = min(period.last, rule.ends or period.last)
        ids = {version.id for version in book.versions}
        days = _summed(
            part
            for ((version_id, _), unit), part in awarded.items()
            if version_id in ids and unit == rule.earn
        )
        inside = {day: amount for day, amount in days.items() if day >= first}
        so_far = sum(inside.values())
        spent = (
            budgets.awarded(Transfer.rule_version_id.in_(ids)).get(rule.earn, 0)
            if rule.budget
            else so_far
        )
        yield Spending(
            "rule",
            book.slug,
            book.slug,
            rule.earn,
            first,
            last,
            rule.budget,
            so_far,
            _forecast(inside, first, last, today),
            spent,
            rule.limit is not None,
        )


def _of_missions(
    running: Iterable[Running], today: date, awarded: dict[tuple[_Source, str], _Days]
) -> Iterator[Spending]:
    for mission in running:
        model = mission.model
        for unit in sorted({unit for stage in mission.stages for unit, _ in stage.reward}):
            days = _summed(
                part
                for ((_, stage_id), of), part in awarded.items()
                if stage_id in mission.stage_ids and of == unit
            )
            so_far = sum(days.values())
            yield Spending(
                "mission",
                model.slug,
                model.name,
                unit,
                model.starts,
                model.ends,
                dict(mission.budget).get(unit),
                so_far,
                _forecast(days, model.starts, model.ends, today),
                so_far,
                unit in mission.limits,
            )
