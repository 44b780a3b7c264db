"""Which version of a board is shown while changes come: the first at once, the last never more than a
quarter second late, and at most four a second."""

from datetime import UTC, datetime, timedelta
from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from engage.accounts.glance import Moved
from engage.web.shown import Shown, shown

START = datetime(2013, 4, 10, 12, tzinfo=UTC)
TURN = timedelta(milliseconds=250)


def at(milliseconds: int) -> datetime:
    return START + timedelta(milliseconds=milliseconds)


def board(version: int, changed: int, reshaped: int = 0) -> Moved:
    """As SQLite says it."""
    return Moved(version, reshaped, at(changed).replace(tzinfo=None).isoformat(" "))


def test_a_lone_change_is_shown_at_once_also_where_nobody_looked_for_long():
    first = shown(None, board(1, changed=0), at(60_000))
    assert first == Shown(1, at(0))
    second = shown(first, board(2, changed=60_010), at(60_010))
    assert second == Shown(2, at(60_010))
    # Seen only much later, its quarter second is long over.
    late = shown(first, board(2, changed=60_010), at(90_000))
    assert shown(late, board(3, changed=90_001), at(90_001)).version == 3


def test_what_follows_within_a_quarter_second_is_shown_at_its_end():
    first = shown(None, board(1, changed=0), at(0))
    assert shown(first, board(2, changed=100), at(100)) == first
    assert shown(first, board(3, changed=200), at(249)) == first
    end = shown(first, board(3, changed=200), at(250))
    assert end == Shown(3, at(250))
    assert shown(end, board(4, changed=260), at(499)) == end
    assert shown(end, board(4, changed=260), at(700)).version == 4


def test_what_is_no_fact_waits_for_nobody():
    first = shown(None, board(1, changed=0), at(0))
    assert shown(first, board(3, changed=100, reshaped=2), at(100)).version == 3


def test_who_was_told_of_a_version_sees_it():
    first = shown(None, board(1, changed=0), at(0))
    assert shown(first, board(3, changed=100), at(100), told=1).version == 1
    assert shown(first, board(3, changed=100), at(100), told=2).version == 3
    assert shown(first, board(3, changed=100), at(100), told=4) == first  # nobody can have been


def test_a_clock_that_was_put_back_holds_nothing_up():
    first = shown(None, board(1, changed=3_600_000), at(3_600_000))
    assert shown(first, board(2, changed=10), at(10)).version == 2
    ahead = shown(None, board(1, changed=3_600_000), at(0))
    assert shown(ahead, board(2, changed=250), at(250)).version == 2
    # A database that was put back, too: what it says now is what there is.
    assert shown(Shown(9, at(0)), board(8, changed=1), at(1)).version == 8


@given(st.lists(st.integers(0, 400), max_size=40), st.lists(st.integers(0, 90), max_size=120))
def test_nobody_sees_what_is_older_than_a_quarter_second(
    pauses: list[int], looks: list[int]
) -> None:
    """Changes and looks at any pace: what is shown was the newest a quarter second ago or later."""
    changes = [sum(pauses[: n + 1]) for n in range(len(pauses))]
    before, now, seen = None, 0, []
    for pause in looks:
        now += pause
        version = sum(change <= now for change in changes)
        last = changes[version - 1] if version else -1_000
        before = shown(before, board(version, last), at(now))
        assert sum(change <= now - 250 for change in changes) <= before.version <= version
        seen.append((now, before))
    # A version's time begins where that of the one before was over.
    times = sorted({found.since for _, found in seen})
    assert all(later - first >= TURN for first, later in pairwise(times))
