"""Over which days a board counts."""

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engage import periods
from engage.definitions import DefinitionError
from engage.leaderboards import windows
from engage.leaderboards.windows import Windows
from engage.periods import UnknownPeriod

SEASONS = [
    {"slug": "one", "name": "One", "starts": date(2013, 1, 10), "ends": date(2013, 2, 10)},
    {"slug": "two", "name": "Two", "starts": date(2013, 3, 1), "ends": date(2013, 3, 31)},
]
days = st.dates(date(2005, 1, 1), date(2030, 12, 31))
kinds = st.sampled_from([kind for kind in periods.KINDS if kind != "all"])


def seasons() -> Windows:
    return windows.parse({"period": "season", "seasons": SEASONS})


@given(days, st.integers(1, 366))
def test_a_rolling_window_has_its_days_and_ends_on_the_one_it_is_named_by(
    day: date, length: int
) -> None:
    window = Windows("rolling", length).running(day)
    assert (window.last - window.first).days + 1 == length
    assert Windows("rolling", length).called(window.name) == window
    assert Windows("rolling", length).called("current", day) == window


@pytest.mark.parametrize(
    ("day", "name"),
    [
        (date(2013, 1, 1), "one"),
        (date(2013, 1, 10), "one"),
        (date(2013, 2, 20), "one"),
        (date(2013, 3, 1), "two"),
        (date(2014, 1, 1), "two"),
    ],
)
def test_the_season_that_is_shown_is_the_last_that_began_or_the_first_to_come(
    day: date, name: str
) -> None:
    assert seasons().running(day).name == name


def test_periods_are_called_by_their_names_and_what_has_none_is_refused() -> None:
    assert seasons().called("two").label == "Two"
    assert seasons().called("2013-Q1").kind == "quarter"
    with pytest.raises(UnknownPeriod):
        seasons().called("three")


def test_seasons_that_are_over_come_newest_first_and_the_next_turn_is_known() -> None:
    found = seasons()
    assert [season.name for season in found.over(date(2013, 4, 1))] == ["two", "one"]
    assert list(found.over(date(2013, 2, 10))) == []
    assert found.turns(date(2013, 2, 10)) == [date(2013, 2, 11), date(2013, 3, 1), date(2013, 4, 1)]
    assert found.turns(date(2013, 4, 1)) == []


@given(days, kinds, st.none() | st.integers(1, 6))
def test_a_fact_touches_every_period_whose_baseline_it_is_part_of(
    day: date, kind: str, count: int | None
) -> None:
    asked = Windows(kind)
    touched = asked.after(day, count, None)
    near = [periods.containing(day + timedelta(days=n), kind) for n in range(0, 440, 1)]
    assert touched >= {
        period
        for period in near
        if any(span.first <= day <= span.last for span in asked.before(period, count))
    }
    assert all(period.first > day for period in touched)


@given(days, st.integers(1, 800), st.none() | st.integers(1, 6))
def test_what_a_window_is_compared_with_is_as_long_and_before_it(
    day: date, length: int, count: int | None
) -> None:
    window = Windows("rolling", length).ending(day)
    before = Windows("rolling", length).before(window, count)
    assert len(before) == (count or 1)
    assert all(span.last < window.first for span in before)
    assert all(abs((span.last - span.first).days + 1 - length) <= 1 for span in before)


@pytest.mark.parametrize(
    ("raw", "key"),
    [
        ({"period": "rolling"}, "days"),
        ({"period": "rolling", "days": 0}, "days"),
        ({"period": "rolling", "days": True}, "days"),
        ({"period": "quarter", "days": 30}, "days"),
        ({"period": "mission"}, "mission"),
        ({"period": "season"}, "seasons"),
        ({"period": "season", "seasons": [{"slug": "a"}]}, "seasons[1].starts"),
        ({"period": "season", "seasons": SEASONS[::-1]}, "seasons[2].starts"),
        ({"period": "season", "seasons": [{**SEASONS[0], "slug": "current"}]}, "seasons[1].slug"),
        ({"period": "season", "seasons": [SEASONS[0], {**SEASONS[1], "slug": "one"}]}, "seasons"),
        ({"period": "season", "seasons": ["spring"]}, "seasons[1]"),
    ],
)
def test_a_mistake_is_refused_by_its_key(raw: dict[str, object], key: str) -> None:
    with pytest.raises(DefinitionError) as caught:
        windows.parse(raw)
    assert caught.value.key == key
