"""Tiers in the flow: what they multiply, who is told, and what stands after late facts."""

from datetime import date

import pytest
from flask import Flask

from engage import flow
from engage.db import db, transaction
from engage.ledger import service as ledger
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
    transaction(lambda: flow.enrol(programmes.by_slug("resellers"), PROFILES[:1], now=NOW))
    return programme


def alice() -> int:
    return Partner.query.filter_by(external_id="A1").one().id


def earned() -> dict[str, int]:
    found = flow.check(programmes.by_slug("resellers"))
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
