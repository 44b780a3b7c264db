"""Worker processes: real ones, on a real Valkey, really killed."""

import contextlib
import os
import signal
import subprocess
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path

import pytest
from flask import Flask

from engage import create_app
from engage.config import HOUSE, Settings
from engage.queue import QUEUES, connection, enqueue
from engage.schedule import Periodic, Scheduler
from engage.services.worker import work
from tests.services.processes import ended, lines
from tests.waiting import PATIENCE, until

pytestmark = [pytest.mark.service, pytest.mark.worker]
JOBS = "tests.services.jobs"


@pytest.fixture
def environment(tmp_path: Path, redis_url: str) -> dict[str, str]:
    return {
        "ENGAGE_HOME": str(tmp_path / "home"),
        "ENGAGE_ENV": "test",
        "REDIS_URL": redis_url,
        "ENGAGE_TEST_PATH": str(tmp_path / "noted"),
    }


@pytest.fixture
def app(environment: Mapping[str, str], monkeypatch: pytest.MonkeyPatch) -> Iterator[Flask]:
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    app = create_app(Settings())
    with app.app_context():
        yield app


@contextlib.contextmanager
def worker(queue: str = "default") -> Iterator[subprocess.Popen[bytes]]:
    process = subprocess.Popen([sys.executable, "worker.py", queue], cwd=HOUSE)
    try:
        yield process
    finally:
        process.kill()
        process.wait()


@pytest.mark.usefixtures("app")
def test_a_job_runs_inside_the_application(tmp_path: Path) -> None:
    noted = tmp_path / "noted"
    enqueue("default", f"{JOBS}.count", str(noted))
    with worker():
        until(lambda: lines(noted) == ["engage 42"], 30, "the job ran")


@pytest.mark.usefixtures("app")
def test_arguments_travel_as_json_and_leave_nothing_behind(tmp_path: Path) -> None:
    noted = tmp_path / "noted"
    enqueue("videos", f"{JOBS}.note", str(noted), "été 🎬")
    with worker("videos"):
        until(lambda: lines(noted) == ["été 🎬"], 30, "the job ran")
        until(lambda: connection().keys("rq:job:*") == [], 30, "its entry is gone")


@pytest.mark.usefixtures("app")
def test_a_job_that_finds_nothing_to_do_is_not_worth_a_line(
    tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    noted = tmp_path / "noted"
    enqueue("default", f"{JOBS}.find_nothing")
    enqueue("default", f"{JOBS}.note", str(noted), "told")
    with worker():
        until(lambda: lines(noted) == ["told"], 30, "both ran")
        until(lambda: connection().keys("rq:job:*") == [], 30, "their entries are gone")
    said = "".join(capfd.readouterr())
    assert "jobs.note" in said
    assert "find_nothing" not in said


@pytest.mark.usefixtures("app")
def test_jobs_run_in_order_unless_put_in_front(tmp_path: Path) -> None:
    noted = tmp_path / "noted"
    for word in ("first", "second"):
        enqueue("default", f"{JOBS}.note", str(noted), word)
    enqueue("default", f"{JOBS}.note", str(noted), "urgent", at_front=True)
    with worker():
        until(lambda: lines(noted) == ["urgent", "first", "second"], 30, "all ran, in order")


@pytest.mark.usefixtures("app")
def test_a_job_that_fails_does_not_stop_the_worker(tmp_path: Path) -> None:
    noted = tmp_path / "noted"
    enqueue("default", f"{JOBS}.fail")
    enqueue("default", f"{JOBS}.note", str(noted), "still here")
    with worker():
        until(lambda: lines(noted) == ["still here"], 30, "the next job ran")


@pytest.mark.usefixtures("app")
def test_a_killed_worker_takes_its_job_and_its_encoder_along(tmp_path: Path) -> None:
    noted = tmp_path / "noted"
    enqueue("default", f"{JOBS}.encode", str(noted))
    with worker() as process:
        until(lambda: len(lines(noted)) == 2, 30, "the job is at work")
        process.kill()
        job, encoder = map(int, lines(noted))
        until(lambda: ended(job) and ended(encoder), 20, "the job ended with its worker")


def test_what_a_killed_worker_left_is_swept_up_and_done_once(app: Flask, tmp_path: Path) -> None:
    noted = tmp_path / "noted"
    enqueue("default", f"{JOBS}.done_the_second_time", str(noted))
    with worker() as process:
        until(lambda: lines(noted), 30, "the job is at work")
        process.kill()
    until(lambda: ended(int(lines(noted)[0])), 20, "the job ended with its worker")

    scheduler = Scheduler(app, connection(), [Periodic("sweep", 3600, f"{JOBS}.sweep")])
    scheduler.turn()
    scheduler.turn()

    with worker():
        until(lambda: "done" in lines(noted), 30, "the job was done after all")
    assert lines(noted).count("done") == 1


@pytest.mark.usefixtures("app")
def test_a_worker_told_to_stop_finishes_the_job_at_hand(tmp_path: Path) -> None:
    noted, gate = tmp_path / "noted", tmp_path / "gate"
    os.mkfifo(gate)
    enqueue("default", f"{JOBS}.wait_at", str(gate), str(noted))
    with worker() as process:
        with gate.open("w") as opened:  # returns once the job is at the gate
            process.send_signal(signal.SIGTERM)
            opened.write("go\n")
        assert process.wait(30 * PATIENCE) == 0
    assert lines(noted) == ["passed"]


@pytest.mark.usefixtures("app")
def test_a_queue_nobody_works_on_is_refused() -> None:
    with pytest.raises(ValueError, match="no queue is called 'sideways'"):
        enqueue("sideways", f"{JOBS}.fail")
    with pytest.raises(ValueError, match=", ".join(QUEUES)):
        work("sideways")
