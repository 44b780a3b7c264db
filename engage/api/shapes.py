"""What goes over the wire: pydantic models, which are the published schema as well."""

from datetime import date, datetime
from typing import Annotated, Any, Literal, Self

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, RootModel, StringConstraints

from engage.activity import cells
from engage.api.values import Day, Exact, Kind, Name, Whole, if_any

MOST_AT_ONCE = 1_000


class Shape(BaseModel):
    model_config = ConfigDict(extra="forbid")

    @classmethod
    def from_row(cls, row: Any, **said: Any) -> Self:
        """What a row says under the names of the fields, but for what is ``said`` otherwise."""
        read = {name: getattr(row, name) for name in cls.model_fields if name not in said}
        return cls(**read, **said)


class BackQuery(Shape):
    """Which page of a list that begins with the newest."""

    before: Whole | None = Field(
        None, ge=0, le=2**63 - 1, description="`next` of the page before; none for the first."
    )
    limit: Whole = Field(100, ge=1, le=1_000)


class FactIn(Shape):
    """A fact, in the columns of an import. Amounts as decimal strings or numbers."""

    external_id: Name
    partner: Name = Field(description="External id of the partner.")
    kind: Kind
    occurred_at: Name = Field(
        description="ISO 8601. Without an offset: local time of the programme; a date: its start.",
        examples=["2013-02-14T09:30:00Z"],
    )
    amount: Exact = 0
    currency: Annotated[Name, AfterValidator(cells.currency)] | None = None
    quantity: Exact = 0
    product: Name | None = None
    category: Name | None = None
    customer: Name | None = None


class FactsIn(RootModel[FactIn | list[FactIn]]):
    """One fact, or a list of at most 1,000."""


class PartnerIn(Shape):
    """A partner, in the columns of an import; what is left out stays as it is."""

    external_id: Name
    name: Name
    email: (
        Annotated[
            str,
            StringConstraints(max_length=254),
            Field(json_schema_extra={"format": "email"}),
            AfterValidator(cells.email),
        ]
        | None
    ) = None
    organisation: Name | None = None
    team: Name | None = None
    region: Name | None = None
    type: Name | None = None
    joined_on: Day | None = None
    left_on: Day | None = Field(
        None, description="Their last day, once it has come; to take it back, use the console."
    )
    target: Exact | None = Field(
        None, description="What boards of targets measure this partner by."
    )
    locale: Annotated[str, StringConstraints(max_length=20), if_any(cells.locale)] | None = None
    timezone: Annotated[str, StringConstraints(max_length=64), if_any(cells.zone)] | None = None


class PartnersIn(RootModel[PartnerIn | list[PartnerIn]]):
    """One partner, or a list of at most 1,000."""


class Issue(Shape):
    """What is wrong with a field, and what to write instead."""

    field: str
    problem: str


class Answer(Shape):
    """What became of one fact or partner."""

    external_id: str | None
    status: Literal["new", "unchanged", "corrected", "problem"]
    problems: list[Issue] = []
    held: bool = Field(
        False,
        description="With a problem: whether the fact is kept, and taken in when what it misses "
        "arrives. It need not be sent again.",
    )


class Answers(Shape):
    """One answer per fact or partner, in the order sent."""

    results: list[Answer]


class Error(Shape):
    """Why a request was refused as a whole."""

    error: str


class StandingRow(Shape):
    rank: int
    partner: str | None = Field(description="None where the partner goes by a pseudonym.")
    name: str
    score: str = Field(description="Decimal in natural units.")


class MovedAfterClose(Shape):
    """A member's final score and rank, and those it would have with what came since."""

    partner: str | None
    name: str
    score: str
    score_now: str
    rank: int | None
    rank_now: int | None


class LateFact(Shape):
    external_id: str
    partner: str
    kind: str
    day: date
    amount: str
    quantity: str
    came_at: datetime
    taken_back: bool = Field(description="It counted at the cut-off, and does not any more.")


class AfterClose(Shape):
    """The twenty largest differences, and the newest twenty late facts of partners whom the board names."""

    moved: list[MovedAfterClose]
    facts: list[LateFact]


class Standings(Shape):
    board: str
    period: str
    stage: Literal["running", "frozen", "provisional", "final", "history"] = Field(
        description="Frozen and final since `stage_at`; provisional until then, null: for ever."
    )
    stage_at: datetime | None
    as_of: datetime
    ranked: int
    rows: list[StandingRow]
    after_close: AfterClose | None = Field(
        description="What came after the result was final; null while it is not."
    )


class StandingsQuery(Shape):
    period: str | None = Field(None, max_length=80)
    scope: str | None = Field(None, max_length=220, examples=["region=Northwest"])
    top: Whole = Field(100, ge=1, le=5_000)


class PageQuery(Shape):
    after: str | None = Field(
        None, max_length=200, description="External id the page starts after."
    )
    limit: Whole = Field(100, ge=1, le=1_000)


class PartnerOut(Shape):
    external_id: str
    name: str
    organisation: str | None
    team: str | None
    region: str | None
    type: str | None
    joined_on: date | None
    left_on: date | None
    target: str | None


class PartnerPage(Shape):
    partners: list[PartnerOut]
    next: str | None = Field(description="`after` of the next page; null on the last.")


class StatementLine(Shape):
    fact: str | None = Field(description="Null where no fact earned it: a payout, a redemption.")
    rule: str = Field(description="A rule, `mission:<slug>/<stage>`, or the kind of other lines.")
    version: int
    unit: str
    amount: str
    occurred_at: datetime
    posted_at: datetime
    because: str


class Statement(Shape):
    partner: str
    balances: dict[str, str]
    lines: list[StatementLine]


class StageOut(Shape):
    name: str
    on: str
    measure: str
    target: str
    reward: dict[str, str]


class MissionOut(Shape):
    slug: str
    name: str
    starts: date
    ends: date
    audience: dict[str, list[str] | dict[str, str]]
    addressed: int
    stages: list[StageOut]


class Missions(Shape):
    missions: list[MissionOut]


class RuleChange(Shape):
    """A published version of something: what changed, from when and why."""

    of: Literal["rule", "tiers", "mission", "board"]
    rule: str | None = Field(description="The rule's slug; null where it is about something else.")
    slug: str | None = Field(description="Null for the tiers, which change as a whole.")
    name: str
    version: int
    change: Literal["new", "changed", "retired", "again"]
    published_at: datetime | None
    since: datetime | None = Field(
        description="Null: it holds for all of it (a mission from its first day, a board in every "
        "period that is not final)."
    )
    why: str | None
    void: bool = Field(description="Another version replaced it before it began.")
    before: str | None = Field(description="In words, as it read before.")
    after: str | None = Field(description="In words, from then on; null: it is retired.")
    differs: list[tuple[str, str | None, str | None]] = Field(
        description="Term by term: its name, before, after."
    )


class RuleChanges(Shape):
    changes: list[RuleChange]
