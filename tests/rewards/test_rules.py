"""Who may have a reward, and what a catalogue entry must say."""

from dataclasses import replace
from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engage.rewards import rules
from engage.rewards.rules import Offer, Standing
from engage.voice import ENGLISH

DAY = date(2013, 4, 10)
MUG = Offer("Mug", "", 100, stock=2, per_partner=2, starts=date(2013, 4, 1), ends=date(2013, 4, 30))


def state(offer: Offer = MUG, *, today: date = DAY, balance: int = 100, taken: int = 0) -> Standing:
    return rules.standing(offer, today=today, balance=balance, taken=taken)


def test_it_is_open_to_who_has_the_points_within_the_window():
    assert state() == Standing("open")
    assert state(today=date(2013, 4, 1)).state == "open"
    assert state(today=date(2013, 4, 30)).state == "open"


def test_each_reason_why_not_is_named():
    assert state(today=date(2013, 3, 31)).state == "soon"
    assert state(today=date(2013, 5, 1)).state == "over"
    assert state(replace(MUG, stock=0)).state == "sold_out"
    assert state(taken=2).state == "limit"
    assert state(balance=60) == Standing("short", 40)
    assert state(balance=-60) == Standing("short", 160), "who owes points has further to go"


@given(
    st.integers(1, 1000),
    st.none() | st.integers(0, 3),
    st.none() | st.integers(1, 3),
    st.integers(-500, 1500),
    st.integers(0, 4),
)
def test_open_means_there_is_one_and_it_can_be_paid(
    price: int, stock: int | None, limit: int | None, balance: int, taken: int
):
    found = rules.standing(
        Offer("x", "", price, stock, limit), today=DAY, balance=balance, taken=taken
    )
    can = (stock is None or stock > 0) and (limit is None or taken < limit) and balance >= price
    assert (found.state == "open") == can


GOOD = {"name": "Mug", "price": "1,250", "stock": "", "per_partner": "2", "starts": "2013-04-01"}


def test_empty_means_no_limit():
    offer, mistakes = rules.read(GOOD, ENGLISH)
    assert mistakes == []
    assert offer == Offer("Mug", "", 1250, None, 2, date(2013, 4, 1), None)


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"name": " "}, "name"),
        ({"name": "x" * 81}, "name"),
        ({"description": "x" * 501}, "description"),
        ({"price": ""}, "price"),
        ({"price": "0"}, "price"),
        ({"price": "1.5"}, "price"),
        ({"price": "1,5"}, "price"),
        ({"price": "12,50"}, "price"),
        ({"stock": "1 2"}, "stock"),
        ({"price": "9" * 5000}, "price"),
        ({"stock": "-1"}, "stock"),
        ({"per_partner": "0"}, "per_partner"),
        ({"starts": "soon"}, "starts"),
        ({"ends": "2013-03-31"}, "ends"),
    ],
)
def test_a_mistake_is_named_by_its_field(change: dict[str, str], field: str):
    offer, mistakes = rules.read(GOOD | change, ENGLISH)
    assert offer is None
    assert [mistake.field for mistake in mistakes] == [field]
