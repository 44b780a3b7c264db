"""Who holds which tier: examples of the published terms, and what holds for every history."""

import itertools
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engage.activity.rules import Standing
from engage.definitions import DefinitionError
from engage.money import SCALE
from engage.tiers import language, rules
from engage.tiers.rules import Climb, Ladder, Spell

ZONE = "America/New_York"
INSTANT = timedelta(microseconds=1)


def tier(name: str, threshold: str, **raw: Any) -> rules.Tier:
    base = {"measure": "amount", "on": "sale", "period": "quarter"}
    return language.parse({"name": name, "threshold": threshold, **base, **raw}, "USD")


BRONZE, SILVER, GOLD = tier("Bronze", "0"), tier("Silver", "100"), tier("Gold", "500", grace=30)
LADDER = [Ladder(None, (BRONZE, SILVER, GOLD))]


def fact(number: int, amount: int, day: date, hour: int = 16) -> Standing:
    at = datetime(day.year, day.month, day.day, hour, tzinfo=UTC)
    return Standing(
        number, "test", f"f-{number:03}", 1, "sale", at, day, amount * SCALE, "USD", SCALE, None,
        "Bikes", None,
    )  # fmt: skip


def history(*facts: Standing, ladders: list[Ladder] | None = None) -> list[Spell]:
    return rules.spells(ladders or LADDER, facts, {}, ZONE)


def midnight(*day: int) -> datetime:
    return datetime(*day, 4, tzinfo=UTC)  # New York in summer time


def test_a_tier_is_held_from_the_instant_after_the_sale_that_reached_it() -> None:
    sale = fact(1, 150, date(2013, 4, 5))
    climb = Climb(history(sale), LADDER)
    assert climb.at(sale.occurred_at) == "Bronze"
    assert climb.at(sale.occurred_at + INSTANT) == "Silver"


def test_a_tier_ends_with_its_period_and_the_days_of_grace() -> None:
    first, second = fact(1, 500, date(2013, 4, 5)), fact(2, 120, date(2013, 7, 10))
    assert history(first) == [
        Spell("Bronze", None),
        Spell("Gold", first.occurred_at + INSTANT, 1),
        Spell("Bronze", midnight(2013, 7, 31)),
    ]
    # What stands for Silver in the new quarter is there when the grace of Gold is over.
    assert history(first, second)[2:] == [
        Spell("Silver", midnight(2013, 7, 31)),
        Spell("Bronze", midnight(2013, 10, 1)),
    ]


def test_who_reaches_it_again_within_the_grace_never_falls() -> None:
    first, second = fact(1, 500, date(2013, 4, 5)), fact(2, 500, date(2013, 7, 30))
    assert [spell.tier for spell in history(first, second)] == ["Bronze", "Gold", "Bronze"]


def test_a_return_below_the_threshold_leaves_the_grace() -> None:
    sale, back = fact(1, 500, date(2013, 4, 5)), fact(2, -450, date(2013, 4, 20))
    assert history(sale, back)[2:] == [Spell("Bronze", midnight(2013, 5, 21))]


def test_without_a_lowest_tier_one_begins_with_none() -> None:
    ladders = [Ladder(None, (SILVER,))]
    found = history(fact(1, 100, date(2013, 4, 5)), ladders=ladders)
    assert [spell.tier for spell in found] == ["Silver", None]


def test_changed_terms_hold_from_their_instant_and_leave_the_grace() -> None:
    change = datetime(2013, 5, 1, 4, tzinfo=UTC)
    harder = (BRONZE, tier("Silver", "400", grace=5))
    ladders = [*LADDER, Ladder(change, harder)]
    sale = fact(1, 150, date(2013, 4, 5))
    assert [(s.tier, s.since) for s in history(sale, ladders=ladders)] == [
        ("Bronze", None),
        ("Silver", sale.occurred_at + INSTANT),
        ("Bronze", midnight(2013, 5, 7)),
    ]


def test_points_count_as_rules_pay_them() -> None:
    by_points = language.parse(
        {"name": "Gold", "measure": "points", "period": "year", "threshold": "30"}, "USD"
    )
    facts = [fact(1, 1, date(2013, 4, 5)), fact(2, 1, date(2013, 4, 6))]
    found = rules.spells([Ladder(None, (by_points,))], facts, {1: 20, 2: 10}, ZONE)
    assert (found[0].tier, found[0].fact_id) == ("Gold", 2)


def test_a_multiplier_is_of_the_tier_that_is_held_then() -> None:
    gold = tier("Gold", "500", multiplier={"points": "1.5"})
    ladders = [Ladder(None, (gold,))]
    sale = fact(1, 500, date(2013, 4, 5))
    climb = Climb(history(sale, ladders=ladders), ladders)
    assert climb.times("points", sale.occurred_at) is None
    found = climb.times("points", sale.occurred_at + INSTANT)
    assert found
    assert (found[0], str(found[1])) == ("Gold", "1.5")
    assert climb.times("USD", sale.occurred_at + INSTANT) is None


@pytest.mark.parametrize(
    ("change", "key"),
    [
        ({"measure": "litres"}, "measure"),
        ({"threshold": "1,5"}, "threshold"),
        ({"threshold": "-1"}, "threshold"),
        ({"grace": "30"}, "grace"),
        ({"multiplier": {"EUR": "2"}}, "multiplier.EUR"),
        ({"multiplier": {"points": "0.5"}}, "multiplier.points"),
        ({"perks": "none"}, "perks"),
        ({"measure": "points"}, "on"),
        ({"period": "fortnight"}, "period"),
    ],
)
def test_a_mistake_is_refused_by_its_key(change: dict[str, Any], key: str) -> None:
    with pytest.raises(DefinitionError) as caught:
        tier("Gold", **{"threshold": "5", **change})
    assert caught.value.key == key


#: At hours that are of the same day in New York.
sales = st.lists(
    st.tuples(
        st.integers(-300, 600),
        st.integers(0, 500).map(lambda n: date(2012, 6, 1) + timedelta(days=n)),
        st.integers(5, 23),
    ),
    max_size=20,
)


@given(sales)
def test_spells_follow_one_another_and_end_at_the_bottom(
    found: list[tuple[int, date, int]],
) -> None:
    facts = sorted(
        (fact(n, amount, day, hour) for n, (amount, day, hour) in enumerate(found)),
        key=lambda one: one.order,
    )
    spells = history(*facts)
    starts = [spell.since or rules.BEGINNING for spell in spells]
    assert starts == sorted(starts)
    assert len(set(starts)) == len(starts)
    assert all(one.tier != other.tier for one, other in itertools.pairwise(spells))
    assert spells[-1].tier == "Bronze"
    # Who just brought the total of a quarter to the threshold holds the tier afterwards.
    total: dict[tuple[int, int], int] = {}
    climb = Climb(spells, LADDER)
    for one in facts:
        quarter = (one.day.year, (one.day.month - 1) // 3)
        total[quarter] = total.get(quarter, 0) + one.amount
        if total[quarter] >= GOLD.threshold and one is facts[-1]:
            assert climb.at(one.occurred_at + INSTANT) == "Gold"
