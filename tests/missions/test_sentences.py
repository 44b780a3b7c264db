"""What a stage asks, in plain words."""

import itertools

import pytest

from engage.definitions import FACT_KINDS
from engage.missions import rules
from engage.missions.sentences import audience, more, reward, so_far, summary, task


def stage(**raw: object) -> rules.Stage:
    base = {"name": "A stage", "on": "sale", "measure": "facts", "target": "3"}
    return rules.parse_stage({**base, **raw}, "USD")


@pytest.mark.parametrize(
    ("raw", "said"),
    [
        ({}, "Close 3 sales"),
        ({"target": "1"}, "Close 1 sale"),
        ({"measure": "amount", "target": "20000"}, "Sell for $20,000"),
        ({"measure": "customers", "target": "5"}, "Sell to 5 different customers"),
        ({"on": "training_completed", "target": "2"}, "Complete 2 trainings"),
        (
            {"measure": "quantity", "target": "12.5", "where": {"category": ["Bikes"]}},
            "Sell 12.5 units in category Bikes",
        ),
    ],
)
def test_a_stage_reads_as_a_task(raw: dict[str, object], said: str):
    assert task(stage(**raw), "USD") == said


def test_every_stage_has_words():
    for on, measure, target in itertools.product(FACT_KINDS, rules.MEASURES, ("1", "2", "12.5")):
        found = stage(on=on, measure=measure, target=target)
        for text in (
            task(found, "USD"),
            more(found, found.target, "USD"),
            so_far(found, 0, "USD"),
        ):
            assert text.strip() == text
            assert "None" not in text
            assert "%(" not in text
            assert "  " not in text


def test_what_is_missing_and_what_is_there():
    found = stage(target="12")
    assert more(found, 20_000, "USD") == "2 more sales"
    assert more(found, 10_000, "USD") == "1 more sale"
    assert so_far(found, 100_000, "USD") == "10 of 12 sales"
    money = stage(measure="amount", target="20000")
    assert more(money, 62_100_000, "USD") == "$6,210 more in sales"
    assert so_far(money, 137_900_000, "USD") == "$13,790 of $20,000"


def test_a_reward_names_points_before_money():
    assert reward(stage(reward={"points": "500", "USD": "100"})) == "500 points and $100"
    assert reward(stage(reward={"points": "1"})) == "1 point"
    assert reward(stage()) == ""


def test_the_audience_is_named():
    assert audience(()) == "For every partner."
    where = (("region", frozenset({"Southwest", "Northwest"})),)
    assert audience(where) == "For partners in region Northwest or Southwest."


def test_a_mission_is_summed_up_in_one_breath():
    raw = {
        "slug": "sprint",
        "name": "Sprint",
        "starts": "2013-03-01",
        "ends": "2013-05-31",
        "stages": [
            {
                "name": "One",
                "on": "sale",
                "measure": "facts",
                "target": "3",
                "reward": {"points": "500"},
            },
            {"name": "Two", "on": "sale", "measure": "amount", "target": "20000"},
        ],
    }
    text = summary(rules.parse(raw, "USD"), "USD")
    assert text.endswith("2013: Close 3 sales (500 points); Sell for $20,000. For every partner.")
