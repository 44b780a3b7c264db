"""The shapes of what is posted: what facts are owed, and what is moved on from there."""

from collections.abc import Iterable, Mapping
from datetime import date, datetime
from typing import Any, NamedTuple

from engage import definitions as read
from engage.money import natural_unit

#: The accounts a transfer of each kind goes from and to.
WAYS = {
    "award": ("budget", "accrued"),
    "reward": ("budget", "accrued"),
    "adjustment": ("budget", "accrued"),
    "payout": ("accrued", "payable"),
    "paid": ("payable", "paid"),
    "redemption": ("accrued", "redeemed"),
    "expiry": ("accrued", "expired"),
    "clawback": ("accrued", "clawed_back"),
}
#: The kinds of transfers that are earnings; the others move on what was earned.
EARNED = tuple(kind for kind, (source, _) in WAYS.items() if source == "budget")
#: The kinds that give away what has accrued: never more than is there.
GIVEN = ("payout", "redemption", "expiry")
#: The accounts that never go below zero. Accrued may: a return after the payout, or a clawback,
#: takes back what is paid already, and the next payout is less by it. A budget has a floor or none.
NEVER_BELOW_ZERO = ("payable", "paid", "redeemed", "expired", "clawed_back")

#: An account by kind, partner (none for the budget) and unit.
Place = tuple[str, int | None, str]


class Shortfall(NamedTuple):
    """An account that cannot give what is asked: it may go down to ``floor``, ``missing`` is beyond.

    Both in minor units. A budget's floor is its amount, below zero.
    """

    place: Place
    floor: int
    missing: int

    def __str__(self) -> str:
        kind, _, unit = self.place
        missing = f"{natural_unit(self.missing, unit)} {unit}"
        if kind == "budget":
            return (
                f"the programme's budget of {natural_unit(-self.floor, unit)} {unit} falls short "
                f"by {missing}: raise it under [budget] in the programme file, then try again"
            )
        return f"there is {missing} less in {kind} than this would take: take less"


class Overdrawn(Exception):
    """A posting would take more than accounts may give, so nothing of it was posted."""

    def __init__(self, shortfalls: Iterable[Shortfall]) -> None:
        self.shortfalls = tuple(shortfalls)
        super().__init__("; ".join(map(str, self.shortfalls)))


#: Minor units that a programme may award at most, by unit; a unit that is not in it is unlimited.
Budget = Mapping[str, int]


def parse_budget(raw: Mapping[str, Any]) -> Budget:
    """``{"USD": "250000", "points": "1000000"}``.

    :raises DefinitionError: an unknown unit, or an amount that does not fit it.
    """
    take = read.Every()
    found = {unit: take(_budgeted, raw, unit) for unit in sorted(raw)}
    return take.settled(found)


def _budgeted(raw: Mapping[str, Any], unit: str) -> int:
    amount = read.minor(raw, unit, unit)
    if amount < 0:
        raise read.DefinitionError(unit, "is below zero: write what may be awarded at most")
    return amount


def carried(limit: int, amounts: Iterable[int]) -> list[int]:
    """What of these amounts, paid in this order, a budget of ``limit`` carries.

    Together that is their sum or the limit, whichever is less.
    """
    found, total = [], 0
    for amount in amounts:
        before, total = min(total, limit), total + amount
        found.append(min(total, limit) - before)
    return found


def budget_json(budget: Budget) -> dict[str, str]:
    return {unit: natural_unit(amount, unit) for unit, amount in sorted(budget.items())}


class Difference(NamedTuple):
    """An amount (minor units) to post for a fact, and where it comes from.

    Exactly one of ``rule_version_id`` and ``stage_id`` is set. ``sequence`` counts the lines already
    posted for the same fact and source, which makes the transfer's key unique. ``terms`` is what else
    the arithmetic took (`engage.incentives.worth.Terms`).
    """

    partner_id: int
    unit: str
    amount: int
    fact_id: int
    rule_version_id: int | None
    stage_id: int | None
    period: str | None
    occurred_at: datetime
    day: date
    total_before: int
    total_after: int
    sequence: int = 0
    terms: Mapping[str, Any] | None = None

    @property
    def kind(self) -> str:
        """The kind of its transfer."""
        return "award" if self.stage_id is None else "reward"

    @property
    def key(self) -> str:
        """The idempotency key of its transfer."""
        if self.stage_id is not None:
            return f"stage:{self.stage_id}:{self.unit}:{self.fact_id}:{self.sequence}"
        return f"rule:{self.rule_version_id}:{self.fact_id}:{self.sequence}"


class Move(NamedTuple):
    """An amount (minor units) to move that no fact earned: ``WAYS`` has its accounts by its kind.

    ``key`` names what is done once and for all: a second move of the same key is refused by the
    database. An amount below zero takes back an earlier move (a payment that bounced, a redemption
    called off). An adjustment's ``occurred_at`` and ``day`` are those of what it is about.
    """

    kind: str
    partner_id: int
    unit: str
    amount: int
    key: str
    occurred_at: datetime
    day: date
    fact_id: int | None = None
    payout_id: int | None = None
    redemption_id: int | None = None
    dispute_id: int | None = None
    reason: str | None = None


class Posted(NamedTuple):
    """What stands posted for a fact and source: the sum, and how many lines made it."""

    amount: int
    lines: int


NOTHING_POSTED = Posted(0, 0)
