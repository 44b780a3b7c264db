"""Every board says in words what it measures, against what, for whom, and how it ranks."""

import re
from typing import Any

import pytest

from engage.leaderboards import language, rules, sentences
from engage.money import SCALE
from engage.periods import parse
from engage.voice import Voice

BOARD = {"slug": "b", "name": "B", "measure": "amount", "on": "sale", "period": "quarter"}
GROWTH = {"baseline": "mean of last 4 periods", "newcomers": "5000"}
PERCENT = {"baseline": "same period last year", "newcomers": "3", "growth": "percent"}
Q2 = parse("2013-Q2")


def board(**change: Any) -> rules.Board:
    return language.parse({k: v for k, v in (BOARD | change).items() if v is not None}, "USD")


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({}, "Sum of sales, Apr 1 – Jun 30, 2013."),
        (
            GROWTH,
            "Sum of sales: growth over the mean of the last 4 periods, Apr 1 – Jun 30, 2013. "
            "Who did nothing then is compared with $5,000.",
        ),
        (
            {"baseline": "same period last year", "newcomers": "3", "growth": "percent"}
            | {"measure": "customers"},
            "Different customers of sales: growth in percent over the same period last year, "
            "Apr 1 – Jun 30, 2013. Who did nothing then is compared with 3 customers.",
        ),
        ({"target": "20000"}, "Sum of sales, in percent of $20,000, Apr 1 – Jun 30, 2013."),
        (
            {"target": "20000.50", "own_targets": True},
            "Sum of sales, in percent of the partner's own target, Apr 1 – Jun 30, 2013. "
            "Who has none is measured by $20,000.50.",
        ),
        (
            {"by": "team", "score": "best", "best": 5, "measure": "facts"},
            "Number of sales by the best 5 partners of a team, Apr 1 – Jun 30, 2013.",
        ),
        (
            {"by": "region", "score": "average", "floor": 3},
            "Sum of sales by each active partner of a region on average, of 3 at least, "
            "Apr 1 – Jun 30, 2013.",
        ),
        (
            {"audience": {"region": "West"}, "where": {"category": "Bikes"}},
            "Sum of sales in category Bikes, Apr 1 – Jun 30, 2013. For partners in region West.",
        ),
        (
            {"audience": {"tier": "Gold"}, "seen_by": "everyone"},
            "Sum of sales, Apr 1 – Jun 30, 2013. For partners with tier Gold; everybody sees it.",
        ),
    ],
)
def test_a_board_says_what_it_measures(change: dict[str, Any], said: str):
    told = sentences.measure(board(**change), Q2, "USD")
    assert " ".join(told.replace("\N{WORD JOINER}", "").split()) == said


@pytest.mark.parametrize("locale", ["en_US", "en_GB", "de", "pt"])
def test_no_line_break_parts_a_range_of_days(locale: str):
    for first, last in ((Q2.first, Q2.last), (Q2.last.replace(day=1), Q2.last)):
        said = Voice(locale).days(first, last)
        assert not re.search(r"[ \N{THIN SPACE}]|–(?!\N{WORD JOINER})", said)


@pytest.mark.parametrize(
    ("period", "said"),
    [
        ("2013-Q2", "Q2"),
        ("2013-05", "May"),
        ("2013-W07", "Week 7"),
        ("2013-02-14", "Feb 14"),
        ("2013", "2013"),
    ],
)
def test_a_period_that_is_just_over_is_named_without_its_year(period: str, said: str):
    assert Voice("en").brief(parse(period)) == said


def test_a_board_says_how_it_ranks():
    found = board(tie="first", direction="lowest", minimum="50", target="20000")
    assert sentences.tie(found, "USD") == (
        "With equal scores, who got there first stands first. The lowest score leads. "
        "Ranked from 50.0% on."
    )


@pytest.mark.parametrize(
    ("change", "value", "said"),
    [
        ({}, 12_345_600, "$1,234.56"),
        ({"decimals": 0}, 12_345_600, "$1,235"),
        (GROWTH, 12_345_600, "+$1,234.56"),
        (GROWTH, -12_345_600, "-$1,234.56"),
        (GROWTH | {"growth": "percent"}, 12_345_600, "+1,234.6%"),
        (GROWTH | {"growth": "percent"}, 11_370_000, "+1,137.0%"),
        ({"target": "100", "decimals": 0}, 505_000, "51%"),
        ({"measure": "customers"}, SCALE, "1 customer"),
        ({"measure": "facts", "by": "team", "score": "average"}, 23_333, "2.33 sales"),
        ({"measure": "products", "decimals": 1, "by": "team"}, 25_000, "2.5 products"),
    ],
)
def test_a_score_is_told_in_what_the_board_counts_in(change: dict[str, Any], value: int, said: str):
    assert sentences.score(board(**change), value, "USD") == said


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({}, ["2", "2.3333"]),
        ({"decimals": 4}, ["2.0000", "2.3333"]),
        ({"decimals": 0}, ["2", "2"]),
        ({"by": "team", "score": "average"}, ["2.00", "2.33"]),
    ],
)
def test_the_scores_of_a_column_have_as_many_digits_as_the_board_says(
    change: dict[str, Any], said: list[str]
):
    rule = board(measure="facts", **change)
    assert [sentences.score(rule, value, "USD", bare=True) for value in (20_000, 23_333)] == said


def test_percents_are_written_as_their_reader_writes_them():
    found = board(target="100")
    assert sentences.score(found, 1_234_500, "USD", Voice("de")) == "123,5\N{NO-BREAK SPACE}%"
    assert sentences.score(found, 1_234_500, "USD", Voice("tr")) == "%123,5"


@pytest.mark.parametrize(
    ("change", "one", "other", "said"),
    [
        ({}, 1_018_4600, 1_000_5500, "$18"),
        ({}, 1_137_0400, 1_000_0000, "$138"),
        ({}, 900_4600, 882_5500, "$17.91"),
        ({"measure": "USD", "on": None}, 1_018_46, 1_000_55, "$18"),
        ({"by": "team", "score": "average", "measure": "facts"}, 2_1235, 1_0000, "1.13 sales"),
    ],
)
def test_a_gap_that_is_told_is_enough_to_close_it(
    change: dict[str, Any], one: int, other: int, said: str
):
    assert sentences.between(board(**change), one, other, one, "USD") == said


def test_between_two_growths_lie_percentage_points_with_the_digits_of_the_two():
    grown, one, other = board(**PERCENT), 797_7600, 781_1400
    told = [sentences.score(grown, score, "USD") for score in (one, other)]
    assert told == ["+797.8%", "+781.1%"]
    assert sentences.between(grown, one, other, one, "USD") == "16.7 percentage points"
