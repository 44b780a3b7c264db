"""Every rule reads as one or two sentences, and every line explains itself."""

import itertools
import re

import pytest
from babel import Locale
from hypothesis import given
from hypothesis import strategies as st

from engage.incentives import rules
from engage.incentives.explain import because, sentence
from engage.voice import ENGLISH, Voice

KINDS = ("sale", "deal_registered", "training_completed", "login")
PAYS: tuple[dict[str, object], ...] = (
    {"rate": "1"},
    {"rate": "0.015"},
    {"rate": "0"},
    {"bands": "marginal", "band": [{"from": "0", "rate": "0"}, {"from": "5000", "rate": "0.01"}]},
    {"bands": "marginal", "band": [{"from": "3", "rate": "2"}]},
    {
        "bands": "retroactive",
        "band": [
            {"from": "0", "rate": "1"},
            {"from": "10", "rate": "2"},
            {"from": "20", "rate": "3"},
        ],
    },
)
LIMITS: tuple[dict[str, object], ...] = (
    {},
    {"cap": "500"},
    {"starts": "2013-01-01"},
    {"ends": "2013-03-31", "cap": "1"},
    {"starts": "2013-01-01", "ends": "2013-03-31"},
)
WHERES: tuple[dict[str, object], ...] = (
    {},
    {"where": {"category": ["Bikes", "Helmets"]}},
    {"where": {"region": ["Northwest"], "product": ["Road-150"], "type": ["Dealer"]}},
)


def rule(**raw: object) -> rules.Rule:
    base = {"slug": "r", "on": "sale", "earn": "USD", "per": "amount", "period": "quarter"}
    return rules.parse({**base, **raw}, "USD")


def grammar(text: str) -> None:
    assert text[0].isupper(), text
    assert text.endswith("."), text
    assert text.count(". ") <= 1, f"more than two sentences: {text}"
    for wrong in ("None", "  ", " .", " ,", "..", "%(", "{"):
        assert wrong not in text, f"{wrong!r} in {text}"
    assert not re.search(r"(?<![\d.,])1 (sales|units|points)\b", text), text


@pytest.mark.parametrize("earn", ["USD", "points"])
@pytest.mark.parametrize("per", rules.MEASURES)
@pytest.mark.parametrize("period", ["day", "week", "month", "quarter", "year", "all"])
def test_every_rule_reads_as_one_or_two_sentences(earn: str, per: str, period: str):
    for kind, paid, limits, where in itertools.product(KINDS, PAYS, LIMITS, WHERES):
        raw = {"on": kind, "earn": earn, "per": per, "period": period, **paid, **limits, **where}
        grammar(sentence(rule(**raw), "USD"))


@pytest.mark.parametrize(
    ("raw", "said"),
    [
        ({"rate": "0.015"}, "You earn 1.5% of the amount of every sale."),
        ({"rate": "1", "earn": "points"}, "You earn 1 point for every $1 of your sales."),
        ({"rate": "0.1", "earn": "points"}, "You earn 1 point for every $10 of your sales."),
        (
            {"rate": "1", "earn": "points", "cap": "50000", "where": {"category": ["Bikes"]}},
            "You earn 1 point for every $1 of your sales in category Bikes. "
            "At most 50,000 points a quarter.",
        ),
        (
            {"rate": "2", "per": "quantity", "where": {"region": ["Northwest"]}},
            "You earn $2 for every unit of your sales. For partners in region Northwest.",
        ),
        (
            {
                "bands": "marginal",
                "band": [
                    {"from": "0", "rate": "0"},
                    {"from": "5000", "rate": "0.01"},
                    {"from": "10000", "rate": "0.02"},
                ],
            },
            "On your sales of each quarter you earn nothing up to $5,000, 1% between $5,000 and "
            "$10,000, and 2% above $10,000.",
        ),
    ],
)
def test_a_rule_reads_as_a_person_would_say_it(raw: dict[str, object], said: str):
    assert sentence(rule(**raw), "USD") == said


def test_numbers_are_written_as_the_reader_writes_them():
    german = Voice(locale=Locale("de"))
    marginal = rule(bands="marginal", band=[{"from": "5000", "rate": "0.01"}])
    assert "5.000\N{NO-BREAK SPACE}$" in sentence(marginal, "USD", german)


# --- why ------------------------------------------------------------------------------------------

BONUS = rule(bands="marginal", band=[{"from": "0", "rate": "0"}, {"from": "10000", "rate": "0.01"}])


def test_a_step_over_bands_shows_the_running_total():
    found = because(BONUS, 124_000_000, 136_500_000, 1250, "2013-Q2", "USD")
    assert found.sum == (
        "Running total in Q2 2013: $12,400.00 → $13,650.00. That is worth $24.00 → $36.50, "
        "so +$12.50."
    )
    assert found.note is None


def test_a_fact_that_explains_itself_is_a_product():
    found = because(rule(rate="0.015"), 0, 12_500_000, 1875, "2013-Q2", "USD")
    assert found.sum == "$1,250.00 × 1.5% = $18.75"


def test_reaching_the_cap_is_said():
    capped = rule(rate="1", cap="100")
    found = because(capped, 900_000, 2_000_000, 1000, "2013-Q2", "USD")
    assert "the most this rule pays" in found.sum


def test_a_correction_says_what_stood_before():
    found = because(rule(rate="0.01"), 0, 10_000_000, -500, "2013-Q2", "USD")
    assert found.note is not None
    assert found.note.startswith("$15.00 stood posted")
    assert "−$5.00" in found.note


def test_what_is_taken_back_has_no_arithmetic_of_its_own():
    found = because(BONUS, 0, 0, -1250, "2013-Q2", "USD")
    assert found.sum == ""
    assert "taken back" in found.text


@given(
    st.sampled_from(PAYS),
    st.sampled_from(LIMITS),
    st.sampled_from(rules.MEASURES),
    st.sampled_from(["USD", "points"]),
    st.integers(0, 10**10),
    st.integers(1, 10**9),
    st.integers(-500, 500),
)
def test_every_line_can_be_explained(paid, limits, per, earn, before, step, off):
    found = because(
        read := rule(**paid, **limits, per=per, earn=earn),
        before,
        before + step,
        rules.pay(read, before + step) - rules.pay(read, before) + off,
        "2013-Q2",
        "USD",
        ENGLISH,
    )
    assert found.sum
    assert (found.note is None) == (off == 0)
    assert "None" not in found.text
    assert "  " not in found.text
