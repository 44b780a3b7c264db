"""What a rule pays: examples of the published arithmetic, and laws that hold for every rule."""

from datetime import UTC, date, datetime, time
from fractions import Fraction
from math import floor
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engage.definitions import DefinitionError
from engage.incentives import language, rules
from engage.incentives.rules import Version
from engage.money import SCALE

LINEAR: dict[str, Any] = {
    "slug": "points",
    "on": "sale",
    "earn": "points",
    "per": "amount",
    "rate": "1",
    "period": "quarter",
}
BANDED: dict[str, Any] = {
    "slug": "bonus",
    "on": "sale",
    "earn": "USD",
    "per": "amount",
    "period": "quarter",
    "bands": "marginal",
    "band": [
        {"from": "0", "rate": "0"},
        {"from": "50000", "rate": "0.01"},
        {"from": "100000", "rate": "0.02"},
    ],
}


def parsed(raw: dict[str, Any]) -> rules.Rule:
    return language.parse(raw, "USD", "UTC")


def test_a_linear_rule_floors_the_running_total() -> None:
    rule = parsed(LINEAR)
    assert [rules.pay(rule, total) for total in (9_999, 10_000, 15_000, 29_999)] == [0, 1, 1, 2]


@pytest.mark.parametrize(
    ("bands", "sold", "cents"),
    [
        ("marginal", 50_000, 0),
        ("marginal", 50_001, 1),
        ("marginal", 100_000, 50_000),
        ("marginal", 150_000, 150_000),
        ("retroactive", 49_999, 0),
        ("retroactive", 50_000, 50_000),
        ("retroactive", 100_000, 200_000),
    ],
)
def test_bands_pay_the_part_inside_them_or_all_at_the_reached_rate(
    bands: str, sold: int, cents: int
) -> None:
    assert rules.pay(parsed(BANDED | {"bands": bands}), sold * SCALE) == cents


def test_a_cap_ends_what_a_period_pays() -> None:
    rule = parsed(LINEAR | {"cap": "100"})
    assert [rules.pay(rule, total * SCALE) for total in (99, 100, 101)] == [99, 100, 100]


def test_below_the_minimum_nothing_is_paid_and_from_it_on_all_counts() -> None:
    rule = parsed(LINEAR | {"minimum": "100"})
    assert [rules.pay(rule, total * SCALE) for total in (-5, 99, 100, 101)] == [0, 0, 100, 101]


def test_milestones_come_to_the_rate_and_the_cap_is_after_all() -> None:
    marks = [{"at": "10", "pays": "50"}, {"at": "20", "pays": "70"}]
    alone = {key: value for key, value in LINEAR.items() if key != "rate"} | {"milestones": marks}
    totals = [total * SCALE for total in (9, 10, 19, 20)]
    assert [rules.pay(parsed(alone), total) for total in totals] == [0, 50, 50, 120]
    both = parsed(LINEAR | {"milestones": marks, "cap": "130"})
    assert [rules.pay(both, total) for total in totals] == [9, 60, 69, 130]


def test_growth_is_what_lies_above_the_baseline() -> None:
    rule = parsed(LINEAR | {"baseline": "same period last year", "newcomers": "0"})
    steps = list(rules.steps(-10 * SCALE, ((rule, 6 * SCALE) for _ in range(3))))
    assert [step.amount for step in steps] == [0, 2, 6]


def test_an_event_falls_under_the_last_version_before_it() -> None:
    rule = parsed(LINEAR)
    change, end = datetime(2013, 4, 1, tzinfo=UTC), datetime(2013, 6, 1, tzinfo=UTC)
    versions = [Version(1, 1, None, rule), Version(2, 2, change, rule), Version(3, 3, end, None)]

    def number(at: datetime) -> int | None:
        version = rules.in_force(versions, at)
        return version.number if version else None

    assert number(datetime(2013, 3, 31, 23, 59, tzinfo=UTC)) == 1
    assert number(change) == 2
    assert number(end) is None


def test_a_window_holds_both_its_ends() -> None:
    rule = parsed(LINEAR | {"starts": date(2013, 1, 1), "ends": date(2013, 1, 31)})
    days = (date(2012, 12, 31), date(2013, 1, 1), date(2013, 1, 31), date(2013, 2, 1))
    assert [rule.covers(day) for day in days] == [False, True, True, False]


def spiff(starts: object, ends: object, zone: str = "America/New_York") -> rules.Rule:
    raw = LINEAR | {"starts": starts, "ends": ends}
    return language.parse(raw, "USD", zone)


def paid(rule: rules.Rule, *instants: str) -> list[bool]:
    """Whether each instant, written in UTC, is in the rule's window."""
    found = []
    for text in instants:
        at = datetime.fromisoformat(text).replace(tzinfo=UTC)
        day = at.astimezone(ZoneInfo("America/New_York")).date()
        found.append(rule.covers(day, at))
    return found


def test_a_window_may_open_and_close_at_a_time_on_the_clocks_of_the_programme() -> None:
    rule = spiff(datetime(2013, 6, 1, 9), "2013-06-01T17:30")
    before, at_once, at_last, after = "13:59:59", "13:00", "21:30", "21:30:01"
    assert paid(rule, f"2013-06-01T{at_once}", f"2013-06-01T{at_last}") == [True, True]
    assert paid(rule, "2013-06-01T12:59:59", f"2013-06-01T{after}") == [False, False]
    assert paid(rule, f"2013-05-31T{before}", f"2013-06-02T{before}") == [False, False]
    whole_last_day = spiff(datetime(2013, 6, 1, 9), date(2013, 6, 2))
    assert paid(whole_last_day, "2013-06-03T03:59", "2013-06-03T04:00") == [True, False]
    assert language.to_json(rule)["ends"] == "2013-06-01T17:30:00"


def test_a_time_that_clocks_show_twice_makes_a_window_no_shorter_than_it_reads() -> None:
    """On 3 November 2013 New York shows 1:30 at 5:30 and at 6:30 UTC."""
    from_it = spiff("2013-11-03T01:30", None)
    assert paid(from_it, "2013-11-03T05:29", "2013-11-03T05:30") == [False, True]
    until_it = spiff(None, "2013-11-03T01:30")
    assert paid(until_it, "2013-11-03T06:30", "2013-11-03T06:31") == [True, False]


def test_an_hour_on_a_day_of_23_or_25_is_an_hour() -> None:
    for day, opens in (("2013-03-10", "16:00"), ("2013-11-03", "17:00"), ("2013-06-01", "16:00")):
        rule = spiff(f"{day}T12:00", f"{day}T13:00")
        closes = f"{int(opens[:2]) + 1}:00"
        assert paid(rule, f"{day}T{opens}", f"{day}T{closes}") == [True, True], day
        assert paid(rule, f"{day}T{closes}:01") == [False], day


@pytest.mark.parametrize(
    ("change", "key"),
    [
        ({"starts": "2013-06-01T09:00+02:00"}, "starts"),
        ({"starts": datetime(2013, 6, 1, 9, tzinfo=UTC)}, "starts"),
        ({"ends": "2013-06-01T25:00"}, "ends"),
        ({"ends": "2013-06-01 18:00"}, "ends"),
        ({"ends": "2513-06-01T18:00"}, "ends"),
        ({"ends": time(18)}, "ends"),
        ({"starts": "2013-06-01T09:00", "ends": "2013-06-01T08:59"}, "ends"),
        ({"starts": "2013-06-02", "ends": "2013-06-01T23:00"}, "ends"),
        ({"rate": "1,5"}, "rate"),
        ({"rate": 1.5}, "rate"),
        ({"rate": "-1"}, "rate"),
        ({"on": "sales"}, "on"),
        ({"earn": "EUR"}, "earn"),
        ({"earn": "gold"}, "earn"),
        ({"per": "litre"}, "per"),
        ({"period": "fortnight"}, "period"),
        ({"cap": "0"}, "cap"),
        ({"cap": "1.5"}, "cap"),
        ({"where": {"colour": ["red"]}}, "where.colour"),
        ({"where": {"category": []}}, "where.category"),
        ({"starts": date(2013, 2, 1), "ends": date(2013, 1, 1)}, "ends"),
        ({"bands": "marginal"}, "rate"),
        ({"slug": "Bike Points"}, "slug"),
        ({"multiplier": "2"}, "multiplier"),
        ({"where": {"amount": ["100"]}}, "where.amount"),
        ({"where": {"amount": {"from": "5", "to": "4"}}}, "where.amount.to"),
        ({"where": {"amount": {"over": "5"}}}, "where.amount.over"),
        ({"where": {"joined": {"from": "soon"}}}, "where.joined.from"),
        ({"within": 0}, "within"),
        ({"within": "90"}, "within"),
        ({"minimum": "0"}, "minimum"),
        ({"baseline": "last quarter", "newcomers": "0"}, "baseline"),
        ({"baseline": "mean of last 0 periods", "newcomers": "0"}, "baseline"),
        ({"baseline": "same period last year"}, "newcomers"),
        ({"baseline": "same period last year", "newcomers": "0", "period": "all"}, "period"),
        ({"newcomers": "5"}, "newcomers"),
        ({"budget": "0"}, "budget"),
        ({"budget": "5", "at_budget": "go on"}, "at_budget"),
        ({"at_budget": "stop"}, "at_budget"),
        ({"milestones": []}, "milestones"),
        ({"milestones": [{"at": "1", "pays": "1,5"}]}, "milestones[1].pays"),
        ({"milestones": [{"at": "0", "pays": "1"}]}, "milestones[1].at"),
        ({"milestones": [{"at": "2", "pays": "1"}, {"at": "2", "pays": "1"}]}, "milestones[2].at"),
    ],
)
def test_a_mistake_is_refused_by_its_key(change: dict[str, Any], key: str) -> None:
    with pytest.raises(DefinitionError) as caught:
        parsed(LINEAR | change)
    assert caught.value.key == key


@pytest.mark.parametrize(
    ("band", "key"),
    [
        ([], "band"),
        ([{"from": "10", "rate": "1"}, {"from": "10", "rate": "2"}], "band[2].from"),
        ([{"from": "-1", "rate": "1"}], "band[1].from"),
        ([{"from": "0", "rate": "x"}], "band[1].rate"),
        ([{"from": "0"}], "band[1].rate"),
    ],
)
def test_bands_that_overlap_or_are_not_whole_are_refused(band: list[Any], key: str) -> None:
    with pytest.raises(DefinitionError) as caught:
        parsed(BANDED | {"band": band})
    assert caught.value.key == key


decimals = st.integers(0, 10**6).map(lambda n: f"{n / 10**4:.4f}")


@st.composite
def any_rule(draw: st.DrawFn) -> rules.Rule:
    raw = dict(LINEAR, earn=draw(st.sampled_from(["points", "USD"])))
    if draw(st.booleans()):
        starts = sorted(draw(st.sets(st.integers(0, 10**5), min_size=1, max_size=4)))
        del raw["rate"]
        raw["bands"] = draw(st.sampled_from(language.BANDS))
        raw["band"] = [{"from": str(start), "rate": draw(decimals)} for start in starts]
    else:
        raw["rate"] = draw(decimals)
    if draw(st.booleans()):
        raw["cap"] = str(draw(st.integers(1, 10**5)))
    return parsed(raw)


@st.composite
def whole_language(draw: st.DrawFn) -> rules.Rule:
    raw = language.to_json(draw(any_rule())) | {"per": draw(st.sampled_from(language.MEASURES))}
    extras: tuple[dict[str, Any], ...] = (
        {"within": draw(st.integers(1, 400))},
        {"minimum": draw(decimals.filter(lambda text: float(text) > 0))},
        {"milestones": [{"at": "1.5", "pays": "3"}, {"at": "20", "pays": "7"}]},
        {"baseline": "same period last year", "newcomers": draw(decimals)},
        {"baseline": "mean of last 24 periods", "newcomers": "0"},
        {
            "where": {
                "amount": {"from": draw(decimals)},
                "joined": {"to": "2013-01-31"},
                "segment": ["near", "new"],
                "category": ["Bikes"],
            }
        },
        {"starts": "2013-01-01", "ends": "2013-06-30"},
        {"starts": "2013-03-31T02:30:00", "ends": "2013-06-30"},
        {"ends": "2013-10-27T02:30:59"},
        {"budget": "700", "at_budget": "stop"},
    )
    for extra in draw(st.lists(st.sampled_from(extras), max_size=5)):
        raw |= extra
    return parsed(raw)


@given(whole_language())
def test_a_rule_reads_back_what_it_writes(rule: rules.Rule) -> None:
    assert parsed(language.to_json(rule)) == rule


@given(any_rule(), st.lists(st.integers(-(10**8), 10**9), max_size=20))
def test_what_facts_receive_sums_to_the_pay_of_their_total(
    rule: rules.Rule, measures: list[int]
) -> None:
    steps = list(rules.steps(0, ((rule, measure) for measure in measures)))
    assert sum(step.amount for step in steps) == rules.pay(rule, sum(measures)) - rules.pay(rule, 0)


@given(any_rule(), st.integers(0, 10**10), st.integers(0, 10**9))
def test_more_sold_never_pays_less_unless_a_higher_band_says_so(
    rule: rules.Rule, total: int, more: int
) -> None:
    rates = [band.rate.decimal for band in rule.band]
    if rule.bands != "retroactive" or rates == sorted(rates):
        assert rules.pay(rule, total + more) >= rules.pay(rule, total)


@given(any_rule(), st.integers(0, 10**10))
def test_pay_is_the_floor_of_the_exact_fraction(rule: rules.Rule, total: int) -> None:
    def exact() -> Fraction:
        if rule.rate:
            return Fraction(total * rule.rate.numerator, rule.rate.denominator)
        ends = [band.start for band in rule.band[1:]] + [max(total, rule.band[-1].start)]
        if rule.bands == "retroactive":
            reached = [band for band in rule.band if total >= band.start]
            rate = reached[-1].rate if reached else None
            return Fraction(total * rate.numerator, rate.denominator) if rate else Fraction(0)
        return sum(
            (
                Fraction(
                    max(0, min(total, end) - band.start) * band.rate.numerator,
                    band.rate.denominator,
                )
                for band, end in zip(rule.band, ends, strict=True)
            ),
            Fraction(0),
        )

    pay = floor(exact())
    assert rules.pay(rule, total) == (pay if rule.cap is None else min(pay, rule.cap))
