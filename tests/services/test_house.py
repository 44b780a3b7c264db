"""`engage up` for real: web, workers, scheduler, SQLite and Valkey in processes of their own."""

import contextlib
import http.client
import os
import signal
import socket
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Mapping
from pathlib import Path

import psutil
import pytest
import redis

from engage.config import valkey_socket
from engage.services.valkey import Valkey, ensure_valkey
from tests.services.processes import ended
from tests.waiting import PATIENCE, until

pytestmark = [pytest.mark.service, pytest.mark.worker]
BOOT = 60  # seconds a loaded machine may take
END = 30 * PATIENCE


@pytest.fixture
def environment() -> Iterator[dict[str, str]]:
    """The environment of a new home with a free port; afterwards nothing of it runs."""
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        port = found.getsockname()[1]
    with tempfile.TemporaryDirectory(prefix="engage-up-", ignore_cleanup_errors=True) as made:
        home = Path(made).resolve()
        yield {
            **{k: v for k, v in os.environ.items() if k not in ("DATABASE_URL", "REDIS_URL")},
            "ENGAGE_HOME": str(home),
            "ENGAGE_PORT": str(port),
            "ENGAGE_ENV": "test",
        }
        if (home / "valkey").exists():
            ensure_valkey(home).stop(force=True)


def command(environment: Mapping[str, str], *words: str) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [Path(sys.executable).with_name("engage"), *words],
        env=environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


@contextlib.contextmanager
def up(environment: Mapping[str, str]) -> Iterator[subprocess.Popen[str]]:
    """`engage up`, ready; killed at the end of the block if it is still there."""
    process = command(environment, "up")
    try:
        assert process.stdout is not None
        first = process.stdout.readline()
        assert "engage is ready" in first, process.communicate()[1]
        yield process
    finally:
        process.kill()
        process.communicate()


def status(environment: Mapping[str, str], path: str) -> int:
    connection = http.client.HTTPConnection(
        "127.0.0.1", int(environment["ENGAGE_PORT"]), timeout=30
    )
    with contextlib.closing(connection):
        connection.request("GET", path)
        return connection.getresponse().status


def children(process: subprocess.Popen[str]) -> dict[str, psutil.Process]:
    """The processes of a supervisor, by what they do."""
    found = {}
    for child in psutil.Process(process.pid).children():
        words = child.cmdline()
        found[" ".join(words[-2:]) if "leash" in " ".join(words) else "valkey"] = child
    return found


def test_it_serves_pages_and_stops_without_a_trace(environment: dict[str, str]) -> None:
    with up(environment) as process:
        assert status(environment, "/healthz") == 200
        assert status(environment, "/no-such-page") == 404
        family = list(children(process).values())
        assert len(family) == 5, "web, two workers, scheduler, Valkey"

        process.send_signal(signal.SIGTERM)

        assert process.wait(END) == 0
        assert all(ended(child.pid) for child in family)
    assert not valkey_socket(Path(environment["ENGAGE_HOME"])).exists()


def test_a_second_one_on_the_same_home_is_refused_with_the_address(
    environment: dict[str, str],
) -> None:
    with up(environment):
        second = command(environment, "up")
        _, said = second.communicate(timeout=BOOT)
        assert second.returncode == 1
        assert f"runs already at http://127.0.0.1:{environment['ENGAGE_PORT']}" in said
        assert status(environment, "/healthz") == 200


def test_a_taken_port_is_refused_by_name_with_the_remedy(environment: dict[str, str]) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        refused = command({**environment, "ENGAGE_PORT": str(port)}, "up")
        _, said = refused.communicate(timeout=BOOT)
    assert refused.returncode == 1
    assert f"port {port} " in said
    assert "ENGAGE_PORT" in said


def test_a_killed_house_leaves_nothing_that_blocks_the_next_start(
    environment: dict[str, str],
) -> None:
    with up(environment) as process:
        family = children(process)
        valkey = family.pop("valkey").pid
        process.kill()

        with up(environment) as second:
            assert status(environment, "/healthz") == 200
            assert Valkey(Path(environment["ENGAGE_HOME"])).pid == valkey, "the orphan was adopted"
            until(
                lambda: all(ended(child.pid) for child in family.values()), 20, "the old ones left"
            )
            second.send_signal(signal.SIGTERM)
            assert second.wait(END) == 0
    assert ended(valkey)


def test_callers_wait_while_a_killed_web_process_comes_back(environment: dict[str, str]) -> None:
    with up(environment) as process:
        (web,) = (child for words, child in children(process).items() if "web:serve" in words)
        web.kill()
        assert status(environment, "/healthz") == 200


def test_a_killed_valkey_comes_back(environment: dict[str, str]) -> None:
    with up(environment) as process:
        children(process)["valkey"].kill()
        until(lambda: status(environment, "/healthz") == 200, BOOT, "all is well again")


def test_a_part_alone_brings_the_services_it_needs_and_takes_them_away(
    environment: dict[str, str],
) -> None:
    home = Path(environment["ENGAGE_HOME"])
    scheduler = command(environment, "scheduler")
    until(lambda: (home / "valkey").exists() and Valkey(home).answers(), BOOT, "Valkey answers")
    pid = Valkey(home).pid
    worker = command(environment, "worker", "default")
    with redis.Redis.from_url(Valkey(home).url) as connection:
        until(lambda: connection.scard("rq:workers"), BOOT, "the worker is at work")
    for process in (scheduler, worker):
        assert not ended(pid)
        process.send_signal(signal.SIGTERM)
        process.communicate(timeout=END)
    assert ended(pid)
