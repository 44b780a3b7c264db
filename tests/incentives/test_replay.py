"""A draft tried over real facts pays what the flow would have paid, and says who wins and loses."""

from datetime import UTC, date, datetime
from typing import Any

from flask import Flask
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import func, select

from engage import membership, periods
from engage.activity.rules import Standing
from engage.db import db, transaction
from engage.incentives import drafts, language, publishing, replay, rules
from engage.ledger.models import Transfer
from engage.money import SCALE
from engage.partners.models import Partner
from engage.programmes import service as programmes
from engage.tiers.rules import Climb
from tests.conftest import NOW, PROFILES, PROGRAMME, Cast, publish, record, sale

TODAY = date(2013, 4, 10)
BASE = {"slug": "r", "on": "sale", "earn": "points", "per": "amount", "period": "month"}


def rule(**raw: Any) -> rules.Rule:
    return language.parse({**BASE, "rate": "1", **raw}, "USD", "UTC")


def fact(number: int, partner: int, day: date, amount: int) -> Standing:
    at = datetime(day.year, day.month, day.day, 12, tzinfo=UTC)
    return Standing(
        *(number, "t", str(number), partner, "sale", at, day, amount * SCALE, "USD", SCALE),
        *("Road-150", "Bikes", None),
    )


FACTS = st.lists(
    st.tuples(
        st.integers(1, 6), st.dates(date(2013, 1, 1), date(2013, 3, 31)), st.integers(-50, 500)
    ),
    max_size=30,
)
DRAFTS = st.sampled_from(
    [
        rule(),
        rule(rate="2"),
        rule(cap="300"),
        rule(minimum="200"),
        rule(period="quarter", rate="0.5"),
        rule(where={"region": ["North"]}),
        rule(earn="USD", rate="0.01"),
        rule(per="fact", rate="50"),
    ]
)
REGIONS: dict[int, dict[str, Any]] = {
    who: {"region": "North" if who % 2 else "South", "team": None, "tier": Climb()}
    for who in range(1, 7)
}


def tried(present: rules.Rule, draft: rules.Rule, made: Any) -> tuple[replay.Tally, list[Any]]:
    facts = [fact(number, *rest) for number, rest in enumerate(made)]
    facts.sort(key=lambda one: one.order)
    span = replay.span((present, draft), 3, date(2013, 3, 31))
    days = periods.Period("", span[0].kind, span[0].first, span[-1].last)
    tally = replay.Tally()
    for side, of in enumerate((present, draft)):
        tally.add(side, replay.paid(of, facts, REGIONS, days), days.kind)
    return tally, replay.found(tally, span, REGIONS)


@given(DRAFTS, FACTS)
def test_nobody_wins_or_loses_by_what_stays_as_it_is(of: rules.Rule, made: Any) -> None:
    for unit in tried(of, of, made)[1]:
        assert unit["present"] == unit["draft"]
        assert unit["winners"] == unit["losers"] == [0, 0]
        assert unit["same"] == len(REGIONS)
        assert unit["new"]["count"] == unit["gone"]["count"] == 0


@given(DRAFTS, DRAFTS, FACTS)
def test_every_sum_adds_up_to_the_same(present: rules.Rule, draft: rules.Rule, made: Any) -> None:
    tally, units = tried(present, draft, made)
    for unit in units:
        more = unit["draft"] - unit["present"]
        assert unit["winners"][1] - unit["losers"][1] == more
        assert unit["winners"][0] + unit["losers"][0] + unit["same"] == len(REGIONS)
        assert sum(d - p for _, p, d in unit["periods"]) == more
        for segment in unit["segments"]:
            assert sum(row["draft"] - row["present"] for row in segment["rows"]) == more
    five = replay.chosen(tally)
    assert len(five) == len({who for who, _ in five}) <= 5


def test_a_draft_pays_what_the_flow_pays(cast: Cast) -> None:
    record(cast.programme, sale("a-9", "A1", "100", date(2013, 1, 9)))
    for slug, unit in (("bike-points", "points"), ("growth-bonus", "USD")):
        posted = db.session.scalar(
            select(func.sum(Transfer.amount)).where(Transfer.kind == "award", Transfer.unit == unit)
        )
        present = next(r for r in publishing.current(cast.programme) if r.slug == slug)
        found = drafts.run(cast.programme.id, None, present, 12, TODAY)
        assert [one["draft"] for one in found["units"]] == [posted], slug


def test_growth_is_measured_against_facts_before_the_periods_that_are_tried(cast: Cast) -> None:
    record(cast.programme, sale("a-0", "A1", "5500", date(2012, 4, 9)))
    growth = rule(period="quarter", baseline="same period last year", newcomers="0")
    found = drafts.run(cast.programme.id, None, growth, 1, TODAY)
    assert found["units"][0]["draft"] == (6_000 - 5_500) + 4_000 + 5_000
    assert found["facts"] == 4, "those before only measure"


def test_a_draft_for_days_to_come_is_tried_as_if_they_were_here(cast: Cast) -> None:
    spiff = rule(starts="2014-01-01", ends="2014-01-31")
    found = drafts.run(cast.programme.id, None, spiff, 1, TODAY)
    assert found["days_left_aside"]
    assert found["units"][0]["draft"] == 15_000
    assert found["units"][0]["new"]["count"] == 3


def test_the_statements_show_both_sides_of_each_fact(cast: Cast) -> None:
    found = drafts.run(cast.programme.id, rule(), rule(rate="2"), 1, TODAY)
    alice = next(one for one in found["statements"] if one["why"] == "wins")
    assert alice["totals"] == [{"points": 6_000}, {"points": 12_000}]
    assert [line["pay"] for line in alice["lines"]] == [
        [["points", 3_500], ["points", 7_000]],
        [["points", 2_500], ["points", 5_000]],
    ]


TIERED = """
[[tiers]]
name = "Gold"
measure = "points"
period = "quarter"
threshold = "9000"
multiplier = { USD = "1.5" }
[[rules]]
slug = "gold-only"
on = "sale"
earn = "USD"
per = "fact"
rate = "7"
period = "quarter"
where = { tier = ["Gold"] }
"""


def awarded(slug: str, unit: str) -> int:
    here = programmes.by_slug(slug).id
    of = (Transfer.programme_id == here, Transfer.kind == "award", Transfer.unit == unit)
    return db.session.scalar(select(func.sum(Transfer.amount)).where(*of)) or 0


def test_tiers_by_points_move_with_a_draft_and_so_does_what_other_rules_pay_by_tier(
    app: Flask,
) -> None:
    """As though each side had been published before the facts came."""
    file = PROGRAMME.replace("[[missions]]", TIERED + "[[missions]]", 1)
    doubled = file.replace('rate = "1"', 'rate = "2"', 1).replace('"resellers"', '"doubled"', 1)
    for text in (file, doubled):
        here = publish(text)
        slug = here.slug
        transaction(lambda slug=slug: membership.enrol(programmes.by_slug(slug), PROFILES, now=NOW))
        days = (date(2013, 4, 2), date(2013, 4, 5), date(2013, 4, 8))
        record(
            here, *(sale(f"{who}-{day}", who, "2400", day) for who in ("A1", "B1") for day in days)
        )
        record(here, sale("a-9", "A1", "3000", date(2013, 4, 9)), sale("c-1", "C1", "800"))
    programme = programmes.by_slug("resellers")
    present = next(r for r in publishing.current(programme) if r.slug == "bike-points")
    raw = language.to_json(present) | {"rate": "2"}
    draft = language.parse(raw, "USD", programme.timezone)
    found = drafts.run(programme.id, present, draft, 1, TODAY)
    assert {one["unit"]: [one["present"], one["draft"]] for one in found["units"]} == {
        unit: [awarded("resellers", unit), awarded("doubled", unit)] for unit in ("USD", "points")
    }
    higher, lower = found["tiers"]
    names = {partner.id: partner.external_id for partner in db.session.query(Partner)}
    assert [names[who] for who in higher["named"]] == ["B1"], "alice is in it either way"
    assert lower["count"] == 0
    money = next(r for r in publishing.current(programme) if r.earn == "USD")
    assert drafts.run(programme.id, money, None, 1, TODAY)["tiers"] is None
