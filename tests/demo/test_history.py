"""The made-up year: the same for the same day, never ahead of its time, and worth looking at."""

from collections import Counter, defaultdict
from datetime import UTC, date, datetime, time, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engage import periods
from engage.activity.rules import Report
from engage.demo import names, programme
from engage.demo.cast import SEED, Cast, cast
from engage.demo.history import history

TIMEZONE = "America/New_York"
#: In mid-quarter, on the first and last day of one, on a leap day, and around New Year.
DAYS = [
    date(2026, 11, 21),
    date(2026, 10, 1),
    date(2026, 10, 3),
    date(2026, 6, 30),
    date(2028, 2, 29),
    date(2027, 1, 1),
]


def year(today: date, partners: int = 300) -> tuple[Cast, list[Report]]:
    first = programme.first_day(today)
    people = cast(partners, first, today)
    return people, history(people, first, noon(today), TIMEZONE, lambda done: None)


def noon(day: date) -> datetime:
    return datetime.combine(day, time(17), UTC)


def test_the_same_day_makes_the_same_year() -> None:
    assert year(DAYS[0], 60) == year(DAYS[0], 60)


@pytest.mark.parametrize("today", DAYS, ids=str)
def test_four_quarters_end_now(today: date) -> None:
    _, facts = year(today)
    quarters = Counter(periods.containing(fact.day, "quarter").name for fact in facts)
    assert len(quarters) == 4 if today.day > 2 else len(quarters) >= 3
    assert facts[-1].occurred_at <= noon(today)
    assert facts == sorted(facts, key=lambda fact: (fact.occurred_at, fact.external_id))
    assert len({fact.external_id for fact in facts}) == len(facts)


@pytest.mark.parametrize("today", DAYS, ids=str)
def test_who_signs_in_is_three_customers_from_the_next_stage(today: date) -> None:
    people, facts = year(today)
    mine = [
        fact
        for fact in facts
        if fact.partner == people.lead.profile.external_id
        and fact.kind == "sale"
        and fact.day >= programme.sprint_starts(today)
    ]
    assert len(mine) == len({fact.customer for fact in mine}) == programme.DOORS_OPENED


def test_who_signs_in_stands_well_up_the_board() -> None:
    today = DAYS[0]
    people, facts = year(today, 1000)
    quarter = periods.containing(today, "quarter").first
    scores: dict[str, int] = defaultdict(int)
    for fact in facts:
        if fact.kind == "sale" and fact.day >= quarter:
            scores[fact.partner] += fact.amount
    mine = scores[people.lead.profile.external_id]
    assert 40 <= 1 + sum(score > mine for score in scores.values()) <= 80


def test_there_are_stars_sleepers_and_newcomers() -> None:
    today = DAYS[0]
    people, facts = year(today)
    many = Counter(fact.partner for fact in facts)
    last = {fact.partner: fact.day for fact in facts}
    assert sum(count > 120 for count in many.values()) >= 3
    assert sum(day < today - timedelta(days=90) for day in last.values()) >= 5
    joined = [character.profile.joined_on for character in people.others]
    assert sum(day > today - timedelta(days=31) for day in joined if day) >= 5
    assert people.newest.profile.joined_on == today


def test_nobody_does_anything_before_joining() -> None:
    people, facts = year(DAYS[0])
    joined = {profile.external_id: profile.joined_on for profile in people.profiles}
    assert all(fact.day >= (joined[fact.partner] or fact.day) for fact in facts)


def test_a_thousand_people_have_a_thousand_names_from_many_places() -> None:
    people = cast(1000, programme.first_day(DAYS[0]), DAYS[0]).profiles
    assert len({profile.name for profile in people}) == len(people) == 999
    assert len({profile.email for profile in people}) == 999
    assert 0.1 < sum((profile.locale or "")[:2] != "en" for profile in people) / 999 < 0.2
    assert {*names.LONG} <= {profile.name for profile in people}
    assert len({profile.organisation for profile in people}) == 40
    assert len({profile.region for profile in people}) == 8


def test_addresses_are_of_letters_alone() -> None:
    assert (
        names.plain("Świętosława L’Hermite-Öhrström & Søn") == "swietoslawa.lhermite.ohrstrom.son"
    )


@given(today=st.dates(date(2024, 1, 1), date(2035, 12, 31)))
def test_the_programme_holds_on_any_day(today: date) -> None:
    file = programme.described(today)
    running = [mission for mission in file.missions if mission.starts <= today <= mission.ends]
    assert [mission.slug for mission in running] == ["open-doors"]
    assert (running[0].ends - today).days == 21
    assert file.boards[0].slug == "sales"
    assert 273 <= (today - programme.first_day(today)).days <= 366


def test_the_seed_is_fixed() -> None:
    assert SEED == 20_130_401, "every screenshot and film of the demo would change"
