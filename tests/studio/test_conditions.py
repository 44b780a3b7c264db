from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engage.studio.conditions import BadCondition, parse
from engage.studio.values import Badge, Badges, Number

DATA = {
    "rank": Number(14, "14th"),
    "points": Number(0, "0"),
    "region": "Northwest",
    "badges": Badges((Badge("a"), Badge("b"))),
    "gone": None,
    "blank": "  ",
}


@pytest.mark.parametrize(
    ("text", "holds"),
    [
        ("rank", True),
        ("points", False),
        ("gone", False),
        ("blank", False),
        ("not gone", True),
        ("rank <= 14 and rank >= 14", True),
        ("rank < 10 or region == 'Northwest'", True),
        ('region != "Northwest"', False),
        ("badges >= 2", True),
        ("badges > 2", False),
        ("not points > 0", True),
        ("not (rank > 10 and region == 'Northwest')", False),
        ("rank > 10 or rank > 5 and gone", True),
        ("rank == -14", False),
        ("region == 14", False),
        ("region != 14", True),
    ],
)
def test_a_condition_decides_by_the_snapshot(text, holds):
    assert parse(text).holds(DATA) is holds


@pytest.mark.parametrize("op", ["==", "!=", "<", "<=", ">", ">="])
def test_every_comparison_with_a_missing_field_is_false(op):
    assert parse(f"gone {op} 1").holds(DATA) is False
    assert parse(f"1 {op} gone").holds(DATA) is False


@pytest.mark.parametrize(
    "text",
    ["", "rank >", "rank 5", "(rank", "rank)", "1 < rank < 5", "rank.real > 1", "f(rank)", "a = 1",
     "rank + 1 > 2", "rank and", "'open", "__import__('os')", "rank[0]"],
)  # fmt: skip
def test_what_is_no_condition_is_refused(text):
    with pytest.raises(BadCondition):
        parse(text)


@pytest.mark.parametrize("text", ["not " * 20_000 + "rank", "(" * 20_000 + "rank" + ")" * 20_000])
def test_what_is_too_deeply_nested_is_refused_shortly(text):
    with pytest.raises(BadCondition, match="too deeply nested") as refused:
        parse(text)
    assert len(str(refused.value)) < 100
    assert parse("not " * 20 + "(" * 20 + "rank" + ")" * 20).holds(DATA)


def test_a_condition_knows_the_fields_it_asks_for():
    assert parse("rank > 1 and not (gone or region == 'rank_x')").names == {
        "rank",
        "gone",
        "region",
    }


@given(st.text(max_size=40))
def test_any_text_is_read_or_refused_and_never_run(text):
    with suppress(BadCondition):
        parse(text).holds(DATA)
