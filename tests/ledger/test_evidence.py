"""Whoever alters a fact or a rule version past the house is found by the lines that lean on it."""

import json

import pytest
from click.testing import CliRunner
from sqlalchemy import text

from engage.cli import main
from engage.db import db, transaction
from engage.incentives import evidence
from engage.programmes import service as programmes
from tests.conftest import PROGRAMME, Cast, publish, record, sale

#: Strokes past the house, and what is told of the first line that says otherwise.
STROKES = {
    "UPDATE facts SET amount = 40010000 WHERE external_id = 'b-1'": "adds 40010000 to what",
    "UPDATE facts SET category = 'Hats' WHERE external_id = 'b-1'": "does not fall under",
    "UPDATE facts SET kind = 'login' WHERE external_id = 'b-1'": "does not fall under",
    "UPDATE facts SET day = '2013-04-04' WHERE external_id = 'b-1'": "happened at another time",
    "UPDATE facts SET occurred_at = '2013-04-05 11:00:00.000000' WHERE external_id = 'b-1'": (
        "happened at another time"
    ),
    """UPDATE rule_versions SET definition = replace(definition, '"1"', '"2"')""": (
        "pays 5000, and transfers up to"
    ),
    """UPDATE rule_versions SET definition = replace(definition, '"1"', '"one"')""": (
        "cannot be read any more"
    ),
    "UPDATE rule_versions SET valid_from = '2014-01-01 00:00:00.000000'": "does not fall under",
    "UPDATE rule_versions SET definition = NULL": "pays nothing any more",
}


@pytest.mark.parametrize("stroke", STROKES)
def test_verify_names_the_line_that_an_altered_fact_or_rule_contradicts(
    cast: Cast, stroke: str
) -> None:
    verify = ["ledger", "verify", "--programme", "resellers", "--json"]
    for name in db.session.scalars(text("SELECT name FROM sqlite_master WHERE type = 'trigger'")):
        db.session.execute(text(f"DROP TRIGGER {name}"))
    db.session.commit()
    db.session.remove()
    assert CliRunner().invoke(main, verify).exit_code == 0
    db.session.execute(text(stroke))
    db.session.commit()
    db.session.remove()
    done = CliRunner().invoke(main, verify)
    assert done.exit_code == 1
    said = json.loads(done.stdout)
    assert not said["ok"]
    assert STROKES[stroke] in said["problem"]


def test_lines_follow_from_what_they_name_through_corrections_budgets_and_tiers(
    cast: Cast,
) -> None:
    stops = 'cap = "50000"\nbudget = "15200"\nat_budget = "stop"'
    tiered = PROGRAMME.replace('cap = "50000"', stops) + (
        '\n[[tiers]]\nname = "Gold"\non = "sale"\nmeasure = "amount"\nperiod = "quarter"\nthreshold = "4000"\n'
        'multiplier = { USD = "1.5" }\n'
    )
    here = publish(tiered)
    record(here, sale("b-1", "B1", "3000"), sale("b-2", "B1", "9000"), sale("c-1", "C1", "-50"))
    publish(tiered.replace('rate = "0.02"', 'rate = "0.03"'))
    record(here, sale("a-2", "A1", "8000"), sale("a-1", "A1", "0"))
    found = transaction(
        lambda: evidence.contradiction(programmes.by_slug("resellers"), lambda done: None)
    )
    assert found is None
