"""`engage programme load`: from when a change holds, why, and the past only when it is meant."""

from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from engage.cli import main
from engage.db import db
from engage.incentives.models import RuleVersion
from tests.conftest import PROGRAMME, Cast

BETTER = PROGRAMME.replace('rate = "1"', 'rate = "2"')


@pytest.fixture
def load(cast: Cast, tmp_path: Path):
    file = tmp_path / "better.toml"
    file.write_text(BETTER)

    def run(*words: str) -> Result:
        db.session.rollback()
        done = CliRunner().invoke(main, ["programme", "load", str(file), *words])
        db.session.rollback()
        return done

    return run


def versions() -> list[tuple[int, str | None]]:
    rows = db.session.query(RuleVersion).order_by(RuleVersion.id)
    return [(row.version, row.reason) for row in rows if row.version > 1]


def test_a_change_is_published_with_its_reason(load):
    done = load("--since", "2030-01-01", "--why", "Next year is better")
    assert done.exit_code == 0, done.output
    assert versions() == [(2, "Next year is better")]


def test_the_past_is_corrected_only_by_who_has_seen_what_it_does(load):
    refused = load("--since", "2013-04-06", "--why", "The flyer")
    assert refused.exit_code == 1
    assert "1 partner would have 3500 points more" in refused.output.replace("\n", " ")
    assert versions() == []
    assert load("--since", "2013-04-06", "--why", "The flyer", "--yes").exit_code == 0
    assert versions() == [(2, "The flyer")]


def test_a_dry_run_says_what_would_change_and_changes_nothing(load):
    done = load("--since", "2013-04-01", "--dry-run")
    assert done.exit_code == 0
    assert "rule bike-points: version 2" in done.stdout
    assert "8 ledger lines" in done.stdout
    assert versions() == []
