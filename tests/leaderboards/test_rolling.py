"""A rolling window has whole days of the programme's clocks, also where those are changed."""

from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from flask import Flask

from engage import clock, effect
from engage.db import transaction
from engage.leaderboards import jobs, ranking, service
from engage.programmes import service as programmes
from tests.api.conftest import caller
from tests.browsing import browser
from tests.conftest import PROGRAMME, Cast, publish, record, sale

NEW_YORK = ZoneInfo("America/New_York")
WEEK = PROGRAMME.replace('period = "quarter"\nby = "partner"', 'period = "rolling"\ndays = 7')


def at(day: date, clock: str) -> datetime:
    """An instant as clocks in New York show it; of two alike the first."""
    hour, minute = map(int, clock.split(":"))
    return datetime(day.year, day.month, day.day, hour, minute, tzinfo=NEW_YORK)


@pytest.mark.parametrize(
    ("changed", "hours"), [(date(2013, 3, 10), 23), (date(2013, 11, 3), 25)], ids=str
)
def test_a_window_keeps_a_day_of_23_or_25_hours_whole_and_moves_on_at_midnight(
    app: Flask, cast: Cast, changed: date, hours: int
) -> None:
    published = publish(WEEK, at(changed, "12:00"))
    before, behind = changed - timedelta(days=1), changed + timedelta(days=1)
    told = ((before, "23:59"), (changed, "00:00"), (changed, "23:59"), (behind, "00:00"))
    assert (at(behind, "00:00").timestamp() - at(changed, "00:00").timestamp()) == hours * 3600
    facts = [
        sale(f"d-{n}", "A1", str(10**n), day)._replace(occurred_at=at(day, clock))
        for n, (day, clock) in enumerate(told)
    ]
    last = changed + timedelta(days=6)
    record(published, *facts, now=at(last, "12:00"))

    def score(now: datetime) -> str:
        jobs.turn(now)
        here = programmes.by_slug("resellers")
        board = service.board(here, "sales")
        assert board
        day = now.astimezone(NEW_YORK).date()
        found = ranking.ranking(here, board, board.rule.windows.ending(day))
        assert board.keeps(board.rule.windows.ending(day)), "no reader counts the facts"
        return ranking.natural_score(board, found.rows[0].score)

    assert score(at(last, "12:00")) == "1110.0000"
    assert score(at(last, "23:59")) == "1110.0000", "the window is moved at midnight"
    after = last + timedelta(days=1)
    assert score(at(after, "00:00")) == "1000.0000", "and then the day of the change is behind it"


def test_a_window_that_is_frozen_by_hand_tells_nothing_new_on_the_days_after(
    app: Flask, cast: Cast
) -> None:
    day = date(2013, 4, 10)
    publish(WEEK, at(day, "12:00"))
    record(cast.programme, sale("a-0", "A1", "10", day), now=at(day, "12:00"))
    later = day + timedelta(days=1)
    transaction(
        lambda: effect.freeze(
            programmes.by_slug("resellers"),
            *(["sales"], "The gala"),
            on=True,
            by=cast.mia.user.id,
            now=at(later, "09:00"),
        )
    )
    record(cast.programme, sale("a-1", "A1", "700", later), now=at(later, "10:00"))
    for after in (0, 1, 2):
        today = later + timedelta(days=after)
        jobs.turn(at(today, "12:00"))
        here = programmes.by_slug("resellers")
        board = service.board(here, "sales")
        assert board
        found = ranking.ranking(here, board, board.rule.windows.ending(today))
        alice = next(row for row in found.rows if row.name == "Alice Bikes")
        assert ranking.natural_score(board, alice.score) == "6010.0000"


def test_a_frozen_window_says_so_on_the_days_behind_it_as_well(
    app: Flask, cast: Cast, monkeypatch: pytest.MonkeyPatch
) -> None:
    day = date(2013, 4, 10)
    publish(WEEK, at(day, "12:00"))

    def freeze() -> None:
        here, who = programmes.by_slug("resellers"), cast.mia.user.id
        effect.freeze(here, ["sales"], "The gala", on=True, by=who, now=at(day, "13:00"))

    transaction(freeze)
    behind = at(day + timedelta(days=1), "09:00")
    jobs.turn(behind)
    monkeypatch.setattr(clock, "now", lambda: behind)
    record(cast.programme, sale("b-9", "B1", "9123.45", day), now=behind)
    page = browser(app, cast.charlie.user).get("/leaderboards/sales/rows").text
    assert "9,123" not in page
    assert "Frozen since" in page
    assert caller(app, "resellers", "read")("GET", "/standings/sales").json["stage"] == "frozen"
