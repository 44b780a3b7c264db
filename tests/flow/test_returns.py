"""What is below zero is no further success: a return takes away, a credit counts nothing, everywhere."""

from collections import Counter
from datetime import date, datetime, timedelta

import pytest
from flask import Flask
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlalchemy import func, select

from engage import proof
from engage.activity.rules import Report, adds
from engage.db import db
from engage.incentives.models import Rule, RuleVersion
from engage.insight import leaks
from engage.leaderboards import service as leaderboards
from engage.leaderboards.models import Board, Standing
from engage.leaderboards.tally import tally
from engage.ledger import service as ledger
from engage.ledger.models import Transfer
from engage.missions import service as missions
from engage.money import SCALE, scaled
from engage.partners import service as partners
from engage.partners.models import Partner
from engage.periods import parse as period
from engage.programmes import service as programmes
from engage.programmes.models import Programme
from engage.tiers import service as tiers
from tests.batches import in_order, publish_anew
from tests.conftest import NOW, PROFILES, record, sale

APRIL = date(2013, 4, 1)
MEASURES = ("facts", "quantity", "customers", "products")
#: Everything that counts, over the same facts: a rule, a stage, a tier and a board for each measure.
COUNTING = """
[programme]
slug = "resellers"
name = "Counting"
timezone = "America/New_York"
currency = "USD"
[[missions]]
slug = "all"
name = "All"
starts = 2013-04-01
ends = 2013-04-30
""" + "".join(
    f"""
[[missions.stages]]
name = "{measure}"
on = "sale"
measure = "{measure}"
target = "{3 if measure == "facts" else 1000}"
reward = {{ USD = "5" }}
[[tiers]]
name = "{measure}"
measure = "{measure}"
on = "sale"
period = "month"
threshold = "{1000 + number}"
[[rules]]
slug = "{measure}"
on = "sale"
earn = "points"
per = "{measure if measure == "quantity" else measure.removesuffix("s")}"
rate = "1"
period = "month"
[[boards]]
slug = "{measure}"
name = "{measure}"
on = "sale"
measure = "{measure}"
period = "month"
tie = "{"competition" if measure == "facts" else "first"}"
"""
    for number, measure in enumerate(MEASURES)
)


def counting(text: str = COUNTING) -> Programme:
    return programmes.by_slug(publish_anew(text, PROFILES[:1]))


def deal(name: str, amount: str, pieces: int, day: int = 5, **more: str | None) -> Report:
    made = sale(name, "A1", amount, APRIL + timedelta(days=day - 1))
    return made._replace(quantity=pieces * SCALE, **{"customer": "Ann", "product": "Road"} | more)  # type: ignore[arg-type]


def told(programme: Programme) -> dict[str, dict[str, int]]:
    """What each place says of each measure, in whole ones; a place that says nothing says 0."""
    found: dict[str, dict[str, int]] = {}
    one = db.session.scalars(select(Partner).where(Partner.programme_id == programme.id)).one()
    rows = db.session.execute(
        select(Rule.slug, func.sum(Transfer.amount))
        .join(RuleVersion, RuleVersion.id == Transfer.rule_version_id)
        .join(Rule, Rule.id == RuleVersion.rule_id)
        .where(Transfer.partner_id == one.id)
        .group_by(Rule.slug)
    )
    found["rules"] = {slug: int(paid) for slug, paid in rows}
    (mission,) = missions.missions(programme)
    stood = missions.progress(mission.stage_ids, one.id)
    values = [stood[stage].value if stage in stood else 0 for stage in mission.stage_ids]
    found["stages"] = {s.measure: v // SCALE for s, v in zip(mission.stages, values, strict=True)}
    place = tiers.standpoint(programme, one.id, NOW)
    assert place
    found["tiers"] = {outlook.tier.measure: outlook.value // SCALE for outlook in place.ahead}
    (ladder,) = partners.ladders_of(programme)
    within = period("2013-04")
    for tier in ladder.tiers:
        lost = leaks.counted(programme, tier, within).get(one.id, 0)
        found.setdefault("leaks", {})[tier.measure] = lost // SCALE
    for board in leaderboards.boards(programme):
        rows = db.session.execute(tally(programme, board, within))
        score = sum(row.score for row in rows)
        found.setdefault("boards", {})[board.rule.measure] = score // SCALE
    return {
        name: {measure: said.get(measure, 0) for measure in MEASURES}
        for name, said in found.items()
    }


def reached(programme: Programme) -> dict[str, datetime | None]:
    """When the score was reached on each board that asks for it."""
    rows = db.session.execute(
        select(Board.slug, Standing.reached_at)
        .join(Standing, Standing.board_id == Board.id)
        .where(Board.programme_id == programme.id, Standing.period == "2013-04")
        .where(Standing.scope == "", Board.slug != "facts")
    )
    return dict(rows.tuples().all())


def last_moved(facts: list[Report]) -> dict[str, datetime]:
    """The instant of the last fact, in event order, that added to a measure or took from it."""
    moved: dict[str, datetime] = {}
    net: dict[str, Counter[str]] = {measure: Counter() for measure in MEASURES}
    for fact in in_order(facts):
        for measure in MEASURES:
            if adds(measure, fact, net[measure]):  # type: ignore[arg-type]  # it asks what a report has
                moved[measure] = fact.occurred_at
    return moved


def counts(programme: Programme) -> tuple[int, ...]:
    """The one answer of all places: facts, pieces, customers, products."""
    places = told(programme)
    assert len({tuple(said.items()) for said in places.values()}) == 1, places
    return tuple(places["rules"].values())


@pytest.mark.parametrize(
    ("facts", "says"),
    [
        ([deal("r", "-100", -1)], (-1, -1, 0, 0)),
        ([deal("r", "-100", 0)], (0, 0, 0, 0)),
        ([deal("r", "-100", 2)], (0, 0, 0, 0)),
        ([deal("s", "100", 1)], (1, 1, 1, 1)),
        ([deal("s", "100", 1), deal("r", "-100", -1, 6)], (0, 0, 0, 0)),
        ([deal("s", "100", 1, 6), deal("r", "-100", -1)], (0, 0, 0, 0)),
        ([deal("s", "100", 1), deal("c", "-20", 0, 6)], (1, 1, 1, 1)),
        ([deal("s", "0", 0), deal("t", "0", 0, customer=None, product=None)], (2, 0, 1, 1)),
        (
            [
                deal("s", "100", 2),
                deal("t", "100", 3, 6, customer="Ben"),
                deal("r", "-50", -1, 7, product="Hat"),
            ],
            (1, 4, 1, 1),
        ),
        ([deal("s", "9", 1), deal("r", "-9", -1, 6), deal("t", "9", 1, 7)], (1, 1, 1, 1)),
    ],
    ids=[
        "a return alone counts less than nothing, its customer is none",
        "a credit counts nothing",
        "a credit that names pieces adds none of them",
        "a sale counts",
        "a return takes away what its sale counted",
        "also where it is dated before it",
        "a credit takes away nothing but its amount",
        "what has no amount counts",
        "a customer counts while sales outnumber returns",
        "what is sold again counts again",
    ],
)
def test_rules_stages_tiers_and_boards_count_alike(
    house: Flask, facts: list[Report], says: tuple[int, ...]
) -> None:
    programme = counting()
    record(programme, *facts)
    assert counts(programme) == says


deals = st.builds(
    lambda number, amount, pieces, day, customer, product: deal(
        f"f-{number}", str(amount), pieces, day, customer=customer, product=product
    )._replace(amount=scaled(str(-abs(amount) if pieces < 0 else amount))),
    st.integers(0, 10**6),
    st.sampled_from([-20, 0, 100]),
    st.sampled_from([-1, 0, 1, 2]),
    st.integers(1, 9),
    st.sampled_from(["Ann", "Ben", None]),
    st.sampled_from(["Road", "Hat", None]),
).filter(lambda fact: not fact.quantity < 0 <= fact.amount)


@settings(max_examples=5)
@given(
    facts=st.lists(deals, min_size=2, max_size=12, unique_by=lambda f: f.external_id),
    data=st.data(),
)
def test_one_by_one_in_any_order_they_count_what_they_count_at_once(
    house: Flask, facts: list[Report], data: st.DataObject
) -> None:
    at_once, by_and_by = counting(), counting()
    record(at_once, *facts)
    for fact in data.draw(st.permutations(facts)):
        record(by_and_by, fact._replace(partner="A1", amount=fact.amount + 1), fact)
        record(by_and_by, fact)
    said = counts(programmes.by_slug(at_once.slug))
    assert counts(programmes.by_slug(by_and_by.slug)) == said
    stands = {slug for slug, score in zip(MEASURES, said, strict=True) if score} - {"facts"}
    moved = {slug: at for slug, at in last_moved(facts).items() if slug in stands}
    assert reached(at_once) == reached(by_and_by) == moved
    assert all(proof.check(programmes.by_slug(p.slug)).ok for p in (at_once, by_and_by))


@pytest.mark.parametrize(
    ("facts", "last"),
    [
        ([], 5),
        ([deal("t", "100", 1, 6)], 5),
        ([deal("r", "-100", -1, 6), deal("t", "100", 1, 7)], 7),
        ([deal("t", "100", 1, 6), deal("r", "-100", -1, 7)], 5),
        ([deal("t", "1", 1, 6, customer="Ben"), deal("r", "-1", -1, 7, customer="Ben")], 7),
        ([deal("c", "-20", 0, 6)], 5),
    ],
    ids=[
        "the first sale to a customer",
        "which one more to the same does not move",
        "a customer who went and came back counts from when it came back",
        "one who never went has stayed",
        "another who came and went has moved it twice",
        "a credit moves nothing",
    ],
)
def test_a_score_was_reached_by_the_last_fact_that_moved_it(
    house: Flask, facts: list[Report], last: int
) -> None:
    programme = counting()
    record(programme, deal("s", "100", 1), *facts)
    assert reached(programme)["customers"] == deal("x", "1", 1, last).occurred_at


def test_a_return_empties_a_stage_and_takes_its_reward_back(house: Flask) -> None:
    programme = counting()
    one = db.session.scalars(select(Partner.id).where(Partner.programme_id == programme.id)).one()
    record(programme, *(deal(f"s-{n}", "100", 1) for n in range(3)))
    assert ledger.balances(one)["USD"] == 500
    record(programme, deal("r", "-100", -1))
    assert ledger.balances(one)["USD"] == 0
    record(programme, deal("c", "-100", 0), deal("s-4", "100", 1))
    assert ledger.balances(one)["USD"] == 500


def test_a_return_is_of_the_size_of_its_sale(house: Flask) -> None:
    large = COUNTING.replace('on = "sale"', 'on = "sale"\nwhere = { amount = { from = "50" } }')
    programme = counting(large)
    record(programme, deal("s", "100", 2), deal("t", "60", 1, customer="Ben"), deal("u", "20", 1))
    assert counts(programme) == (2, 3, 2, 1)
    record(programme, deal("r", "-100", -2, 6), deal("v", "-20", -1, 6))
    assert counts(programme) == (1, 1, 1, 1)
    assert proof.check(programme).ok
