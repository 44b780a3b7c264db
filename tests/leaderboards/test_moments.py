"""When boards freeze and when results are final, on every clock."""

from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engage import periods
from engage.definitions import DefinitionError
from engage.leaderboards import language, moments
from engage.leaderboards.moments import Span, Stage
from tests.leaderboards.test_rules import BOARD

NEW_YORK, AUCKLAND = "America/New_York", "Pacific/Auckland"
Q2 = periods.parse("2013-Q2")
LONG_AGO = datetime(2000, 1, 1, tzinfo=UTC)


def at(text: str) -> datetime:
    return datetime.fromisoformat(text).astimezone(UTC)


@pytest.mark.parametrize(
    ("text", "span"),
    [("3d", Span(3, 0)), ("12h", Span(0, 12)), ("2d 18h", Span(2, 18)), ("2d18h", Span(2, 18))],
)
def test_a_span_is_days_and_hours(text: str, span: Span) -> None:
    assert moments.span({"freeze": text}, "freeze") == span
    assert moments.span({"freeze": str(span)}, "freeze") == span


@pytest.mark.parametrize("text", ["", "3", "d", "three days", "-1d", "18h 2d", "٣d", 3])
def test_what_is_no_span_is_refused_with_an_example(text: object) -> None:
    with pytest.raises(DefinitionError, match='as "3d" or "2d 18h"'):
        moments.span({"freeze": text}, "freeze")


def test_a_board_says_when_it_freezes_and_is_final_and_three_days_are_usual() -> None:
    assert language.parse(BOARD, "USD").final_after == Span(3, 0)
    assert "final_after" not in language.to_json(language.parse(BOARD, "USD"))
    for more in ({"freeze": "2d", "final_after": "1d 18h"}, {"final_after": "never"}):
        board = language.parse(BOARD | more, "USD")
        assert language.parse(language.to_json(board), "USD") == board
        assert more.items() <= language.to_json(board).items()


@pytest.mark.parametrize(
    ("period", "zone", "freeze", "final"),
    [
        ("2013-Q2", NEW_YORK, "2013-06-28T00:00-04:00", "2013-07-03T18:00-04:00"),
        ("2013-Q2", AUCKLAND, "2013-06-28T00:00+12:00", "2013-07-03T18:00+12:00"),
        # The clock goes forward on March 10 and back on November 3 in New York.
        ("2013-W10", NEW_YORK, "2013-03-08T00:00-05:00", "2013-03-13T18:00-04:00"),
        ("2013-W44", NEW_YORK, "2013-11-01T00:00-04:00", "2013-11-06T18:00-05:00"),
        # Hours stay hours in the night that has one less of them.
        ("2013-03-07", NEW_YORK, "2013-03-07T00:00-05:00", "2013-03-10T19:00-04:00"),
    ],
)
def test_days_are_those_of_the_programmes_calendar_and_hours_have_sixty_minutes(
    period: str, zone: str, freeze: str, final: str
) -> None:
    found = periods.parse(period)
    assert moments.freezes_at(found, Span(3, 0), zone) == at(freeze)
    assert moments.final_at(found, Span(2, 18), zone) == at(final)


def test_a_freeze_longer_than_its_period_begins_with_it() -> None:
    day = periods.parse("2013-04-10")
    assert moments.freezes_at(day, Span(3, 0), NEW_YORK) == day.starts_at(NEW_YORK)


def test_what_has_no_end_never_freezes_and_is_never_final() -> None:
    assert moments.freezes_at(periods.ALL, Span(3, 0), NEW_YORK) is None
    assert moments.final_at(periods.ALL, Span(3, 0), NEW_YORK) is None


def test_a_period_runs_is_provisional_and_then_final() -> None:
    def name(now: datetime, opened: datetime = LONG_AGO) -> Stage:
        return moments.stage(Q2, Span(3, 0), opened, NEW_YORK, now)

    ends = Q2.ends_at(NEW_YORK)
    assert name(ends - timedelta(seconds=1)) == Stage("running")
    assert name(ends) == Stage("provisional", at("2013-07-04T00:00-04:00"))
    assert name(ends, opened=ends) == Stage("history")
    assert moments.stage(Q2, None, LONG_AGO, NEW_YORK, ends) == Stage("provisional")


@given(
    st.dates(date(2005, 1, 1), date(2030, 1, 1)),
    st.sampled_from(["day", "week", "month", "quarter", "year"]),
    st.builds(Span, st.integers(0, 40), st.integers(0, 30)),
    st.sampled_from([NEW_YORK, AUCKLAND, "UTC", "Asia/Kathmandu"]),
)
def test_a_period_freezes_inside_itself_and_is_final_after_its_end(
    day: date, kind: str, span: Span, zone: str
) -> None:
    period = periods.containing(day, kind)
    freezes, final = moments.freezes_at(period, span, zone), moments.final_at(period, span, zone)
    assert freezes
    assert final
    assert period.starts_at(zone) <= freezes <= period.ends_at(zone) <= final


@given(st.dates(date(2005, 1, 1), date(2030, 1, 1)), st.integers(0, 400))
def test_periods_close_that_ended_while_the_board_was_there(day: date, ago: int) -> None:
    current = periods.containing(day, "month")
    opened = current.starts_at(NEW_YORK) - timedelta(days=ago)
    closings = moments.closings(current.earlier(), Span(3, 0), opened, NEW_YORK)
    ends = [period.ends_at(NEW_YORK) for period, _ in closings]
    assert all(opened < end <= current.starts_at(NEW_YORK) for end in ends)
    assert ends == sorted(ends, reverse=True)
    assert len(ends) == len(set(ends)) >= ago // 31
