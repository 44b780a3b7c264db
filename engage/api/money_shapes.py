"""What is told of payments, of rewards and of what was redeemed."""

from datetime import date, datetime
from typing import Literal

from pydantic import Field

from engage.api.shapes import BackQuery, Shape


class PayoutRun(Shape):
    number: int
    period: str
    promised_on: date
    state: Literal["empty", "waiting", "half_approved", "on_its_way", "done"]
    payments: int
    by_state: dict[str, int]
    amounts: dict[str, str] = Field(description="By unit; without what was put back.")


class Payouts(Shape):
    runs: list[PayoutRun]


class Payment(Shape):
    payment: int
    partner: str
    unit: str
    amount: str
    state: Literal["held", "waiting", "on_its_way", "paid", "put_back"]
    held_because: list[str]
    earlier: str = Field(description="Of it, from earlier periods; below zero: taken off.")
    earlier_because: str | None
    paid_at: datetime | None
    reference: str | None
    note: str | None


class Payments(Shape):
    run: int
    payments: list[Payment]


class LateLine(Shape):
    """A line of a period that was closed before, and what brought it."""

    fact: str | None
    amount: str
    occurred_at: datetime
    because: str


class OwnPayment(Payment):
    """A payment of one partner, and the run that it is in."""

    run: int
    period: str
    promised_on: date
    days_late: int = Field(description="Past the promise, until it was paid.")
    late_lines: list[LateLine]


class OwnPayments(Shape):
    payments: list[OwnPayment]
    next: int | None = Field(description="`before` of the next page; null on the last.")


class Reward(Shape):
    reward: int
    name: str
    description: str
    price: int = Field(description="Points.")
    stock: int | None = Field(description="Pieces left; null: as many as are wanted.")
    per_partner: int | None = Field(description="The most that one partner may have.")
    starts: date | None
    ends: date | None


class Rewards(Shape):
    rewards: list[Reward]


class Redemption(Shape):
    redemption: int
    partner: str
    reward: int
    name: str
    price: int = Field(description="Points that were paid for it.")
    state: Literal["reserved", "fulfilled", "cancelled"]
    reserved_at: datetime
    settled_at: datetime | None
    note: str | None


class RedemptionsQuery(BackQuery):
    state: Literal["reserved", "fulfilled", "cancelled"] | None = None


class Redemptions(Shape):
    redemptions: list[Redemption]
    next: int | None = Field(description="`before` of the next page; null on the last.")
