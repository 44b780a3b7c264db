"""`engage standings`: the keys and exit codes that operators script against."""

import json

from click.testing import CliRunner, Result

from engage.cli import main
from tests.conftest import Cast


def run(*words: str) -> Result:
    return CliRunner().invoke(main, ["standings", *words, "--programme", "resellers"])


def test_a_ranking_as_one_document(cast: Cast):
    done = run("sales", "--period", "2013-Q2", "--top", "2", "--json")
    assert done.exit_code == 0, done.output
    found = json.loads(done.stdout)
    assert (found["board"], found["period"], found["ranked"]) == ("sales", "2013-Q2", 3)
    assert found["as_of"]
    assert found["rows"] == [
        {"rank": 1, "partner": "A1", "name": "Alice Bikes", "score": "6000.0000"},
        {"rank": 2, "partner": "C1", "name": "Charlie & Sons", "score": "5000.0000"},
    ]


def test_a_ranking_for_people(cast: Cast):
    done = run("sales", "--period", "2013-Q2", "--scope", "region=Northeast")
    assert done.exit_code == 0
    assert "Charlie & Sons" in done.stdout
    assert "$5,000.00" in done.stdout
    assert "Alice" not in done.stdout


def test_what_does_not_exist_is_refused_in_one_line(cast: Cast):
    for words in (
        ("nothing",),
        *(("sales", "--period", text) for text in ("soon", "")),
        *(("sales", "--scope", text) for text in ("x=y", "")),
    ):
        done = run(*words)
        assert done.exit_code == 1, words
        assert done.stderr.startswith("refused: ")
        assert done.stderr.count("\n") == 1
    for top in ("0", "1_0", "１０", "ten", "", "9" * 20):
        assert run("sales", "--top", top).exit_code == 2, top
    nameless = CliRunner().invoke(main, ["standings", "sales", "--programme", ""])
    assert "there is no programme ''" in nameless.stderr


def test_a_part_of_a_board_that_is_not_there_is_refused_with_those_that_are(cast: Cast):
    for scope, said in (
        ("region=Northwset", "nobody is in region 'Northwset'; there are: Northwest"),
        ("region=", "'region=' is no scope: write one of region, organisation, team, type"),
        ("type=Robot", "nobody is in type 'Robot'"),
        ("league=2", "'league=2' is no division: this board has no league"),
    ):
        done = run("sales", "--period", "2013-Q2", "--scope", scope)
        assert (done.exit_code, said in done.stderr) == (1, True), (scope, done.output)
    done = run("regions", "--scope", "region=Northwest")
    assert "this board ranks by region: leave the scope out" in done.stderr
    assert "Northeast" in run("sales", "--scope", "region=Z").stderr
