"""The deadline: whole working days of the programme's own calendar."""

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engage.definitions import DefinitionError
from engage.disputes import rules

NEW_YORK = "America/New_York"
ZONES = ("America/New_York", "Europe/Berlin", "Asia/Kolkata", "Pacific/Auckland", "UTC")


def test_the_day_of_asking_does_not_count_and_weekends_neither():
    friday_evening = datetime(2013, 4, 13, 3, 30, tzinfo=UTC)  # Friday 23:30 in New York
    assert rules.due(friday_evening, 1, NEW_YORK) == datetime(2013, 4, 16, 4, tzinfo=UTC)
    assert rules.due(friday_evening, 5, NEW_YORK) == datetime(2013, 4, 20, 4, tzinfo=UTC)


def test_the_day_is_the_programmes_not_utcs():
    instant = datetime(2013, 4, 11, 2, tzinfo=UTC)  # still Wednesday in New York
    assert rules.due(instant, 1, NEW_YORK) == datetime(2013, 4, 12, 4, tzinfo=UTC)
    assert rules.due(instant, 1, "UTC") == datetime(2013, 4, 13, tzinfo=UTC)


def test_it_ends_at_local_midnight_also_when_clocks_change():
    thursday = datetime(2013, 3, 7, 17, tzinfo=UTC)
    assert rules.due(thursday, 2, NEW_YORK) == datetime(2013, 3, 12, 4, tzinfo=UTC), "now EDT"


@given(
    st.datetimes(datetime(2000, 1, 1), datetime(2035, 1, 1), timezones=st.just(UTC)),
    st.integers(1, 60),
    st.sampled_from(ZONES),
)
def test_there_are_always_so_many_working_days_between(asked: datetime, days: int, zone: str):
    until = rules.due(asked, days, zone)
    first = asked.astimezone(ZoneInfo(zone)).date()
    last = (until - timedelta(minutes=1)).astimezone(ZoneInfo(zone)).date()
    span = [first + timedelta(days=n) for n in range(1, (last - first).days + 1)]
    assert sum(day.weekday() < 5 for day in span) == days
    assert last.weekday() < 5
    assert isinstance(last, date)


@pytest.mark.parametrize("raw", [{"working_days": 0}, {"working_days": "5"}, {"days": 5}])
def test_a_setting_that_cannot_stand_is_refused(raw: dict[str, object]):
    with pytest.raises(DefinitionError):
        rules.parse_working_days(raw)
