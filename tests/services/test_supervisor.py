"""One supervisor over real processes: how they live, die and end."""

import contextlib
import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator, Sequence
from io import StringIO
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.console import Console

from engage.services.supervisor import (
    Process,
    Supervisor,
    SupervisorError,
    rest_before_restart,
)
from tests.services.processes import ended, lines
from tests.waiting import until

JOBS = "tests.services.jobs"


@contextlib.contextmanager
def supervised(
    *specs: tuple[str, str, Sequence[str]], grace: float = 10
) -> Iterator[subprocess.Popen[str]]:
    """A supervisor in a process of its own, killed at the end of the block if still there."""
    words = ["-m", "tests.services.supervised", json.dumps(specs), str(grace)]
    process = subprocess.Popen(
        [sys.executable, *words], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )
    try:
        yield process
    finally:
        process.kill()
        process.communicate()


def pids(path: Path) -> list[int]:
    """The process ids that jobs wrote to `path`."""
    return [int(line) for line in lines(path)]


def both(a: Path, b: Path) -> list[int]:
    return pids(a) + pids(b) if pids(a) and pids(b) else []


def test_being_told_to_stop_ends_all_processes_well(tmp_path: Path) -> None:
    a, b = tmp_path / "a", tmp_path / "b"
    with supervised(("a", f"{JOBS}:hang", [str(a)]), ("b", f"{JOBS}:hang", [str(b)])) as supervisor:
        children = until(lambda: both(a, b), 30, "both run")

        supervisor.send_signal(signal.SIGTERM)

        assert supervisor.wait(20) == 0
        assert all(map(ended, children))


@pytest.mark.parametrize("how", [signal.SIGINT, signal.SIGHUP], ids=["ctrl-c", "terminal closed"])
def test_other_ways_to_say_so_work_too(how: signal.Signals, tmp_path: Path) -> None:
    a = tmp_path / "a"
    with supervised(("a", f"{JOBS}:hang", [str(a)])) as supervisor:
        (child,) = until(lambda: pids(a), 30, "the process runs")
        supervisor.send_signal(how)
        assert supervisor.wait(20) == 0
        assert ended(child)


def test_a_process_that_will_not_end_is_killed(tmp_path: Path) -> None:
    a = tmp_path / "a"
    with supervised(("deaf", f"{JOBS}:ignore_the_end", [str(a)]), grace=0.2) as supervisor:
        (child,) = until(lambda: pids(a), 30, "the process runs")
        supervisor.send_signal(signal.SIGTERM)
        _, said = supervisor.communicate(timeout=20)
        assert supervisor.returncode == 0
        assert ended(child)
        assert "deaf │ did not end in time: killed" in said


def test_a_second_signal_waits_for_nobody(tmp_path: Path) -> None:
    a = tmp_path / "a"
    with supervised(("deaf", f"{JOBS}:ignore_the_end", [str(a)]), grace=3600) as supervisor:
        (child,) = until(lambda: pids(a), 30, "the process runs")
        supervisor.send_signal(signal.SIGINT)
        assert supervisor.stderr is not None
        assert "waiting up to 3600 s for deaf" in supervisor.stderr.readline()
        supervisor.send_signal(signal.SIGINT)
        assert supervisor.wait(20) == 0
        assert ended(child)


def test_a_killed_supervisor_leaves_nobody_behind(tmp_path: Path) -> None:
    a, b = tmp_path / "a", tmp_path / "b"
    with supervised(
        ("a", f"{JOBS}:hang", [str(a)]), ("deaf", f"{JOBS}:ignore_the_end", [str(b)])
    ) as supervisor:
        children = until(lambda: both(a, b), 30, "both run")

        supervisor.kill()

        until(lambda: all(map(ended, children)), 20, "the children followed their supervisor")


def test_a_process_that_dies_is_started_again(tmp_path: Path) -> None:
    a = tmp_path / "a"
    with supervised(("a", f"{JOBS}:hang", [str(a)])) as supervisor:
        (first,) = until(lambda: pids(a), 30, "the process runs")
        os.kill(first, signal.SIGKILL)
        second = until(lambda: pids(a)[1:], 30, "it runs again")[0]
        assert second != first
        supervisor.send_signal(signal.SIGTERM)
        _, said = supervisor.communicate(timeout=20)
    assert "a │ ended with signal SIGKILL; starting again" in said


def test_a_process_that_keeps_dying_stops_everything_with_the_reason(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    # A busy machine may need longer than half a minute to start and lose it five times.
    monkeypatch.setattr("engage.services.supervisor._WINDOW", 3600.0)
    a = tmp_path / "a"
    said = StringIO()
    supervisor = Supervisor(
        [Process("good", f"{JOBS}:hang", (str(a),)), Process("bad", f"{JOBS}:die", ("3",))],
        console=Console(file=said, width=200),
    )

    with pytest.raises(SupervisorError, match=r"bad died 5 times within 3600 seconds.* status 3"):
        supervisor.run(lambda: None)

    assert said.getvalue().count("bad  │ no bread in the house") == 5
    assert all(map(ended, pids(a)))


def test_a_process_may_end_well_when_it_says_so(tmp_path: Path) -> None:
    def once_has_ended() -> bool:
        return supervisor.children[0].start_at is None and not supervisor.children[0].alive

    supervisor = Supervisor(
        [
            Process("once", f"{JOBS}:die", ("0",), may_end=True),
            Process("other", f"{JOBS}:hang", (str(tmp_path / "a"),), ready=once_has_ended),
        ]
    )
    supervisor.run(lambda: os.kill(os.getpid(), signal.SIGTERM))
    assert supervisor.children[0].deaths == []


def test_it_is_ready_when_every_process_is(tmp_path: Path) -> None:
    asked: list[bool] = []

    def ready() -> bool:
        asked.append(len(asked) == 3)
        return asked[-1]

    announced: list[int] = []

    def on_ready() -> None:
        announced.append(len(asked))
        os.kill(os.getpid(), signal.SIGTERM)

    Supervisor([Process("a", f"{JOBS}:hang", (str(tmp_path / "a"),), ready=ready)]).run(on_ready)
    assert announced == [4]


def test_care_that_fails_stops_everything(tmp_path: Path) -> None:
    a = tmp_path / "a"

    def care() -> None:
        raise SupervisorError("the well is dry")

    with pytest.raises(SupervisorError, match="the well is dry"):
        Supervisor([Process("a", f"{JOBS}:hang", (str(a),))], care=care).run(lambda: None)
    assert all(map(ended, pids(a)))


@given(
    deaths=st.lists(st.floats(0, 1e6), max_size=12).map(sorted),
    after=st.floats(0, 1e3),
)
def test_more_deaths_mean_longer_rests_until_it_gives_up(deaths: list[float], after: float) -> None:
    now = (deaths[-1] if deaths else 0.0) + after
    rest = rest_before_restart(deaths, now)
    fewer = rest_before_restart(deaths[1:], now)
    if rest is None:
        assert len(deaths) >= 5
    else:
        assert 0 < rest <= 2
        assert fewer is not None
        assert fewer <= rest
