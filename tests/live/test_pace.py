import heapq
from collections.abc import Callable
from itertools import pairwise
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from engage.live.pace import INTERVAL, Pace
from engage.live.rules import Change


class Clock:
    """Time that passes when told to; `later` is the event loop's."""

    def __init__(self) -> None:
        self.now = 0.0
        self._due: list[tuple[float, int, Callable[..., None], Any]] = []
        self._count = 0

    def later(self, seconds: float, work: Callable[..., None], argument: Any) -> None:
        self._count += 1
        heapq.heappush(self._due, (self.now + seconds, self._count, work, argument))

    def pass_until(self, moment: float) -> None:
        while self._due and self._due[0][0] <= moment:
            self.now, _, work, argument = heapq.heappop(self._due)
            work(argument)
        self.now = moment

    @property
    def is_idle(self) -> bool:
        return not self._due


class Board:
    """A pace, and what it passed on: (when, board, version)."""

    def __init__(self) -> None:
        self.clock = Clock()
        self.passed: list[tuple[float, str, int]] = []
        self.pace = Pace(self.clock.later, self._emit)

    def _emit(self, change: Change) -> None:
        self.passed.append((self.clock.now, change.data["board"], change.version))

    def change(self, version: int, board: str = "sales") -> None:
        self.pace.offer(Change(1, "everyone", "board", {"board": board}, version))


def test_the_first_change_passes_at_once():
    board = Board()
    board.change(1)
    assert board.passed == [(0.0, "sales", 1)]


def test_a_burst_becomes_its_first_and_its_newest():
    board = Board()
    for version in range(1, 51):
        board.change(version)
    board.clock.pass_until(10)
    assert board.passed == [(0.0, "sales", 1), (INTERVAL, "sales", 50)]


def test_after_a_quiet_interval_the_next_change_passes_at_once_again():
    board = Board()
    board.change(1)
    board.clock.pass_until(1)
    board.change(2)
    assert board.passed[-1] == (1, "sales", 2)


def test_boards_do_not_wait_for_one_another():
    board = Board()
    board.change(1, "sales")
    board.change(1, "growth")
    assert [name for _, name, _ in board.passed] == ["sales", "growth"]


def test_an_overtaken_announcement_does_not_bring_an_old_version_back():
    board = Board()
    for version in (1, 3, 2):
        board.change(version)
    board.clock.pass_until(10)
    assert [version for *_, version in board.passed] == [1, 3]


@given(st.lists(st.tuples(st.integers(0, 300), st.sampled_from("ab")), max_size=60))
def test_at_most_four_a_second_and_the_newest_always_arrives(steps: list[tuple[int, str]]):
    board, newest = Board(), {}
    for version, (milliseconds, name) in enumerate(steps, 1):
        board.clock.pass_until(board.clock.now + milliseconds / 1000)
        newest[name] = version
        board.change(version, name)
    board.clock.pass_until(board.clock.now + 1)
    for name, last in newest.items():
        times = [at for at, which, _ in board.passed if which == name]
        versions = [number for _, which, number in board.passed if which == name]
        assert versions == sorted(versions)
        assert versions[-1] == last
        assert all(b - a >= INTERVAL - 1e-9 for a, b in pairwise(times))
    assert board.clock.is_idle
