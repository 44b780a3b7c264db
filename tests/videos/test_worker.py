"""Real workers on a real Valkey, one of them really killed: every film arrives, and once."""

import contextlib
import shutil
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from flask import Flask

from engage import clock, create_app, membership, periods
from engage.config import HOUSE, Settings
from engage.db import db, transaction
from engage.partners.models import Partner
from engage.partners.service import Profile
from engage.programmes import service as programmes
from engage.queue import length
from engage.studio import mp4
from engage.videos import catalogue, jobs, service, shelf

from ..conftest import NOW, PROGRAMME, publish
from ..waiting import until
from .conftest import TEMPLATES, films

pytestmark = [pytest.mark.service, pytest.mark.worker]

#: More than join by themselves (`membership.JOINING`): nobody is welcomed with a long film here.
PARTNERS = 26
ORDERED = 6


@pytest.fixture
def app(settings: Settings, redis_url: str, monkeypatch: pytest.MonkeyPatch) -> Iterator[Flask]:
    monkeypatch.setenv("REDIS_URL", redis_url)
    app = create_app(Settings())
    with app.app_context():
        yield app
        db.session.remove()
        db.engine.dispose()


@pytest.fixture
def ordered(app: Flask, settings: Settings) -> list[int]:
    """Some partners' films, ordered and in the queue."""
    folder = settings.home_dir / "video_templates" / "tiny"
    shutil.copytree(TEMPLATES / "tiny", folder)
    file = folder / "template.toml"
    file.write_text(file.read_text().replace("seconds = 0.6", "seconds = 3.0"))
    publish(PROGRAMME)
    profiles = [Profile(f"P{n:02}", f"Partner {n}") for n in range(PARTNERS)]
    transaction(lambda: membership.enrol(programmes.by_slug("resellers"), profiles, now=NOW))

    def work() -> list[int]:
        partners = db.session.query(Partner).order_by(Partner.id).limit(ORDERED)
        placed = service.order(
            programmes.by_slug("resellers"),
            catalogue.load("tiny"),
            [partner.id for partner in partners],
            period=periods.parse("2013-Q2"),
            reason="test",
            ordered_by=None,
            address="https://house.example",
            now=clock.now(),
        )
        return placed.to_make

    ids = transaction(work)
    jobs.wake(ids)
    return ids


@contextlib.contextmanager
def worker() -> Iterator[subprocess.Popen[bytes]]:
    process = subprocess.Popen([sys.executable, "worker.py", "videos"], cwd=HOUSE)
    try:
        yield process
    finally:
        process.kill()
        process.wait()


def states() -> Counter[str]:
    return Counter(video.state for video in films())


def arrived(settings: Settings) -> list[Path]:
    return sorted((settings.media_dir / "films").glob("*/*/" + shelf.FILM))


def test_a_killed_worker_loses_nothing_and_nothing_arrives_twice(
    ordered: list[int], settings: Settings
) -> None:
    with worker() as process:
        until(lambda: states()["done"] >= 2 and states()["rendering"], 60, "films are under way")
        process.kill()
        process.wait()
    left = states()
    assert left["rendering"] <= 1
    assert left["done"] < ORDERED
    early = {path: path.stat().st_mtime_ns for path in arrived(settings)}

    jobs.sweep(clock.now() + timedelta(minutes=1))
    assert states()["rendering"] == 0
    with worker(), worker():
        until(lambda: states()["done"] == ORDERED, 60, "all films are done")

    found = arrived(settings)
    assert len(found) == ORDERED
    for path in found:
        mp4.verify(path, 30, 10, (1280, 720))
    assert {path: path.stat().st_mtime_ns for path in early} == early
    attempts = Counter(video.attempts for video in films())
    assert attempts[1] + attempts[2] == ORDERED
    assert attempts[2] <= 1
    assert list((settings.media_dir / "making").iterdir()) == []


def test_films_the_queue_has_forgotten_are_found(ordered: list[int], app: Flask) -> None:
    app.extensions["engage.redis"].flushall()
    jobs.sweep(clock.now() + timedelta(minutes=1))
    with worker():
        until(lambda: states()["done"] >= 1, 60, "a film is done")


def test_a_sweep_leaves_a_queue_that_is_worked_on_alone(ordered: list[int], app: Flask) -> None:
    before = length("videos")
    jobs.sweep(clock.now() + timedelta(minutes=1))
    assert length("videos") == before == ORDERED
