"""What facts would do: by the very functions that pay, and without a trace."""

import hashlib
from collections.abc import Iterator
from datetime import date, timedelta
from pathlib import Path

import pytest
from flask import Flask
from sqlalchemy import select

from engage import flow
from engage.activity.rules import Report
from engage.config import Settings
from engage.db import db
from engage.ledger import service as ledger
from engage.ledger.rules import Difference
from engage.programmes.models import Programme
from tests.conftest import NOW, Cast, record, sale
from tests.houses import Houses

SALES = (
    sale("w-1", "A1", "4000", date(2013, 4, 9)),
    sale("w-2", "A1", "8000.50", date(2013, 4, 9)),
)


@pytest.fixture(params=["sqlite", pytest.param("postgresql", marks=pytest.mark.service)])
def app(request: pytest.FixtureRequest, settings: Settings, houses: Houses) -> Iterator[Flask]:
    with houses.open(request.param, settings) as app:
        yield app


def suppose(programme: Programme, *reports: Report) -> flow.Supposed[None]:
    return flow.suppose(programme, reports, now=NOW, look=lambda _: None)


def paid(owed: list[Difference]) -> list[tuple[str, int]]:
    return sorted((line.unit, line.amount) for line in owed)


def contents() -> str:
    """A hash over every row of every table."""
    state = hashlib.sha256()
    for table in db.metadata.sorted_tables:
        for row in sorted(map(repr, db.session.execute(select(table)))):
            state.update(f"{table.name} {row}\n".encode())
    db.session.rollback()
    return state.hexdigest()


def test_what_is_supposed_is_what_then_happens(cast: Cast) -> None:
    supposed = suppose(cast.programme, *SALES)
    happened = record(cast.programme, *SALES)
    assert paid(supposed.owed) == paid(happened.owed)
    assert {line.unit for line in supposed.owed} == {"points", "USD"}


def test_a_supposition_leaves_no_trace(cast: Cast, settings: Settings) -> None:
    files = [Path(settings.home) / name for name in ("engage.db", "engage.db-wal")]
    before = contents(), [file.exists() and file.read_bytes() for file in files]
    assert suppose(cast.programme, *SALES).owed
    assert before == (contents(), [file.exists() and file.read_bytes() for file in files])


def test_it_is_seen_before_and_after(cast: Cast) -> None:
    partner_id = cast.alice.partner.id
    found = flow.suppose(cast.programme, SALES, now=NOW, look=lambda _: ledger.balances(partner_id))
    assert found.before == {"points": 6000, "USD": 1000}
    assert found.after == {"points": 18_500, "USD": 21_001}
    assert ledger.balances(partner_id) == found.before


def test_what_cannot_be_taken_is_a_problem_there_too(cast: Cast) -> None:
    found = suppose(cast.programme, sale("w-3", "nobody", "1"))
    assert [problem.column for problem in found.problems] == ["partner"]
    late = sale("w-4", "A1", "1")._replace(occurred_at=NOW + timedelta(days=9))
    assert [problem.column for problem in suppose(cast.programme, late).problems] == ["occurred_at"]


def test_a_supposed_fact_never_corrects_a_real_one(cast: Cast) -> None:
    found = suppose(cast.programme, sale("a-1", "A1", "100", date(2013, 4, 9)))
    assert paid(found.owed) == [("USD", 100), ("points", 100), ("points", 500)]
