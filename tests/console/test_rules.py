"""What a manager should look at: comparisons that are fair, losses in order, names that are free."""

from datetime import date, timedelta

from hypothesis import given
from hypothesis import strategies as st

from engage import periods
from engage.console import rules

DAYS = st.dates(date(2000, 1, 1), date(2100, 12, 31))
AMOUNTS = st.integers(-(10**12), 10**12)


def test_a_running_period_is_compared_with_as_many_days_of_the_one_before():
    found = rules.stretch(periods.parse("2013-Q2"), date(2013, 4, 10))
    assert found == (date(2013, 4, 1), date(2013, 4, 10), date(2013, 1, 1), date(2013, 1, 10))


def test_a_period_that_is_over_is_compared_whole():
    found = rules.stretch(periods.parse("2013-Q1"), date(2013, 4, 10))
    assert found == (date(2013, 1, 1), date(2013, 3, 31), date(2012, 10, 1), date(2012, 12, 31))


def test_a_long_month_is_not_compared_beyond_the_end_of_a_short_one():
    found = rules.stretch(periods.parse("2013-03"), date(2013, 3, 30))
    assert found.before_last == date(2013, 2, 28)


@given(DAYS, st.sampled_from(["week", "month", "quarter", "year"]), st.integers(-5, 400))
def test_the_two_stretches_never_overlap(day: date, kind: str, later: int):
    period = periods.containing(day, kind)
    found = rules.stretch(period, day + timedelta(days=later))
    assert found.before_first <= found.before_last < found.first <= found.last <= period.last


def test_a_change_is_told_in_whole_percents_and_never_rounded_up():
    assert rules.change(1_219, 1_000) == 21
    assert rules.change(1_001, 3_000) == -66
    assert rules.change(999, 1_000) == 0
    assert rules.change(5, 0) is None


def test_the_largest_losses_come_first_and_silence_is_one_of_them():
    found = rules.falling([(1, 100, 90), (2, 1_000, 700), (3, 500, 0), (4, 0, 50)], 10)
    assert [(f.partner_id, f.silent) for f in found] == [(3, True), (2, False)]


@given(st.lists(st.tuples(st.integers(1, 9), AMOUNTS, AMOUNTS)), st.integers(0, 5))
def test_nobody_falls_behind_who_sells_as_much_as_before(sums, limit: int):
    found = rules.falling(sums, limit)
    assert len(found) <= limit
    assert all(f.before > 0 and f.now < f.before for f in found)
    assert [f.lost for f in found] == sorted((f.lost for f in found), reverse=True)


@given(DAYS, st.sampled_from(["week", "month", "quarter", "year"]), st.data())
def test_the_bars_add_up_to_the_period(day: date, kind: str, data: st.DataObject):
    period = periods.containing(day, kind)
    days = data.draw(st.lists(st.dates(period.first, day), max_size=5, unique=True))
    by_day = {day: data.draw(st.integers(0, 10**9)) for day in days}
    bars = rules.bars(period, day, by_day)
    assert sum(bar.amount for bar in bars) == sum(by_day.values())
    assert len({bar.period.name for bar in bars}) == len(bars)


def test_a_mission_is_known_by_its_name():
    assert rules.slug_of("Spring sprint", set()) == "spring-sprint"
    assert rules.slug_of("Été à Paris!", set()) == "ete-a-paris"
    assert rules.slug_of("春の疾走", set()) == "mission"
    assert rules.slug_of("Spring sprint", {"spring-sprint", "spring-sprint-2"}) == "spring-sprint-3"


@given(st.text(max_size=120), st.sets(st.sampled_from(["mission", "a", "a-2", "new"])))
def test_a_slug_is_always_free_and_always_one(name: str, taken: set[str]):
    slug = rules.slug_of(name, taken)
    assert slug not in taken
    assert slug == slug.strip("-")
    assert set(slug) <= set("abcdefghijklmnopqrstuvwxyz0123456789-")


def test_the_highest_cost_is_everything_for_everybody():
    assert rules.highest_cost([("points", 500), ("USD", 100), ("points", 50)], 10, {}) == {
        "points": 5_500,
        "USD": 1_000,
    }
