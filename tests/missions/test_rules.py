"""How far a partner has come: stages open in turn and count from the mission's start."""

from collections import Counter
from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engage.activity.rules import Standing, adds
from engage.definitions import DefinitionError
from engage.missions import rules
from engage.missions.rules import Stood
from engage.money import SCALE

MISSION = {
    "slug": "sprint",
    "name": "Sprint",
    "starts": date(2013, 4, 1),
    "ends": date(2013, 4, 30),
    "audience": {"region": ["Northwest"]},
    "stages": [
        {
            "name": "Two",
            "on": "sale",
            "measure": "facts",
            "target": "2",
            "reward": {"points": "10"},
        },
        {"name": "Thousand", "on": "sale", "measure": "amount", "target": "1000", "reward": {}},
    ],
}


def fact(number: int, amount: int = 100, **more: str) -> Standing:
    at = datetime(2013, 4, 1, tzinfo=UTC) + timedelta(hours=number)
    named = {"product": None, "category": None, "customer": None} | more
    of = ("api", f"f-{number}", 1, "sale")
    return Standing(number, *of, at, at.date(), amount * SCALE, None, SCALE, **named)  # type: ignore[arg-type]


def stage(measure: str, target: str, **more: object) -> rules.Stage:
    raw = {"name": "x", "on": "sale", "measure": measure, "target": target} | more
    return rules.parse_stage(raw, "USD")


def test_a_stage_is_reached_by_the_fact_that_fills_it() -> None:
    found = rules.progress([stage("facts", "2")], [fact(1), fact(2), fact(3)])[0]
    assert (found.value, found.reached and found.reached.id) == (3 * SCALE, 2)


def test_a_later_stage_full_early_is_reached_with_the_one_that_opens_it() -> None:
    stages = [stage("facts", "3"), stage("amount", "500")]
    found = rules.progress(stages, [fact(1, 900), fact(2, 1), fact(3, 1)])
    assert [step.reached and step.reached.id for step in found] == [3, 3]


def test_a_stage_stays_closed_while_the_one_before_is_open() -> None:
    found = rules.progress([stage("facts", "9"), stage("amount", "500")], [fact(1, 900)])
    assert [step.reached for step in found] == [None, None]
    assert found[1].value == 900 * SCALE, "what it counts is shown all the same"


def test_a_customer_or_product_counts_once() -> None:
    facts = [fact(1, customer="Ann"), fact(2, customer="Ann"), fact(3, customer="Ben"), fact(4)]
    assert rules.progress([stage("customers", "5")], facts)[0].value == 2 * SCALE


def test_a_return_that_empties_a_stage_undoes_it() -> None:
    found = rules.progress([stage("amount", "1000")], [fact(1, 1000), fact(2, -1)])[0]
    assert found.reached is None


def test_only_facts_the_stage_is_about_count() -> None:
    bikes = stage("facts", "1", where={"category": ["Bikes"]})
    facts = [fact(1, category="Clothing"), fact(2, category="Bikes")]
    assert [step.reached and step.reached.id for step in rules.progress([bikes], facts)] == [2]


@given(st.lists(st.integers(-500, 900), max_size=15))
def test_reached_stages_are_a_prefix_in_time_order(amounts: list[int]) -> None:
    stages = [stage("facts", "2"), stage("amount", "1000"), stage("facts", "4")]
    found = rules.progress(stages, [fact(n, amount) for n, amount in enumerate(amounts)])
    reached = [step.reached is not None for step in found]
    assert reached == sorted(reached, reverse=True)
    times = [step.reached.occurred_at for step in found if step.reached]
    assert times == sorted(times)


@given(st.lists(st.integers(-500, 900), max_size=12), st.data())
def test_carried_on_or_walked_again_progress_is_the_same(
    amounts: list[int], data: st.DataObject
) -> None:
    stages = [stage("facts", "2"), stage("amount", "1000"), stage("facts", "4")]
    facts = [fact(n, amount) for n, amount in enumerate(amounts)]
    late = data.draw(st.sets(st.sampled_from(facts), max_size=4) if facts else st.just(set()))
    before = [
        Stood(step.value, step.reached and step.reached.order)
        for step in rules.progress(stages, [one for one in facts if one not in late])
    ]
    added = [sum(adds(of.measure, one, Counter()) for one in late) if late else 0 for of in stages]
    since = min((one.order for one in late), default=fact(99).order)
    after = rules.progress(stages, facts)
    carried = rules.carried_on(stages, before, added, since)
    if carried is not None:
        assert carried == [step.value for step in after]
        reached = [step.reached and step.reached.order for step in after]
        assert reached == [one.reached for one in before]
    elif late:
        again = any(one.reached for one in before) or any(step.reached for step in after)
        assert again, "who has reached nothing is never walked"


@pytest.mark.parametrize(
    ("today", "state", "left"),
    [
        (date(2013, 3, 31), "upcoming", 30),
        (date(2013, 4, 1), "running", 30),
        (date(2013, 4, 30), "running", 1),
        (date(2013, 5, 1), "over", 0),
    ],
)
def test_a_window_says_what_is_left(today: date, state: str, left: int) -> None:
    assert rules.window(date(2013, 4, 1), date(2013, 4, 30), today) == (state, left)


def test_a_mission_reads_back_what_it_writes() -> None:
    mission = rules.parse(MISSION, "USD")
    assert rules.parse(rules.to_json(mission), "USD") == mission


@pytest.mark.parametrize(
    ("change", "key"),
    [
        ({"ends": date(2013, 3, 1)}, "ends"),
        ({"starts": None}, "starts"),
        ({"stages": []}, "stages"),
        (
            {"stages": [{"name": "x", "on": "sale", "measure": "facts", "target": "0"}]},
            "stages[1].target",
        ),
        (
            {"stages": [{"name": "x", "on": "sale", "measure": "joy", "target": "1"}]},
            "stages[1].measure",
        ),
        ({"stages": [MISSION["stages"][0] | {"reward": {"EUR": "5"}}]}, "stages[1].reward.EUR"),  # type: ignore[index]
        ({"stages": [MISSION["stages"][0] | {"reward": {"USD": "0.001"}}]}, "stages[1].reward.USD"),  # type: ignore[index]
        ({"audience": {"shoe": ["44"]}}, "audience.shoe"),
    ],
)
def test_a_mistake_is_refused_by_its_key(change: dict[str, object], key: str) -> None:
    with pytest.raises(DefinitionError) as caught:
        rules.parse(MISSION | change, "USD")
    assert caught.value.key == key
