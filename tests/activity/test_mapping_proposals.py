"""A first mapping for an unknown file: right, or not there."""

import json
from pathlib import Path

import pytest

from engage.activity.mapping import FACT_COLUMNS, PARTNER_COLUMNS
from engage.activity.proposals import propose_mapping

HEADERS = Path(__file__).parents[3] / "shared" / "data" / "csv_headers" / "headers.json"
OURS = {"external_id": "external_id", "customer": "customer", "partner": "partner", "amount": "amount",
        "currency": "currency", "quantity": "quantity", "product": "product", "region": "region",
        "email": "email", "occurred_at": "close_date"}  # fmt: skip


def test_headers_of_real_systems_are_understood():
    if not HEADERS.exists():
        pytest.skip("the collection of real headers, ../shared/data/csv_headers, is not here")
    wrong, missed, asked = [], [], 0
    for case in json.loads(HEADERS.read_text())["headers"]:
        proposed = propose_mapping(case["header"], (*FACT_COLUMNS, "region", "email"))
        for target, field in OURS.items():
            expected, found = case["expected_mapping"].get(field), proposed.get(target)
            asked += expected is not None
            if found not in (None, expected):
                wrong.append((case["id"], target, found, expected))
            elif found != expected:
                missed.append((case["id"], target, expected))
    assert wrong == []
    assert missed == []  # 48 of 48; a wrong one would be worse than a missed one
    assert asked == 48


def test_an_order_with_numbered_lines_gets_an_id_of_both():
    header = ["SalesOrderNumber", "SalesOrderLineNumber", "ResellerKey", "OrderDate", "ShipDate"]
    assert propose_mapping(header) == {
        "external_id": "{SalesOrderNumber}-{SalesOrderLineNumber}",
        "partner": "ResellerKey",
        "occurred_at": "OrderDate",
    }


def test_our_own_names_propose_themselves():
    assert propose_mapping(FACT_COLUMNS) == {name: name for name in FACT_COLUMNS}
    proposed = propose_mapping(PARTNER_COLUMNS, PARTNER_COLUMNS)
    assert proposed == {name: name for name in PARTNER_COLUMNS}


def test_the_id_of_a_partner_is_never_that_of_an_order():
    header = ["OrderID", "Partner code", "Partner name", "Territory"]
    assert propose_mapping(header, PARTNER_COLUMNS) == {
        "external_id": "Partner code",
        "name": "Partner name",
        "region": "Territory",
    }


def test_german_and_french_headers_are_understood():
    header = ["Belegnummer", "Händlernummer", "Rechnungsdatum", "Nettobetrag", "Währung", "Menge"]
    assert list(propose_mapping(header).values()) == header[:6]
    assert propose_mapping(["Date de facture", "Montant HT"]) == {
        "occurred_at": "Date de facture",
        "amount": "Montant HT",
    }


@pytest.mark.parametrize(
    "name",
    ["Tax amount", "Reward amount", "Create Date", "Last Activity Date", "Deal owner", "customers.email",
     "CustomerPONumber", "Probability", "UnitPrice", "", "Amount refunded", "ShipDate", "Discounts"],
)  # fmt: skip
def test_what_is_not_plain_is_left_to_the_person(name):
    assert propose_mapping([name]) == {}
    assert propose_mapping([name], PARTNER_COLUMNS) == {}


def test_no_column_is_proposed_twice():
    assert propose_mapping(["Partner ID"], ("external_id", "partner")) == {"partner": "Partner ID"}
    assert list(propose_mapping(["Company"], PARTNER_COLUMNS).items()) == [
        ("organisation", "Company")
    ]
