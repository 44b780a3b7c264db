"""Forecasts and leaks: exact, and honest about what cannot be told."""

from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engage.home.rules import Goal
from engage.incentives.language import parse
from engage.incentives.rules import pay
from engage.insight.rules import (
    FEWEST_DAYS,
    Leak,
    at_once,
    forecast,
    goal_leaks,
    lasts,
    leaks,
    lifted,
    next_edge,
    projected,
)
from engage.money import SCALE, scaled

BASE = {"slug": "r", "on": "sale", "earn": "USD", "per": "amount", "period": "quarter"}
BANDS = BASE | {
    "bands": "retroactive",
    "band": [{"from": "0", "rate": "0.01"}, {"from": "1000", "rate": "0.02"}],
}
days = st.lists(st.integers(1, 10**7), min_size=FEWEST_DAYS, max_size=90)
left = st.integers(0, 90)


def rule(**more: object):
    return parse(BASE | more, "USD", "UTC")


# --- forecast -------------------------------------------------------------------------------------


@given(days, left)
def test_the_interval_holds_the_run_rate(seen: list[int], left: int):
    found = forecast(seen, left)
    assert found
    assert found.low <= found.expected <= found.high
    assert found.expected == sum(seen) + sum(seen) * left // len(seen)
    assert found.low >= sum(seen), "nothing is taken back where nothing ever was"


@given(st.integers(1, 10**7), st.integers(FEWEST_DAYS, 90), left)
def test_equal_days_leave_no_doubt(amount: int, count: int, left: int):
    found = forecast([amount] * count, left)
    assert found == (amount * (count + left),) * 3


@given(days, left, st.integers(0, 10**6))
def test_more_on_every_day_never_comes_to_less(seen: list[int], left: int, more: int):
    found, higher = forecast(seen, left), forecast([day + more for day in seen], left)
    assert found
    assert higher
    assert all(above >= below for below, above in zip(found, higher, strict=True))


@given(days, left)
def test_the_further_the_end_the_more_and_the_less_sure(seen: list[int], left: int):
    near, far = forecast(seen, left), forecast(seen, left + 1)
    assert near
    assert far
    assert far.expected >= near.expected
    assert far.high - far.expected >= near.high - near.expected


@given(days)
def test_at_the_end_the_forecast_is_what_was_awarded(seen: list[int]):
    assert forecast(seen, 0) == (sum(seen),) * 3


def test_the_interval_is_students():
    # n=20, mean 50, s=51.299, t(19) is told by the next smaller row (17): 1.740;
    # 1.740 · 51.299 · √(10 · 1.5) = 345.7
    found = forecast([0, 100] * 10, 10)
    assert found
    assert (found.expected, found.high - found.expected) == (1500, 345)


def test_too_few_days_say_nothing():
    assert forecast([100] * (FEWEST_DAYS - 1), 10) is None
    assert forecast([0] * 40 + [100] * 4, 10) is None


def test_a_budget_lasts_as_long_as_the_pace_lets_it():
    assert lasts(1000, 400, [50] * 20) == 12
    assert lasts(1000, 1200, [50] * 20) == 0
    assert lasts(1000, 400, [0] * 20) is None


# --- what is ahead --------------------------------------------------------------------------------


def test_the_next_edge_is_the_nearest_that_pays_better():
    found = rule(rate="0.01", minimum="50", milestones=[{"at": "30", "pays": "5"}], cap="9")
    assert next_edge(found, 0) == scaled("30")
    assert next_edge(found, scaled("30")) == scaled("50")
    assert next_edge(found, scaled("50")) is None
    assert next_edge(found, scaled("900")) is None, "the cap is paid"
    assert next_edge(parse(BANDS, "USD", "UTC"), 0) == scaled("1000")
    assert at_once(parse(BANDS, "USD", "UTC"), scaled("1000")) == 1_000


@given(st.integers(0, 2_000 * SCALE))
def test_what_is_ahead_is_never_behind(total: int):
    edge = next_edge(parse(BANDS, "USD", "UTC"), total)
    assert edge is None or edge > total


# --- what stays unearned --------------------------------------------------------------------------


def test_a_step_just_out_of_reach_is_worth_what_it_pays_more():
    # 600 in 60 of 90 days ends at 900: $9; at 1,000 every dollar earns 2 cents: $20.
    assert list(leaks(parse(BANDS, "USD", "UTC"), scaled("600"), 60, 31)) == [
        Leak("band", "USD", 1100, scaled("400"))
    ]


@pytest.mark.parametrize(
    ("total", "days", "left"),
    [
        ("700", 60, 31),  # on pace: 1,050
        ("100", 60, 31),  # out of reach
        ("1500", 60, 31),  # reached
        ("0", 60, 31),  # has not begun
        ("600", 90, 0),  # over
    ],
)
def test_who_is_on_pace_or_out_of_reach_leaks_nothing(total: str, days: int, left: int):
    assert list(leaks(parse(BANDS, "USD", "UTC"), scaled(total), days, left)) == []


def test_what_is_done_beyond_the_cap_is_told():
    capped = rule(rate="0.1", cap="50")
    assert list(leaks(capped, scaled("400"), 45, 46)) == [Leak("cap", "USD", 3000, 0)]


@given(st.integers(1, 10**8), st.integers(1, 90), st.integers(1, 90))
def test_a_leak_is_never_more_than_the_step_pays(total: int, days: int, left: int):
    banded = parse(BANDS, "USD", "UTC")
    for leak in leaks(banded, total, days, left):
        assert 0 < leak.amount <= pay(banded, total + leak.needed)
        assert projected(total, days, left) < total + leak.needed


def test_an_open_stage_that_the_pace_misses_leaks_its_reward():
    reward = (("USD", 5000), ("points", 100))
    goal = Goal("m", scaled("12"), scaled("20"), 30, 16, SCALE)
    assert [(leak.unit, leak.amount) for leak in goal_leaks("stage", goal, reward)] == list(reward)
    on_pace = Goal("m", scaled("15"), scaled("20"), 30, 16, SCALE)
    assert goal_leaks("stage", on_pace, reward) == []
    assert goal_leaks("stage", Goal("m", 0, scaled("20"), 30, 16, SCALE), reward) == []


def test_a_tier_is_worth_what_its_multiplier_adds_in_the_days_to_come():
    assert lifted(4_600, 46, 76, Fraction(3, 2)) == 3_800
    assert lifted(4_600, 46, 76, Fraction(1)) == 0
    assert lifted(-100, 46, 76, Fraction(2)) == 0
