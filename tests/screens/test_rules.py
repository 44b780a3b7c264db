import pytest
from hypothesis import given
from hypothesis import strategies as st

from engage.definitions import Mistake
from engage.screens import rules
from engage.screens.rules import Plan

TYPED = {"name": "Kitchen", "seconds": "20", "orientation": "auto", "theme": "dark"}
members = st.lists(st.integers(1, 6), unique=True, max_size=3)


def test_a_plan_reads_back_as_it_was_written():
    plan, mistakes = rules.read({**TYPED, "celebrates": "y"}, ["sales"], ["spring"])
    assert (plan, mistakes) == (Plan("Kitchen", ("sales",), ("spring",)), [])
    assert rules.parse(rules.to_json(plan)) == plan


@pytest.mark.parametrize(
    ("typed", "mistake"),
    [
        ({"name": " "}, Mistake("name", "name")),
        ({"name": "x" * 81}, Mistake("name", "name")),
        ({"seconds": "4"}, Mistake("seconds", "seconds")),
        ({"seconds": "601"}, Mistake("seconds", "seconds")),
        ({"seconds": "²"}, Mistake("seconds", "seconds")),
        ({"orientation": "upside down"}, Mistake("orientation", "choice")),
        ({"theme": ""}, Mistake("theme", "choice")),
    ],
)
def test_what_is_wrong_with_a_plan_is_told_by_field(typed: dict[str, str], mistake: Mistake):
    assert rules.read({**TYPED, **typed}, ["sales"], [])[1] == [mistake]


def test_a_screen_shows_something():
    assert rules.read(TYPED, [], [])[1] == [Mistake("boards", "nothing")]


@pytest.mark.parametrize(
    ("ranked", "shown"), [(0, 0), (3, 3), (4, 3), (12, 11), (13, 12), (999, 12)]
)
def test_nobody_is_shown_in_the_last_place_but_on_a_podium(ranked: int, shown: int):
    assert rules.lines(ranked) == shown


@pytest.mark.parametrize(
    ("before", "after", "movers", "risen"),
    [
        ([1, 2, 3], [3, 1, 2], {3}, 3),
        ([1, 2, 3], [1, 2, 4], {4}, 4),
        ([1, 2, 3], [1, 2, 3], {1}, None),
        ([1, 2, 3], [2, 3, 4], {1}, None),  # 1 was corrected or hid; nobody overtook anybody
        ([], [1], {1}, 1),
        ([1, 2, 3], [4, 5, 1], {4, 5}, 4),
    ],
)
def test_who_rose_by_what_it_did_is_celebrated_the_first_alone(
    before: list[int], after: list[int], movers: set[int], risen: int | None
):
    assert rules.risen(before, after, movers) == risen


@given(members, members, st.sets(st.integers(1, 6)))
def test_who_is_celebrated_moved_and_stands_before_where_it_stood(
    before: list[int], after: list[int], movers: set[int]
):
    risen = rules.risen(before, after, movers)
    if risen is not None:
        assert risen in movers
        assert risen not in before or after.index(risen) < before.index(risen)
