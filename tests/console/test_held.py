"""Held facts: nothing that was reported is dropped, and what was missing lets it in."""

from datetime import date, timedelta
from typing import Any

import pytest
from flask import Flask

from engage import clock, proof
from engage.activity import held, jobs
from engage.activity.models import HeldFact
from engage.db import db, transaction
from engage.ledger import service as ledger
from engage.partners import service as partners
from engage.partners.service import Profile
from engage.programmes import service as programmes
from tests.api.conftest import Call, caller
from tests.api.test_facts import SALE
from tests.browsing import Browser
from tests.conftest import NOW, PROGRAMME, Cast, publish
from tests.console.conftest import text

STRANGER = SALE | {"external_id": "h-1", "partner": "Z9"}
EUROS = SALE | {"external_id": "h-2", "currency": "EUR"}
TOMORROWS = SALE | {"external_id": "h-3", "occurred_at": "2013-04-20T10:00:00Z"}
DOUBTFUL = SALE | {"external_id": "h-4", "quantity": -2}
RATES = '\n[[rates]]\nfrom = "EUR"\nto = "USD"\nday = 2013-04-01\nrate = "1.28351"\n'


@pytest.fixture
def crm(app: Flask, cast: Cast) -> Call:
    return caller(app, "resellers", "facts:write", "partners:write")


def waiting() -> list[HeldFact]:
    db.session.rollback()
    return held.waiting(programmes.by_slug("resellers").id)


def reasons() -> list[str]:
    return sorted(row.reason for row in waiting())


def points(cast: Cast) -> int:
    db.session.rollback()
    assert cast.charlie.partner
    return ledger.balances(cast.charlie.partner.id)["points"]


def results(crm: Call, *facts: dict[str, Any]) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = crm("POST", "/facts", list(facts)).json["results"]
    return found


def test_what_cannot_be_taken_is_answered_with_its_problem_and_waits_in_the_queue(
    crm: Call, mia: Browser, cast: Cast
):
    answers = results(crm, STRANGER, EUROS, TOMORROWS, DOUBTFUL)
    assert [(a["status"], a["held"]) for a in answers] == [("problem", True)] * 4
    assert [a["problems"][0]["field"] for a in answers] == [
        "partner", "currency", "occurred_at", "quantity",
    ]  # fmt: skip
    assert reasons() == ["foreign_currency", "future", "negative_quantity", "unknown_partner"]
    said = text(mia.get("/console/held/"))
    assert "no partner 'Z9' here: import the partner first" in said
    assert "API: facts:write partners:write" in said
    assert "€100.50" in said
    assert "4 reports wait because something is missing." in text(mia.get("/console/"))
    assert "4 held facts" in text(mia.get("/console/import/"))
    assert points(cast) == 5000


def test_what_no_waiting_can_mend_is_not_held(crm: Call):
    assert results(crm, SALE | {"kind": "theft"}, SALE | {"amount": "x"})[0]["held"] is False
    assert waiting() == []


def test_the_same_report_again_waits_once_and_a_later_one_takes_its_place(crm: Call):
    results(crm, STRANGER)
    results(crm, STRANGER)
    assert len(waiting()) == 1
    results(crm, STRANGER | {"amount": "7"})
    assert [row.report["amount"] for row in waiting()] == [70_000]
    results(crm, STRANGER | {"partner": "C1", "amount": "8"})
    assert waiting() == [], "it is a fact now"


def test_the_partner_arrives_and_the_fact_is_in_at_once(crm: Call):
    results(crm, STRANGER)
    crm("POST", "/partners", {"external_id": "Z9", "name": "Zed"})
    assert waiting() == []
    zed = programmes.by_slug("resellers")
    assert proof.check(zed).ok
    assert results(crm, STRANGER)[0]["status"] == "unchanged"


def test_a_published_rate_converts_exactly_and_lets_the_fact_in(
    crm: Call, charlie: Browser, cast: Cast
):
    results(crm, EUROS)
    publish(PROGRAMME + RATES)
    assert waiting() == []
    # 100.50 EUR x 1.28351 = 128.992755, to the nearest ten-thousandth 128.9928: 128 points
    assert points(cast) == 5128
    line = text(charlie.get("/earnings/"))
    assert "Reported as €100.50; at 1.28351 for one EUR that is $128.9928." in line
    assert results(crm, EUROS)[0]["status"] == "unchanged"
    publish(PROGRAMME + RATES.replace("1.28351", "2"))
    assert results(crm, EUROS)[0]["status"] == "unchanged", "a fact keeps the rate it came in by"
    assert results(crm, EUROS | {"amount": "100"})[0]["status"] == "corrected"
    assert points(cast) == 5200


def test_the_day_comes_and_so_does_the_fact(crm: Call, cast: Cast, monkeypatch: pytest.MonkeyPatch):
    results(crm, TOMORROWS)
    assert jobs.take_what_came() == 0
    monkeypatch.setattr(clock, "now", lambda: NOW + timedelta(days=10))
    assert jobs.take_what_came() == 1
    assert points(cast) == 5100


def test_a_return_takes_back_both_and_a_programme_may_count_pieces_alone(crm: Call, cast: Cast):
    back = SALE | {"amount": "-50", "quantity": -1}
    assert results(crm, back)[0]["status"] == "new"
    publish('[intake]\nnegative_quantity = "take"\n' + PROGRAMME)
    assert results(crm, DOUBTFUL)[0]["status"] == "new"


def test_a_policy_to_reject_holds_nothing(crm: Call):
    publish('[intake]\nunknown_partner = "reject"\n' + PROGRAMME)
    two = results(crm, STRANGER, STRANGER | {"external_id": "h-9", "currency": "EUR"})
    assert [(a["status"], a["held"]) for a in two] == [("problem", False)] * 2
    assert waiting() == []


def test_what_the_budget_cannot_carry_is_held_alone_until_it_is_raised(crm: Call, cast: Cast):
    def budget(points: int) -> str:
        return PROGRAMME.replace("[[rules]]", f'[budget]\npoints = "{points}"\n\n[[rules]]', 1)

    def sell(name: str, amount: str) -> dict[str, Any]:
        return SALE | {"external_id": name, "amount": amount}

    # 15,000 points are given already; 250 more may be.
    publish(budget(15_250))
    answers = results(crm, sell("o-1", "200"), sell("o-2", "100"), sell("o-3", "50"))
    assert [a["held"] for a in answers] == [False, True, False]
    assert "budget of 15250 points falls short by 50 points" in answers[1]["problems"][0]["problem"]
    assert points(cast) == 5250
    assert reasons() == ["over_budget"]
    publish(budget(15_350))
    assert (points(cast), reasons()) == (5350, [])


def test_a_manager_tries_one_again_or_all(crm: Call, mia: Browser, cast: Cast):
    results(crm, STRANGER, EUROS)
    said = text(mia.post("/console/held/retry", follow_redirects=True))
    assert "Nothing could be taken in: what is missing is still missing." in said
    transaction(  # a partner who arrived without telling the queue
        lambda: partners.admit(programmes.by_slug("resellers"), [Profile("Z9", "Zed")], now=NOW)
    )
    said = text(mia.post("/console/held/retry", follow_redirects=True))
    assert "1 report was taken in. 1 still wait" in said
    number = waiting()[0].id
    mia.post(f"/console/held/{number}/retry")
    assert reasons() == ["foreign_currency"]


def test_a_dismissed_report_keeps_the_reason_and_is_not_tried_again(crm: Call, mia: Browser):
    results(crm, STRANGER)
    number = waiting()[0].id
    said = text(mia.post(f"/console/held/{number}/dismiss", data={}, follow_redirects=True))
    assert "Nothing was dismissed" in said
    mia.post(f"/console/held/{number}/dismiss", data={"note": "A test of the CRM"})
    assert "A test of the CRM" in text(mia.get("/console/held/?state=dismissed"))
    crm("POST", "/partners", {"external_id": "Z9", "name": "Zed"})
    assert proof.check(programmes.by_slug("resellers")).facts == 4


def test_the_queue_is_filtered_and_belongs_to_its_programme(crm: Call, mia: Browser, otto: Browser):
    results(crm, STRANGER, EUROS)
    assert "h-2" not in text(mia.get("/console/held/?reason=unknown_partner"))
    assert "h-1" not in text(mia.get("/console/held/?q=C1"))
    assert "Nothing fits" in text(mia.get("/console/held/?q=nobody"))
    assert "Nothing waits" in text(otto.get("/console/held/"))
    number = waiting()[0].id
    for address in (f"/console/held/{number}/retry", f"/console/held/{number}/dismiss"):
        assert otto.post(address, data={"note": "x"}).status_code == 404
    assert mia.get("/console/held/?state=x").status_code == 404


def test_a_held_fact_comes_in_on_its_own_day(crm: Call):
    results(crm, STRANGER | {"occurred_at": "2013-04-02"})
    assert held.report(waiting()[0]).day == date(2013, 4, 2)
