"""When what was earned is paid: the terms of a programme, and what a manager looks at before."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from statistics import median_low
from typing import Any, NamedTuple

from engage import definitions as read
from engage import periods
from engage.ledger.rules import Budget, budget_json, parse_budget
from engage.money import POINTS
from engage.periods import Period

PERIODS = ("week", "month", "quarter", "year")
_KEYS = ("period", "grace_days", "promised_days", "units", "review_over", "second_approval_over")
_MOST_DAYS = 366

#: A payment this many times what is usual is looked at, once there is so much to compare with.
FAR_ABOVE = 3
EARLIER_PAYMENTS = 3
OTHER_PAYMENTS = 5


@dataclass(frozen=True, slots=True)
class Terms:
    """How a programme pays out what its partners earned.

    A period is collected ``grace_days`` after its last day and is promised to be paid
    ``promised_days`` after it. Without ``units`` every currency is paid, and points are not: they are
    redeemed. A payment over ``review_over`` (minor units by unit) is held until a manager looked at
    it; a run that pays more than ``second_approval_over`` needs two managers.
    """

    period: str = "month"
    grace_days: int = 0
    promised_days: int = 15
    units: tuple[str, ...] = ()
    review_over: Budget = field(default_factory=dict)
    second_approval_over: Budget = field(default_factory=dict)

    def pays(self, unit: str) -> bool:
        return unit in self.units if self.units else unit != POINTS

    def promised_on(self, last: date) -> date:
        """The day by which a period that ended on ``last`` is to be paid."""
        return last + timedelta(days=self.promised_days)

    def closed(self, today: date) -> Period:
        """The newest period whose time to be collected has come."""
        running = periods.containing(today - timedelta(days=self.grace_days), self.period)
        return periods.containing(running.first - timedelta(days=1), self.period)

    def following(self, period: Period) -> Period:
        """The period after one that is not ``all``."""
        return periods.containing(period.last + timedelta(days=1), self.period)

    def closes_on(self, period: Period) -> date:
        """The day on which a period is collected."""
        return period.last + timedelta(days=self.grace_days + 1)


def parse(raw: Mapping[str, Any]) -> Terms | None:
    """The ``[payouts]`` of a programme file; None where it is empty: nothing is paid out by itself.

    :raises DefinitionError: with everything that is wrong.
    """
    if not raw:
        return None
    take = read.Every()
    take(read.known_keys, raw, _KEYS)
    grace = take(_days, raw, "grace_days", 0)
    promised = take(_days, raw, "promised_days", 15)
    terms = Terms(
        take(read.choice, raw, "period", PERIODS, "month"),
        grace,
        promised,
        take(_units, raw),
        take.under("review_over", parse_budget, _table(raw, "review_over", take)),
        take.under("second_approval_over", parse_budget, _table(raw, "second_approval_over", take)),
    )
    if grace is not None and promised is not None and promised < grace:
        take.note("promised_days", f"is before the period is collected: write {grace} or more")
    return take.settled(terms)


def _days(raw: Mapping[str, Any], key: str, default: int) -> int:
    value = raw.get(key, default)
    if not isinstance(value, int) or isinstance(value, bool) or not 0 <= value <= _MOST_DAYS:
        raise read.DefinitionError(key, f"write whole days from 0 to {_MOST_DAYS}, such as 15")
    return value


def _units(raw: Mapping[str, Any]) -> tuple[str, ...]:
    value = raw.get("units", [])
    if not isinstance(value, list):
        raise read.DefinitionError("units", 'write a list, such as ["USD"]')
    return tuple(sorted({read.unit({"units": unit}, "units") for unit in value}))


def _table(raw: Mapping[str, Any], key: str, take: read.Every) -> Mapping[str, Any]:
    value = raw.get(key, {})
    if isinstance(value, Mapping):
        return value
    take.note(key, 'write { USD = "5000" }')
    return {}


def to_json(terms: Terms) -> dict[str, Any]:
    """What ``parse`` reads back."""
    return read.written(
        period=terms.period,
        grace_days=terms.grace_days,
        promised_days=terms.promised_days,
        units=list(terms.units) or None,
        review_over=budget_json(terms.review_over),
        second_approval_over=budget_json(terms.second_approval_over),
    )


class Due(NamedTuple):
    """What is to be paid to a partner in a unit (minor units).

    ``fresh`` was earned in the period that closes; ``earlier`` comes on top or goes off: late and
    corrected facts of periods paid before, what could not be paid then, what was taken back.
    """

    partner_id: int
    unit: str
    fresh: int
    earlier: int

    @property
    def amount(self) -> int:
        return self.fresh + self.earlier


class Hold(NamedTuple):
    """Why a payment is looked at before it is made: a word, and the amount it is compared with."""

    why: str
    than: int


def holds(due: Due, paid: Sequence[int], others: Sequence[int], terms: Terms) -> list[Hold]:
    """What is unusual about a payment.

    ``paid`` are the partner's earlier payments in this unit, ``others`` those of the same run.

    - ``limit``: more than the programme's ``review_over``.
    - ``history``: more than three times the median of three or more payments to the partner.
    - ``newcomer``: the first payment, and more than three times the median of five or more others.
    - ``taken_back``: corrections took more than half of what the period earned.
    """
    found = []
    limit = terms.review_over.get(due.unit)
    if limit is not None and due.amount > limit:
        found.append(Hold("limit", limit))
    if len(paid) >= EARLIER_PAYMENTS and due.amount > FAR_ABOVE * median_low(paid):
        found.append(Hold("history", median_low(paid)))
    if not paid and len(others) >= OTHER_PAYMENTS and due.amount > FAR_ABOVE * median_low(others):
        found.append(Hold("newcomer", median_low(others)))
    if due.earlier < 0 and -due.earlier * 2 > due.fresh:
        found.append(Hold("taken_back", -due.earlier))
    return found


def needs_second(totals: Mapping[str, int], terms: Terms) -> bool:
    """Whether a run that pays ``totals`` (minor units by unit) needs another manager's yes."""
    over = terms.second_approval_over
    return any(amount > over[unit] for unit, amount in totals.items() if unit in over)


#: What becomes of a payment, in this order; the last two are ends.
STATES = ("held", "waiting", "on_its_way", "paid", "put_back")


def late_by(promised_on: date, today: date) -> int:
    """Whole days past the promise; 0 where it may still be kept."""
    return max((today - promised_on).days, 0)
