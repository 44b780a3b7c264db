"""What cannot be done is told in plain words: what is wrong, where, and what to write instead."""

import json
from collections.abc import Iterator
from typing import Any

import pytest
from flask import Flask
from pydantic import ValidationError

from engage.api import intake, question_shapes, shapes
from engage.api.said import issues
from tests.api.conftest import Call, caller
from tests.api.test_facts import SALE
from tests.conftest import Cast

SUPPOSED = {
    "kind": "sale",
    "amount": "1",
    "quantity": 1,
    "occurred_at": "2013-04-01",
    "product": "x",
}
PARTNER = {
    "external_id": "N",
    "name": "N",
    "email": "n@example.com",
    "team": "T",
    "joined_on": "2013-01-01",
    "target": "1",
    "locale": "en",
    "timezone": "UTC",
}
JUNK = [
    *(None, True, 0, -1, 1.5, 10**30, "", " ", "x", "x" * 300, "1e2", "1_000", "\u0663", "NaN"),
    *([], [1], {}, {"a": 1}, "a\0b", "\ud800", "2013-02-30", "9" * 5_000),
]
#: What pydantic and Python say of themselves.
INSIDE = ("Input", "input", "String", "pattern", "valid", "Extra", "instance", "Field", "recursion")


def said(shape: type[shapes.Shape], raw: Any) -> Iterator[str]:
    try:
        shape.model_validate(intake.items(json.dumps(raw).encode())[0])
    except ValidationError as error:
        for found in issues(error, shape):
            yield f"{found.field}: {found.problem}"


@pytest.mark.parametrize(
    ("shape", "whole"),
    [
        (shapes.FactIn, SALE),
        (shapes.PartnerIn, PARTNER),
        (question_shapes.Supposition, {"partner": "A1", "facts": [SUPPOSED]}),
    ],
)
def test_every_field_says_in_plain_words_what_is_wrong_and_what_to_write(
    shape: type[shapes.Shape], whole: dict[str, Any]
) -> None:
    assert not list(said(shape, whole))
    found = set()
    for junk in JUNK:
        found |= {*said(shape, [junk])}
        for key in (*whole, "colour"):
            found |= {*said(shape, whole | {key: junk})}
            found |= {*said(shape, {k: v for k, v in whole.items() if k != key})}
        for key in (*SUPPOSED, "colour") if "facts" in whole else ():
            found |= {*said(shape, whole | {"facts": [SUPPOSED | {key: junk}]})}
    assert len(found) > 20
    for message in found:
        assert not any(word in message for word in INSIDE), message
        assert ": " in message.partition(": ")[2], f"{message!r} has no remedy"
        assert len(message) < 250, message


@pytest.mark.parametrize(
    ("change", "told"),
    [
        ({"amount": "1e2"}, ("amount", "'1e2' is not a number: write digits such as 1234.56")),
        ({"currency": "Euro"}, ("currency", "not a currency: write three letters like USD")),
        ({"kind": "gift"}, ("kind", "is unknown: write sale, deal_registered, deal_won,")),
        (
            {"colour": "red"},
            ("colour", "is unknown: leave it out; known are external_id, partner,"),
        ),
        ({"category": ""}, ("category", "is empty: write a text")),
    ],
)
def test_a_fact_that_is_not_taken_names_field_and_remedy(
    crm: Call, change: dict[str, Any], told: tuple[str, str]
) -> None:
    answer = crm("POST", "/facts", SALE | change)
    (problem,) = answer.json["results"][0]["problems"]
    assert (problem["field"], problem["problem"][: len(told[1])]) == told


def test_a_partner_that_is_not_taken_names_the_field_it_is_about(crm: Call) -> None:
    for field, junk in (("locale", "zz"), ("timezone", "Mars"), ("joined_on", 0), ("email", "a@b")):
        answer = crm("POST", "/partners", PARTNER | {field: junk})
        assert [p["field"] for p in answer.json["results"][0]["problems"]] == [field]


@pytest.mark.parametrize(
    ("body", "told"),
    [
        (b"", "the body is empty: send"),
        (b"{", "the body is no JSON (line 1, character 2): send"),
        (b"\xff\xfea", "the body is no text in UTF-8: send"),
        (b"[" * 100_000, "the body is nested too deep: send"),
        (b'{"amount": NaN}', "the body is no JSON: NaN is no number, write"),
        (b"[]", "the list is empty: send"),
        (b'{"amount": "1", "amount": "2"}', "the body says 'amount' twice: send"),
        (
            b'[{"external_id": "a"}, {"external_id": "b", "kind": "sale", "kind": "sale"}]',
            "the body says 'kind' of 'b' twice: send",
        ),
        (b'{"facts": [{"partner": {"id": 1, "id": 2}}]}', "the body says 'id' twice: send"),
    ],
)
def test_a_body_that_cannot_be_read_says_how_to_send_one(crm: Call, body: bytes, told: str) -> None:
    for path in ("/facts", "/partners", "/what-if"):
        answer = crm("POST", path, body)
        assert answer.status_code == 400
        assert answer.json["error"].startswith(told)


def test_one_question_is_asked_at_a_time(crm: Call) -> None:
    asked = {"partner": "A1", "facts": [SUPPOSED]}
    assert "send one" in crm("POST", "/what-if", [asked, asked]).json["error"]


@pytest.mark.parametrize(
    ("path", "status", "told"),
    [
        ("/standings/nope", 404, "there is no board 'nope'; there are: sales, regions"),
        ("/partners/nope/statement", 404, "there is no partner 'nope' in programme resellers"),
        ("/partners/A1/why?fact=c-1", 404, "partner 'A1' has no fact 'c-1'"),
        ("/payouts/99999999999", 404, "there is no payout 99999999999 in programme resellers"),
        ("/nope", 404, "there is nothing at /api/v1/nope: /api/v1/openapi.json lists what"),
        ("/facts", 405, "GET does nothing at /api/v1/facts: send OPTIONS, POST"),
        ("/standings/sales?top=1_0", 400, "top is no whole number: write digits"),
        ("/standings/sales?top=0", 400, "top is too small: write 1 or more"),
        ("/partners?colour=red", 400, "colour is unknown: leave it out; known are after, limit"),
        (
            "/redemptions?state=lost",
            400,
            "state is unknown: write reserved, fulfilled or cancelled",
        ),
        ("/partners/A1/facts?unpaid=perhaps", 400, "unpaid is neither true nor false: write"),
        ("/partners/A1/why", 400, "fact is missing: "),
    ],
)
def test_what_is_not_there_is_told_with_what_is(
    crm: Call, path: str, status: int, told: str
) -> None:
    answer = crm("GET", path)
    assert answer.status_code == status
    assert answer.json["error"].startswith(told)


def test_nothing_of_another_programme_is_told(app: Flask, cast: Cast) -> None:
    elsewhere = caller(app, "elsewhere", "read")
    error = elsewhere("GET", "/partners/A1/statement").json["error"]
    assert error == "there is no partner 'A1' in programme elsewhere"
