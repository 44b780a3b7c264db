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


@given(st.integers(-money.LARGEST, money.LARGEST))
def test_amounts_keep_four_decimals_exactly(value: int) -> None:
    assert money.scaled(money.natural(value, 4)) == value


@pytest.mark.parametrize(
    "text", ["1.23456", "abc", "NaN", "Infinity", "", "1,5", "1e3", "1_000", "١٢", "1.", "0x1"]
)
def test_what_does_not_fit_is_refused_never_rounded(text: str) -> None:
    with pytest.raises(money.NotExact):
        money.scaled(text)


@pytest.mark.parametrize(
    "text", ["1E+999999999", "1E+250000", "9" * 400_000, "1e-999999", "1." + "0" * 50 + "1"]
)
def test_absurd_numbers_are_refused_at_once_and_quoted_short(text: str) -> None:
    with pytest.raises(money.NotExact) as caught:
        money.scaled(text)
    assert len(str(caught.value)) < 200


def test_the_largest_is_taken_and_one_step_more_is_not() -> None:
    assert money.scaled("100000000000") == money.LARGEST
    assert money.scaled("-100000000000.0000") == -money.LARGEST
    with pytest.raises(money.NotExact, match="too large"):
        money.scaled("100000000000.0001")


@pytest.mark.parametrize(
    ("text", "value"),
    [("0", 0), ("-0.0", 0), ("+7", 70_000), (".5", 5_000), ("1.50000000", 15_000)],
)
def test_zeros_and_signs_change_nothing(text: str, value: int) -> None:
    assert money.scaled(text) == value
