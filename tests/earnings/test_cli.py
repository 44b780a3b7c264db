"""`engage statement`: the keys and exit codes that operators script against."""

import json
from datetime import date

from click.testing import CliRunner, Result

from engage.cli import main
from tests.conftest import Cast, record, sale


def run(*words: str) -> Result:
    return CliRunner().invoke(main, ["statement", *words, "--programme", "resellers"])


def test_a_statement_as_one_document(cast: Cast):
    record(cast.programme, sale("a-3", "A1", "100", date(2013, 4, 9)))
    done = run("A1", "--json")
    assert done.exit_code == 0, done.output
    found = json.loads(done.stdout)
    assert found["partner"] == "A1"
    assert found["balances"] == {"USD": "11.00", "points": "6600"}
    assert all(
        set(line)
        == {"fact", "rule", "version", "unit", "amount", "occurred_at", "posted_at", "because"}
        for line in found["lines"]
    )
    bonus = next(line for line in found["lines"] if line["rule"] == "growth-bonus")
    assert (bonus["fact"], bonus["version"], bonus["unit"], bonus["amount"]) == (
        "a-2",
        1,
        "USD",
        "10.00",
    )
    assert bonus["because"].endswith("That is worth $0.00 → $10.00, so +$10.00.")
    reward = next(line for line in found["lines"] if line["rule"].startswith("mission:"))
    assert (reward["rule"], reward["version"]) == ("mission:spring-sprint/1", 0)


def test_a_partner_who_is_not_there_is_refused_in_one_line(cast: Cast):
    done = run("Z9", "--json")
    assert (done.exit_code, done.stdout) == (1, "")
    assert done.stderr.startswith("refused: ")


def test_a_statement_for_people(cast: Cast):
    done = run("A1")
    assert done.exit_code == 0, done.output
    assert "+3,500 points" in " ".join(done.stdout.split())
    assert "Balance: $10.00, 6,000 points" in done.stdout
