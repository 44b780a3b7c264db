"""Calendar periods: named, found, walked, and turned into instants where clocks change."""

from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engage import clock, periods

days = st.dates(date(1900, 1, 1), date(2200, 12, 31))
kinds = st.sampled_from(periods.KINDS)


@pytest.mark.parametrize(
    ("name", "first", "last"),
    [
        ("2013", date(2013, 1, 1), date(2013, 12, 31)),
        ("2013-Q1", date(2013, 1, 1), date(2013, 3, 31)),
        ("2012-02", date(2012, 2, 1), date(2012, 2, 29)),
        ("2013-W01", date(2012, 12, 31), date(2013, 1, 6)),
        ("2020-W53", date(2020, 12, 28), date(2021, 1, 3)),
        ("2013-02-14", date(2013, 2, 14), date(2013, 2, 14)),
        ("9999-W52", date(9999, 12, 27), date(9999, 12, 31)),
    ],
)
def test_a_name_is_a_span_of_days(name: str, first: date, last: date) -> None:
    period = periods.parse(name)
    assert (period.first, period.last, period.name) == (first, last, name)


@pytest.mark.parametrize(
    "name",
    [
        "",
        "13",
        "2013-Q5",
        "2013-13",
        "2013-02-30",
        "2013-W54",
        "2021-W53",
        "always",
        "2013-2",
        "٢٠١٣",
    ],
)
def test_what_names_no_period_is_refused_with_the_forms(name: str) -> None:
    with pytest.raises(periods.UnknownPeriod, match="2013-Q1"):
        periods.parse(name)


@given(days, kinds)
def test_a_period_holds_the_day_it_was_asked_for_and_knows_its_name(day: date, kind: str) -> None:
    period = periods.containing(day, kind)
    assert period.first <= day <= period.last
    assert periods.parse(period.name) == period


@given(days, kinds.filter(lambda kind: kind != "all"))
def test_periods_follow_without_gap_or_overlap(day: date, kind: str) -> None:
    period = periods.containing(day, kind)
    following, previous = period.following(), period.previous()
    assert following is not None
    assert previous is not None
    assert following.first == period.last + timedelta(days=1)
    assert previous.last == period.first - timedelta(days=1)
    assert following.previous() == period


def test_a_day_is_23_or_25_hours_long_where_clocks_change() -> None:
    spring, autumn = periods.parse("2013-03-10"), periods.parse("2013-11-03")
    zone = "America/New_York"
    assert spring.ends_at(zone) - spring.starts_at(zone) == timedelta(hours=23)
    assert autumn.ends_at(zone) - autumn.starts_at(zone) == timedelta(hours=25)
    assert spring.starts_at(zone) == datetime(2013, 3, 10, 5, tzinfo=UTC)


@pytest.mark.parametrize(
    ("zone", "skipped"),
    [("Pacific/Apia", date(2011, 12, 30)), ("Pacific/Kwajalein", date(1993, 8, 21))],
)
def test_a_day_that_a_zone_skipped_holds_no_instant_and_leaves_no_gap(
    zone: str, skipped: date
) -> None:
    before, none, after = (
        periods.containing(skipped + timedelta(days=days), "day") for days in (-1, 0, 1)
    )
    assert before.ends_at(zone) == none.starts_at(zone) == none.ends_at(zone)
    assert none.ends_at(zone) == after.starts_at(zone)
    for whole in (before, after):
        assert whole.ends_at(zone) - whole.starts_at(zone) == timedelta(days=1)
    turn = none.starts_at(zone)
    assert clock.local_day(turn - timedelta(microseconds=1), zone) == before.first
    assert clock.local_day(turn, zone) == after.first
    assert clock.next_day(turn - timedelta(hours=1), zone) == turn
    for kind in ("week", "month"):
        whole = periods.containing(skipped, kind)
        length = timedelta(days=(whole.last - whole.first).days)  # a day less than its days
        assert whole.ends_at(zone) - whole.starts_at(zone) == length


def test_the_period_all_has_no_neighbours() -> None:
    assert periods.ALL.previous() is None
    assert periods.ALL.following() is None
