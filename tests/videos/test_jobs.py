"""Rendering one film, without a worker: what comes out, and what becomes of failures."""

import json
import os
from datetime import timedelta
from pathlib import Path

import pytest
from flask import Flask

from engage import clock
from engage.config import Settings
from engage.db import transaction
from engage.studio import mp4
from engage.videos import claims, jobs, rendering, rules, shelf

from ..conftest import NOW, Cast
from .conftest import Order, film, films


@pytest.fixture
def video_id(cast: Cast, order: Order) -> int:
    assert cast.alice.partner
    (found,) = order(cast.alice.partner.id).to_make
    return found


def place(settings: Settings) -> Path:
    return shelf.Folder(settings.media_dir).folder(film().key)


def test_a_rendered_film_is_whole_and_says_what_the_ledger_says(
    video_id: int, settings: Settings
) -> None:
    jobs.render(video_id)
    done = film()
    assert (done.state, done.progress, done.failure) == ("done", 100, None)
    mp4.verify(place(settings) / shelf.FILM, 6, 10, (1280, 720))
    assert done.size == (place(settings) / shelf.FILM).stat().st_size
    said = ["Alice Bikes, 6,000 points in Q2 2013 so far."]
    assert done.story == [{"sentences": said, "figures": {}}]
    assert (place(settings) / shelf.CAPTIONS).read_text().startswith("WEBVTT")
    assert (place(settings) / shelf.POSTER).read_bytes()[:2] == b"\xff\xd8"


def test_a_film_is_not_rendered_twice(video_id: int, settings: Settings) -> None:
    jobs.render(video_id)
    before = (place(settings) / shelf.FILM).stat().st_mtime_ns
    jobs.render(video_id)
    assert (place(settings) / shelf.FILM).stat().st_mtime_ns == before
    assert film().attempts == 1


def test_a_film_published_by_a_worker_that_died_after_it_is_taken_as_it_is(
    video_id: int, settings: Settings
) -> None:
    jobs.render(video_id)
    before = (place(settings) / shelf.FILM).stat().st_mtime_ns
    transaction(lambda: setattr(film(), "state", "queued"))
    jobs.render(video_id)
    assert film().state == "done"
    assert (place(settings) / shelf.FILM).stat().st_mtime_ns == before


def test_nothing_is_left_beside_a_film(video_id: int, settings: Settings) -> None:
    jobs.render(video_id)
    assert list((settings.media_dir / "making").iterdir()) == []
    assert {file.name for file in place(settings).iterdir()} == {
        shelf.FILM,
        shelf.POSTER,
        shelf.CAPTIONS,
    }


def test_what_killed_renders_left_is_cleared_but_not_what_is_being_made(
    app: Flask, settings: Settings
) -> None:
    old, new = (settings.media_dir / "making" / name for name in ("a.1", "b.2"))
    for folder in (old, new):
        folder.mkdir(parents=True)
        (folder / shelf.FILM).write_bytes(b"half a film")
    long_ago = (clock.now() - timedelta(hours=1)).timestamp()
    os.utime(old, (long_ago, long_ago))
    jobs.sweep()
    assert not old.exists()
    assert new.exists()


def test_a_changed_template_is_no_longer_the_one_ordered(video_id: int, tiny: Path) -> None:
    file = tiny / "template.toml"
    file.write_text(file.read_text() + "# another word\n")
    jobs.render(video_id)
    assert film().state == "failed"
    assert "Order it again" in (film().failure or "")


def test_trouble_that_may_pass_is_tried_three_times(
    video_id: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(rendering, "_draw", full)
    for left in ("queued", "queued", "failed"):
        with pytest.raises(OSError, match="No space"):
            jobs.render(video_id)
        assert film().state == left
    assert "No space left on device" in (film().failure or "")


def test_a_cancelled_render_leaves_nothing(
    video_id: int, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(rendering.Pulse, "lost", lambda pulse: True)
    jobs.render(video_id)
    assert not place(settings).exists()
    assert list((settings.media_dir / "making").iterdir()) == []
    assert film().state == "rendering"  # whoever called it off has written what it is now


def test_a_heartbeat_learns_that_the_film_is_not_wanted(video_id: int) -> None:
    work = transaction(lambda: claims.claim(video_id, NOW))
    assert work
    pulse = rendering.Pulse(work)
    pulse._beat()
    assert not pulse.lost()
    transaction(lambda: setattr(film(), "state", "cancelled"))
    pulse._beat()
    assert pulse.lost()


def test_a_snapshot_survives_the_database(video_id: int) -> None:
    assert json.loads(json.dumps(film().snapshot)) == film().snapshot
    assert film().snapshot["points"] == {"shape": "number", "value": 6000.0, "display": "6,000"}


def test_one_process_renders_what_waits(cast: Cast, order: Order) -> None:
    assert cast.alice.partner
    assert cast.bob.partner
    first, _second = order(cast.alice.partner.id, cast.bob.partner.id).to_make
    jobs.spell(first)
    assert [video.state for video in films()] == ["done", "done"]


def test_trouble_ends_a_spell(cast: Cast, order: Order, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*_: object) -> None:
        raise MemoryError

    assert cast.alice.partner
    assert cast.bob.partner
    first, _second = order(cast.alice.partner.id, cast.bob.partner.id).to_make
    monkeypatch.setattr(rendering, "_draw", full)
    with pytest.raises(MemoryError):
        jobs.spell(first)
    assert sorted(video.attempts for video in films()) == [0, 1]
    assert [video.failure for video in films() if video.attempts] == [
        "Rendering needed more memory than a film may have."
    ]


def test_a_film_that_takes_too_long_is_given_up(
    video_id: int, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(rules, "TIME_LIMIT", timedelta(0))
    for _ in range(rules.ATTEMPTS):
        with pytest.raises(rendering.TooSlow):
            jobs.render(video_id)
    assert film().state == "failed"
    assert "took longer" in (film().failure or "")
    assert list((settings.media_dir / "making").iterdir()) == []
