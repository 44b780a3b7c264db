"""Leagues: alike divisions, as many up as down, and nobody moved without a result to show for it."""

from collections import Counter

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engage.definitions import DefinitionError
from engage.leaderboards import divisions, language
from engage.leaderboards.divisions import League, Placed
from tests.leaderboards.test_rules import BOARD

sizes = st.integers(4, 12)
leagues = st.builds(
    lambda size, share: League(size, size // 2 * share // 4), sizes, st.integers(0, 4)
)
fields = st.lists(st.integers(1, 9), min_size=1, max_size=6).map(
    lambda lengths: [
        [(number, member) for member in range(length)] for number, length in enumerate(lengths, 1)
    ]
)


@given(st.integers(0, 200), sizes)
def test_a_draw_takes_everybody_once_into_divisions_alike_to_within_one(n: int, size: int) -> None:
    drawn = divisions.draw(range(n), size)
    assert [member for members in drawn for member in members] == list(range(n))
    lengths = [len(members) for members in drawn]
    assert max(lengths) - min(lengths) <= 1
    assert abs(len(drawn) - max(1, n / size)) <= 0.5


@settings(max_examples=60)
@given(fields, leagues, st.integers(0, 8))
def test_as_many_go_up_as_down_between_neighbours_and_everybody_has_one_division(
    field: list[list[tuple[int, int]]], league: League, without: int
) -> None:
    everybody = [member for members in field for member in members]
    scored = {(number, place) for number, place in everybody if place < without}
    found = divisions.move(field, scored, league)
    assert set(found) == set(everybody)
    ups = Counter(member[0] - 1 for member, placed in found.items() if placed.came == 1)
    downs = Counter(member[0] for member, placed in found.items() if placed.came == -1)
    assert ups == downs
    assert all(member in scored for member, placed in found.items() if placed.came == 1)
    lengths = Counter(placed.division for placed in found.values())
    kept = len(field) - 1
    assert [lengths[n] for n in range(1, kept + 1)] == [len(m) for m in field[:-1]]
    assert all(lengths[n] < 2 * league.size for n in range(kept + 1, max(lengths) + 1))
    for member, placed in found.items():
        if placed.division <= kept:
            assert placed.division == member[0] - placed.came
    assert found == divisions.move(field, scored, league)


def test_the_best_go_up_and_the_last_go_down() -> None:
    found = divisions.move(["abcd", "efgh", "ijkl"], set("abcdefghijkl"), League(4, 1))
    moved = {member: placed for member, placed in found.items() if placed.came}
    assert moved == {"d": Placed(2, -1), "e": Placed(1, 1), "h": Placed(3, -1), "i": Placed(2, 1)}


def test_where_nobody_below_has_a_result_nobody_goes_down() -> None:
    found = divisions.move(["abcd", "efgh"], set("abcd"), League(4, 2))
    assert not any(placed.came for placed in found.values())


def test_the_lowest_is_drawn_into_more_once_it_has_twice_the_size() -> None:
    found = divisions.move(["abcd", "efghijkl"], set(), League(4, 1))
    assert Counter(placed.division for placed in found.values()) == {1: 4, 2: 4, 3: 4}


@pytest.mark.parametrize(
    ("league", "key"),
    [
        ({"size": 3, "moves": 1}, "size"),
        ({"size": 10, "moves": 6}, "moves"),
        ({"size": 10}, "moves"),
        ({"size": 10, "moves": 2, "up": 1}, "up"),
        ("ten", "league"),
    ],
)
def test_a_league_that_cannot_be_is_refused_by_its_key(league: object, key: str) -> None:
    with pytest.raises(DefinitionError, match=key):
        language.parse(BOARD | {"league": league}, "USD")


@pytest.mark.parametrize(
    "more", [{"by": "team"}, {"period": "all"}, {"period": "rolling", "days": 7}]
)
def test_a_league_is_of_partners_and_of_periods_that_end(more: dict[str, object]) -> None:
    raw = BOARD | {"league": {"size": 10, "moves": 2}} | more
    with pytest.raises(DefinitionError, match="league"):
        language.parse(raw, "USD")


def test_a_board_reads_its_league_back() -> None:
    board = language.parse(BOARD | {"league": {"size": 10, "moves": 2}}, "USD")
    assert board.league == League(10, 2)
    assert language.parse(language.to_json(board), "USD") == board
