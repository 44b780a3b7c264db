"""Exact numbers: nothing is rounded in silence, every unit keeps its own digits."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engage import money


@pytest.mark.parametrize(("unit", "digits"), [("points", 0), ("USD", 2), ("JPY", 0), ("KWD", 3)])
def test_each_unit_has_its_digits(unit: str, digits: int) -> None:
    assert money.minor_digits(unit) == digits


def test_an_unknown_unit_is_refused() -> None:
    with pytest.raises(money.UnknownUnit, match="ISO 4217"):
        money.minor_digits("XYZ1")


@given(st.integers(-(10**15), 10**15), st.sampled_from(["points", "USD", "JPY", "KWD"]))
def test_money_reads_back_what_it_writes(value: int, unit: str) -> None:
    assert money.minor(money.natural_unit(value, unit), unit) == value


@given(st.integers(-(10**17), 10**17))
def test_amounts_keep_four_decimals_exactly(value: int) -> None:
    assert money.scaled(money.natural(value, 4)) == value


@pytest.mark.parametrize("text", ["1.23456", "abc", "NaN", "Infinity", "", "1,5"])
def test_what_does_not_fit_is_refused_never_rounded(text: str) -> None:
    with pytest.raises(money.NotExact):
        money.scaled(text)
