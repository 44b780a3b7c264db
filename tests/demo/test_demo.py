"""``engage demo`` for real: from an empty home to live boards, ended, resumed and killed."""

import json
import signal
import sqlite3
import subprocess
from contextlib import closing
from pathlib import Path

import pytest

from tests.services.processes import ended
from tests.services.test_house import END, children, command, environment, status  # noqa: F401
from tests.waiting import until

pytestmark = [pytest.mark.service, pytest.mark.worker]


def facts(home: Path) -> int:
    with closing(sqlite3.connect(home / "engage.db")) as connection:
        return int(connection.execute("SELECT count(*) FROM facts").fetchone()[0])


def started(environment: dict[str, str]) -> tuple[subprocess.Popen[str], str]:  # noqa: F811
    """The demo, once it answers, and what it said."""
    process = command(environment, "demo", "--partners", "30")
    assert process.stdout is not None
    said = ""
    for line in process.stdout:
        said += line
        if "Ctrl-C" in line:
            return process, said
    raise AssertionError(process.communicate()[1])


def test_it_starts_ends_resumes_and_survives_a_kill(environment: dict[str, str]) -> None:  # noqa: F811
    home = Path(environment["ENGAGE_HOME"])
    process, first = started(environment)
    assert f"http://127.0.0.1:{environment['ENGAGE_PORT']}" in first
    for login in json.loads((home / "demo-logins.json").read_text()):
        assert login["email"] in first
        assert login["password"] in first
    assert status(environment, "/healthz") == 200
    seeded = facts(home)
    until(lambda: facts(home) > seeded, 30, "a live fact came")

    family = children(process)
    process.send_signal(signal.SIGINT)
    process.communicate(timeout=END)
    assert process.returncode == 0
    assert all(ended(child.pid) for child in family.values())
    kept = facts(home)

    process, second = started(environment)
    assert second == first, "the same address and log-ins"
    assert kept <= facts(home) < kept + seeded, "it was not seeded again"
    family = children(process)
    process.kill()
    process.communicate()

    process, third = started(environment)
    try:
        assert third == first
        assert status(environment, "/healthz") == 200
        until(lambda: all(ended(c.pid) for k, c in family.items() if k != "valkey"), 20, "all left")
    finally:
        process.send_signal(signal.SIGINT)
        process.communicate(timeout=END)
    assert process.returncode == 0


def test_it_can_stand_still(environment: dict[str, str]) -> None:  # noqa: F811
    process = command(environment, "demo", "--partners", "30", "--no-live")
    assert process.stdout is not None
    for line in process.stdout:
        if "Ctrl-C" in line:
            break
    try:
        assert len(children(process)) == 5, "web, two workers, scheduler, Valkey"
    finally:
        process.send_signal(signal.SIGINT)
        process.communicate(timeout=END)
    assert process.returncode == 0
