"""Places: what equal scores share, and what other systems' test suites expect of the same scores."""

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engage.definitions import DefinitionError
from engage.leaderboards import rules

CASES = Path(__file__).parents[2].parent / "shared/data/leaderboard_cases/cases.json"
BOARD = {"slug": "sales", "name": "Sales", "measure": "amount", "on": "sale", "period": "quarter"}


@pytest.mark.parametrize(
    ("tie", "places"),
    [("competition", [1, 1, 3, 4]), ("dense", [1, 1, 2, 3]), ("first", [1, 2, 3, 4])],
)
def test_ties_share_or_split_places_as_the_board_says(tie: str, places: list[int]) -> None:
    assert rules.ranks([9, 9, 5, 1], tie) == places


@given(st.lists(st.integers(-5, 5)).map(lambda scores: sorted(scores, reverse=True)))
def test_places_never_fall_as_scores_do(scores: list[int]) -> None:
    for tie in rules.TIES:
        places = rules.ranks(scores, tie)
        assert places == sorted(places)
        assert all(1 <= place <= len(scores) for place in places)
    assert rules.ranks(scores, "competition") == [scores.index(score) + 1 for score in scores]


def _peer_cases() -> list[Any]:
    if not CASES.exists():
        return []
    cases = json.loads(CASES.read_text())["cases"]
    return [
        pytest.param(case, query["value"], id=case["id"])
        for case in cases
        if case.get("policy") in ("competition", "dense") and case.get("order") == "desc"
        for query in case.get("expect", [])
        if query["query"] == "ranks_in_list_order" and "scores" in case
    ]


@pytest.mark.skipif(not CASES.exists(), reason="../shared is absent")
def test_peers_rank_the_same_scores_alike() -> None:
    cases = _peer_cases()
    assert cases
    for parameters in cases:
        case, expected = parameters.values
        scores = sorted((score for _, score in case["scores"]), reverse=True)
        assert rules.ranks(scores, case["policy"]) == expected, case["id"]


def test_a_board_reads_back_what_it_writes() -> None:
    board = rules.parse(
        BOARD | {"tie": "first", "by": "region", "where": {"category": "Bikes"}}, "USD"
    )
    assert rules.parse(rules.to_json(board), "USD") == board


@pytest.mark.parametrize(
    ("change", "key"),
    [
        ({"measure": "EUR"}, "measure"),
        ({"measure": "points"}, "on"),
        ({"on": None}, "on"),
        ({"by": "planet"}, "by"),
        ({"tie": "coin"}, "tie"),
        ({"period": "era"}, "period"),
        ({"colour": "red"}, "colour"),
    ],
)
def test_a_mistake_is_refused_by_its_key(change: dict[str, object], key: str) -> None:
    with pytest.raises(DefinitionError) as caught:
        rules.parse(BOARD | change, "USD")
    assert caught.value.key == key
