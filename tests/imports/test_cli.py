"""`engage import`: real files in, exact numbers out, all or nothing."""

import csv
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import openpyxl
import pytest
from click.testing import CliRunner, Result

from engage.cli import main
from engage.config import Settings

ROOT = Path(__file__).parents[2]
SHARED = ROOT.parent / "shared/data/adventureworks"
PROGRAMME = ROOT / "examples/programme.toml"
MAPPING = ROOT / "examples/adventureworks-facts.toml"
needs_adventureworks = pytest.mark.skipif(not SHARED.is_dir(), reason="../shared is absent")

Engage = Callable[..., Result]


@pytest.fixture
def engage(settings: Settings) -> Engage:
    """The command, in a home of this test's own with the example programme loaded."""

    def run(*words: object) -> Result:
        return CliRunner().invoke(main, [str(word) for word in words])

    assert run("programme", "load", PROGRAMME).exit_code == 0
    return run


def report(result: Result) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(result.stdout)
    return found


def written(
    path: Path, rows: list[list[str]], delimiter: str = ",", encoding: str = "utf-8"
) -> Path:
    with path.open("w", newline="", encoding=encoding) as file:
        csv.writer(file, delimiter=delimiter).writerows(rows)
    return path


PARTNERS = [
    ["external_id", "name", "region"],
    ["1", "Müller & Söhne", "Northwest"],
    ["2", "Bikes", "Canada"],
]
FACTS = [
    ["external_id", "partner", "kind", "occurred_at", "amount"],
    ["s-1", "1", "sale", "2013-02-14", "1234.5600"],
    ["s-2", "2", "sale", "2013-02-15T10:00:00Z", "99"],
    ["s-3", "2", "sale", "2013-02-16", "-5"],
]


@needs_adventureworks
def test_adventureworks_comes_in_exactly_and_only_once(engage: Engage) -> None:
    assert report(engage("import", "partners", SHARED / "partners.csv", "--json"))["new"] == 701
    facts = ("import", "facts", SHARED / "FactResellerSales.csv", "--mapping", MAPPING, "--json")
    first = report(engage(*facts))
    assert (first["rows"], first["new"], first["rejected"]) == (60855, 60855, 0)
    whole = report(engage("standings", "sales", "--period", "all", "--json"))
    total = sum(int(row["score"].replace(".", "")) for row in whole["rows"])
    assert total == 80_450_596_9823

    expected = json.loads((SHARED / "expected.before-2013.json").read_text())
    for month in expected["by_month"]:
        rows = report(engage("standings", "sales", "--period", month["month"], "--json"))["rows"]
        found = sum(int(row["score"].replace(".", "")) for row in rows)
        assert found == int(month["sales_amount"].replace(".", "")), month["month"]
        assert len(rows) == month["resellers"]
    for quarter, top in expected["top10_resellers_by_quarter"].items():
        rows = report(engage("standings", "sales", "--period", quarter, "--top", 10, "--json"))[
            "rows"
        ]
        assert [(row["rank"], row["partner"], row["score"]) for row in rows] == [
            (row["rank"], str(row["reseller_key"]), row["sales_amount"]) for row in top
        ]

    before = report(engage("rebuild", "--check", "--json"))
    assert before["ok"]
    second = report(engage(*facts))
    assert (second["new"], second["corrected"], second["unchanged"]) == (0, 0, 60855)
    assert report(engage("rebuild", "--check", "--json")) == before


def test_three_broken_rows_change_nothing_and_are_named(engage: Engage, tmp_path: Path) -> None:
    engage("import", "partners", written(tmp_path / "p.csv", PARTNERS))
    broken = [*FACTS, ["s-4", "9", "sale", "2013-02-17", "1"], ["s-5", "1", "sale", "someday", "1"], ["s-6", "1", "sale", "2013-02-17", "12x"]]  # fmt: skip
    result = engage("import", "facts", written(tmp_path / "f.csv", broken), "--json")
    assert result.exit_code == 1
    found = report(result)
    assert [(error["row"], error["column"]) for error in found["errors"]] == [
        (5, "partner"),
        (6, "occurred_at"),
        (7, "amount"),
    ]
    assert found["new"] == 0
    assert report(engage("rebuild", "--check", "--json"))["facts"] == 0
    assert "nothing was imported" in result.stderr
    told = engage("import", "facts", written(tmp_path / "f.csv", broken)).stderr
    refused = [line for line in told.splitlines() if ": done" not in line]
    assert len(refused) == 1, "the reason is one line"
    assert refused[0].startswith("refused: 3 bad rows of 6, the first: row 5, ")
    assert refused[0].endswith("--json names them all")


def test_a_time_that_clocks_showed_twice_is_told_and_one_they_skipped_refused(
    engage: Engage, tmp_path: Path
) -> None:
    engage("import", "partners", written(tmp_path / "p.csv", PARTNERS))
    twice = [*FACTS, ["s-4", "1", "sale", "2013-11-03 01:30", "1"]]
    (note,) = report(engage("import", "facts", written(tmp_path / "f.csv", twice), "--json"))[
        "notes"
    ]
    assert "2013-11-03 01:30 (America/New_York): the first counts" in note
    skipped = [*FACTS, ["s-5", "1", "sale", "2013-03-10 02:30", "1"]]
    refused = engage("import", "facts", written(tmp_path / "g.csv", skipped)).stderr
    assert "clocks of America/New_York were put forward" in refused


def test_bad_rows_can_be_left_out_by_choice(engage: Engage, tmp_path: Path) -> None:
    engage("import", "partners", written(tmp_path / "p.csv", PARTNERS))
    path = written(tmp_path / "f.csv", [*FACTS, ["s-4", "9", "sale", "2013-02-17", "1"]])
    result = engage("import", "facts", path, "--skip-bad", "--json")
    assert result.exit_code == 0
    found = report(result)
    assert (found["rows"], found["new"], found["rejected"]) == (4, 3, 1)


def test_a_dry_run_says_what_would_happen_and_changes_nothing(
    engage: Engage, tmp_path: Path
) -> None:
    path = written(tmp_path / "p.csv", PARTNERS)
    assert report(engage("import", "partners", path, "--dry-run", "--json"))["new"] == 2
    assert report(engage("import", "partners", path, "--json"))["new"] == 2
    assert report(engage("import", "partners", path, "--json"))["unchanged"] == 2


def test_a_changed_row_is_a_correction(engage: Engage, tmp_path: Path) -> None:
    engage("import", "partners", written(tmp_path / "p.csv", PARTNERS))
    engage("import", "facts", written(tmp_path / "f.csv", FACTS))
    changed = [FACTS[0], [*FACTS[1][:4], "1000"], *FACTS[2:]]
    found = report(engage("import", "facts", written(tmp_path / "g.csv", changed), "--json"))
    assert (found["corrected"], found["unchanged"]) == (1, 2)
    assert report(engage("rebuild", "--check", "--json"))["ok"]


def test_a_german_export_is_read_as_it_is_meant(engage: Engage, tmp_path: Path) -> None:
    engage("import", "partners", written(tmp_path / "p.csv", PARTNERS, ";", "cp1252"))
    german = [
        FACTS[0],
        ["s-1", "1", "sale", "14.02.2013", "1.234,56"],
        ["s-2", "2", "sale", "15.02.2013", "99,00"],
    ]
    engage("import", "facts", written(tmp_path / "f.csv", german, ";", "cp1252"))
    rows = report(engage("standings", "sales", "--period", "2013-02", "--json"))["rows"]
    assert [(row["name"], row["score"]) for row in rows] == [
        ("Müller & Söhne", "1234.5600"),
        ("Bikes", "99.0000"),
    ]


def test_an_undecidable_column_is_refused_with_the_way_to_decide(
    engage: Engage, tmp_path: Path
) -> None:
    engage("import", "partners", written(tmp_path / "p.csv", PARTNERS))
    open_question = [FACTS[0], ["s-1", "1", "sale", "03/04/2013", "1,234"]]
    facts = ("import", "facts", written(tmp_path / "f.csv", open_question, ";"))
    result = engage(*facts)
    assert result.exit_code == 1
    assert "dates" in result.stderr
    assert "(and 1 more problem)" in result.stderr
    assert "decimal" in report(engage(*facts, "--json"))["errors"][1]["problem"]


def test_a_workbook_gives_the_same_as_a_csv(engage: Engage, tmp_path: Path) -> None:
    book = openpyxl.Workbook()
    for row in PARTNERS:
        book.active.append(row)
    book.save(tmp_path / "p.xlsx")
    assert report(engage("import", "partners", tmp_path / "p.xlsx", "--json"))["new"] == 2
    assert (
        report(engage("import", "partners", written(tmp_path / "p.csv", PARTNERS), "--json"))[
            "unchanged"
        ]
        == 2
    )


def test_wrong_usage_is_told_apart_from_a_refusal(engage: Engage, tmp_path: Path) -> None:
    assert engage("import", "facts").exit_code == 2
    assert (
        engage(
            "import", "facts", written(tmp_path / "f.csv", FACTS), "--programme", "none"
        ).exit_code
        == 1
    )


def test_when_partners_left_and_their_targets_come_with_the_file_or_are_named_by_row(
    engage: Engage, tmp_path: Path
) -> None:
    head = ["external_id", "name", "joined_on", "left_on", "target"]
    good = ["1", "Müller", "2013-01-01", "2013-02-01", "1500.50"]
    rows = [
        ["2", "Bikes", "2013-01-01", "2012-12-31", "7"],
        ["3", "Wheels", "", "2999-01-01", ""],
        ["4", "Tyres", "", "", "-1"],
        ["5", "Bells", "", "yesterday", "many"],
    ]
    path = written(tmp_path / "partners.csv", [head, good, *rows])
    refused = report(engage("import", "partners", path, "--json"))
    assert refused["new"] == 0, "all or nothing"
    assert sorted((error["row"], error["column"]) for error in refused["errors"]) == [
        (3, "left_on"),
        (4, "left_on"),
        (5, "target"),
        (6, "left_on"),
        (6, "target"),
    ]
    assert all(error["problem"] for error in refused["errors"])
    taken = report(engage("import", "partners", written(path, [head, good]), "--json"))
    assert (taken["new"], taken["errors"]) == (1, [])
    again = report(engage("import", "partners", path, "--json"))
    assert again["unchanged"] == 1, "what was read is what is kept"
