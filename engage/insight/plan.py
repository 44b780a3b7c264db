"""What a partner supposes: as its form says it, and as the facts it stands for."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime

from flask_babel import gettext as _

from engage.activity.rules import Report
from engage.money import LARGEST, SCALE, NotExact, scaled
from engage.voice import Voice

#: More sales than this at once are a forecast, not a question.
MOST_FACTS = 100
_LONGEST = 200


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


def read(
    typed: Mapping[str, str], today: date, last: date, voice: Voice
) -> tuple[Plan | None, dict[str, str]]:
    """The plan that was typed, or what is wrong with it by field."""
    errors: dict[str, str] = {}
    numbers = {"facts": SCALE, "amount": 0, "quantity": 0}
    for name in numbers:
        if text := typed.get(name, "").strip():
            try:
                numbers[name] = scaled(text)
            except NotExact:
                errors[name] = _("Write a number such as 1200.50.")
    facts, part = divmod(numbers["facts"], SCALE)
    if part or not 1 <= facts <= MOST_FACTS:
        errors["facts"] = _("Write a number from 1 to %(most)s.", most=MOST_FACTS)
    for name in ("amount", "quantity"):
        if not 0 <= numbers[name] <= LARGEST:
            errors[name] = _("Write a number above zero.")
    if (
        typed.get("kind", "sale") == "sale"
        and not errors
        and not any(numbers[name] for name in ("amount", "quantity"))
    ):
        errors["amount"] = _("Say for how much, or how many units.")
    try:
        day = date.fromisoformat(typed.get("day", ""))
    except ValueError:
        day = today
        errors["day"] = _("Choose a day.")
    if not today <= day <= last:
        errors["day"] = _("Choose a day from today to %(last)s.", last=voice.day(last))
    if errors:
        return None, errors

    def word(name: str) -> str | None:
        return typed.get(name, "").strip()[:_LONGEST] or None

    return Plan(
        typed.get("kind", "sale"),
        day,
        facts,
        numbers["amount"],
        numbers["quantity"],
        word("product"),
        word("category"),
        word("customer"),
    ), errors


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
