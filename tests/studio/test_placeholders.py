import pytest
from hypothesis import given
from hypothesis import strategies as st

from engage.studio.placeholders import BadPlaceholder, fill, names, only


def test_a_placeholder_is_replaced_by_its_field():
    assert (
        fill("You earned {points} of {all}.", {"points": "5", "all": "9"}) == "You earned 5 of 9."
    )


def test_two_braces_stand_for_one():
    assert fill("{{points}} {points}", {"points": "5"}) == "{points} 5"


@pytest.mark.parametrize(
    "text", ["{a.b}", "{a[0]}", "{a!r}", "{a:>9}", "{}", "{0}", "{A}", "{", "a } b"]
)
def test_nothing_but_exact_names_is_a_placeholder(text):
    with pytest.raises(BadPlaceholder):
        names(text)


def test_a_missing_field_is_named():
    with pytest.raises(KeyError, match="points"):
        fill("{points}", {})


def test_one_placeholder_alone_is_a_field():
    assert only("{months}") == "months"
    assert only("{months} x") is None


@given(st.text())
def test_what_a_field_holds_is_never_read_as_a_placeholder(words):
    assert fill("<{name}>", {"name": words, "secret": "no"}) == f"<{words}>"


def test_a_sentence_that_ends_with_an_abbreviation_has_one_full_stop():
    assert fill("Welcome, {who}.", {"who": "Acme Inc."}) == "Welcome, Acme Inc."
    assert fill("{who}. {who}, {who}..", {"who": "Jr."}) == "Jr. Jr., Jr..."
