"""Places: what equal scores share, and how scores are put into buckets."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engage.definitions import DefinitionError
from engage.leaderboards import language, rules

BOARD = {"slug": "sales", "name": "Sales", "measure": "amount", "on": "sale", "period": "quarter"}


@pytest.mark.parametrize(
    ("tie", "places"), [("competition", [1, 1, 3, 4]), ("dense", [1, 1, 2, 3])]
)
def test_equal_scores_share_a_place_as_the_board_says(tie: str, places: list[int]) -> None:
    assert rules.ranks([9, 9, 5, 1], tie) == places


def test_where_who_was_first_counts_only_those_of_the_same_moment_share_a_place() -> None:
    assert rules.ranks([(9, "Mon"), (9, "Tue"), (9, "Tue"), (5, "Mon")], "first") == [1, 2, 2, 4]


def test_places_go_on_where_the_page_before_ended() -> None:
    assert rules.ranks([9, 5], "competition", place=4, rank=1) == [1, 5]


@given(st.lists(st.integers(-5, 5)).map(lambda scores: sorted(scores, reverse=True)))
def test_places_never_fall_as_scores_do(scores: list[int]) -> None:
    for tie in rules.TIES:
        places = rules.ranks(scores, tie)
        assert places == sorted(places)
        assert all(1 <= place <= len(scores) for place in places)
    assert rules.ranks(scores, "competition") == [scores.index(score) + 1 for score in scores]


@given(st.lists(st.integers(-(2**50), 2**50), min_size=1).map(sorted))
def test_buckets_follow_each_other_as_scores_do_and_every_fine_one_lies_in_one_coarse_one(
    keys: list[int],
) -> None:
    fine = [rules.bucket(key, 0) for key in keys]
    coarse = [rules.bucket(key, 1) for key in keys]
    assert fine == sorted(fine)
    assert coarse == sorted(coarse)
    assert all(low <= key for low, key in zip(fine, keys, strict=True))
    assert [rules.bucket(low, 0) for low in fine] == fine
    assert [rules.bucket(low, 1) for low in fine] == coarse


PAID: dict[str, object] = {"measure": "points", "on": None}
GROWTH = {"baseline": "mean of last 4 periods", "newcomers": "5000"}


@pytest.mark.parametrize(
    "change",
    [
        {"tie": "first", "by": "region", "direction": "lowest", "minimum": "1000"},
        {"where": {"category": "Bikes", "amount": {"from": "10"}}, "decimals": 0},
        GROWTH | {"growth": "percent", "minimum": "12.5", "decimals": 1},
        GROWTH | {"by": "team", "score": "best", "best": 5},
        {"by": "team", "score": "average", "floor": 3},
        {"target": "20000", "own_targets": True, "columns": ["region", "type"]},
        {"measure": "USD", "on": None, "target": "20.50", "minimum": "50"},
        {"period": "rolling", "days": 30, "columns": []},
        {"period": "mission", "mission": "spring-sprint"},
        {"audience": {"tier": ["Gold"], "segment": ["new"]}, "seen_by": "everyone"},
    ],
)
def test_a_board_reads_back_what_it_writes(change: dict[str, object]) -> None:
    raw = {key: value for key, value in (BOARD | change).items() if value is not None}
    board = language.parse(raw, "USD")
    assert language.parse(language.to_json(board), "USD") == board
    assert raw.keys() - language.to_json(board).keys() == set()


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
        ({"minimum": "0"}, "minimum"),
        ({"minimum": "1.23456"}, "minimum"),
        ({"growth": "percent"}, "growth"),
        ({"newcomers": "5"}, "newcomers"),
        (GROWTH | {"newcomers": None}, "newcomers"),
        (GROWTH | {"newcomers": "0", "growth": "percent"}, "newcomers"),
        (GROWTH | {"target": "5"}, "target"),
        (GROWTH | {"period": "all"}, "period"),
        ({"target": "0"}, "target"),
        ({"own_targets": "yes"}, "own_targets"),
        ({"score": "best", "best": 3}, "score"),
        ({"by": "team", "score": "best"}, "best"),
        ({"by": "team", "score": "average", "best": 3}, "best"),
        ({"by": "team", "columns": ["type"]}, "columns"),
        ({"columns": ["email"]}, "columns"),
        ({"decimals": 1}, "decimals"),
        ({"seen_by": "everyone"}, "seen_by"),
        ({"audience": {"colour": ["red"]}}, "audience.colour"),
        ({"period": "rolling", "days": 30, "freeze": "2d"}, "freeze"),
    ],
)
def test_a_mistake_is_refused_by_its_key(change: dict[str, object], key: str) -> None:
    with pytest.raises(DefinitionError) as caught:
        language.parse(BOARD | change, "USD")  # type: ignore[operator]
    assert caught.value.key == key


def _read(more: dict[str, object]) -> rules.Board:
    return language.parse({key: value for key, value in (BOARD | more).items() if value}, "USD")


@pytest.mark.parametrize(
    ("other", "tells"),
    [
        ({"by": "region"}, True),
        ({"period": "month", "tie": "first"}, True),
        (GROWTH, True),
        ({"measure": "facts"}, False),
        ({"on": "training_completed"}, False),
        ({"where": {"category": ["Bikes"]}}, False),
        (PAID, True),
        (PAID | {"measure": "USD"}, False),
    ],
)
def test_a_board_that_counts_the_same_or_what_is_paid_for_it_tells_how_another_stands(
    other: dict[str, object], tells: bool
) -> None:
    board = _read({})
    earning = {"points": frozenset(["sale"]), "USD": frozenset(["training_completed"])}
    one = _read(other)
    assert one.tells_of(board, earning) is board.tells_of(one, earning) is tells


def test_boards_of_pay_tell_of_each_other_where_one_kind_of_facts_earns_both() -> None:
    points, money = _read(PAID), _read(PAID | {"measure": "USD"})
    sale, deal = frozenset(["sale"]), frozenset(["training_completed"])
    assert points.tells_of(money, {"points": sale | deal, "USD": sale})
    assert not points.tells_of(money, {"points": deal, "USD": sale})
    assert points.tells_of(points, {})
