"""How long films are kept, and how all of a partner's are erased."""

from datetime import timedelta

import pytest
from click.testing import CliRunner
from flask import Flask

from engage import clock
from engage.config import Settings
from engage.db import db
from engage.videos import held, jobs, sharing, shelf
from engage.videos.cli import video
from engage.videos.models import FilmShare, Video

from ..browsing import browser
from ..conftest import NOW, Cast
from . import examples
from .conftest import films as rows


@pytest.fixture(autouse=True)
def _alices_film(cast: Cast, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(clock, "now", lambda: NOW)
    examples.make(cast)
    found = db.session.query(Video).one()
    sharing.make(found, 90, with_name=True, with_poster=True, now=NOW)
    db.session.commit()


def test_a_film_is_kept_as_long_as_said_and_then_gone_with_its_links(
    app: Flask, settings: Settings, cast: Cast
) -> None:
    end = rows()[0].finished_at + timedelta(days=settings.film_days)
    jobs.forget(end)
    assert len(rows()) == 1
    jobs.forget(end + timedelta(seconds=1))
    assert rows() == []
    assert db.session.query(FilmShare).count() == 0
    assert not shelf.Folder(settings.media_dir).folder(examples.KEY).exists()
    batch = examples.make(cast)
    assert "kept for 400 days" in browser(app, cast.mia.user).get(f"/console/videos/{batch}").text


def test_a_film_that_was_never_begun_is_kept_as_long_as_one_that_was(
    settings: Settings, cast: Cast
) -> None:
    waits = db.session.query(Video).one()
    waits.state, waits.finished_at, waits.started_at = "queued", None, None
    db.session.commit()
    end = NOW + timedelta(days=settings.film_days)
    jobs.forget(end)
    assert len(rows()) == 1
    jobs.forget(end + timedelta(seconds=1))
    assert rows() == []


def test_files_that_no_film_names_are_removed_and_others_stay(settings: Settings) -> None:
    left = shelf.Folder(settings.media_dir).folder("b2" * 32)
    left.mkdir(parents=True)
    jobs.forget(NOW)
    assert not left.exists()
    assert (shelf.Folder(settings.media_dir).folder(examples.KEY) / shelf.FILM).is_file()


@pytest.mark.parametrize(("answer", "left"), [("y\n", 0), ("n\n", 1)])
def test_erasing_a_partners_films_asks_first(answer: str, left: int) -> None:
    words = ["erase", "A1", "--programme", "resellers"]
    done = CliRunner().invoke(video, words, input=answer)
    assert done.exit_code == left
    assert len(rows()) == left
    assert "Alice Bikes" in done.stderr


def test_who_was_erased_is_not_looked_at_again_among_those_whose_data_may_come(cast: Cast) -> None:
    batch = examples.make(cast)
    words = ["erase", "A1", "--programme", "resellers", "--yes"]
    assert CliRunner().invoke(video, words).exit_code == 0
    assert held.partners(batch, NOW) == []
