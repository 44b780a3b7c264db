"""What a rule or mission awarded that stops at its budget is kept, and is what its lines come to."""

import pytest
from sqlalchemy import select, update

from engage import flow, proof
from engage.db import db, transaction
from engage.ledger import service as ledger
from engage.ledger.models import AwardedSoFar
from engage.programmes import service as programmes
from engage.programmes.models import Programme
from tests.conftest import NOW, PROGRAMME, Cast, publish, record, sale

STOPS = PROGRAMME.replace(
    'cap = "50000"', 'cap = "50000"\nbudget = "15200"\nat_budget = "stop"'
).replace("[[missions.stages]]", '[missions.budget]\npoints = "900"\n\n[[missions.stages]]', 1)
STOPS = STOPS.replace("ends = 2013-05-31", 'ends = 2013-05-31\nat_budget = "stop"')


def here() -> Programme:
    return programmes.by_slug("resellers")


def kept() -> dict[str, int]:
    rows = db.session.execute(select(AwardedSoFar.source, AwardedSoFar.amount))
    return {source.partition(":")[0]: amount for source, amount in rows}


def test_lines_are_added_up_once_and_then_kept(cast: Cast, monkeypatch: pytest.MonkeyPatch) -> None:
    publish(STOPS)
    added: list[int] = []
    awarded = ledger.posted
    monkeypatch.setattr(ledger, "posted", lambda *of: added.append(1) or awarded(*of))
    record(here(), sale("k-1", "B1", "100"))
    assert (kept(), len(added)) == ({"rule": 15_100}, 1)
    record(here(), sale("k-1", "B1", "40"), sale("k-2", "A1", "1"))
    assert (kept(), len(added)) == ({"rule": 15_041, "mission": 500}, 2)
    record(here(), sale("k-3", "B1", "1000"))
    assert kept()["rule"] == 15_200, "it stops at its budget"
    record(here(), sale("k-1", "B1", "0"), sale("k-4", "B1", "1"))
    assert len(added) == 2
    monkeypatch.undo()
    assert proof.check(here()).ok


def test_what_is_kept_wrong_is_found_and_counted_again(cast: Cast) -> None:
    publish(STOPS)
    record(here(), sale("k-1", "A1", "1"))
    wrong = update(AwardedSoFar).values(amount=AwardedSoFar.amount + 1)
    transaction(lambda: db.session.execute(wrong))
    assert proof.check(here()).differences == 2
    transaction(lambda: flow.reconsider(here(), now=NOW))
    assert proof.check(here()).ok
    assert kept() == {}
