"""Any order, batching and repetition of the same facts ends in the same state, on both databases."""

from datetime import date, timedelta

from flask import Flask
from hypothesis import given, settings
from hypothesis import strategies as st

from engage import membership, proof
from engage.activity.rules import Report
from engage.db import transaction
from engage.incentives import evidence
from engage.money import SCALE, scaled
from engage.programmes import service as programmes
from tests.batches import batches, in_order, publish_anew
from tests.conftest import NOW, PROFILES, PROGRAMME, record, sale

#: The whole rule language, beside the programme of the cast.
LANGUAGE = """
[[segments]]
slug = "near"
where = { team = ["Seattle"], joined = { to = 2012-06-30 } }

[[tiers]]
name = "Bronze"
measure = "facts"
on = "sale"
period = "all"
threshold = "0"

[[tiers]]
name = "Silver"
measure = "amount"
on = "sale"
period = "month"
threshold = "9000"
grace = 10
multiplier = { points = "1.5" }

[[tiers]]
name = "Gold"
measure = "customers"
on = "sale"
period = "quarter"
threshold = "2"
multiplier = { points = "2", USD = "1.25" }

[[missions]]
slug = "first-come"
name = "First come"
starts = 2013-01-15
ends = 2013-03-31
budget = { points = "700", USD = "45" }
at_budget = "stop"
[[missions.stages]]
name = "One"
on = "sale"
measure = "amount"
target = "100"
reward = { points = "300", USD = "20" }
[[missions.stages]]
name = "Two"
on = "sale"
measure = "facts"
target = "2"
reward = { points = "100" }
[[missions.stages]]
name = "Three"
on = "sale"
measure = "customers"
target = "2"
where = { category = ["Bikes"] }
reward = { USD = "5" }

[[missions]]
slug = "upper-class"
name = "Upper class"
starts = 2013-01-10
ends = 2013-04-20
audience = { tier = ["Silver", "Gold"], segment = ["near"] }
[[missions.stages]]
name = "Two more"
on = "sale"
measure = "facts"
target = "2"
reward = { points = "40" }
where = { amount = { from = "5" } }

[[rules]]
slug = "while-it-lasts"
on = "sale"
earn = "USD"
per = "amount"
rate = "0.01"
period = "month"
budget = "700"
at_budget = "stop"

[[rules]]
slug = "for-gold"
on = "sale"
earn = "USD"
per = "fact"
rate = "7.5"
period = "quarter"
where = { tier = ["Silver", "Gold"] }

[[rules]]
slug = "customers"
on = "sale"
earn = "points"
per = "customer"
rate = "10"
period = "month"
where = { amount = { from = "10", to = "20000" } }
milestones = [ { at = "2", pays = "25" } ]

[[rules]]
slug = "first-days"
on = "sale"
earn = "points"
per = "fact"
rate = "3"
period = "all"
within = 150
minimum = "2"

[[rules]]
slug = "over-last-year"
on = "sale"
earn = "USD"
per = "amount"
rate = "0.05"
period = "quarter"
baseline = "same period last year"
newcomers = "1000"
cap = "400"

[[rules]]
slug = "over-the-mean"
on = "sale"
earn = "points"
per = "quantity"
period = "month"
baseline = "mean of last 2 periods"
newcomers = "1"
bands = "retroactive"
band = [ { from = "0", rate = "1" }, { from = "2", rate = "7" } ]
where = { category = ["Bikes"] }

[[rules]]
slug = "happy-hours"
on = "sale"
earn = "USD"
per = "amount"
rate = "0.02"
period = "all"
starts = 2013-02-03T08:00:00
ends = 2013-03-10T13:00:00

[[rules]]
slug = "near-milestones"
on = "sale"
earn = "USD"
per = "amount"
period = "year"
milestones = [ { at = "5000", pays = "50" }, { at = "20000", pays = "150" } ]
where = { segment = ["near"] }
"""
#: Every kind of board: measures, comparisons, groups, windows, audiences.
BOARDS = """
[[boards]]
slug = "growth"
name = "Growth"
measure = "amount"
on = "sale"
baseline = "same period last year"
newcomers = "1000"
period = "month"
tie = "first"

[[boards]]
slug = "percent"
name = "Growth of teams"
measure = "customers"
on = "sale"
baseline = "mean of last 2 periods"
newcomers = "1"
growth = "percent"
period = "week"
by = "team"
score = "best"
best = 1

[[boards]]
slug = "target"
name = "Targets"
measure = "amount"
on = "sale"
where = { amount = { from = "100" } }
target = "7000"
own_targets = true
period = "rolling"
days = 45
minimum = "10"

[[boards]]
slug = "average"
name = "Average"
measure = "points"
period = "season"
seasons = [
  { slug = "winter", name = "Winter", starts = 2012-11-15, ends = 2013-02-15 },
  { slug = "spring", name = "Spring", starts = 2013-02-16, ends = 2013-05-31 },
]
by = "region"
score = "average"
floor = 2

[[boards]]
slug = "sprint"
name = "Sprint"
measure = "quantity"
on = "sale"
period = "mission"
mission = "first-come"
audience = { segment = ["near"], joined = { from = 2012-02-01 } }
tie = "dense"

[[boards]]
slug = "gold"
name = "While gold"
measure = "facts"
on = "sale"
period = "rolling"
days = 60
baseline = "mean of last 1 periods"
newcomers = "1"
audience = { tier = ["Silver", "Gold"] }
seen_by = "everyone"
direction = "lowest"
"""
JOINED = {"A1": date(2012, 3, 1), "B1": date(2012, 12, 1), "C1": None}


days = st.integers(0, 100).map(lambda n: date(2013, 1, 1) + timedelta(days=n)) | st.sampled_from(
    [date(2012, 1, 31), date(2012, 2, 29), date(2012, 11, 30)]
)
sales = st.builds(
    lambda number, partner, cents, day, hour, category, customer, pieces: sale(
        f"f-{number}",
        partner,
        f"{cents // 100}.{cents % 100:02d}"
        if cents >= 0
        else f"-{-cents // 100}.{-cents % 100:02d}",
        day,
        hour=hour,
        category=category,
        customer=customer,
    )._replace(quantity=(-1 if cents < 0 else 1) * pieces * SCALE),
    st.integers(0, 10**6),
    st.sampled_from(["A1", "B1", "C1"]),
    # Returns, credits (of no pieces), what has no amount, and sales.
    st.integers(-300_000, -1) | st.integers(0, 3_000_000),
    days,
    st.integers(0, 23),
    st.sampled_from(["Bikes", "Clothing", None]),
    st.sampled_from(["Ann", "Ben", None]),
    st.integers(0, 2),
)
some_sales = st.lists(sales, min_size=1, max_size=24, unique_by=lambda fact: fact.external_id)


def state_after(told: list[list[Report]], *, moved: bool = False) -> str:
    """The digest of a new programme that took these batches in; partners came from elsewhere then."""
    profiles = [
        p._replace(joined_on=JOINED[p.external_id], target=scaled("5000") if n else None)
        for n, p in enumerate(PROFILES)
    ]
    others = [*PROFILES[1:], PROFILES[0]]
    before = [
        p._replace(
            team=other.team, region=other.region, target=scaled("9000") if p.target else None
        )
        for p, other in zip(profiles, others, strict=True)
    ]
    slug = publish_anew(PROGRAMME + LANGUAGE + BOARDS, before if moved else profiles)
    for batch in told:
        record(programmes.by_slug(slug), *batch)
    if moved:
        transaction(lambda: membership.enrol(programmes.by_slug(slug), profiles, now=NOW))
    found = proof.check(programmes.by_slug(slug))
    assert found.ok, found.found
    assert evidence.contradiction(programmes.by_slug(slug), lambda done: None) is None
    return found.digest


@settings(max_examples=20)
@given(facts=some_sales, data=st.data())
def test_order_batching_repetition_and_where_partners_were_before_change_nothing(
    house: Flask, facts: list[Report], data: st.DataObject
) -> None:
    told = data.draw(batches(facts))
    assert state_after([in_order(facts)]) == state_after(told, moved=data.draw(st.booleans()))


@settings(max_examples=12)
@given(facts=some_sales, data=st.data())
def test_corrections_end_where_the_corrected_facts_alone_would(
    house: Flask, facts: list[Report], data: st.DataObject
) -> None:
    wrong = [
        fact._replace(
            amount=data.draw(
                st.integers(-(10**8), -1) if fact.quantity < 0 else st.integers(0, 10**9)
            ),
            partner=data.draw(st.sampled_from(["A1", "B1", "C1"])),
        )
        for fact in data.draw(st.lists(st.sampled_from(facts), unique=True))
    ]
    assert state_after([facts]) == state_after([wrong, *data.draw(batches(facts))])
