"""What the rule language pays in the flow, also when something behind a rule changes later."""

from datetime import UTC, date, datetime

from flask import Flask
from sqlalchemy import insert, select, update

from engage import flow, membership, proof
from engage.db import db, transaction, without_trace
from engage.incentives.models import RuleVersion
from engage.ledger import service as ledger
from engage.partners.models import Partner
from engage.programmes import file as programme_file
from engage.programmes import service as programmes
from engage.programmes.models import Programme
from tests.conftest import NOW, PROFILES, PROGRAMME, publish, record, sale

HEAD = PROGRAMME[: PROGRAMME.index("[[rules]]")]


def house(rules: str) -> Programme:
    programme = publish(HEAD + rules)
    enrol()
    return programme


def enrol(**changes: date) -> None:
    """alice joins on 1 March; ``changes`` are her attributes as they are reported now."""
    alice = PROFILES[0]._replace(**{"joined_on": date(2013, 3, 1), **changes})
    transaction(lambda: membership.enrol(programmes.by_slug("resellers"), [alice], now=NOW))


def earned(programme: Programme, who: str = "A1") -> dict[str, int]:
    found = proof.check(programmes.by_slug("resellers"))
    assert found.ok, f"{found.differences} differences"
    return ledger.balances(Partner.query.filter_by(external_id=who).one().id)


POINTS = """
[[rules]]
slug = "r"
on = "sale"
earn = "points"
per = "fact"
rate = "1"
period = "quarter"
"""


def test_a_customer_counts_once_a_period_also_when_its_first_sale_is_taken_away(app: Flask) -> None:
    programme = house(POINTS.replace('"fact"', '"customer"'))
    record(programme, sale("1", "A1", "10", customer="Ann"), sale("2", "A1", "10", customer="Ann"))
    record(programme, sale("3", "A1", "10", date(2013, 3, 31), customer="Ann"))
    record(programme, sale("4", "A1", "10", customer=None))
    assert earned(programme) == {"points": 2}
    record(programme, sale("1", "A1", "10", customer="Ben"))
    assert earned(programme) == {"points": 3}


def test_a_rule_that_another_process_published_pays_the_next_fact(app: Flask) -> None:
    programme = house(POINTS)
    record(programme, sale("1", "A1", "10"))
    with db.engine.connect().execution_options(writing=True) as another, another.begin():
        table = RuleVersion.__table__
        version = another.execute(select(table)).one()._asdict()
        fivefold = {"version": 2, "definition": version["definition"] | {"rate": "5"}}
        another.execute(insert(RuleVersion).values(version | fivefold | {"id": version["id"] + 1}))
        another.execute(update(Programme).values(edition="of another"))
    record(programme, sale("2", "A1", "10"))
    assert ledger.balances(Partner.query.filter_by(external_id="A1").one().id) == {"points": 6}


def test_a_rule_pays_the_facts_of_its_own_transaction_and_no_others_if_that_is_taken_back(
    app: Flask,
) -> None:
    programme = house(POINTS)
    record(programme, sale("1", "A1", "10"))

    def work() -> list[int]:
        fivefold = HEAD + POINTS.replace('rate = "1"', 'rate = "5"')
        file = programme_file.parse(fivefold)
        here = programmes.publish(file, NOW, since=datetime(2013, 4, 1, tzinfo=UTC)).programme
        outcome = flow.record(here, [sale("2", "A1", "10")], source="t", now=NOW)
        return [owed.amount for owed in outcome.owed]

    assert without_trace(work) == [5]
    record(programme, sale("2", "A1", "10"))
    assert earned(programme) == {"points": 2}


def test_a_window_after_joining_follows_the_day_of_joining(app: Flask) -> None:
    programme = house(POINTS + "within = 10\n")
    record(
        programme,
        sale("1", "A1", "10", date(2013, 3, 10)),
        sale("2", "A1", "10", date(2013, 3, 11)),
    )
    assert earned(programme) == {"points": 1}
    enrol(joined_on=date(2013, 3, 2))
    assert earned(programme) == {"points": 2}


def test_a_late_fact_of_last_year_changes_what_growth_is_measured_against(app: Flask) -> None:
    growth = 'baseline = "same period last year"\nnewcomers = "2"\n'
    programme = house(POINTS + growth)
    record(programme, *(sale(str(n), "A1", "10") for n in range(4)))
    assert earned(programme) == {"points": 2}  # a newcomer's baseline is two sales
    record(programme, sale("late", "A1", "10", date(2012, 4, 1)))
    assert earned(programme) == {"points": 3}
    record(programme, sale("later", "A1", "10", date(2012, 6, 1)))
    assert earned(programme) == {"points": 2}


def test_a_milestone_is_paid_once_and_taken_back_by_a_return(app: Flask) -> None:
    marks = 'milestones = [ { at = "100", pays = "50" } ]\n'
    programme = house(POINTS.replace('"fact"', '"amount"').replace('rate = "1"\n', marks))
    record(programme, sale("1", "A1", "99"), sale("2", "A1", "1"), sale("3", "A1", "200"))
    assert earned(programme) == {"points": 50}
    record(programme, sale("4", "A1", "-201", date(2013, 4, 9)))
    assert earned(programme) == {"points": 0}


def test_a_segment_speaks_to_whom_it_describes_now(app: Flask) -> None:
    segments = '[[segments]]\nslug = "west"\nwhere = { region = ["Northwest"] }\n'
    named = 'where = { segment = ["west"] }\n'
    programme = house(segments + POINTS + named)
    record(programme, sale("1", "A1", "10"))
    assert earned(programme) == {"points": 1}
    publish(HEAD + segments.replace("Northwest", "Southwest") + POINTS + named)
    assert earned(programme) == {"points": 0}


def test_a_budget_that_stops_is_paid_out_in_event_time_order(app: Flask) -> None:
    budget = 'budget = "3"\nat_budget = "stop"\n'
    programme = house(POINTS + budget)
    transaction(lambda: membership.enrol(programmes.by_slug("resellers"), PROFILES[1:2], now=NOW))
    record(programme, *(sale(str(n), "A1", "10", date(2013, 4, 2 + n)) for n in range(3)))
    assert earned(programme) == {"points": 3}
    record(programme, sale("b", "B1", "10", date(2013, 4, 1)))  # came late, was first
    assert earned(programme) == {"points": 2}
    record(programme, sale("b", "B1", "10", date(2013, 4, 9)))
    assert earned(programme) == {"points": 3}
    publish(HEAD + POINTS + budget.replace("3", "2"))
    assert earned(programme) == {"points": 2}


def test_a_mission_that_stops_at_its_budget_pays_who_reached_it_first(app: Flask) -> None:
    mission = """
[[missions]]
slug = "rush"
name = "Rush"
starts = 2013-04-01
ends = 2013-04-30
budget = { points = "150" }
at_budget = "stop"
[[missions.stages]]
name = "One"
on = "sale"
measure = "facts"
target = "1"
reward = { points = "100" }
"""
    programme = house(mission)
    transaction(lambda: membership.enrol(programmes.by_slug("resellers"), PROFILES[:2], now=NOW))
    record(programme, sale("a", "A1", "10", date(2013, 4, 3)))
    record(programme, sale("b", "B1", "10", date(2013, 4, 4)))
    assert (earned(programme, "A1"), earned(programme, "B1")) == ({"points": 100}, {"points": 50})
    record(programme, sale("c", "B1", "10", date(2013, 4, 2)))  # came late, was first
    assert (earned(programme, "A1"), earned(programme, "B1")) == ({"points": 50}, {"points": 100})
    publish(HEAD + mission.replace("150", "120"))
    assert (earned(programme, "A1"), earned(programme, "B1")) == ({"points": 20}, {"points": 100})
    publish(HEAD + mission.replace("stop", "warn"))
    assert earned(programme, "A1") == {"points": 100}
    assert proof.check(programmes.by_slug("resellers")).ok
