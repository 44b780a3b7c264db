"""Numbers in every style people write them in come out exact."""

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engage.activity.numerals import (
    LARGEST,
    currency_beside,
    decide_decimal,
    natural,
    scaled,
    scaled_cell,
)
from engage.activity.problems import Undecided, Unreadable


def grouped(digits: str, mark: str) -> str:
    head = len(digits) % 3 or 3
    return mark.join([digits[:head], *(digits[i : i + 3] for i in range(head, len(digits), 3))])


def written(value: int, decimal: str, group: str, places: int) -> str:
    whole, part = divmod(abs(value), 10_000)
    text = grouped(str(whole), group)
    if places:
        text += decimal + f"{part:04d}"[:places]
    return f"-{text}" if value < 0 else text


STYLES = [(".", ""), (",", ""), (".", ","), (",", "."), (".", " "), (",", " "), (".", "'"), (",", "\u202f"), (".", "’")]  # fmt: skip
DRESSES = ["{}", " {} ", "$ {}", "{} €", "USD {}", "{} EUR", "{}\u00a0kr", "CHF {}"]


@given(st.integers(-LARGEST, LARGEST), st.sampled_from(STYLES), st.sampled_from(DRESSES))
def test_what_is_written_in_any_style_is_read_back_exactly(value, style, dress):
    decimal, group = style
    assert scaled(dress.format(written(value, decimal, group, 4)).strip(), decimal) == value


@given(st.lists(st.integers(-(10**15), 10**15), min_size=1), st.sampled_from(STYLES))
def test_a_column_with_two_decimals_or_four_tells_its_own_style(values, style):
    decimal, group = style
    texts = [written(value, decimal, group, 2 if value % 2 else 4) for value in values]
    assert decide_decimal(texts) == decimal


@given(st.lists(st.integers(-(10**12), 10**12), min_size=1), st.sampled_from(STYLES))
def test_a_column_is_never_read_wrongly_it_is_right_or_refused(values, style):
    decimal, group = style
    texts = [written(value * 10, decimal, group, 3) for value in values]
    try:
        chosen = decide_decimal(texts)
    except Undecided:
        return
    assert [scaled(text, chosen) for text in texts] == [value * 10 for value in values]


@given(st.integers(-(10**10) * 10_000, 10**10 * 10_000))
def test_a_spreadsheets_float_gives_the_decimal_that_was_typed(value):
    assert scaled_cell(float(Decimal(value) / 10_000)) == value


@pytest.mark.parametrize(
    ("text", "decimal", "value"),
    [
        ("1234.5678", ".", 12345678),
        ("1.234,56", ",", 12345600),
        ("1,234.56", ".", 12345600),
        ("1 234,56", ",", 12345600),
        ("1'234.50", ".", 12345000),
        ("12,34,567.00", ".", 12345670000),
        ("(1,234.50)", ".", -12345000),
        ("($5.00)", ".", -50000),
        ("5.00-", ".", -50000),
        ("−5", ".", -50000),
        ("-$5", ".", -50000),
        ("$-5", ".", -50000),
        ("+5", ".", 50000),
        (".5", ".", 5000),
        ("-.5", ".", -5000),
        ("0.500", ".", 5000),
        ("1.50000", ".", 15000),
        ("007", ".", 70000),
        ("-0", ".", 0),
        ("R$ 12,50", ",", 125000),
        ("12,50 zł", ",", 125000),
    ],
)
def test_a_number_is_read_as_it_was_meant(text, decimal, value):
    assert scaled(text, decimal) == value


@pytest.mark.parametrize(
    "text",
    ["abc", "", "-", ".", "1.2.3.4", "12 pcs", "1,23,4.00", "5%", "(5", "5)", "--5", "(-5)", "$5€",
     "1 2", "0x10", "1_000", "٣", "²", "1.", "1e5", "NaN", "inf", " ".join("1" * 200), "1" + " " * 5000 + "x"],
)  # fmt: skip
def test_what_is_no_number_is_refused(text):
    with pytest.raises(Unreadable):
        scaled(text, ".")


def test_a_refused_number_comes_with_its_remedy():
    with pytest.raises(Unreadable, match=r"not a number: write digits such as 1234\.56"):
        scaled("abc", ".")
    with pytest.raises(Unreadable, match="such as 1234,56"):
        scaled("abc", ",")
    with pytest.raises(Unreadable, match="scientific notation"):
        scaled("1.23457E+11", ".")
    with pytest.raises(Unreadable, match="round it to 4"):
        scaled("1.23456", ".")
    with pytest.raises(Unreadable, match="write it like 1234,56"):
        scaled("1,234.56", ",")


def test_a_number_beyond_64_bits_is_refused():
    assert scaled("100000000000.0000", ".") == LARGEST
    assert scaled("-100,000,000,000.00", ".") == -LARGEST
    for text in ("100000000000.0001", "-100000000001", "9" * 400):
        with pytest.raises(Unreadable, match="too large"):
            scaled(text, ".")


@pytest.mark.parametrize(
    ("texts", "decimal"),
    [
        (["1.234,56"], ","),
        (["1,234.56"], "."),
        (["1234.56"], "."),
        (["1234,5"], ","),
        (["1,234", "5.50"], "."),
        (["1.234", "5,50"], ","),
        (["1,234,567"], "."),
        (["1.234.567"], ","),
        (["0,123"], ","),
        (["1234.567"], "."),
        (["12", "1200", "abc"], "."),
        (["1 234"], "."),
        ([], "."),
    ],
)
def test_a_column_decides_its_decimal_mark(texts, decimal):
    assert decide_decimal(texts) == decimal


@pytest.mark.parametrize("text", ["1,234", "1.234", "-12.500", "$1,234", "999,000"])
def test_a_column_that_can_be_read_in_two_ways_is_refused_with_the_way_to_decide(text):
    with pytest.raises(Undecided, match=r'decimal = "\."') as refusal:
        decide_decimal(["7", text])
    assert text in str(refusal.value)


def test_a_column_of_two_styles_is_refused_with_one_of_each():
    with pytest.raises(Undecided) as refusal:
        decide_decimal(["1.234,56", "7", "1,234.56"])
    assert "1.234,56" in str(refusal.value)
    assert "1,234.56" in str(refusal.value)


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (0.1 + 0.2, 3000),
        (66.69999999999999, 667000),
        (1234.56 - 1234.5, 600),
        (5.551115123125783e-17, 0),
        (80450596.9823, 804505969823),
        (12345678901.3456, 123456789013456),
        (-0.0, 0),
        (676.0, 6760000),
    ],
)
def test_the_noise_of_a_formula_is_not_taken_for_decimals(value, expected):
    assert scaled_cell(value) == expected


@pytest.mark.parametrize("value", [1.23456, 0.00001, 1e16, float("nan"), float("inf")])
def test_a_typed_cell_that_is_not_exact_is_refused(value):
    with pytest.raises(Unreadable):
        scaled_cell(value)


def test_a_currency_beside_a_number_is_known_where_it_is_plain():
    assert currency_beside("12,50 €") == "EUR"
    assert currency_beside("USD 5") == "USD"
    assert currency_beside("5 usd") == "USD"
    assert currency_beside("CA$5") == "CAD"
    assert currency_beside("$5") is None  # a dozen countries have one
    assert currency_beside("5") is None
    assert currency_beside("abc") is None


@given(st.integers(-LARGEST, LARGEST))
def test_a_number_in_a_message_reads_back(value):
    assert scaled(natural(value), ".") == value
