"""What questions about a partner's facts look like, and their answers."""

from datetime import date, datetime

from pydantic import Field

from engage.api.shapes import BackQuery, Issue, Shape
from engage.api.values import Exact, Kind, Name


class FactsQuery(BackQuery):
    kind: Kind | None = None
    period: str | None = Field(None, max_length=80, examples=["2026-Q1"])
    unpaid: bool = Field(False, description="Those alone that earned nothing.")


class FactOut(Shape):
    external_id: str
    kind: str
    occurred_at: datetime
    amount: str
    quantity: str
    product: str | None
    category: str | None
    customer: str | None
    earned: dict[str, str] = Field(description="By unit; empty where it earned nothing.")


class FactPage(Shape):
    facts: list[FactOut]
    next: int | None = Field(description="`before` of the next page; null on the last.")


class WhyQuery(Shape):
    fact: Name = Field(description="External id of the fact.")


class Because(Shape):
    """What a rule (by its slug) or mission stage (``mission:<slug>/<stage>``) pays, and why."""

    source: str
    unit: str
    amount: str
    because: str


class Missed(Shape):
    """A rule or mission that pays nothing, the first condition that is missed, and in words."""

    source: str
    condition: str
    because: str


class Why(Shape):
    fact: FactOut
    earned: list[Because]
    missed: list[Missed]


class TierAhead(Shape):
    """A tier above the one that the partner holds."""

    tier: str
    last: date | None = Field(description="The last day; null where it has no end.")
    value: str
    target: str
    needed: str
    multiplier: dict[str, str] = Field(description="How many times what rules pay, by unit.")
    perks: list[str]
    because: str


class SupposedFact(Shape):
    """A fact that has not happened. Without ``occurred_at`` it happens now."""

    kind: Kind = "sale"
    occurred_at: Name | None = None
    amount: Exact = 0
    quantity: Exact = 0
    product: Name | None = None
    category: Name | None = None
    customer: Name | None = Field(None, description="Without one, a new customer.")


class Supposition(Shape):
    partner: Name = Field(description="External id of the partner.")
    facts: list[SupposedFact] = Field(min_length=1, max_length=100)


class WouldEarn(Shape):
    """What facts would earn; ``changes`` are tiers, stages and places on boards, in words."""

    sums: dict[str, str]
    summary: str
    lines: list[Because]
    changes: list[str]
    missed: list[Missed] = Field(description="What would pay nothing, and why not.")
    next_tier: TierAhead | None = Field(description="The tier above the one held then.")


class Problems(Shape):
    problems: list[Issue]


class RuleAhead(Shape):
    """A rule that speaks to the partner now; ``edge`` is the total from which it pays better."""

    rule: str
    period: str
    last: date | None = Field(description="The last day; null where it has no end.")
    total: str | None = Field(description="Null where a baseline is not worked out yet.")
    edge: str | None
    needed: str | None
    unit: str
    pays_at_once: str = Field(description="What the edge pays by itself.")
    left_to_cap: str | None
    because: str


class StageAhead(Shape):
    """The open stage of a running mission."""

    mission: str
    stage: int
    last: date
    value: str
    target: str
    needed: str
    reward: dict[str, str]


class Ahead(Shape):
    rules: list[RuleAhead]
    missions: list[StageAhead]
    tiers: list[TierAhead] = Field(description="The lowest first.")
