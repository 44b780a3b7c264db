"""What stands out in a partner's facts is true of them, and a fall is never a number of a film."""

from datetime import UTC, date, datetime, time, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engage.activity.rules import Standing
from engage.videos import highlights

DAYS = st.dates(date(2013, 1, 1), date(2013, 6, 30))


def fact(day: date, amount: int, **more: str) -> Standing:
    at = datetime.combine(day, time(12), UTC)
    return Standing(0, "s", "x", 1, "sale", at, day, amount, "USD", 1, more.get("product"),
                    more.get("category"), None)  # fmt: skip


def test_the_best_day_is_the_one_with_most_and_only_where_it_is_the_only_one():
    days = [fact(date(2013, 3, day), amount) for day, amount in ((1, 5), (1, 4), (2, 8), (4, 1))]
    best = highlights.best_day(days)
    assert best == (date(2013, 3, 1), 2, 9)
    level = [*days, fact(date(2013, 3, 5), 9), fact(date(2013, 3, 5), 0)]
    assert highlights.best_day(level) is None
    assert highlights.best_day(days[:3]) is None, "two days have no best one"


@given(st.lists(DAYS, max_size=60))
def test_weeks_in_a_row_are_weeks_that_each_have_a_day(days):
    row = highlights.weeks_in_a_row(days)
    weeks = {day - timedelta(days=day.weekday()) for day in days}
    assert row <= len(weeks)
    assert bool(row) == bool(days)
    assert row == 0 or any(
        all(monday + timedelta(weeks=k) in weeks for k in range(row)) for monday in weeks
    )


@given(st.integers(0, 10**9), st.integers(0, 10**9))
def test_growth_is_told_upwards_and_never_too_much(now, before):
    found = highlights.growth(now, before)
    if found is None:
        assert before <= 0 or now * 100 < before * 101
    else:
        assert before * (100 + found) <= now * 100 < before * (101 + found)


@pytest.mark.parametrize(
    ("now", "before", "earlier", "told"),
    [(150, 100, 200, 50), (150, 100, 120, None), (105, 100, 200, None), (90, 100, 200, None),
     (150, 0, 200, None), (150, 100, 0, None)],
)  # fmt: skip
def test_a_comeback_is_a_rise_after_a_dip(now, before, earlier, told):
    assert highlights.comeback(now, before, earlier) == told


def test_shares_are_by_amount_and_ties_by_name():
    facts = [fact(date(2013, 3, 1), amount, category=name)
             for name, amount in (("B", 5), ("A", 5), ("C", 9), ("C", -9), ("", 3))]  # fmt: skip
    assert highlights.shares(facts, "category") == [("C", 9), ("A", 5), ("B", 5)]


@given(st.integers(1, 400), st.integers(1, 400))
def test_the_top_percent_is_rounded_against_the_partner(place, of):
    found = highlights.top_percent(place, of, least=20, most=25)
    if found is not None:
        assert of >= 20
        assert place * 100 <= found * of
        assert found <= 25
