"""Every rule reads as one or two sentences, and every line explains itself."""

import itertools
import re

import pytest
from babel import Locale
from hypothesis import given
from hypothesis import strategies as st

from engage import periods
from engage.definitions import FACT_KINDS
from engage.incentives import language, rules
from engage.incentives.because import because
from engage.incentives.explain import sentence
from engage.voice import ENGLISH, Voice

#: A feature: what the file says, and what its sentence must name.
Feature = tuple[dict[str, object], tuple[str, ...]]

PAYS: tuple[dict[str, object], ...] = (
    {"rate": "1"},
    {"rate": "0.015"},
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
MILESTONES = {"milestones": [{"at": "7", "pays": "41"}, {"at": "9", "pays": "43"}]}
EARNED: tuple[Feature, ...] = (
    *((paid, ()) for paid in PAYS),
    (MILESTONES, ("41", "43")),
    ({**PAYS[0], **MILESTONES}, ("41", "43")),
    ({**PAYS[4], **MILESTONES}, ("41", "43")),
)
GROWN: tuple[Feature, ...] = (
    ({}, ()),
    ({"baseline": "same period last year", "newcomers": "17"}, ("last year", "17")),
    ({"baseline": "mean of last 4 periods", "newcomers": "17"}, ("mean of your last 4", "17")),
    ({"baseline": "mean of last 1 periods", "newcomers": "0"}, ("before",)),
)
LIMITED: tuple[Feature, ...] = (
    ({}, ()),
    ({"cap": "500", "minimum": "23"}, ("500", "23", "counts")),
    ({"starts": "2013-01-01", "ends": "2013-03-31", "within": 90}, ("Jan 1", "Mar 31", "90 days")),
    ({"budget": "37", "at_budget": "stop"}, ("the budget of", "37", "lasts")),
    ({"ends": "2013-03-31", "within": 1}, ("until Mar 31", "the day you join")),
)
WHERES: tuple[Feature, ...] = (
    ({}, ()),
    ({"where": {"category": ["Bikes", "Helmets"], "amount": {"from": "29"}}}, ("or Helmets", "29")),
    (
        {
            "where": {
                "region": ["Northwest"],
                "product": ["Road-150"],
                "customer": ["Ann"],
                "type": ["Dealer"],
                "organisation": ["Hudson"],
                "team": ["Albany"],
                "segment": ["near"],
                "joined": {"from": "2012-01-05", "to": "2012-06-30"},
                "amount": {"from": "29", "to": "31"},
            }
        },
        ("Northwest", "Road-150", "Ann", "Dealer", "Hudson", "Albany", "near", "Jan 5", "29", "31"),
    ),
)


def rule(**raw: object) -> rules.Rule:
    base = {"slug": "r", "on": "sale", "earn": "USD", "per": "amount", "period": "quarter"}
    return language.parse({**base, **raw}, "USD", "UTC")


def grammar(text: str) -> None:
    assert text[0].isupper(), text
    assert text.endswith("."), text
    assert text.count(". ") <= 1, f"more than two sentences: {text}"
    for wrong in ("None", "  ", " .", " ,", "..", "%(", "{", " a a", "every a ", "()"):
        assert wrong not in text, f"{wrong!r} in {text}"
    assert not re.search(r"(?<![\d.,])1 (sales|units|points|customers|products)\b", text), text


def test_a_time_is_told_on_the_clocks_of_the_programme_wherever_the_reader_is() -> None:
    raw = {"slug": "r", "on": "sale", "earn": "USD", "per": "fact", "rate": "5", "period": "all"}
    times = {"starts": "2013-06-01T09:00", "ends": "2013-06-02"}
    spiff = language.parse(raw | times, "USD", "America/New_York")
    for reader in (ENGLISH, Voice(timezone="Asia/Kolkata")):
        said = sentence(spiff, "USD", reader).replace("\N{NARROW NO-BREAK SPACE}", " ")
        window = "From Jun 1, 2013, 9:00 AM (New York) to Jun 2, 2013."
        assert said == f"You earn $5 for every sale. {window}"
    times = dict.fromkeys(("starts", "ends"), "2013-11-03T01:30")
    said = sentence(language.parse(raw | times, "USD", "America/New_York"), "USD")
    first, second = (f"(New York, the {n} time that clocks show it)" for n in ("first", "second"))
    assert said.index(first) < said.index(second), "a window is never shorter than it reads"


@pytest.mark.parametrize("earn", ["USD", "points"])
@pytest.mark.parametrize("per", language.MEASURES)
@pytest.mark.parametrize("period", ["month", "all"])
def test_every_rule_reads_as_one_or_two_sentences_that_name_every_condition(
    earn: str, per: str, period: str
):
    for features in itertools.product(EARNED, GROWN, LIMITED, WHERES):
        raw = {key: value for feature, _ in features for key, value in feature.items()}
        if period == "all" and "baseline" in raw:
            continue
        text = sentence(rule(earn=earn, per=per, period=period, **raw), "USD")
        grammar(text)
        for _, named in features:
            for part in named:
                assert part in text, f"{part!r} is not in {text}"


@pytest.mark.parametrize("kind", FACT_KINDS)
@pytest.mark.parametrize("period", periods.KINDS)
def test_every_kind_and_period_has_its_words(kind: str, period: str):
    for paid, per in itertools.product((*PAYS, MILESTONES), language.MEASURES):
        grammar(sentence(rule(on=kind, per=per, period=period, cap="5", **paid), "USD"))


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
            {"rate": "10", "per": "customer", "earn": "points", "period": "month"},
            "You earn 10 points for every different customer of your sales, once a month.",
        ),
        (
            {"rate": "0.02", "baseline": "same period last year", "newcomers": "5000"},
            "You earn 2% of the growth of your sales over the same quarter last year. "
            "With nothing to compare, what is above $5,000 counts as growth.",
        ),
        (
            {"rate": "3", "per": "fact", "baseline": "mean of last 4 periods", "newcomers": "2"},
            "You earn $3 for every sale by which your sales grow over the mean of your last 4 "
            "quarters. With nothing to compare, what is above 2 sales counts as growth.",
        ),
        (
            {"milestones": [{"at": "10000", "pays": "100"}, {"at": "20000", "pays": "250"}]},
            "With your sales you earn $100 once you reach $10,000 in a quarter and $250 once you "
            "reach $20,000 in a quarter.",
        ),
        (
            {"rate": "0.01", "minimum": "1000", "within": 90},
            "You earn 1% of the amount of every sale. Only once you reach $1,000 in a quarter "
            "(from then on all of it counts), in the first 90 days after you join.",
        ),
        (
            {"rate": "5", "per": "fact", "where": {"amount": {"from": "100", "to": "500"}}},
            "You earn $5 for every sale of $100 to $500.",
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


GROWTH = rule(rate="0.01", baseline="same period last year", newcomers="500")


def test_growth_shows_its_formula():
    found = because(
        GROWTH, -1_000_000, 2_000_000, 200, "2013-Q2", "USD", terms={"baseline": 10_000_000}
    )
    assert found.sum == (
        "Running total in Q2 2013: $900.00 → $1,200.00, less the baseline of $1,000.00 (the same "
        "quarter last year) = growth of -$100.00 → $200.00. That is worth $0.00 → $2.00, so +$2.00."
    )


def test_growth_of_a_newcomer_says_where_the_baseline_comes_from():
    terms = {"baseline": 5_000_000, "newcomer": True}
    found = because(GROWTH, -5_000_000, 1_000_000, 100, "2013-Q2", "USD", terms=terms)
    assert "less the baseline of $500.00 (stated for newcomers)" in found.sum


@given(
    st.sampled_from(PAYS),
    st.sampled_from(LIMITS),
    st.sampled_from(language.MEASURES),
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
