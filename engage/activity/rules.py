"""Whether a fact can be taken, and what makes two reports of it the same: pure decisions."""

from bisect import bisect_right
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, fields
from datetime import date, datetime, timedelta
from decimal import Decimal
from fractions import Fraction
from typing import Any, NamedTuple

from engage import definitions as read
from engage import money
from engage.conditions import FACT_CONDITIONS, Where, is_among
from engage.definitions import FACT_KINDS
from engage.money import SCALE

#: A clock may be wrong by a little; a sale of next week is a mistake.
AHEAD = timedelta(days=1)
_RATE_DIGITS = 10


class Report(NamedTuple):
    """A fact as somebody reports it; ``amount`` and ``quantity`` in ten-thousandths."""

    external_id: str
    partner: str
    kind: str
    occurred_at: datetime
    day: date
    amount: int = 0
    currency: str | None = None
    quantity: int = 0
    product: str | None = None
    category: str | None = None
    customer: str | None = None


class Standing(NamedTuple):
    """A fact as it stands in the programme, with what rules may ask of it."""

    id: int
    source: str
    external_id: str
    partner_id: int
    kind: str
    occurred_at: datetime
    day: date
    amount: int
    currency: str | None
    quantity: int
    product: str | None
    category: str | None
    customer: str | None

    @property
    def order(self) -> tuple[datetime, str, str]:
        """Event-time order, ties by external id (and by source, where two use the same one)."""
        return self.occurred_at, self.external_id, self.source

    @property
    def content(self) -> tuple[object, ...]:
        """What a repeated report must equal to be the same fact again."""
        return self[3:6] + self[7:]


# --- what is asked of a fact ----------------------------------------------------------------------


def attribute(fact: Standing, name: str) -> Any:
    """What conditions ask of a fact. An amount is asked for its size: a return meets what its sale met."""
    return abs(fact.amount) if name == "amount" else getattr(fact, name)


def concerns(on: str | None, where: Where, fact: Standing) -> bool:
    """Whether a fact is of the kind and meets those conditions that are on facts."""
    return fact.kind == on and all(
        is_among(attribute(fact, name), values) for name, values in where if name in FACT_CONDITIONS
    )


# --- what a fact adds -----------------------------------------------------------------------------

#: What counts different customers or products, as rules and as stages, tiers and boards call them.
DISTINCT = ("customer", "product", "customers", "products")


def counted(amount: int, quantity: int) -> int:
    """What a fact adds wherever facts are counted, in ten-thousandths.

    A return (its quantity is below zero) takes away what its sale counted; a credit (its amount alone
    is: money back, goods kept) counts nothing; all else, a training of no amount too, counts one.
    """
    return -SCALE if quantity < 0 else 0 if amount < 0 else SCALE


def is_credit_to(measure: str, fact: Standing) -> bool:
    """Whether a fact is a credit and anything but amounts is measured: it adds nothing then."""
    return measure != "amount" and counted(fact.amount, fact.quantity) == 0


def adds(measure: str, fact: Standing, net: Counter[str]) -> int:
    """What a fact adds to a measure, in ten-thousandths: the one answer for rules, stages, tiers, boards.

    A customer or product counts while its sales outnumber its returns; ``net`` holds how many do, of the
    facts before. `engage.activity.service.measured` says the same in SQL.
    """
    if measure == "amount":
        return fact.amount
    if is_credit_to(measure, fact):
        return 0
    if measure == "quantity":
        return fact.quantity
    count = counted(fact.amount, fact.quantity)
    if measure not in DISTINCT:
        return count
    name: str | None = getattr(fact, measure.removesuffix("s"))
    if name is None:
        return 0
    before = net[name]
    net[name] += count
    return ((net[name] > 0) - (before > 0)) * SCALE


# --- what to do with what cannot be taken ---------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Intake:
    """What a programme does with a report that can be read but not taken, by what is wrong with it.

    ``reject``: answered with the problem, and that is all. ``hold``: answered alike, and kept in the
    queue until what is missing arrives. A negative quantity can be told to be fine: ``take``.
    """

    unknown_partner: str = "hold"
    foreign_currency: str = "hold"
    future: str = "hold"
    negative_quantity: str = "hold"
    over_budget: str = "hold"


#: Where a programme file says nothing.
HELD = Intake()
REASONS = tuple(field.name for field in fields(Intake))


def parse_intake(raw: Mapping[str, Any]) -> Intake:
    """The ``[intake]`` table of a programme file."""
    take = read.Every()
    take(read.known_keys, raw, REASONS)
    return take.settled(
        Intake(**{name: take(read.choice, raw, name, _options(name), "hold") for name in REASONS})
    )


def _options(reason: str) -> tuple[str, ...]:
    return ("hold", "reject", "take") if reason == "negative_quantity" else ("hold", "reject")


def intake_json(intake: Intake) -> dict[str, str]:
    """Only what differs from the default, as the file would say it."""
    said = {name: getattr(intake, name) for name in REASONS}
    return {name: word for name, word in said.items() if word != "hold"}


class Problem(NamedTuple):
    """Why a report cannot be taken: its position in the batch, the column, and the remedy.

    ``reason`` is one of `REASONS` where waiting may help, else empty.
    """

    position: int
    column: str
    problem: str
    reason: str = ""


def is_held(problems: Iterable[Problem], intake: Intake) -> bool:
    """Whether the policy keeps a report with these problems: only if it does for every one."""
    return all(p.reason and getattr(intake, p.reason) == "hold" for p in problems)


def problems(
    index: int, report: Report, currency: str, rate: Decimal | None, intake: Intake, now: datetime
) -> Iterator[Problem]:
    """What is wrong with one report, apart from its partner (who is looked up).

    ``rate`` is what its currency is worth in the programme's ``currency``; None: nobody said.
    """
    if report.kind not in FACT_KINDS:
        yield Problem(
            index, "kind", f"{report.kind!r} is unknown: write one of {', '.join(FACT_KINDS)}"
        )
    if report.occurred_at > now + AHEAD:
        yield Problem(
            index,
            "occurred_at",
            f"{report.occurred_at:%Y-%m-%d %H:%M} UTC is in the future: send it when it happened",
            "future",
        )
    if rate is None:
        yield Problem(
            index,
            "currency",
            f"{report.currency} is not the programme's {currency}, and no rate for it holds on "
            f"{report.day}: publish one, or convert the amount first",
            "foreign_currency",
        )
    elif abs(converted(report.amount, rate)) > money.LARGEST:
        yield Problem(index, "amount", f"is too large once it is converted to {currency}: mend it")
    if report.quantity < 0 <= report.amount and intake.negative_quantity != "take":
        yield Problem(
            index,
            "quantity",
            "is negative though the amount is not: a return takes back both, write both below zero",
            "negative_quantity",
        )


# --- amounts in other currencies ------------------------------------------------------------------


class Rate(NamedTuple):
    """What one unit of ``currency`` is worth in the programme's, from ``day`` on until the next."""

    currency: str
    day: date
    rate: Decimal


def parse_rate(raw: Mapping[str, Any], currency: str) -> Rate:
    """A ``[[rates]]`` table of a programme file whose currency is ``currency``."""
    take = read.Every()
    take(read.known_keys, raw, ("from", "to", "day", "rate"))
    other, to = take(read.unit, raw, "from"), take(read.unit, raw, "to")
    if to not in (None, currency):
        take.note("to", f"{to!r} is not the programme's currency: write {currency}")
    if other in (currency, money.POINTS):
        take.note("from", f"{other!r} needs no rate: name another currency")
    rate, day = take(read.decimal, raw, "rate"), take(read.day, raw, "day")
    if rate is not None and not 0 < rate < 10**6:
        take.note("rate", f"{rate} is out of the ordinary: write what 1 {other} is worth")
    elif rate is not None and rate != round(rate, _RATE_DIGITS):
        take.note(
            "rate", f"{rate} is too exact: write {_RATE_DIGITS} digits after the point at most"
        )
    if "day" not in raw:
        take.note("day", "is missing: write the day from which it holds, such as 2013-03-31")
    return take.settled(Rate(other, day or date.min, (rate or Decimal(0)).normalize()))


def rate_json(rate: Rate, currency: str) -> dict[str, Any]:
    return {"from": rate.currency, "to": currency, "day": rate.day, "rate": f"{rate.rate:f}"}


class Rates:
    """The published rates of a programme, to be asked by currency and day."""

    def __init__(self, rates: Iterable[Rate] = ()) -> None:
        self._by_currency: dict[str, list[tuple[date, Decimal]]] = {}
        for rate in sorted(rates):
            self._by_currency.setdefault(rate.currency, []).append((rate.day, rate.rate))

    def on(self, currency: str | None, day: date) -> Decimal | None:
        """The latest rate published for ``day`` or one before it; None where there is none."""
        known = self._by_currency.get(currency or "", [])
        found = bisect_right(known, day, key=lambda entry: entry[0])
        return known[found - 1][1] if found else None


class Stated(NamedTuple):
    """What a fact was reported as: ten-thousandths of ``currency``, and what one was worth then."""

    amount: int
    currency: str | None
    rate: Decimal


def converted(amount: int, rate: Decimal) -> int:
    """Ten-thousandths of one currency in another, to the nearest ten-thousandth.

    Exact until the one rounding at the end; halves go to the even neighbour, so that a return takes
    back what its sale gave.
    """
    return amount if rate == 1 else round(amount * Fraction(rate))
