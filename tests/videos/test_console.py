"""Ordering films in the console: what the form says is what is made, and much is asked for twice."""

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from bs4 import BeautifulSoup
from click.testing import CliRunner
from flask import Flask, g

from engage import clock
from engage.cli import main
from engage.console import film_orders
from engage.db import db, transaction
from engage.videos import catalogue, claims, films, jobs, rules, stills
from engage.videos.models import VideoBatch
from engage.videos.rules import Count

from ..browsing import browser
from ..conftest import NOW, Cast
from .conftest import Order
from .conftest import films as rows


@pytest.fixture
def _now(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(clock, "now", lambda: NOW)


@pytest.mark.usefixtures("tiny", "_now")
def test_an_order_says_what_it_brings_before_it_is_placed(app: Flask, cast: Cast) -> None:
    mia = browser(app, cast.mia.user)
    wish = "?template=tiny&period=2013-Q2"
    page = BeautifulSoup(mia.get(f"/console/videos/forecast{wish}").text, "html.parser")
    assert page.text.split()[:4] == ["3", "films", "to", "make"]
    assert "known after the first film" in page.text
    narrow = mia.get(f"/console/videos/forecast{wish}&region=Northeast").text
    assert "Make the film" in narrow
    assert "is over" not in mia.get("/console/videos/forecast?template=status").text


@pytest.mark.usefixtures("tiny", "_now")
def test_a_placed_order_is_a_batch_and_what_exists_is_not_made_again(
    app: Flask, cast: Cast
) -> None:
    mia = browser(app, cast.mia.user)
    form = {"template": "tiny", "period": "2013-Q2", "region": "Northwest"}
    placed = mia.post("/console/videos/", data=form)
    assert placed.status_code == 302
    page = mia.get(placed.location).text
    assert "0 of 2 films are ready" in page
    assert "For Northwest" in page
    assert "Exist already" in mia.get("/console/videos/forecast?template=tiny&period=2013-Q2").text
    mia.post("/console/videos/", data={**form, "region": ""})
    assert len(rows()) == 3


@pytest.mark.usefixtures("tiny", "_now")
def test_an_order_is_for_what_the_form_says_whatever_was_counted_last(
    app: Flask, cast: Cast
) -> None:
    mia = browser(app, cast.mia.user)
    shown = mia.get("/console/videos/new?template=tiny&period=2013-Q2").text
    page = BeautifulSoup(shown, "html.parser")
    button = page.select_one("#forecast button")
    assert button
    assert "Make 3 films" in button.text
    form = page.select_one("form#order-form")
    assert form
    assert (form["method"], button["form"]) == ("get", "order-form")
    assert (button["formmethod"], button["formaction"]) == ("post", "/console/videos/")
    assert not page.select("#forecast form, #forecast input")
    first = form.select("button")[0]
    assert "Count the films" in first.text
    assert not first.has_attr("formaction")
    # What a browser without script sends after the region was changed and nothing was counted.
    sent = {"template": "tiny", "period": "2013-Q2", "partner": "", "region": "Northwest"}
    placed = mia.post("/console/videos/", data={**sent, "organisation": "*"})
    assert placed.status_code == 302
    assert len(rows()) == 2


@pytest.mark.usefixtures("tiny", "_now")
def test_a_film_is_ordered_in_the_format_that_was_chosen_and_each_is_one_of_its_own(
    app: Flask, cast: Cast
) -> None:
    mia = browser(app, cast.mia.user)
    form = {"template": "recap", "period": "2013-Q2", "region": "Northwest", "format": "9:16"}
    placed = mia.post("/console/videos/", data=form)
    assert {video.format for video in rows()} == {"9:16"}
    assert "(9:16)" in mia.get(placed.location).text
    there = mia.get("/console/videos/forecast", query_string=form).text
    assert "Use the films that exist" in there
    wide = mia.get("/console/videos/forecast", query_string=form | {"format": "16:9"}).text
    assert "Make 2 films" in wide
    tiny = form | {"template": "tiny"}
    lacks = (
        "is not made in 9:16: choose 16:9"
        in mia.get("/console/videos/forecast", query_string=tiny).text
    )
    assert lacks
    for wrong in (tiny, form | {"format": "4:3"}):
        assert mia.post("/console/videos/", data=wrong).status_code == 422
    assert len(rows()) == 2


@pytest.mark.usefixtures("_now")
def test_how_a_period_is_going_is_not_told_of_one_that_is_over(app: Flask, cast: Cast) -> None:
    mia = browser(app, cast.mia.user)
    form = {"template": "status", "period": "2013-Q1", "partner": "A1"}
    said = "tells how a period is going, and Q1 2013 is over: choose one that runs"
    assert said in mia.get("/console/videos/forecast", query_string=form).text
    assert said in mia.post("/console/videos/", data=form).text
    assert rows() == []
    assert mia.post("/console/videos/", data=form | {"period": "2013-Q2"}).status_code == 302


@pytest.mark.usefixtures("tiny", "_now")
def test_many_films_are_asked_for_a_second_time(
    app: Flask, cast: Cast, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(film_orders, "UNASKED", 1)
    mia = browser(app, cast.mia.user)
    wish = {"template": "tiny", "period": "2013-Q2", "region": "Northwest"}
    asked = mia.post("/console/videos/", data=wish)
    page = BeautifulSoup(asked.text, "html.parser")
    assert asked.status_code == 200
    assert rows() == []
    assert "Make 2 films?" in page.text
    assert "Northwest" in page.text
    assert "Q2 2013" in page.text
    form = page.select_one("main form")
    assert form
    fields = {str(i["name"]): str(i["value"]) for i in form.select("input")}
    assert fields.items() >= {**wish, "confirmed": "2"}.items()
    # More than was confirmed is asked for again.
    assert mia.post("/console/videos/", data={**fields, "region": "*"}).status_code == 200
    assert mia.post(str(form["action"]), data=fields).status_code == 302
    assert len(rows()) == 2


@pytest.mark.usefixtures("tiny", "_now")
def test_an_order_for_an_unreadable_period_is_refused(app: Flask, cast: Cast) -> None:
    mia = browser(app, cast.mia.user)
    for period in ("", "2013-Q9"):
        form = {"template": "tiny", "period": period}
        assert mia.post("/console/videos/", data=form).status_code == 422
    assert rows() == []


@pytest.mark.usefixtures("_now")
@pytest.mark.parametrize(
    ("template", "period", "said"),
    [
        ("recap", "2099", "2099 has not begun"),
        ("year-end", "2013-Q1", "2013-Q1 is none: say a year"),
    ],
)
def test_a_film_of_what_is_not_there_is_refused_everywhere_in_the_same_words(
    app: Flask, cast: Cast, tmp_path: Path, template: str, period: str, said: str
) -> None:
    mia = browser(app, cast.mia.user)
    form = {"template": template, "period": period, "partner": "A1"}
    assert said in mia.get("/console/videos/forecast", query_string=form).text
    answer = mia.post("/console/videos/", data=form)
    assert (answer.status_code, said in answer.text) == (422, True)
    assert db.session.query(VideoBatch).count() == 0
    command = ["video", "render", "A1", template, "--out", str(tmp_path / "a.mp4")]
    command += ["--programme", "resellers"]
    ran = CliRunner().invoke(main, [*command, "--period", period])
    assert (ran.exit_code, said in ran.output) == (1, True), ran.output


@pytest.mark.usefixtures("tiny", "_now")
def test_periods_without_facts_are_not_offered(app: Flask, cast: Cast) -> None:
    mia = browser(app, cast.mia.user)
    page = BeautifulSoup(mia.get("/console/videos/new").text, "html.parser")
    offered = [option["value"] for option in page.select("select[name=period] option")]
    assert offered == ["2013-Q2", "2013-04", "2013"]
    linked = mia.get("/console/videos/new?template=tiny&period=2012-Q1").text
    chosen = BeautifulSoup(linked, "html.parser").select_one("select[name=period] [selected]")
    assert chosen
    assert chosen["value"] == "2012-Q1"


@pytest.mark.usefixtures("tiny", "_now")
def test_whose_language_a_film_has_no_words_in_is_told_before_it_is_ordered(
    app: Flask, cast: Cast
) -> None:
    assert cast.alice.partner
    cast.alice.partner.locale = "it_IT"
    db.session.commit()
    mia = browser(app, cast.mia.user)
    wish = "/console/videos/forecast?template={}&period=2013-Q2"
    said = "One partner is told in English: this film has no words in Italian."
    assert said in mia.get(wish.format("tiny")).text
    cast.alice.partner.locale = "de_DE"
    db.session.commit()
    assert "told in English" not in mia.get(wish.format("recap")).text


def test_a_long_time_is_said_in_hours_and_with_the_moment_it_ends(app: Flask) -> None:
    with app.test_request_context():
        g.now = NOW
        needs = app.jinja_env.get_template("console_videos/needs.html").make_module()
        for minutes, said in (
            (None, "known"),
            (0.4, "less"),
            (7.2, "8 minutes (Apr 10, 2013, 3:07"),
            (248, "4 hours (Apr 10, 2013, 7:08"),
        ):
            brings = rules.Forecast(9, 9, 0, (), minutes, 9)
            assert str(needs.ready_in(brings)).startswith(said)  # type: ignore[attr-defined]


def test_a_batch_for_one_partner_names_them(app: Flask, cast: Cast, order: Order) -> None:
    assert cast.alice.partner
    batch_id = order(cast.alice.partner.id).batch.id
    mia = browser(app, cast.mia.user)
    assert "1 film for Alice Bikes" in mia.get("/console/videos/").text
    assert "For Alice Bikes, ordered" in mia.get(f"/console/videos/{batch_id}").text


def test_calling_off_asks_on_a_page_that_live_changes_leave_alone(
    app: Flask, cast: Cast, order: Order
) -> None:
    assert cast.alice.partner
    batch_id = order(cast.alice.partner.id).batch.id
    mia = browser(app, cast.mia.user)
    address = f"/console/videos/{batch_id}/cancel"
    page = BeautifulSoup(mia.get(f"/console/videos/{batch_id}").text, "html.parser")
    assert page.select_one(f"a[href='{address}']")
    assert not page.select(f"#batch-films [href='{address}'], #batch-films [popover]")
    asked = BeautifulSoup(mia.get(address).text, "html.parser")
    assert "1 film is not made yet" in asked.text
    form = asked.select_one("main form")
    assert form
    mia.post(str(form["action"]))
    assert count(cast, batch_id) == Count(cancelled=1)
    assert "Nothing is left to call off" in mia.get(address).text
    assert browser(app, cast.otto.user).get(address).status_code == 404


@pytest.mark.usefixtures("tiny", "_now")
def test_one_partner_is_found_by_id_or_name_and_asked_for_when_in_doubt(
    app: Flask, cast: Cast
) -> None:
    mia = browser(app, cast.mia.user)
    wish = "/console/videos/forecast?template=tiny&period=2013-Q2&partner="
    assert "For Alice Bikes" in mia.get(wish + "A1").text
    assert "For Charlie &amp; Sons" in mia.get(wish + "charlie").text
    doubt = mia.get(wish + "e").text
    assert "Which one do you mean?" in doubt
    assert "Make" not in doubt
    assert "No partner has “zorro”" in mia.get(wish + "zorro").text


@pytest.mark.usefixtures("tiny", "_now")
def test_an_order_without_a_film_is_refused_and_orders_nothing(app: Flask, cast: Cast) -> None:
    mia = browser(app, cast.mia.user)
    for form in ({}, {"template": "nope"}, {"template": "tiny", "region": "Atlantis"}):
        answer = mia.post("/console/videos/", data=form)
        assert answer.status_code == 422
    assert rows() == []


@pytest.mark.usefixtures("_now")
def test_who_lacks_what_a_film_tells_gets_none_and_the_manager_reads_why(
    app: Flask, cast: Cast, tiny: Path
) -> None:
    file = tiny / "template.toml"
    file.write_text(file.read_text().replace('"ordinal", optional = true', '"ordinal"'))
    mia = browser(app, cast.mia.user)
    form = {"template": "tiny", "period": "2012-Q1", "partner": "A1"}
    assert "no place on the board" in mia.get("/console/videos/forecast", query_string=form).text
    page = mia.get(mia.post("/console/videos/", data=form).location).text
    assert "Not made: no place on the board can be told of this partner in this period." in page
    assert "1 not made" in page


def test_a_manager_tries_again_and_calls_off(app: Flask, cast: Cast, order: Order) -> None:
    people = [p.partner.id for p in (cast.alice, cast.bob, cast.charlie) if p.partner]
    placed = order(*people)
    batch_id = placed.batch.id
    work = transaction(lambda: claims.claim(placed.to_make[0], NOW))
    assert work
    transaction(lambda: claims.give_up(work, "The disk is full.", lasting=True, now=NOW))
    mia = browser(app, cast.mia.user)
    assert "The disk is full." in mia.get(f"/console/videos/{batch_id}").text
    mia.post(f"/console/videos/{batch_id}/retry", data={"video": work.id})
    assert count(cast, batch_id) == Count(queued=3)
    work = transaction(lambda: claims.claim(placed.to_make[1], NOW))
    assert work
    transaction(lambda: claims.finish(work, seconds=1, size=9, story=[], now=NOW))
    mia.post(f"/console/videos/{batch_id}/cancel")
    assert count(cast, batch_id) == Count(done=1, cancelled=2)
    assert "1 made, 2 called off" in mia.get("/console/videos/").text


def test_a_manager_pauses_a_batch_and_goes_on(app: Flask, cast: Cast, order: Order) -> None:
    batch_id = order(*(p.partner.id for p in (cast.alice, cast.bob) if p.partner)).batch.id
    mia, page = browser(app, cast.mia.user), f"/console/videos/{batch_id}"
    mia.post(f"{page}/pause")
    assert "no further film is begun" in mia.get(page).text
    assert "Paused" in mia.get("/console/videos/").text
    mia.post(f"{page}/pause", data={"resume": "1"})
    assert "no further film is begun" not in mia.get(page).text


def test_a_film_of_another_batch_cannot_be_retried_through_this_one(
    app: Flask, cast: Cast, order: Order
) -> None:
    assert cast.alice.partner
    assert cast.bob.partner
    first, second = order(cast.alice.partner.id), order(cast.bob.partner.id)
    answer = browser(app, cast.mia.user).post(
        f"/console/videos/{first.batch.id}/retry", data={"video": second.to_make[0]}
    )
    assert answer.status_code == 404


def test_many_films_come_in_pages_and_what_failed_comes_first(
    app: Flask, cast: Cast, order: Order
) -> None:
    people = [p.partner.id for p in (cast.alice, cast.bob, cast.charlie) if p.partner]
    placed = order(*people)
    work = transaction(lambda: claims.claim(placed.to_make[2], NOW))
    assert work
    transaction(lambda: claims.give_up(work, "x", lasting=True, now=NOW))
    found = films.ordered(placed.batch.id)
    assert found[0].partner.name == "Charlie & Sons"
    assert [row.partner.name for row in films.ordered(placed.batch.id, offset=1, limit=1)] == [
        "Alice Bikes"
    ]


def test_a_still_of_each_template_is_a_picture(app: Flask, cast: Cast, tiny: Path) -> None:
    mia = browser(app, cast.mia.user)
    answer = mia.get("/console/videos/still/tiny.jpg")
    assert answer.mimetype == "image/jpeg"
    assert answer.data.startswith(b"\xff\xd8")
    assert mia.get("/console/videos/still/nope.jpg").status_code == 404


@pytest.mark.usefixtures("app")
def test_two_who_ask_for_a_still_at_once_both_get_it(tiny: Path, tmp_path: Path) -> None:
    film, media = catalogue.load("tiny"), tmp_path / "media"
    with ThreadPoolExecutor(4) as pool:
        paths = list(pool.map(lambda _n: stills.still(film, media, "16:9"), range(4)))
    assert len(set(paths)) == 1
    assert paths[0].read_bytes().startswith(b"\xff\xd8")
    assert [file.name for file in paths[0].parent.iterdir()] == [paths[0].name]


@pytest.fixture
def many(
    app: Flask, cast: Cast, tiny: Path, _now: None, monkeypatch: pytest.MonkeyPatch
) -> tuple[int, list[tuple[str, int]]]:
    """A batch for everybody, who are too many for a page to wait for; and what workers are asked for."""
    asked: list[tuple[str, int]] = []
    monkeypatch.setattr(film_orders, "COUNTED_AT_ONCE", 2)
    monkeypatch.setattr(jobs, "STRIDE", 1)
    monkeypatch.setattr(jobs, "ask", lambda *said: asked.append(said))
    mia, wish = browser(app, cast.mia.user), {"template": "tiny", "period": "2013-Q2"}
    assert "films at most" in mia.get("/console/videos/forecast", query_string=wish).text
    placed = mia.post("/console/videos/", data=wish)
    assert rows() == []
    assert "0 of 3 films are ready" in mia.get(placed.location).text
    return int(placed.location.split("/")[-1]), asked


def test_films_for_many_are_ordered_by_a_worker_however_often_it_is_cut_short(
    cast: Cast, many: tuple[int, list[tuple[str, int]]], monkeypatch: pytest.MonkeyPatch
) -> None:
    batch_id, asked = many
    assert count(cast, batch_id) == Count(ahead=3)
    with monkeypatch.context() as cut_short:
        cut_short.setattr(jobs, "wake", lambda _ids: {}["no power"])
        with pytest.raises(KeyError):
            jobs.fill(batch_id)
    assert count(cast, batch_id) == Count(queued=1, ahead=2)
    jobs.look()
    assert asked == [("fill", batch_id)] * 2
    jobs.fill(batch_id)
    jobs.fill(batch_id)
    assert count(cast, batch_id) == Count(queued=3)
    asked.clear()
    jobs.look()
    assert asked == []


def test_whoever_a_batch_for_many_did_not_come_to_is_called_off_with_it(
    app: Flask, cast: Cast, many: tuple[int, list[tuple[str, int]]]
) -> None:
    batch_id, _asked = many
    mia = browser(app, cast.mia.user)
    assert "3 films are not made yet" in mia.get(f"/console/videos/{batch_id}/cancel").text
    mia.post(f"/console/videos/{batch_id}/cancel")
    jobs.fill(batch_id)
    jobs.answer_held()
    assert count(cast, batch_id) == Count(cancelled=3)
    assert rows() == []
    assert mia.get(f"/console/videos/{batch_id}").text.count("Called off") == 3


def count(cast: Cast, batch_id: int) -> Count:
    db.session.rollback()
    found = films.batch(cast.programme.id, batch_id)
    assert found
    return found.films
