"""Tiers in the flow: what they multiply, who is told, and what stands after late facts."""

from datetime import date

import pytest
from flask import Flask

from engage import membership, proof
from engage.db import db, transaction
from engage.ledger import service as ledger
from engage.missions import service as missions
from engage.money import SCALE
from engage.outbox.models import Message
from engage.partners import service as partners
from engage.partners.models import Partner
from engage.programmes import file as programme_file
from engage.programmes import service as programmes
from engage.programmes.models import Programme
from tests.conftest import NOW, PROFILES, PROGRAMME, publish, record, sale

TIERS = """
[[tiers]]
name = "Bronze"
measure = "amount"
on = "sale"
period = "quarter"
threshold = "0"

[[tiers]]
name = "Gold"
measure = "amount"
on = "sale"
period = "quarter"
threshold = "1000"
grace = 30
multiplier = { points = "1.5" }
perks = ["Support within a day"]

[[rules]]
slug = "r"
on = "sale"
earn = "points"
per = "amount"
rate = "1"
period = "quarter"

[[rules]]
slug = "gold-only"
on = "sale"
earn = "USD"
per = "fact"
rate = "5"
period = "quarter"
where = { tier = ["Gold"] }
"""
FILE = PROGRAMME[: PROGRAMME.index("[[rules]]")] + TIERS


@pytest.fixture
def house(app: Flask) -> Programme:
    programme = publish(FILE)
    transaction(lambda: membership.enrol(programmes.by_slug("resellers"), PROFILES[:1], now=NOW))
    return programme


def alice() -> int:
    return Partner.query.filter_by(external_id="A1").one().id


def earned() -> dict[str, int]:
    found = proof.check(programmes.by_slug("resellers"))
    assert found.ok, f"{found.differences} differences"
    return ledger.balances(alice())


def test_a_tier_multiplies_what_comes_after_it_was_reached(house: Programme) -> None:
    record(house, sale("1", "A1", "1000", date(2013, 4, 2)))
    assert earned() == {"points": 1000}
    record(house, sale("2", "A1", "11", date(2013, 4, 3)))
    assert earned() == {"points": 1000 + 16, "USD": 500}


def test_a_late_sale_that_reaches_a_tier_earlier_lifts_what_came_after_it(house: Programme) -> None:
    record(house, sale("2", "A1", "100", date(2013, 4, 3)))
    record(house, sale("1", "A1", "1000", date(2013, 4, 2)))
    assert earned() == {"points": 1150, "USD": 500}
    record(house, sale("1", "A1", "10", date(2013, 4, 2)))
    assert earned() == {"points": 110, "USD": 0}


def test_who_reaches_a_tier_is_told_once_through_the_outbox(house: Programme) -> None:
    record(house, sale("1", "A1", "1000"))
    record(house, sale("2", "A1", "1000", date(2013, 4, 6)))
    told = [m.payload for m in db.session.query(Message).filter_by(topic="climbed")]
    assert told == [{"partner": alice(), "tier": "Gold"}]


def test_changed_terms_leave_what_was_earned_before(house: Programme) -> None:
    record(house, sale("1", "A1", "1000", date(2013, 4, 2)), sale("2", "A1", "100"))
    publish(FILE.replace('threshold = "1000"', 'threshold = "9000"'))
    assert earned() == {"points": 1150, "USD": 500}
    climb = partners.attributes(house.id)[alice()]["tier"]
    assert [spell.tier for spell in climb.spells] == ["Bronze", "Gold", "Bronze"]


def test_the_file_reads_back_what_it_writes_and_refuses_circles(house: Programme) -> None:
    described = programme_file.parse(FILE)
    assert programme_file.parse(programme_file.dump(described)) == described
    assert programmes.export(house) == described
    by_points = FILE.replace(
        'measure = "amount"\non = "sale"\nperiod = "quarter"\nthreshold = "1000"',
        'measure = "points"\nperiod = "quarter"\nthreshold = "1000"',
    )
    with pytest.raises(programme_file.BadProgrammeFile, match="circle"):
        programme_file.parse(by_points)
    unknown = FILE.replace('tier = ["Gold"]', 'tier = ["Platinum"]')
    with pytest.raises(programme_file.BadProgrammeFile, match="known are Bronze, Gold"):
        programme_file.parse(unknown)
    low = FILE.replace('threshold = "1000"', 'threshold = "0"')
    with pytest.raises(programme_file.BadProgrammeFile, match="lowest first"):
        programme_file.parse(low)


GOLD_ONLY = """
[[missions]]
slug = "gold-run"
name = "Gold run"
starts = 2013-04-01
ends = 2013-06-30
audience = { tier = ["Gold"], joined = { from = 2013-01-01 } }
[[missions.stages]]
name = "Two deals"
on = "sale"
measure = "facts"
target = "2"
reward = { points = "100" }
"""


@pytest.fixture
def gold(app: Flask) -> Programme:
    programme = publish(FILE + GOLD_ONLY)
    joined = [PROFILES[0]._replace(joined_on=date(2013, 2, 1)), PROFILES[1]]
    transaction(lambda: membership.enrol(programmes.by_slug("resellers"), joined, now=NOW))
    return programme


def seen() -> list[tuple[int, bool]]:
    """What alice sees of the mission: its stage's value in facts, and whether it is reached."""
    here, alice = programmes.by_slug("resellers"), Partner.query.filter_by(external_id="A1").one()
    views = missions.views(here, alice, date(2013, 4, 10))
    return [(view.stages[0].value // SCALE, view.stages[0].reached) for view in views]


def test_a_mission_for_a_tier_counts_what_was_done_in_it(gold: Programme) -> None:
    record(gold, sale("0", "A1", "10", date(2013, 4, 1)))
    assert seen() == []
    record(gold, sale("1", "A1", "1000", date(2013, 4, 2)))
    assert seen() == [(0, False)]
    record(gold, sale("2", "A1", "1", date(2013, 4, 3)), sale("3", "A1", "1", date(2013, 4, 4)))
    assert seen() == [(2, True)]
    earned()


def test_who_came_to_the_tier_earlier_has_done_more_in_it(gold: Programme) -> None:
    record(gold, sale("2", "A1", "1", date(2013, 4, 3)), sale("3", "A1", "1", date(2013, 4, 4)))
    record(gold, sale("1", "A1", "1000", date(2013, 4, 2)))
    assert seen() == [(2, True)]
    assert earned()["points"] == 1000 + 3 + 100
    record(gold, sale("1", "A1", "10", date(2013, 4, 2)))
    assert seen() == []
    assert earned()["points"] == 12


def test_a_mission_asks_of_partners_what_rules_ask(gold: Programme) -> None:
    record(gold, sale("b", "B1", "2000"), sale("c", "B1", "1", date(2013, 4, 6)))
    bob = Partner.query.filter_by(external_id="B1").one()
    assert missions.views(gold, bob, date(2013, 4, 10)) == [], "nobody knows when bob joined"
    assert "audience" in programme_file.dump(programmes.export(gold))
    with pytest.raises(programme_file.BadProgrammeFile, match="Silver is unknown: declare it"):
        programme_file.parse((FILE + GOLD_ONLY).replace('["Gold"], j', '["Silver"], j'))
