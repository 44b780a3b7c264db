"""A plan as its form says it: read field by field."""

from collections.abc import Mapping
from datetime import date

from flask_babel import gettext as _

from engage.insight.plan import MOST_FACTS, Plan
from engage.money import LARGEST, SCALE, NotExact, scaled
from engage.voice import Voice

Errors = dict[str, str]
_LONGEST = 200


def read(
    typed: Mapping[str, str], today: date, last: date, voice: Voice
) -> tuple[Plan | None, Errors]:
    """The plan that was typed, or what is wrong with it by field."""
    errors: Errors = {}
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
