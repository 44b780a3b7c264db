"""A programme that asks partners to read too much is told so, with the numbers and what to merge."""

from typing import Any

from engage.incentives import language, rules
from engage.incentives.complexity import excesses, warning


def rule(slug: str, **raw: Any) -> rules.Rule:
    base = {"on": "sale", "earn": "points", "per": "fact", "rate": "1", "period": "quarter"}
    return language.parse({"slug": slug, **base, **raw}, "USD", "UTC")


def test_a_short_programme_is_left_alone() -> None:
    assert excesses([rule(f"r-{n}", rate=str(n)) for n in range(7)]) == []


def test_too_many_rules_say_which_could_be_one() -> None:
    shelf = [rule(f"r-{n}", rate=str(n)) for n in range(6)]
    shelf += [rule(name, rate="9", where={"category": [name]}) for name in ("bikes", "helmets")]
    [found] = excesses(shelf)
    assert warning(found) == (
        "There are 8 rules; partners read about 7. Could be one: bikes and helmets."
    )


def test_too_many_conditions_name_their_rule() -> None:
    busy = rule("busy", cap="5", minimum="2", within=9, where={"region": ["West"]})
    [found] = excesses([busy])
    assert warning(found).startswith("Rule busy has 4 conditions; partners keep about 3 in mind.")
