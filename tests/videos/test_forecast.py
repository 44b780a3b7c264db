"""What an order takes before it is placed: time, disk, and what happens where there is no room."""

from datetime import timedelta

import pytest
from flask import Flask

from engage.videos import rules, shelf
from engage.videos.rules import Pace

from ..browsing import browser
from ..conftest import Cast
from . import examples
from .conftest import films as rows

PACE = Pace(seconds=30.0, size=2_000_000.0)


def forecast(new: int, *, pace: Pace | None = PACE, waiting: int = 0, free: int | None = None):
    left = None if free is None else free + rules.LEFT_FREE
    return rules.forecast(new, 0, [], pace, workers=2, waiting=waiting, free=left)


def test_films_that_wait_go_first_and_take_their_room() -> None:
    assert forecast(10, waiting=30).minutes == 10
    assert forecast(10, waiting=30).took == timedelta(minutes=10)
    assert forecast(10, waiting=30, free=80_000_000).fits
    assert not forecast(10, waiting=31, free=80_000_000).fits


def test_an_order_fits_as_long_as_nothing_is_known_against_it() -> None:
    assert forecast(10).fits
    assert forecast(10, pace=None, free=1).fits
    assert not forecast(10, pace=None, free=0).fits


@pytest.mark.usefixtures("april", "tiny")
def test_what_does_not_fit_on_the_disk_is_refused_and_says_what_it_needs(
    app: Flask, cast: Cast, monkeypatch: pytest.MonkeyPatch
) -> None:
    examples.make(cast)
    monkeypatch.setattr(shelf.Folder, "free", lambda _folder: rules.LEFT_FREE + 1000)
    mia = browser(app, cast.mia.user)
    form = {"template": "tiny", "period": "2013-Q2"}
    page = mia.get("/console/videos/forecast", query_string=form).text
    assert "These films need 1 MB, and the disk has 1 MB left for films" in page
    assert "Make 3 films" not in page
    answer = mia.post("/console/videos/", data=form)
    assert answer.status_code == 422
    assert "There is no room for these films" in answer.text
    assert [video.key for video in rows()] == [examples.KEY]
