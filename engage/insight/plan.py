"""What a partner supposes, as the facts it stands for."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime

from engage.activity.rules import Report
from engage.money import SCALE

#: More sales than this at once are a forecast, not a question.
MOST_FACTS = 100


@dataclass(frozen=True, slots=True)
class Plan:
    """``facts`` of one kind on a local day, which come to ``amount`` and ``quantity`` in all.

    Both are in ten-thousandths. Without a ``customer`` each fact is to a new one.
    """

    kind: str
    day: date
    facts: int = 1
    amount: int = 0
    quantity: int = 0
    product: str | None = None
    category: str | None = None
    customer: str | None = None


def reports(plan: Plan, partner: str, at: datetime, currency: str) -> Iterator[Report]:
    """The facts of a plan, all at the instant ``at``, as they would be reported."""
    amounts = split(plan.amount, plan.facts, SCALE // 100)
    quantities = split(plan.quantity, plan.facts, SCALE)
    for number, (amount, quantity) in enumerate(zip(amounts, quantities, strict=True), 1):
        name = f"what if {number:03d}"
        yield Report(
            name,
            partner,
            plan.kind,
            at,
            plan.day,
            amount,
            currency,
            quantity,
            plan.product,
            plan.category,
            plan.customer or name,
        )


def split(total: int, parts: int, step: int) -> list[int]:
    """``total`` in ``parts`` that differ by one ``step`` at most; what is no whole step is the last's."""
    whole, rest = divmod(total, step)
    each, more = divmod(whole, parts)
    found = [(each + (index < more)) * step for index in range(parts)]
    found[-1] += rest
    return found
