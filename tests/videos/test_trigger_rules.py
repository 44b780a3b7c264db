"""When a trigger answers what, decided by values alone."""

from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engage import periods
from engage.definitions import DefinitionError
from engage.videos import triggers
from engage.videos.triggers import DEFAULTS, Filmable, Trigger

NOW = datetime(2013, 4, 10, 15, tzinfo=UTC)
TEMPLATES = {
    "recap": Filmable(("16:9", "9:16"), "recap"),
    "status": Filmable(("16:9",), "status"),
    "year-end": Filmable(("16:9",), "recap", of_year=True),
    "learning": Filmable(("16:9",), "learning"),
}
DAY = timedelta(days=1)


def trigger(slug: str, **changes: Any) -> Trigger:
    known = next(one for one in DEFAULTS if one.slug == slug)
    fields = {name: getattr(known, name) for name in Trigger.__dataclass_fields__}
    return Trigger(**fields | changes)


@pytest.mark.parametrize(
    ("starts", "ends", "timezone", "middle"),
    [
        (date(2013, 3, 1), date(2013, 3, 10), "UTC", datetime(2013, 3, 6, tzinfo=UTC)),
        # Five of nine days are more than half: the fifth begins it.
        (date(2013, 3, 1), date(2013, 3, 9), "UTC", datetime(2013, 3, 5, tzinfo=UTC)),
        # New York puts its clocks forward on 10 March 2013 at two: midnight is of the old time.
        (date(2013, 3, 9), date(2013, 3, 11), "America/New_York", datetime(2013, 3, 10, 5, tzinfo=UTC)),
        (date(2013, 3, 10), date(2013, 3, 12), "America/New_York", datetime(2013, 3, 11, 4, tzinfo=UTC)),
        (date(2013, 3, 1), date(2013, 3, 2), "UTC", None),
    ],
)  # fmt: skip
def test_the_middle_of_a_mission_is_a_local_midnight(
    starts: date, ends: date, timezone: str, middle: datetime | None
) -> None:
    assert triggers.middle(starts, ends, timezone) == middle


@pytest.mark.parametrize(
    ("now", "timezone", "told"),
    [
        # The quarter closes at midnight in New York, in summer time, and three days later is told.
        (datetime(2013, 4, 4, 3, 59, tzinfo=UTC), "America/New_York", "2012-Q4"),
        (datetime(2013, 4, 4, 4, 0, tzinfo=UTC), "America/New_York", "2013-Q1"),
        (datetime(2013, 4, 3, 11, 0, tzinfo=UTC), "Pacific/Kiritimati", "2013-Q1"),
    ],
)
def test_a_period_is_told_once_its_days_of_grace_are_over(
    now: datetime, timezone: str, told: str
) -> None:
    found = triggers.last_closed(trigger("recap"), now, timezone)
    assert found
    assert found.name == told
    assert found.at <= now


@given(
    since=st.integers(-20, 20), at=st.integers(-20, 20), later=st.lists(st.integers(0, 20), max_size=3)
)  # fmt: skip
@settings(max_examples=60, deadline=None)
def test_nothing_is_answered_before_it_happens_or_before_the_trigger_is_on_or_too_late(
    since: int, at: int, later: list[int]
) -> None:
    for hours in later:
        now = NOW + hours * timedelta(hours=12)
        moment, on = NOW + at * timedelta(hours=12), NOW + since * timedelta(hours=12)
        due = triggers.is_due(moment, on, now)
        assert due == (on < moment <= now and now - moment < triggers.STALE)


@given(day=st.dates(date(2000, 1, 1), date(2050, 1, 1)), kind=st.sampled_from(triggers.PERIODS),
       days=st.integers(0, 60), zone=st.sampled_from(["UTC", "America/New_York", "Asia/Kolkata", "Pacific/Apia"]))  # fmt: skip
@settings(max_examples=60, deadline=None)
def test_each_period_is_told_of_exactly_once_as_time_goes_on(
    day: date, kind: str, days: int, zone: str
) -> None:
    one = trigger("recap", period=kind, days_after=days)
    now = periods.midnight(day, zone) + timedelta(hours=12)
    here, next_day = (triggers.last_closed(one, t, zone) for t in (now, now + DAY))
    assert here
    assert next_day
    assert here.at <= now < next_day.at or here.name == next_day.name


@pytest.mark.parametrize(
    ("film", "told"),
    [("recap", "2013-Q1"), ("year-end", "2012"), ("status", "2013-Q2")],
)
def test_a_recap_is_usually_of_the_last_period_and_a_standing_of_the_one_that_runs(
    film: str, told: str
) -> None:
    assert TEMPLATES[film].usual_period(NOW.date()).name == told


@pytest.mark.parametrize("one", DEFAULTS, ids=lambda one: one.slug)
def test_a_trigger_is_read_back_as_it_was_written(one: Trigger) -> None:
    assert triggers.parse(triggers.to_json(one)) == one


@pytest.mark.parametrize(
    ("raw", "key", "said"),
    [
        ({"on": "full moon"}, "on", "joined"),
        ({"template": "gone"}, "template", "recap"),
        ({"formats": []}, "formats", "16:9"),
        ({"formats": ["1:1"]}, "formats", "16:9"),
        ({"days_after": 61}, "days_after", "0 to 60"),
        ({"days_after": 3, "on": "joined", "template": "status"}, "days_after", "no meaning"),
        ({"urgent": "yes"}, "urgent", "true or false"),
        ({"enabled": 1}, "enabled", "true or false"),
        ({"audience": {"planet": ["Mars"]}}, "audience.planet", "known are"),
        ({"period": "decade"}, "period", "quarter"),
        # What the film tells has to fit what it comes after.
        (
            {"template": "learning"},
            "template",
            "no film for 'closed': write one of recap, year-end",
        ),
        ({"template": "status"}, "template", "recap"),
        ({"on": "learnt"}, "template", "no film for 'learnt': write one of status, learning"),
        ({"template": "year-end"}, "period", 'write "year"'),
    ],
)
def test_what_is_wrong_with_a_trigger_is_named_with_its_remedy(
    raw: dict[str, Any], key: str, said: str
) -> None:
    fine = {"slug": "x", "on": "closed", "template": "recap", "formats": ["16:9"]}
    triggers.parse(fine, TEMPLATES)
    with pytest.raises(DefinitionError) as found:
        triggers.parse(fine | raw, TEMPLATES)
    assert found.value.key == key
    assert said in str(found.value)


@pytest.mark.parametrize(
    ("one", "happened", "ahead", "films"),
    [
        (trigger("recap"), None, None, 20),
        (trigger("year-end", formats=("16:9", "1:1")), None, None, 10),
        (trigger("learnt"), 30, None, 10),
        (trigger("half-time"), None, 12, 12),
        (trigger("launch-rule"), None, None, None),
    ],
)
def test_a_month_is_told_where_it_can_be_known(
    one: Trigger, happened: int | None, ahead: int | None, films: int | None
) -> None:
    assert triggers.a_month(one, 60, happened, ahead) == films
