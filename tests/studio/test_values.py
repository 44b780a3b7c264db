import json

import pytest

from engage.studio.values import (
    Badge,
    Badges,
    BadValue,
    Number,
    Picture,
    Point,
    Ranking,
    Row,
    Series,
    Stage,
    Stages,
    from_json,
    given,
    to_json,
)  # fmt: skip

EVERY = {
    "name": "Ада",
    "none": None,
    "points": Number(1250.5, "1.250,50"),
    "months": Series((Point("Jan", 1.0, "1"), Point("Feb", 2.0, "2"))),
    "near": Ranking((Row(1, "Bo", "9"), Row(2, "Ada", "8", True))),
    "path": Stages((Stage("One", True, "5 points"), Stage("Two", False)), 0.25),
    "badges": Badges((Badge("First", "flag"),)),
    "face": Picture("faces/ada.png"),
}


def test_a_snapshot_survives_json():
    assert from_json(json.loads(json.dumps(to_json(EVERY)))) == EVERY


@pytest.mark.parametrize(
    "raw",
    [5, [], {"shape": "number"}, {"shape": "gift"}, {"shape": "series", "points": [{"x": 1}]}],
)
def test_what_is_no_value_is_refused_by_name(raw):
    with pytest.raises(BadValue, match="points"):
        from_json({"points": raw})


def test_a_number_that_cannot_be_drawn_is_refused():
    with pytest.raises(BadValue):
        Number(float("nan"), "?")


def test_empty_lists_and_blanks_are_not_given():
    assert not given(Series(()))
    assert not given(" ")
    assert given(Number(0, "0"))
