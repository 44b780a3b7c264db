"""A rule by form: typed, checked at its fields, tried over real facts, published with a reason."""

import json
from typing import Any

import pytest

from engage import proof
from engage.console import rule_form
from engage.db import db
from engage.incentives import language, publishing
from engage.incentives.models import RuleDraft, RuleVersion
from engage.ledger import service as ledger
from engage.programmes.service import by_slug
from engage.voice import ENGLISH, Voice

from ..browsing import Browser
from ..conftest import Cast
from .conftest import page, text

HOME = "/console/rules/drafts/"
SPIFF = {
    "name": ["Road SPIFF"],
    "on": ["sale"],
    "where.category": ["Bikes\nHelmets"],
    "per": ["amount"],
    "earn": ["USD"],
    "bands": [""],
    "rate": ["2%"],
    "where.region": ["Northwest"],
    "period": ["month"],
    "cap": ["1,500"],
    "starts": ["2013-04-01"],
    "ends": ["2013-06-30"],
}


def begin(mia: Browser, **fields: Any) -> str:
    answer = mia.post(HOME, data=fields)
    assert answer.status_code == 303
    return str(answer.location).removesuffix("/review")


def saved(mia: Browser, typed: dict[str, list[str]] = SPIFF) -> str:
    address = begin(mia)
    assert mia.post(address, data=typed | {"do": "review"}).location == f"{address}/review"
    return address


def publish(mia: Browser, address: str, **fields: str) -> Any:
    return mia.post(f"{address}/publish", data={"when": "now", "why": "Bikes are slow"} | fields)


def newest(slug: str) -> RuleVersion:
    db.session.rollback()
    found = publishing.latest(by_slug("resellers"), slug)
    assert found
    return found


def test_a_form_makes_the_rule_that_a_file_would(mia: Browser, cast: Cast):
    publish(mia, saved(mia))
    version = newest("road-spiff")
    assert version.definition == {
        "slug": "road-spiff",
        "on": "sale",
        "earn": "USD",
        "per": "amount",
        "rate": "0.02",
        "where": {"category": ["Bikes", "Helmets"], "region": ["Northwest"]},
        "period": "month",
        "cap": "1500.00",
        "starts": "2013-04-01",
        "ends": "2013-06-30",
    }
    assert (version.reason, version.published_by) == ("Bikes are slow", cast.mia.user.id)


@pytest.mark.parametrize("slug", ["bike-points", "growth-bonus"])
def test_a_published_rule_passes_through_the_form_unchanged(slug: str, mia: Browser):
    definition = newest(slug).definition
    assert definition
    typed = rule_form.of_raw(definition, ENGLISH)
    found = rule_form.read(typed, slug, "USD", "UTC", ENGLISH)
    assert found.errors == {}
    assert found.made
    assert language.to_json(found.made) == definition
    assert "rest" not in typed, "the form knows every key of it"


LANGUAGE: tuple[dict[str, Any], ...] = (
    {"per": "customer", "rate": "5", "minimum": "3", "period": "year", "cap": "100"},
    {"rate": "1", "budget": "5000", "at_budget": "stop"},
    {"rate": "1", "earn": "USD", "budget": "99.5", "at_budget": "warn"},
    {"per": "product", "rate": "1.25", "earn": "USD", "within": 90},
    {"rate": "0.0125", "earn": "USD", "where": {"amount": {"from": "100", "to": "2500.5"}}},
    {"rate": "1", "baseline": "same period last year", "newcomers": "5000"},
    {"rate": "1", "baseline": "mean of last 4 periods", "newcomers": "0", "period": "month"},
    {"milestones": [{"at": "10", "pays": "100"}, {"at": "20.5", "pays": "250"}]},
    {"rate": "2", "starts": "2013-03-01T09:00:00", "ends": "2013-03-01"},
    {
        "rate": "2",
        "where": {"joined": {"from": "2012-01-01"}, "segment": ["new"], "tier": ["Gold"]},
    },
    {
        "bands": "retroactive",
        "band": [{"from": "0", "rate": "0"}, {"from": "1000", "rate": "0.015"}],
        "earn": "USD",
        "milestones": [{"at": "10", "pays": "99.95"}],
        "where": {
            **{name: ["A, B", "C"] for name in ("category", "product", "customer", "team")},
            **{name: ["Ä"] for name in ("region", "type", "organisation")},
        },
        "starts": "2013-01-01",
        "ends": "2013-12-31",
    },
)


@pytest.mark.parametrize("extra", LANGUAGE)
@pytest.mark.parametrize("locale", ["en", "de"])
def test_every_key_of_the_language_passes_through_the_form(extra: dict[str, Any], locale: str):
    base = {"slug": "r", "on": "sale", "earn": "points", "per": "amount", "period": "quarter"}
    definition = language.to_json(language.parse(base | extra, "USD", "UTC"))
    voice = Voice(locale=locale)
    typed = rule_form.of_raw(definition, voice)
    assert "rest" not in typed, "the form has a field for each of them"
    found = rule_form.read(typed, "r", "USD", "UTC", voice)
    assert found.errors == {}
    assert found.made
    assert language.to_json(found.made) == definition


def test_the_form_has_a_field_for_every_key():
    fields = {field.key.partition(".")[0] for field in rule_form.FIELDS}
    assert set(language.KEYS) - fields == {"slug"}


def test_what_the_form_does_not_know_travels_through_it(mia: Browser):
    typed = rule_form.of_raw({"on": "sale", "where": {"shoe": ["44"]}, "magic": 1}, ENGLISH)
    assert json.loads(typed["rest"][0]) == {"where": {"shoe": ["44"]}, "magic": 1}


def test_a_change_keeps_what_happened_and_changes_what_comes(mia: Browser, cast: Cast):
    assert cast.alice.partner
    before = ledger.balances(cast.alice.partner.id)
    address = begin(mia, slug="bike-points", do="change")
    typed = rule_form.of_raw(newest("bike-points").definition or {}, ENGLISH) | {"rate": ["2"]}
    mia.post(address, data=typed | {"do": "review"})
    said = text(mia.get(f"{address}/review"))
    assert "Rate 1 point per $1 → 2 points per $1" in said
    assert publish(mia, address).status_code == 303
    assert newest("bike-points").version == 2
    assert ledger.balances(cast.alice.partner.id) == before
    assert db.session.query(RuleDraft).count() == 0


def test_a_draft_is_kept_as_it_is_typed_and_may_be_half_done(mia: Browser):
    address = begin(mia)
    mia.post(f"{address}/form", data={"name": "Half", "rate": "1,5,", "bands": ""})
    found = page(mia.get(address))
    assert found.select_one("[name=rate]")["value"] == "1,5,"
    assert "Half" in text(mia.get("/console/rules/"))
    assert publish(mia, address).location == address, "what is not finished is not published"


def test_a_field_is_checked_when_it_is_left_and_blank_ones_wait(mia: Browser):
    address = begin(mia)
    answer = page(mia.post(f"{address}/form", data={"rate": "much", "cap": "-5", "bands": ""}))
    assert "Write a number." in answer.select_one("#rule-rate").get_text()
    assert "not above zero" in answer.select_one("#rule-cap").get_text()
    assert answer.select_one("#rule-name .field-error") is None
    bands = {"bands": "marginal", "band--2--from": "100", "band--2--rate": "x"}
    answer = page(mia.post(f"{address}/form", data=bands))
    assert answer.select_one("#field-band--2--rate[aria-invalid]")
    assert answer.select_one("[name=rate]") is None, "bands have their own rates"


def test_what_is_missing_is_told_at_its_field_before_the_review(mia: Browser):
    answer = mia.post(begin(mia), data={"on": "sale", "do": "review"})
    assert answer.status_code == 422
    assert "Say how much it pays." in text(answer)
    assert "Give it a name" in text(answer)


def test_a_rule_must_fit_the_programme_as_its_file_would(mia: Browser):
    answer = mia.post(begin(mia), data=SPIFF | {"where.segment": ["nobody"], "do": "review"})
    assert answer.status_code == 422
    assert "declare it as [[segments]]" in text(answer)


def test_the_sentence_follows_what_is_typed(mia: Browser):
    address = begin(mia)
    said = text(mia.post(f"{address}/preview", data=SPIFF))
    assert "You earn 2% of the amount of every sale in category Bikes or Helmets." in said
    assert "still to be filled in" in text(mia.post(f"{address}/preview", data={"on": "sale"}))


def test_more_than_partners_will_read_is_warned_of(mia: Browser):
    address = begin(mia)
    assert "conditions; partners keep about" in text(mia.post(f"{address}/preview", data=SPIFF))
    plain = {"name": "Plain", "on": "sale", "per": "amount", "earn": "points", "rate": "1"}
    said = text(mia.post(f"{address}/preview", data=plain | {"period": "month"}))
    assert "partners keep about" not in said


def test_a_row_is_added_without_script(mia: Browser):
    address = begin(mia)
    answer = page(mia.post(address, data={"bands": "marginal", "band": "3", "do": "add-band"}))
    assert answer.select_one("[name=band--4--from]")


def test_the_past_is_corrected_only_after_its_lines_were_shown_and_meant(mia: Browser, cast: Cast):
    assert cast.alice.partner
    balance = ledger.balances(cast.alice.partner.id)["points"]
    address = begin(mia, slug="bike-points", do="change")
    typed = rule_form.of_raw(newest("bike-points").definition or {}, ENGLISH) | {"rate": ["2"]}
    mia.post(address, data=typed | {"do": "review"})
    shown = publish(mia, address, when="day", day="2013-04-06")
    assert shown.status_code == 422
    assert "2 lines would be posted" in text(shown)
    assert "Alice Bikes +3,500 points" in text(shown)
    assert newest("bike-points").version == 1
    assert publish(mia, address, when="day", day="2013-04-06", sure="y").status_code == 303
    assert ledger.balances(cast.alice.partner.id)["points"] == balance + 3_500
    assert proof.check(by_slug("resellers")).ok


def test_a_reason_and_a_day_are_asked_for(mia: Browser):
    address = saved(mia)
    assert "Say why" in text(publish(mia, address, why=" "))
    assert "Choose the day" in text(publish(mia, address, when="day"))


def test_a_rule_is_retired_and_an_old_version_restored(mia: Browser):
    definition = newest("bike-points").definition
    assert publish(mia, begin(mia, slug="bike-points", do="retire")).status_code == 303
    assert newest("bike-points").definition is None
    address = begin(mia, slug="bike-points", do="restore", version="1")
    assert "Version 1 holds again." in text(mia.get(f"{address}/review"))
    publish(mia, address)
    assert (newest("bike-points").version, newest("bike-points").definition) == (3, definition)


def test_a_draft_that_was_overtaken_is_looked_at_again(mia: Browser):
    address = begin(mia, slug="bike-points", do="change")
    publish(mia, begin(mia, slug="bike-points", do="retire"))
    answer = publish(mia, address)
    assert answer.status_code == 422
    assert "Version 2 was published since" in text(answer)


def test_a_draft_thrown_away_is_gone_and_its_address_never_shows_another(mia: Browser):
    address = begin(mia)
    mia.post(f"{address}/drop")
    assert mia.get(address).status_code == 404
    assert begin(mia) != address
    assert mia.get(address).status_code == 404


def test_a_draft_is_its_programmes_alone(mia: Browser, otto: Browser):
    address = begin(mia)
    assert otto.get(address).status_code == 404
    assert otto.post(f"{address}/publish", data={"why": "x"}).status_code == 404
    assert otto.post(HOME, data={"slug": "nothing", "do": "change"}).status_code == 404


def test_a_draft_is_tried_over_real_facts_and_nothing_is_written(mia: Browser, cast: Cast):
    before = proof.digest(by_slug("resellers"))
    address = begin(mia, slug="bike-points", do="change")
    typed = rule_form.of_raw(newest("bike-points").definition or {}, ENGLISH)
    changed = {"rate": ["2"], "where.region": ["Northwest"], "budget": ["40,000"]}
    mia.post(address, data=typed | changed | {"do": "review"})
    assert mia.post(f"{address}/replay", data={"periods": "2"}).status_code == 303
    said = text(mia.get(f"{address}/review"))
    assert "The draft would have cost 20,000 points" in said
    assert "The rule as it stands 15,000 points" in said
    assert "More for 2 partners" in said
    own = "25,000 points are left, enough for 2 such periods of the draft alone."
    assert f"The rule's own budget: {own}" in said
    assert "Less for 1 partner" in said
    assert "Would no longer be paid: Charlie & Sons" in said
    assert "Alice Bikes" in said
    db.session.rollback()
    assert proof.digest(by_slug("resellers")) == before
    assert db.session.query(RuleVersion).count() == 4


def test_a_draft_changed_after_it_was_tried_says_so(mia: Browser):
    address = saved(mia)
    mia.post(f"{address}/replay", data={"periods": "1"})
    assert "changed since" not in text(mia.get(f"{address}/review"))
    mia.post(address, data=SPIFF | {"rate": ["3%"], "do": "review"})
    assert "The draft was changed since" in text(mia.get(f"{address}/review"))
