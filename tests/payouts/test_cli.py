"""``engage payout``: the whole way from the command line, and what it refuses."""

import csv
import json
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result
from flask import Flask

from engage import clock
from engage.cli import main
from tests.conftest import Cast, publish

from .conftest import MAY, PAYING


@pytest.fixture(autouse=True)
def may(app: Flask, cast: Cast, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(clock, "now", lambda: MAY)
    publish(
        PAYING.replace('{ USD = "500" }', '{ USD = "9" }').replace(
            '{ USD = "600" }', '{ USD = "5" }'
        )
    )


def run(*words: str) -> Result:
    return CliRunner().invoke(main, ["payout", *words, "--programme", "resellers"])


def payments() -> list[dict[str, Any]]:
    return json.loads(run("show", "1", "--json").stdout)["payments"]


def test_a_run_goes_the_whole_way(tmp_path: Path, cast: Cast) -> None:
    assert json.loads(run("collect", "--json").stdout) == {"run": 1}
    assert "nothing is to be collected" in run("collect").output
    assert json.loads(run("collect", "--json").stdout) == {"run": None}
    assert "To be" in run("list").stdout
    assert "$10.00" in run("show", "1").stdout
    (one,) = payments()
    assert (one["partner"], one["amount"], one["state"]) == ("A1", "10.00", "held")
    assert one["held_because"] == ["More than $9.00, the limit for one payment"]
    mia = ("--by", "mia@example.com")
    assert run("release", "1", str(one["payment"]), *mia).exit_code == 0
    assert "needs another manager" in run("approve", "1", *mia).output
    assert run("export", "1", "--out", str(tmp_path / "no.csv")).exit_code == 1
    assert "you approved this run" in run("approve", "1", *mia).stderr
    assert "is cleared" in run("approve", "1", "--by", "ada@example.com").output
    assert run("export", "1", "--out", str(tmp_path / "pay.csv")).exit_code == 0
    rows = list(csv.reader((tmp_path / "pay.csv").read_text("utf-8-sig").splitlines()))
    assert rows[1][1:6] == ["A1", "Alice Bikes", "alice@example.com", "10.00", "USD"]
    done = run("paid", "1", "--reference", "SEPA 7", "--partner", "A1", *mia)
    assert "payout 1: 1 payment marked paid" in done.output
    assert payments()[0]["reference"] == "SEPA 7"
    listed = json.loads(run("list", "--json").stdout)["runs"]
    assert [(r["period"], r["state"], r["amounts"]) for r in listed] == [
        ("2013-04", "done", {"USD": "10.00"})
    ]
    assert run("put-back", "1", str(one["payment"]), "--why", "closed", *mia).exit_code == 0
    assert payments()[0]["state"] == "put_back"


def test_who_is_no_manager_here_takes_no_step(cast: Cast) -> None:
    run("collect")
    for email in ("alice@example.com", "otto@example.com", "nobody@example.com"):
        done = run("approve", "1", "--by", email)
        assert done.exit_code == 1
        assert "is no manager of programme resellers" in done.stderr
    assert "there is no payout 7" in run("show", "7").stderr
