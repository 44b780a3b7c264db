"""Triggers in the console: read as sentences, switched and changed by a form."""

from datetime import timedelta

import pytest
from bs4 import BeautifulSoup
from flask import Flask

from engage.db import db, transaction
from engage.videos import catalogue, jobs, occasions, switches, triggers
from engage.videos.models import FilmTrigger, Video
from engage.videos.triggers import DEFAULTS, Trigger

from ..browsing import browser
from ..conftest import NOW, Cast

HERE = "/console/videos/triggers"
TYPED = {"on": "closed", "template": "recap", "period": "month", "days_after": "2",
         "formats": ["9:16", "16:9"], "urgent": "-", "audience.region": "Northwest", "do": "keep"}  # fmt: skip

pytestmark = pytest.mark.usefixtures("april")


def said(app: Flask, cast: Cast) -> dict[str, str]:
    page = BeautifulSoup(browser(app, cast.mia.user).get(f"{HERE}/").text, "html.parser")
    return {card["id"]: card.get_text(" ", strip=True) for card in page.select("main section.card")}


def test_every_programme_has_the_house_s_triggers_and_only_the_welcome_is_on(
    app: Flask, cast: Cast
) -> None:
    found = said(app, cast)
    assert [*found] == [one.slug for one in DEFAULTS]
    fit = catalogue.filmables()
    assert [triggers.parse(triggers.to_json(one), fit) for one in DEFAULTS] == [*DEFAULTS]
    assert [slug for slug, text in found.items() if text.startswith("On ")] == ["welcome"]
    assert (
        "When a partner joins, make “Welcome” in 16:9 before all other films." in found["welcome"]
    )
    assert "About 1 film a month." in found["recap"]


def test_a_manager_switches_a_trigger_on_from_now_and_off(app: Flask, cast: Cast) -> None:
    mia = browser(app, cast.mia.user)
    mia.post(f"{HERE}/learnt/switch", data={"on": "1"})
    assert said(app, cast)["learnt"].startswith("On When a partner finishes a training")
    mia.post(f"{HERE}/learnt/switch")
    assert said(app, cast)["learnt"].startswith("Off ")
    assert mia.post(f"{HERE}/nothing/switch").status_code == 404


def test_a_changed_trigger_reads_as_it_was_typed_and_stays_off(app: Flask, cast: Cast) -> None:
    mia = browser(app, cast.mia.user)
    assert mia.post(f"{HERE}/recap", data=TYPED).status_code == 303
    whole = (
        "When a month is over and 2 days have passed, make “Recap” in 16:9 and 9:16 "
        "for partners in region Northwest."
    )
    found = said(app, cast)["recap"]
    assert found.startswith("Off ")
    assert whole in found
    assert whole in mia.post(f"{HERE}/preview?of=recap", data=TYPED).text
    page = BeautifulSoup(mia.get(f"{HERE}/recap").text, "html.parser")
    ticked = {box["value"] for box in page.select("input[type=checkbox][checked]")}
    assert ticked == {"16:9", "9:16", "Northwest"}


def test_one_more_trigger_is_on_at_once(app: Flask, cast: Cast) -> None:
    mia = browser(app, cast.mia.user)
    assert mia.get(f"{HERE}/new").status_code == 200
    mia.post(f"{HERE}/new", data=TYPED)
    row = db.session.query(FilmTrigger).one()
    assert row.slug == "closed"
    assert row.since
    assert len(switches.of_programme(cast.programme)) == len(DEFAULTS) + 1


@pytest.mark.usefixtures("tiny")
@pytest.mark.parametrize(
    ("kept", "remedy"),
    [
        (Trigger("old", "joined", "tiny"), "choose Welcome or Where you stand"),
        (Trigger("old", "closed", "tiny", formats=("9:16",)), "choose 16:9"),
        (Trigger("old", "closed", "year-end", period="month"), "choose the year"),
        (Trigger("old", "joined", "gone"), "choose another one"),
    ],
)
def test_a_trigger_that_its_film_no_longer_goes_with_makes_nothing_and_says_what_to_do(
    app: Flask, cast: Cast, kept: Trigger, remedy: str
) -> None:
    here = cast.programme
    transaction(lambda: switches.keep(here, kept, None, NOW - timedelta(days=300)))
    (found,) = (one for one in switches.of_programme(here) if one.trigger == kept)
    assert list(occasions.due(here, found, NOW)) == []
    jobs.answer(here.id, None, NOW)
    assert db.session.query(Video).count() == 0
    shown = said(app, cast)["old"]
    assert shown.startswith("Makes nothing ")
    assert remedy in shown
    assert browser(app, cast.mia.user).get(f"{HERE}/old").text.count("field-error") > 0


def test_what_cannot_be_is_said_at_its_field_and_nothing_is_kept(app: Flask, cast: Cast) -> None:
    mia = browser(app, cast.mia.user)
    answer = mia.post(f"{HERE}/new", data=TYPED | {"days_after": "99", "formats": []})
    assert answer.status_code == 422
    page = BeautifulSoup(answer.text, "html.parser")
    errors = page.select_one("#field-days_after-error")
    assert errors
    assert "0 to 60" in errors.get_text()
    assert "Choose one format at least" in page.get_text()
    for wrong, key, why in (
        ({"days_after": ""}, "days_after", "Write how many days"),
        ({"template": "learning"}, "template", "choose Recap or Your year"),
        ({"template": "year-end"}, "period", "choose the year"),
    ):
        answer = mia.post(f"{HERE}/new", data=TYPED | wrong)
        assert answer.status_code == 422
        error = BeautifulSoup(answer.text, "html.parser").select_one(f"#field-{key}-error")
        assert error
        assert why in error.get_text()
    answer = mia.post(f"{HERE}/new", data=TYPED | {"audience.region": "Atlantis"})
    assert answer.status_code == 422
    page = BeautifulSoup(answer.text, "html.parser")
    assert "There is no Atlantis here" in page.select("#trigger-audience-region")[0].get_text()
    answer = mia.post(f"{HERE}/new", data=TYPED | {"rest": "not json"})
    assert answer.status_code == 422
    assert "What the form does not show cannot be read" in answer.text
    assert db.session.query(FilmTrigger).count() == 0
    drawn = mia.post(f"{HERE}/form", data=TYPED | {"on": "joined", "template": "onboarding"}).text
    assert "days_after" not in drawn
    films = BeautifulSoup(drawn, "html.parser").select("select[name=template] option")
    assert {option["value"] for option in films} == {"onboarding", "status"}
