"""What was reported, why not more, and what if: in numbers and in the words of the pages."""

from engage import proof
from tests.api.conftest import Call
from tests.conftest import PROGRAMME, Cast, publish
from tests.tiers.test_pages import TIERS


def test_facts_come_with_what_they_earned_in_pages(crm: Call, cast: Cast) -> None:
    first = crm("GET", "/partners/A1/facts?limit=1").json
    assert [(fact["external_id"], fact["earned"]) for fact in first["facts"]] == [
        ("a-2", {"USD": "10.00", "points": "3500"})
    ]
    second = crm("GET", f"/partners/A1/facts?limit=1&before={first['next']}").json
    assert ([fact["external_id"] for fact in second["facts"]], second["next"]) == (["a-1"], None)
    assert crm("GET", "/partners/A1/facts?unpaid=1&period=2013-04&kind=sale").json["facts"] == []
    assert crm("GET", "/partners/A1/facts?period=soon").status_code == 400
    assert crm("GET", "/partners/nobody/facts").status_code == 404


def test_why_names_each_rule_and_the_condition_it_missed(crm: Call, cast: Cast) -> None:
    found = crm("GET", "/partners/B1/why?fact=b-1").json
    assert [(line["source"], line["amount"]) for line in found["earned"]] == [
        ("bike-points", "4000")
    ]
    assert [(miss["source"], miss["condition"]) for miss in found["missed"]] == [
        ("growth-bonus", "band"),
        ("mission:spring-sprint/1", "counts"),
        ("mission:spring-sprint/2", "counts"),
    ]
    assert "pays from $5,000 on" in found["missed"][0]["because"]
    assert crm("GET", "/partners/B1/why?fact=a-1").status_code == 404
    assert crm("GET", "/partners/B1/why").status_code == 400


def test_what_if_is_answered_and_leaves_no_trace(crm: Call, cast: Cast) -> None:
    before = proof.digest(cast.programme)
    supposed = {"amount": "12000", "quantity": 3, "category": "Bikes", "occurred_at": "2013-04-12"}
    found = crm("POST", "/what-if", {"partner": "A1", "facts": [supposed]}).json
    assert found["sums"] == {"USD": "200.00", "points": "12500"}
    assert found["summary"] == "You would earn $200 and 12,500 points."
    assert [line["source"] for line in found["lines"]] == [
        "bike-points",
        "growth-bonus",
        "mission:spring-sprint/1",
    ]
    assert "You would reach stage 1 of Spring sprint." in found["changes"]
    assert proof.digest(cast.programme) == before


def test_what_cannot_be_supposed_says_why(crm: Call, cast: Cast) -> None:
    for body, status in (
        ("not json", 400),
        ({"partner": "A1", "facts": []}, 422),
        ({"partner": "nobody", "facts": [{"amount": "1"}]}, 404),
        ({"partner": "A1", "facts": [{"amount": "1", "occurred_at": "soon"}]}, 422),
        ({"partner": "A1", "facts": [{"amount": "1.00001"}]}, 422),
        ({"partner": "A1", "facts": [{"kind": "gift"}]}, 422),
    ):
        assert crm("POST", "/what-if", body).status_code == status, body


def test_what_is_ahead_says_what_the_nearest_reward_needs(crm: Call, cast: Cast) -> None:
    found = crm("GET", "/partners/A1/ahead").json
    bonus = next(item for item in found["rules"] if item["rule"] == "growth-bonus")
    assert bonus["unit"] == "USD"
    assert bonus["edge"]
    assert found["rules"][0]["left_to_cap"]
    assert found["tiers"] == []
    publish(PROGRAMME + TIERS)
    silver, gold = crm("GET", "/partners/B1/ahead").json["tiers"]
    assert (silver["tier"], silver["needed"], silver["multiplier"]) == (
        "Silver",
        "5000.0000",
        {"points": "1.5"},
    )
    assert gold["because"].startswith("You need another 3 customers of sales to reach Gold by")
    assert crm("GET", "/partners/nobody/ahead").status_code == 404
