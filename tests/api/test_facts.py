"""`POST /api/v1/facts`: each fact answered by itself, and nothing carried out twice."""

from typing import Any

import pytest
from flask import Flask
from sqlalchemy import select

from engage import proof
from engage.accounts import keys
from engage.activity.models import Fact
from engage.db import db
from engage.ledger import service as ledger
from engage.programmes import service as programmes
from tests.api.conftest import Call, caller
from tests.conftest import PROGRAMME, Cast, publish

SALE = {
    "external_id": "crm-1",
    "partner": "C1",
    "kind": "sale",
    "occurred_at": "2013-04-09T10:00:00-04:00",
    "amount": "100.50",
    "currency": "USD",
    "quantity": 1,
    "category": "Bikes",
}


def points(cast: Cast, name: str) -> int:
    db.session.rollback()
    return ledger.balances(getattr(cast, name).partner.id)["points"]


def test_a_fact_is_taken_and_paid_at_once(crm: Call, cast: Cast) -> None:
    answer = crm("POST", "/facts", SALE)
    assert answer.status_code == 200
    told = {"external_id": "crm-1", "status": "new", "problems": [], "held": False}
    assert answer.json == {"results": [told]}
    assert points(cast, "charlie") == 5100


def test_the_day_of_a_fact_is_the_programmes_own_though_its_zone_changes_once_the_key_is_read(
    app: Flask, monkeypatch: pytest.MonkeyPatch
) -> None:
    here, send = publish(PROGRAMME), caller(app, "resellers", "facts:write", "partners:write")
    assert send("POST", "/partners", {"external_id": "C1", "name": "Cy"}).status_code == 200
    before = keys.living
    elsewhere = lambda token: before(token)._replace(timezone="Asia/Tokyo")  # noqa: E731
    monkeypatch.setattr(keys, "living", elsewhere)
    evening = SALE | {"occurred_at": "2013-04-09T22:00:00"}
    assert send("POST", "/facts", evening).json["results"][0]["status"] == "new"
    fact = db.session.scalars(select(Fact)).one()
    assert (here.timezone, fact.occurred_at.hour) == ("America/New_York", 2)


def test_the_same_again_is_unchanged_and_other_values_are_a_correction(
    crm: Call, cast: Cast
) -> None:
    crm("POST", "/facts", SALE)
    assert crm("POST", "/facts", SALE).json["results"][0]["status"] == "unchanged"
    assert crm("POST", "/facts", SALE | {"amount": 50}).json["results"][0]["status"] == "corrected"
    assert points(cast, "charlie") == 5050


def test_numbers_are_exact_whichever_way_they_are_written(crm: Call, cast: Cast) -> None:
    crm(
        "POST",
        "/facts",
        '[{"external_id":"n","partner":"C1","kind":"sale","occurred_at":"2013-04-09","amount":12345678901.1234}]',
    )
    changed = SALE | {"external_id": "n", "occurred_at": "2013-04-09", "amount": "12345678901.1234"}
    for key in ("currency", "quantity", "category"):
        del changed[key]
    assert crm("POST", "/facts", changed).json["results"][0]["status"] == "unchanged"


def test_a_problem_blocks_its_own_fact_alone(crm: Call, cast: Cast) -> None:
    batch = [
        SALE,
        SALE | {"external_id": "crm-2", "partner": "Z9"},
        SALE | {"external_id": "crm-3", "amount": "x"},
    ]
    answer = crm("POST", "/facts", batch)
    assert answer.status_code == 207
    results = answer.json["results"]
    assert [result["status"] for result in results] == ["new", "problem", "problem"]
    assert [result["problems"][0]["field"] for result in results[1:]] == ["partner", "amount"]
    assert points(cast, "charlie") == 5100


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"amount": "1.23456"}, "amount"),
        ({"amount": "NaN"}, "amount"),
        ({"amount": "1e30"}, "amount"),
        ({"amount": "1E+250000"}, "amount"),
        ({"amount": "700000000000000"}, "amount"),
        ({"occurred_at": "someday"}, "occurred_at"),
        ({"occurred_at": "2199-01-01"}, "occurred_at"),
        ({"kind": "theft"}, "kind"),
        ({"external_id": ""}, "external_id"),
        ({"external_id": "a\u0000b"}, "external_id"),
        ({"currency": "EUR"}, "currency"),
        ({"colour": "red"}, "colour"),
    ],
)
def test_what_cannot_be_taken_names_its_field(
    crm: Call, change: dict[str, Any], field: str
) -> None:
    answer = crm("POST", "/facts", SALE | change)
    assert answer.status_code == 422
    assert answer.json["results"][0]["problems"][0]["field"] == field


@pytest.mark.parametrize("body", ["{", "[]", '"text"x', "[" * 10_000])
def test_a_body_that_is_no_json_is_refused_whole(crm: Call, body: str) -> None:
    answer = crm("POST", "/facts", body)
    assert answer.status_code == 400
    assert answer.json["error"]


def test_too_many_at_once_are_refused(crm: Call) -> None:
    assert crm("POST", "/facts", [SALE] * 1001).status_code == 400


def test_the_same_idempotency_key_is_answered_alike_and_carried_out_once(
    crm: Call, cast: Cast
) -> None:
    first = crm("POST", "/facts", SALE, Idempotency_Key="k-1")
    again = crm("POST", "/facts", SALE, Idempotency_Key="k-1")
    assert again.json == first.json, "still says new, as the first time"
    assert crm("POST", "/facts", SALE | {"amount": "7"}, Idempotency_Key="k-1").status_code == 409
    assert points(cast, "charlie") == 5100


def test_a_key_reaches_only_its_own_programme(app: Flask, cast: Cast) -> None:
    elsewhere = caller(app, "elsewhere", "facts:write", "read")
    answer = elsewhere("POST", "/facts", SALE)
    assert answer.json["results"][0]["problems"][0]["field"] == "partner"
    assert elsewhere("GET", "/partners/A1/statement").status_code == 404
    assert elsewhere("GET", "/partners").json["partners"] == []
    assert proof.check(programmes.by_slug("elsewhere")).facts == 0


def test_a_key_does_only_what_its_scopes_say(app: Flask, cast: Cast) -> None:
    reader = caller(app, "resellers", "read")
    assert reader("POST", "/facts", SALE).status_code == 403
    assert reader("GET", "/partners").status_code == 200


def test_without_a_key_nothing_opens(app: Flask, cast: Cast) -> None:
    client = app.test_client()
    assert client.post("/api/v1/facts", json=SALE).status_code == 401
    assert client.get("/api/v1/partners").status_code == 401


def test_what_the_budget_does_not_carry_waits_with_the_remedy_until_it_is_raised(
    crm: Call, cast: Cast
) -> None:
    publish(PROGRAMME.replace("[[rules]]", '[budget]\npoints = "15000"\n\n[[rules]]', 1))
    answer = crm("POST", "/facts", SALE)
    assert answer.status_code == 422
    told = answer.json["results"][0]
    assert told["held"]
    assert "budget of 15000 points falls short by 100" in told["problems"][0]["problem"]
    publish(PROGRAMME)
    assert crm("POST", "/facts", SALE).json["results"][0]["status"] == "unchanged"
    assert points(cast, "charlie") == 5100


def test_an_id_is_read_as_a_file_reads_it_so_that_it_stays_one_fact(crm: Call) -> None:
    composed = SALE | {"external_id": "Caf\u00e9 1"}
    assert crm("POST", "/facts", composed).json["results"][0]["status"] == "new"
    again = SALE | {"external_id": "Cafe\u0301  1"}
    assert crm("POST", "/facts", again).json["results"][0]["status"] == "unchanged"
    turned = crm("POST", "/facts", SALE | {"external_id": "x", "customer": "\u202egpj.exe"})
    problem = turned.json["results"][0]["problems"][0]
    assert (problem["field"], "invisible control character" in problem["problem"]) == (
        "customer",
        True,
    )
