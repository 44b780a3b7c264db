"""What a rule pays: pure arithmetic on exact integers.

The worth of a fact (CONTRACT): a rule's pay for a partner and period is ``floor(pay(running total))``
in the smallest step of its unit; facts are taken in event-time order, ties by external id, and each
fact receives the difference it makes. Running totals are in ten-thousandths (a counted fact is
10,000), pay is in minor units. A rule that pays growth starts its running total below zero, by what
the partner's own baseline is (`engage.incentives.baseline`): what is above zero is growth.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from datetime import date, datetime
from decimal import Decimal
from typing import NamedTuple

from engage.conditions import Where
from engage.money import SCALE, minor_digits
from engage.periods import Moment

DISTINCT = ("customer", "product")


@dataclass(frozen=True, slots=True)
class Rate:
    """Minor units per ten-thousandth, as an exact fraction."""

    decimal: Decimal
    numerator: int
    denominator: int

    @classmethod
    def per_unit(cls, rate: Decimal, unit: str) -> "Rate":
        """``rate`` units of pay for one natural unit of the measure."""
        numerator, denominator = rate.as_integer_ratio()
        return cls(rate, numerator * 10 ** minor_digits(unit), denominator * SCALE)


@dataclass(frozen=True, slots=True)
class Band:
    """From this running total (ten-thousandths) on, this rate."""

    start: int
    rate: Rate


@dataclass(frozen=True, slots=True)
class Milestone:
    """Once the running total is at ``at`` (ten-thousandths), ``pays`` more (minor units)."""

    at: int
    pays: int


@dataclass(frozen=True, slots=True)
class Baseline:
    """What growth is measured against: the same period last year (``periods`` is None), or the mean
    of that many periods before; ``newcomers`` (ten-thousandths) is that of who has no fact in them.
    """

    periods: int | None
    newcomers: int


@dataclass(frozen=True, slots=True)
class Rule:
    """A published rule as it reads in one version.

    ``within`` are days from the one on which a partner joined; below the ``minimum``
    (ten-thousandths) nothing is paid, from it on everything counts.
    """

    slug: str
    on: str
    earn: str
    per: str
    period: str
    rate: Rate | None
    bands: str | None
    band: tuple[Band, ...]
    where: Where
    cap: int | None
    starts: date | None
    ends: date | None
    within: int | None = None
    baseline: Baseline | None = None
    minimum: int | None = None
    milestones: tuple[Milestone, ...] = ()
    #: Where the first or the last day is not a whole one: the moment it begins or ends.
    opens: Moment | None = None
    closes: Moment | None = None
    #: What the rule pays all partners together (minor units), and whether it ``stop``s there or
    #: managers are ``warn``ed.
    budget: int | None = None
    at_budget: str | None = None

    @property
    def limit(self) -> int | None:
        """What the rule never pays more than, all partners together."""
        return self.budget if self.at_budget == "stop" else None

    @property
    def looks_back(self) -> bool:
        """Whether a fact's worth takes more to know than the running total before it."""
        return self.per in DISTINCT or self.baseline is not None

    def outside(self, day: date, at: datetime | None = None) -> str | None:
        """Which end of the window keeps what is of that day out, ``starts`` or ``ends``.

        Without ``at``, the instant on it, any moment of the day will do.
        """
        if self.starts is not None and day < self.starts:
            return "starts"
        if self.ends is not None and day > self.ends:
            return "ends"
        if at is not None and self.opens is not None and at < self.opens.at:
            return "starts"
        if at is not None and self.closes is not None and at > self.closes.at:
            return "ends"
        return None

    def covers(self, day: date, at: datetime | None = None) -> bool:
        return self.outside(day, at) is None

    def always(self) -> "Rule":
        """The same rule without its window."""
        return replace(self, starts=None, ends=None, opens=None, closes=None)


def pay(rule: Rule, total: int) -> int:
    """What ``rule`` has paid once the running total stands at ``total``; minor units.

    Linear and retroactive rates multiply the whole total, marginal ones the part inside each band.
    The floor is taken once, on the sum; milestones reached come to it, and the cap is after all.
    """
    if rule.minimum is not None and total < rule.minimum:
        return 0
    if rule.baseline is not None:
        total = max(0, total)
    if rule.rate is not None:
        earned = total * rule.rate.numerator // rule.rate.denominator
    elif rule.bands == "retroactive":
        rate = next((b.rate for b in reversed(rule.band) if total >= b.start), None)
        earned = total * rate.numerator // rate.denominator if rate else 0
    else:
        earned = _marginal(rule.band, total)
    if rule.milestones:
        earned += sum(milestone.pays for milestone in rule.milestones if total >= milestone.at)
    return earned if rule.cap is None else min(earned, rule.cap)


def _marginal(bands: tuple[Band, ...], total: int) -> int:
    numerator, denominator = 0, 1
    for index, band in enumerate(bands):
        if total <= band.start:
            break
        end = bands[index + 1].start if index + 1 < len(bands) else total
        part = min(total, end) - band.start
        numerator = numerator * band.rate.denominator + part * band.rate.numerator * denominator
        denominator *= band.rate.denominator
    return numerator // denominator


class Version(NamedTuple):
    """A rule as it reads from an instant on; ``rule`` is None once it is retired.

    ``why`` is the reason that was given when it was published.
    """

    id: int
    number: int
    valid_from: datetime | None
    rule: Rule | None
    published_at: datetime | None = None
    why: str | None = None

    @property
    def reaches_back(self) -> bool:
        """Whether it was published for what had happened already: a correction of the past."""
        return bool(self.valid_from and self.published_at and self.valid_from < self.published_at)

    def corrects(self, known_since: datetime) -> bool:
        """Whether it was published for a past in which what is known since then was known already."""
        return self.reaches_back and bool(self.published_at and known_since <= self.published_at)


def holds(versions: list[Version], at: datetime) -> Version | None:
    """The version (of those in order of publication) that an event at ``at`` falls under.

    What is published later replaces, from its instant on, all that was said before.
    """
    for version in reversed(versions):
        if version.valid_from is None or version.valid_from <= at:
            return version
    return None


def in_force(versions: list[Version], at: datetime) -> Version | None:
    """The same, or None where the rule is retired then."""
    found = holds(versions, at)
    return found if found and found.rule else None


class Step(NamedTuple):
    """What one fact made: the running total before and after it, and its pay in minor units."""

    before: int
    after: int
    amount: int


def times(rule: Rule, step: Step, multiplier: Decimal) -> int:
    """What a step pays so many times over, rounded on the running total; the cap comes before."""
    numerator, denominator = multiplier.as_integer_ratio()
    before, after = (pay(rule, total) * numerator for total in (step.before, step.after))
    return after // denominator - before // denominator


def steps(start: int, entries: Iterable[tuple[Rule, int]]) -> Iterator[Step]:
    """Walk facts in event order from a running total; each entry is (rule in force, measure)."""
    total, paid, last = start, 0, None
    for rule, measure in entries:
        if rule is not last:
            paid, last = pay(rule, total), rule
        after = total + measure
        now_paid = pay(rule, after)
        yield Step(total, after, now_paid - paid)
        total, paid = after, now_paid
