"""What is wrong with a report, what a programme does about it, and what an amount is worth."""

from collections import Counter
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engage.activity import rules
from engage.activity.rules import HELD, Intake, Problem, Rate, Rates, Report, Standing
from engage.definitions import DefinitionError
from engage.money import SCALE

NOW = datetime(2013, 4, 10, 15, tzinfo=UTC)


def reasons(**said: object) -> list[str]:
    intake = said.pop("intake", HELD)
    rate = said.pop("rate", Decimal(1))
    report = Report("x", "A1", "sale", NOW, NOW.date())._replace(**said)  # type: ignore[arg-type]
    return [p.reason for p in rules.problems(0, report, "USD", rate, intake, NOW)]  # type: ignore[arg-type]


def test_a_negative_quantity_is_a_return_only_with_a_negative_amount():
    assert reasons(quantity=-1, amount=-1) == []
    assert reasons(quantity=-1, amount=1) == ["negative_quantity"]
    assert reasons(quantity=-1) == ["negative_quantity"]
    assert reasons(quantity=1, amount=-1) == [], "money back, goods kept"
    assert reasons(quantity=-1, intake=Intake(negative_quantity="take")) == []


def test_each_measure_counts_its_own():
    at = (NOW, NOW.date())
    fact = Standing(1, "api", "x", 1, "sale", *at, 5, None, 7, "Road", None, "Ann")
    added = [rules.adds(m, fact, Counter()) for m in ("amount", "quantity", "fact")]
    assert added == [5, 7, SCALE]
    for measure in ("customers", "product"):
        seen = Counter[str]()
        assert [rules.adds(measure, fact, seen) for _ in range(2)] == [SCALE, 0]


def test_a_clock_may_be_a_day_ahead():
    assert reasons(occurred_at=NOW + timedelta(days=1)) == []
    assert reasons(occurred_at=NOW + timedelta(days=1, seconds=1)) == ["future"]


def test_a_report_is_held_only_where_the_policy_holds_everything_that_is_wrong():
    stranger = Problem(0, "partner", "", "unknown_partner")
    kind = Problem(0, "kind", "")
    future = Problem(0, "occurred_at", "", "future")
    assert rules.is_held([stranger, future], HELD)
    assert not rules.is_held([stranger, future], Intake(future="reject"))
    assert not rules.is_held([stranger, kind], HELD)


def test_a_rate_holds_from_its_day_until_the_next():
    known = Rates(
        [
            Rate("EUR", date(2013, 4, 1), Decimal("1.2")),
            Rate("EUR", date(2013, 4, 5), Decimal("1.3")),
        ]
    )
    assert known.on("EUR", date(2013, 3, 31)) is None
    assert known.on("EUR", date(2013, 4, 4)) == Decimal("1.2")
    assert known.on("EUR", date(2013, 4, 5)) == Decimal("1.3")
    assert known.on("EUR", date(2020, 1, 1)) == Decimal("1.3")
    assert known.on("GBP", date(2013, 4, 5)) is None


amounts = st.integers(-(10**15), 10**15)
rates = st.decimals(
    min_value="0.0000000001", max_value="999999", places=10, allow_nan=False, allow_infinity=False
)


@given(amounts, rates)
def test_a_conversion_is_off_by_half_a_ten_thousandth_at_most_and_a_return_undoes_it(
    amount: int, rate: Decimal
):
    exact = amount * Fraction(rate)
    assert abs(rules.converted(amount, rate) - exact) <= Fraction(1, 2)
    assert rules.converted(-amount, rate) == -rules.converted(amount, rate)


@pytest.mark.parametrize(
    ("change", "key"),
    [
        ({"to": "EUR"}, "to"),
        ({"from": "USD"}, "from"),
        ({"from": "points"}, "from"),
        ({"from": "XXZ"}, "from"),
        ({"rate": "1,5"}, "rate"),
        ({"rate": "0"}, "rate"),
        ({"rate": "1.12345678901"}, "rate"),
        ({"day": None}, "day"),
        ({"dya": 1}, "dya"),
    ],
)
def test_a_rate_that_cannot_stand_names_its_key(change: dict[str, object], key: str):
    raw = {"from": "EUR", "to": "USD", "rate": "1.5", "day": date(2013, 4, 1)} | change
    raw = {name: value for name, value in raw.items() if value is not None}
    with pytest.raises(DefinitionError) as caught:
        rules.parse_rate(raw, "USD")
    assert key in [one.key for one in caught.value.every]


def test_an_intake_policy_is_written_back_and_an_unknown_word_is_refused():
    said = {"unknown_partner": "reject", "negative_quantity": "take"}
    assert rules.intake_json(rules.parse_intake(said)) == said
    assert rules.parse_intake({}) == HELD
    for wrong in ({"unknown_partner": "take"}, {"strangers": "hold"}):
        with pytest.raises(DefinitionError):
            rules.parse_intake(wrong)
