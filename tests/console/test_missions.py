"""A mission made in the console: told in plain words, checked at its fields, live at once."""

from datetime import date
from typing import Any

import pytest
from sqlalchemy import update

from engage import proof
from engage.db import db
from engage.ledger import service as ledger
from engage.missions.models import Mission
from engage.partners.models import Partner
from engage.programmes.service import by_slug

from ..browsing import Browser, browser
from ..conftest import Cast, record, sale
from .conftest import page, text

SPRINT = {
    "name": "April rush",
    "starts": "2013-04-01",
    "ends": "2013-04-30",
    "audience.region": ["Northwest"],
    "stages": "1",
    "stages--1--name": "Five thousand",
    "stages--1--on": "sale",
    "stages--1--measure": "amount",
    "stages--1--target": "5,000",
    "stages--1--reward.points": "250",
    "stages--1--reward.USD": "12.50",
    "do": "publish",
}


def publish(mia: Browser, **changes: Any) -> str:
    answer = mia.post("/console/missions/new", data=SPRINT | changes)
    assert answer.status_code == 303, text(answer)
    return str(answer.location)


def missions() -> list[Mission]:
    db.session.rollback()
    return db.session.query(Mission).filter(Mission.slug != "spring-sprint").all()


def test_a_mission_is_live_on_its_partners_pages_at_once(mia: Browser, alice: Browser, cast: Cast):
    publish(mia)
    assert "April rush" in text(alice.get("/missions/"))
    assert "April rush" in text(alice.get("/"))


def test_it_is_not_there_for_those_it_does_not_address(mia: Browser, app: Any, cast: Cast):
    publish(mia)
    assert "April rush" not in text(browser(app, cast.charlie.user).get("/missions/"))


def test_a_running_mission_counts_what_happened_since_its_first_day(mia: Browser, cast: Cast):
    assert cast.alice.partner
    assert cast.bob.partner
    alice, bob = cast.alice.partner.id, cast.bob.partner.id
    before = ledger.balances(alice), ledger.balances(bob)
    publish(mia)
    db.session.rollback()
    after = ledger.balances(alice)
    assert after["points"] == before[0]["points"] + 250
    assert after["USD"] == before[0].get("USD", 0) + 1_250
    assert ledger.balances(bob) == before[1]
    assert proof.check(by_slug("resellers")).ok


def test_and_what_happens_after_it(mia: Browser, cast: Cast):
    publish(mia)
    record(cast.programme, sale("b-2", "B1", "1000"))
    said = text(mia.get("/console/missions/april-rush"))
    assert "Reached a stage 2" in said
    assert "$25" in said


def test_the_form_says_in_plain_words_what_is_to_be_done_by_how_many(mia: Browser):
    said = text(mia.post("/console/missions/preview", data=SPRINT))
    assert "2 partners For partners in region Northwest." in said
    assert "Sell for $5,000" in said
    assert "it costs $25 and 500 points" in said


def test_an_unfinished_form_is_told_as_far_as_it_goes(mia: Browser):
    said = text(mia.post("/console/missions/preview", data={"stages": "1"}))
    assert "3 partners" in said
    assert "This stage is not finished." in said


def test_without_script_a_button_previews_and_publishes_nothing(mia: Browser):
    answer = mia.post("/console/missions/new", data=SPRINT | {"do": "preview"})
    assert answer.status_code == 200
    assert "Nothing is published yet" in text(answer)
    assert "Sell for $5,000" in text(answer)
    assert missions() == []


def test_stages_are_added_and_taken_away_and_keep_what_was_typed(mia: Browser):
    more = page(mia.post("/console/missions/new", data=SPRINT | {"do": "add"}))
    assert more.select_one("[name=stages]")["value"] == "2"
    assert more.select_one("[name=stages--1--target]")["value"] == "5,000"
    less = SPRINT | {"stages": "2", "stages--2--name": "Second", "do": "remove-1"}
    found = page(mia.post("/console/missions/form", data=less))
    assert found.select_one("[name=stages--1--name]")["value"] == "Second"
    assert found.select_one("[name=stages--2--name]") is None


def test_there_are_five_stages_at_most(mia: Browser):
    full = page(mia.post("/console/missions/new", data=SPRINT | {"stages": "5", "do": "add"}))
    assert full.select_one("[name=stages]")["value"] == "5"
    assert full.select_one("[name=do][value=add]") is None


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"name": ""}, "name"),
        ({"starts": ""}, "starts"),
        ({"ends": "2013-03-01"}, "ends"),
        ({"starts": "2013-03-01", "ends": "2013-04-09"}, "ends"),
        ({"stages--1--name": ""}, "stages--1--name"),
        ({"stages--1--target": "many"}, "stages--1--target"),
        ({"stages--1--target": "0"}, "stages--1--target"),
        ({"stages--1--reward.points": "1.5"}, "stages--1--reward.points"),
        ({"stages--1--reward.USD": "0.001"}, "stages--1--reward.USD"),
        ({"stages--1--on": "gift"}, "stages--1--on"),
        ({"stages--1--measure": "love"}, "stages--1--measure"),
    ],
)
def test_what_is_wrong_is_said_at_its_field(mia: Browser, change: dict[str, str], field: str):
    answer = mia.post("/console/missions/new", data=SPRINT | change)
    assert answer.status_code == 422
    assert page(answer).find(id=f"field-{field}-error")
    assert page(answer).select_one(f".alert-error a[href='#field-{field}']")
    assert missions() == []


def test_a_mission_for_nobody_is_refused(mia: Browser):
    answer = mia.post("/console/missions/new", data=SPRINT | {"audience.region": ["Nowhere"]})
    assert answer.status_code == 422
    assert "Nobody fits all of this" in text(answer)
    assert missions() == []


def test_the_same_name_again_gets_an_address_of_its_own(mia: Browser):
    assert publish(mia).endswith("/april-rush")
    assert publish(mia).endswith("/april-rush-2")


def test_a_name_never_takes_the_address_of_a_page_here(mia: Browser):
    assert publish(mia, name="New").endswith("/new-2")


def test_a_mission_is_run_again_as_long_from_tomorrow_on(mia: Browser):
    found = page(mia.get("/console/missions/new?from=spring-sprint"))
    assert found.select_one("[name=starts]")["value"] == "2013-04-11"
    assert found.select_one("[name=ends]")["value"] == "2013-06-10"
    assert found.select_one("[name=stages--2--target]")["value"] == "20000"
    assert found.select_one("[name='stages--2--reward.USD']")["value"] == "100"
    assert found.select_one("[name='audience.region'][checked]")["value"] == "Northwest"
    assert found.select_one("textarea[name='audience.region']").text.strip() == "Southwest"


def test_a_change_is_worked_out_anew(mia: Browser, cast: Cast):
    assert cast.alice.partner
    address = publish(mia)
    db.session.rollback()
    before = ledger.balances(cast.alice.partner.id)["points"]
    answer = mia.post(
        f"{address}/edit", data=SPRINT | {"kept": "1", "stages--1--reward.points": "300"}
    )
    assert answer.status_code == 422, "a change has a reason"
    change = SPRINT | {"kept": "1", "stages--1--reward.points": "300", "why": "Spring was cold"}
    assert mia.post(f"{address}/edit", data=change).status_code == 303
    db.session.rollback()
    assert ledger.balances(cast.alice.partner.id)["points"] == before + 50
    assert proof.check(by_slug("resellers")).ok


def test_a_published_stage_cannot_be_taken_away(mia: Browser):
    address = publish(mia)
    data = SPRINT | {"stages": "2", "stages--2--name": "x", "do": "remove-1"}
    found = page(mia.post(f"{address}/edit", data=data))
    assert found.select_one("[name=stages--1--name]")["value"] == "Five thousand"
    assert found.select_one("[value=remove-1]") is None


def test_a_stage_keeps_the_limits_its_form_does_not_show(mia: Browser):
    where = '{"where": {"category": ["Helmets"]}}'
    publish(mia, **{"stages--1--rest": where})
    (mission,) = missions()
    assert mission.stages[0].definition["where"] == {"category": ["Helmets"]}
    form = page(mia.get("/console/missions/april-rush/edit"))
    assert form.select_one("[name=stages--1--rest]")["value"] == where


def test_limits_that_are_none_are_refused(mia: Browser):
    answer = mia.post("/console/missions/new", data=SPRINT | {"stages--1--rest": "{"})
    assert answer.status_code == 422


def test_a_mission_ended_early_still_counts_today_and_keeps_what_was_earned(
    mia: Browser, cast: Cast
):
    assert cast.alice.partner
    address = publish(mia)
    db.session.rollback()
    before = ledger.balances(cast.alice.partner.id)
    mia.post(f"{address}/end")
    (mission,) = missions()
    assert mission.ends.isoformat() == "2013-04-10"
    assert ledger.balances(cast.alice.partner.id) == before


def test_a_mission_that_has_not_begun_is_taken_back(mia: Browser, alice: Browser):
    address = publish(mia, starts="2013-04-20")
    assert "April rush" in text(alice.get("/missions/"))
    mia.post(f"{address}/end")
    assert mia.get(address).status_code == 404
    assert "April rush" not in text(alice.get("/missions/"))


def test_another_programmes_mission_is_not_there(mia: Browser, otto: Browser):
    address = publish(mia)
    assert otto.get(address).status_code == 404
    assert otto.get(f"{address}/edit").status_code == 404
    assert otto.post(f"{address}/end").status_code == 404
    assert otto.get("/console/missions/new?from=april-rush").status_code == 404


def test_numbers_are_read_as_their_writer_writes_them(mia: Browser, cast: Cast):
    answer = mia.post(
        "/console/missions/new",
        data=SPRINT | {"stages--1--target": "5,000.50"},
        headers={"Accept-Language": "en"},
    )
    assert answer.status_code == 303
    assert missions()[0].stages[0].definition["target"] == "5000.5"


ABSURD = [
    ("stages--1--target", "1" + "0" * 30),
    ("stages--1--target", "1e30"),
    ("stages--1--target", "1e3"),
    ("stages--1--target", "1_000"),
    ("stages--1--target", "1E+200000"),
    ("stages--1--target", "NaN"),
    ("stages--1--target", "9" * 60_000),
    ("stages--1--reward.USD", "1" + "0" * 30),
    ("stages--1--reward.points", "9223372036854775807"),
    ("stages--1--rest", "[" * 5_000),
    ("rest", "[" * 5_000),
    ("rest", '{"joined": 3}'),
    ("rest", '{"audience": 3}'),
    ("audience.tier", "Nobody's"),
    ("do", "remove-²"),
    ("do", "remove-" + "9" * 5_000),
    ("starts", "0001-01-01"),
    ("ends", "9999-12-31"),
]


@pytest.mark.parametrize(("field", "typed"), ABSURD, ids=lambda value: str(value)[:16])
def test_absurd_input_is_refused_at_once_and_publishes_nothing(
    mia: Browser, field: str, typed: str
):
    answer = mia.post("/console/missions/new", data=SPRINT | {field: typed})
    assert answer.status_code in (200, 422)
    assert missions() == []
    assert mia.get("/console/missions/").status_code == 200


def test_a_first_day_in_the_past_says_who_is_there_already_and_what_is_paid_at_once(
    mia: Browser, cast: Cast
):
    said = text(mia.post("/console/missions/preview", data=SPRINT))
    assert "1 partner has already reached stage 1: $12.50 and 250 points are paid at once." in said
    assert not missions()
    coming = SPRINT | {"starts": "2013-05-20", "ends": "2013-06-20"}
    assert "at once" not in text(mia.post("/console/missions/preview", data=coming))


def test_a_change_says_only_the_difference_it_pays(mia: Browser, cast: Cast):
    publish(mia)
    address = "/console/missions/preview?of=april-rush"
    assert "1 partner has already reached stage 1." in text(mia.post(address, data=SPRINT))
    more = SPRINT | {"stages--1--reward.points": "300"}
    assert "stage 1: 50 points are paid at once." in text(mia.post(address, data=more))
    less = SPRINT | {"stages--1--reward.points": "200"}
    assert "stage 1: 50 points are taken back at once." in text(mia.post(address, data=less))


def test_over_too_many_facts_the_preview_says_no_numbers(
    mia: Browser, cast: Cast, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr("engage.console.head_start.MOST_FACTS", 0)
    said = text(mia.post("/console/missions/preview", data=SPRINT))
    assert "It has begun: who has reached a stage already is paid at once." in said


def test_whom_it_is_for_may_hang_on_when_they_joined(mia: Browser, cast: Cast):
    db.session.execute(update(Partner).values(joined_on=date(2013, 3, 1)))
    db.session.commit()
    place = publish(mia, **{"audience.joined--to": "2013-03-31"})
    assert missions()[0].audience == {
        "joined": {"to": "2013-03-31"},
        "region": ["Northwest"],
    }
    form = page(mia.get(f"{place}/edit"))
    assert form.select_one("[name='audience.joined--to']")["value"] == "2013-03-31"  # type: ignore[index]
    assert "who joined on or before Mar 31, 2013" in text(mia.get(place))


def test_a_budget_stops_or_warns_and_is_there_again_when_one_changes_it(
    mia: Browser, alice: Browser
):
    place = publish(mia, **{"budget.points": "1,000", "at_budget": "stop"})
    assert (missions()[0].budget, missions()[0].at_budget) == ({"points": "1000"}, "stop")
    assert "Rewards are paid while its budget of 1,000 points lasts." in text(mia.get(place))
    assert "while its budget of 1,000 points lasts" in text(alice.get("/missions/april-rush"))
    form = page(mia.get(f"{place}/edit"))
    assert form.select_one("[name='budget.points']")["value"] == "1000"  # type: ignore[index]
    answer = mia.post("/console/missions/new", data=SPRINT | {"budget.USD": "-5"})
    assert answer.status_code == 422
    assert "Budget in USD is not above zero: remove it" in text(answer)


def test_the_summary_names_each_field_and_leads_to_it(mia: Browser, cast: Cast):
    wrong = {"name": "", "ends": "", "stages--1--name": "\u202ex", "stages--1--target": "0"}
    answer = mia.post("/console/missions/new", data=SPRINT | wrong)
    shown = page(answer)
    links = shown.select("[role=alert] a")
    assert [link.get_text() for link in links] == [
        "Name: Give it a name: partners see it on their home page.",
        "Last day: Choose a day from 1900 to 2199.",
        "Stage 1, Name holds an invisible control character (U+202E): delete it",
        "Stage 1, To be reached is not above zero: nothing would be left to do",
    ]
    assert all(shown.find(id=str(link["href"])[1:]) for link in links)
