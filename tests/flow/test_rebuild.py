"""`engage rebuild` names every value that is not what facts and lines say, and puts it right."""

import json
from typing import Any

from click.testing import CliRunner, Result
from sqlalchemy import text

from engage import proof
from engage.cli import main
from engage.db import db
from engage.programmes import service as programmes
from tests.conftest import PROGRAMME, Cast, publish, record, sale

TIERED = PROGRAMME + (
    '\n[[tiers]]\nname = "Gold"\nmeasure = "points"\nperiod = "quarter"\nthreshold = "3000"\n'
)
#: A stroke past the house, and what is said of it.
STROKES = {
    "UPDATE accounts SET balance = balance + 7 WHERE kind = 'accrued' AND unit = 'USD'": (
        "accounts",
        "balance",
    ),
    "UPDATE standings SET score = score + 1 WHERE scope = '' AND member_id = 1": (
        "standings",
        "score",
    ),
    "DELETE FROM standing_buckets": ("standing_buckets", "*"),
    "UPDATE mission_progress SET value = value + 1": ("mission_progress", "value"),
    "DELETE FROM tier_spells": ("tier_spells", "*"),
    "UPDATE running_totals SET total = total + 10000": ("running_totals", "total"),
}


def rebuilt(*words: str) -> tuple[Result, dict[str, Any]]:
    db.session.remove()
    result = CliRunner().invoke(main, ["rebuild", "--programme", "resellers", "--json", *words])
    return result, json.loads(result.stdout)


def test_each_altered_value_is_named_and_mended_and_nothing_else_moves(cast: Cast) -> None:
    publish(TIERED)
    good = proof.check(programmes.by_slug("resellers"))
    assert good.ok
    for stroke in STROKES:
        db.session.execute(text(stroke))
    db.session.commit()
    refused, said = rebuilt("--check")
    assert (refused.exit_code, said["ok"], said["differences"]) == (1, False, len(said["found"]))
    assert {(each["table"], each["field"]) for each in said["found"]} == {*STROKES.values()}
    assert refused.stderr.count("\n") == 1, "the reason is one line"
    balance = next(each for each in said["found"] if each["table"] == "accounts")
    assert balance["was"] == balance["is"] + 7
    assert balance["row"]["unit"] == "USD"
    told = {(each["table"], each["row"].get("partner")) for each in said["found"]}
    assert {("accounts", "A1"), ("standings", "A1")} <= told, "people know partners by these"
    done, after = rebuilt()
    assert (done.exit_code, after["ok"], after["found"]) == (0, True, [])
    assert after["mended"] == said["found"]
    assert (after["digest"], after["transfers"]) == (good.digest, good.transfers)
    assert rebuilt("--check")[0].exit_code == 0
    assert rebuilt()[1]["mended"] == []
    told = CliRunner().invoke(main, ["rebuild", "--programme", "resellers"])
    assert "all as the facts say" in told.stdout


def test_what_is_told_to_people_names_table_row_field_and_both_values(cast: Cast) -> None:
    db.session.execute(text("UPDATE accounts SET balance = 7 WHERE kind = 'budget'"))
    db.session.commit()
    db.session.remove()
    told = CliRunner().invoke(main, ["rebuild", "--programme", "resellers"])
    assert told.exit_code == 0
    assert "kind=budget unit=USD: balance was 7, is -1000\nmended: accounts" in told.stdout


def test_a_fact_that_was_altered_is_told_by_the_line_it_would_be_owed(cast: Cast) -> None:
    record(cast.programme, sale("b-2", "B1", "100"))
    db.session.execute(text("DROP TRIGGER facts_stand_update"))
    changed = "UPDATE facts SET amount = 7000000 WHERE external_id = 'b-2'"
    db.session.execute(text(changed))
    db.session.commit()
    _, said = rebuilt("--check")
    owed = next(each for each in said["found"] if each["table"] == "transfers")
    assert (owed["field"], owed["was"], owed["is"]) == ("amount", 100, 700)
