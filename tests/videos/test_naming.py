"""Films that name a partner who is seen otherwise since are shown nowhere, and made again without asking.

The files of a film are stood in for by all the texts that would be drawn in it.
"""

import json
import re
from collections.abc import Callable
from datetime import date
from importlib import import_module
from pathlib import Path

import pytest
from click.testing import CliRunner
from flask import Flask

from engage import membership, periods, queue
from engage.config import Settings
from engage.db import db, transaction
from engage.migrations import FOLDER
from engage.outbox.delivery import receiver
from engage.outbox.models import Message
from engage.partners.models import Partner
from engage.programmes import service as programmes
from engage.programmes.models import Programme
from engage.videos import catalogue, claims, jobs, retention, rules, service, shelf, shelves
from engage.videos.cli import video
from engage.videos.drafts import drafts
from engage.videos.models import FilmName, FilmShare, Video, VideoBatch

from ..browsing import Browser, browser
from ..conftest import NOW, PROFILES, Cast, record, sale
from .conftest import Order
from .conftest import films as rows
from .test_sharing import path_of

pytestmark = pytest.mark.usefixtures("april")

NAME = "Alice Bikes"
PARTS = ("", "/player", "/film.mp4", "/poster.jpg", "/captions.vtt")
SHARED = ("", "/film.mp4", "/film.jpg", "/film.vtt")


def finish(settings: Settings, film: Video) -> None:
    """Render a film: what is drawn in it is what is read in its files."""
    work = transaction(lambda: claims.claim(film.id, NOW))
    assert work
    put(settings, work)
    told = [{"sentences": [json.dumps(work.snapshot)], "figures": {}}]
    transaction(lambda: claims.finish(work, seconds=1, size=9, story=told, now=NOW))


def put(settings: Settings, work: claims.Work) -> None:
    folder = shelf.Folder(settings.media_dir).folder(work.key)
    folder.mkdir(parents=True)
    for part in shelf.PARTS:
        (folder / part).write_text(json.dumps(work.snapshot))


@pytest.fixture
def film(cast: Cast, settings: Settings, order: Order) -> str:
    """The address of charlie's film of the quarter that runs, in which alice stands beside him."""
    assert cast.charlie.partner
    order(cast.charlie.partner.id, template="recap")
    (made,) = rows()
    finish(settings, made)
    return f"/videos/{made.key}"


def share(charlie: Browser, film: str) -> str:
    """The address of a link that charlie makes."""
    sent = {"days": "90", "preview": ["name", "poster"]}
    assert charlie.post(f"{film}/links", data=sent).status_code == 302
    return path_of(db.session.query(FilmShare).order_by(FilmShare.id.desc()).first())


def told(cast: Cast, app: Flask, films: list[str], shared: str) -> dict[str, str]:
    """All that is shown of films: to their partner, to managers and to outsiders, by where."""
    charlie, mia, outsider = (
        browser(app, cast.charlie.user),
        browser(app, cast.mia.user),
        browser(app),
    )
    batches = [f"/console/videos/{batch.id}" for batch in db.session.query(VideoBatch)]
    parts = [film + part for film in films for part in PARTS]
    asked = [
        *((charlie, address) for address in ("/", "/videos/", "/videos/list", *parts)),
        *((mia, address) for address in ("/console/videos/", *batches, *parts)),
        *((outsider, shared + part) for part in SHARED),
    ]
    names = {id(charlie): "charlie", id(mia): "mia", id(outsider): "outsider"}
    return {f"{names[id(who)]} {address}": who.get(address).text for who, address in asked}


HIDES: dict[str, Callable[[Browser, Browser], object]] = {
    "hides": lambda alice, _: alice.post("/account/visibility", data={"visibility": "hidden"}),
    "takes a pseudonym": lambda alice, _: alice.post(
        "/account/visibility", data={"visibility": "pseudonym", "pseudonym": "The Fox"}
    ),
    "leaves": lambda _, mia: mia.post("/console/partners/A1", data={"left_on": "2013-04-09"}),
    "is erased": lambda *_: CliRunner().invoke(
        video, ["erase", "A1", "--yes", "--programme", "resellers"]
    ),
}


def enrol(**said: object) -> None:
    profiles = [PROFILES[0]._replace(**said)]
    transaction(lambda: membership.enrol(programmes.by_slug("resellers"), profiles, now=NOW))


@pytest.mark.parametrize("does", HIDES)
def test_who_is_seen_otherwise_is_named_in_no_film_from_that_moment_on(
    app: Flask, cast: Cast, settings: Settings, alice: Browser, charlie: Browser, mia: Browser,
    film: str, does: str,
):  # fmt: skip
    shared = share(charlie, film)
    finish(settings, rows()[-1])
    before = told(cast, app, [film], shared)
    telling = {where for where, text in before.items() if NAME in text}
    theirs = {f"{who} {film}{part}" for who in ("charlie", "mia") for part in PARTS}
    assert telling - {"charlie /"} == theirs
    HIDES[does](alice, mia)
    kept = [
        (one.snapshot, one.story) for one in rows() if one.partner_id == cast.charlie.partner.id
    ]
    assert NAME not in str(kept)
    assert NAME not in {one.shown for one in db.session.query(FilmName)}
    after = told(cast, app, [film], shared)
    assert [where for where, text in after.items() if NAME in text] == []
    assert {charlie.get(film + part).status_code for part in PARTS[2:]} == {404}
    for where in (f"charlie {film}", f"charlie {film}/player", f"mia {film}", "charlie /videos/"):
        assert "Being made again" in after[where], where
    jobs.make_anew(cast.programme.id, NOW)
    old, _shown_outside, new = rows()
    again = f"/videos/{new.key}"
    assert not shelf.Folder(settings.media_dir).has(old.key)
    assert f'href="{again}"' in charlie.get(film).text
    finish(settings, new)
    last = told(cast, app, [film, again], shared)
    assert [where for where, text in last.items() if NAME in text] == []
    assert ("The Fox" in last[f"charlie {again}/film.mp4"]) == (does == "takes a pseudonym")
    # Whoever ordered the film has the new one, and who has its link still sees what it showed.
    assert again in last["mia /console/videos/1"]
    assert {"Recap: Q2 2013, made again", "Recap: Q2 2013, for a link"} <= set(
        re.findall("Recap: Q2 2013, [a-z ]+", last["mia /console/videos/"])
    )
    assert "A partner" in last[f"outsider {shared}/film.mp4"]
    assert "End this link" in last[f"charlie {again}"]


def test_a_film_of_a_period_that_was_over_goes_on_naming_who_left_as_its_board_does(
    cast: Cast, settings: Settings, charlie: Browser, mia: Browser, order: Order
):
    assert cast.charlie.partner
    day = date(2013, 2, 4)
    record(cast.programme, sale("a-0", "A1", "800", day), sale("c-0", "C1", "900", day))
    order(cast.charlie.partner.id, template="recap", period="2013-Q1")
    (made,) = rows()
    finish(settings, made)
    mia.post("/console/partners/A1", data={"left_on": "2013-04-09"})
    assert NAME in charlie.get(f"/videos/{made.key}/film.mp4").text
    enrol(left_on=date(2013, 3, 30))
    assert charlie.get(f"/videos/{made.key}/film.mp4").status_code == 404


@pytest.mark.parametrize("moved", [{}, {"region": "South"}])
def test_who_left_by_a_file_is_named_in_no_film_of_the_period_either(
    charlie: Browser, film: str, moved: dict[str, str]
):
    enrol(left_on=date(2013, 4, 9), **moved)
    assert charlie.get(f"{film}/film.mp4").status_code == 404


def hide(alice: Browser, visibility: str = "hidden") -> None:
    assert alice.post("/account/visibility", data={"visibility": visibility}).status_code == 302


def test_a_film_that_is_rendered_while_somebody_in_it_hides_is_not_published(
    settings: Settings, cast: Cast, alice: Browser, charlie: Browser, order: Order
):
    assert cast.charlie.partner
    (video_id,) = order(cast.charlie.partner.id, template="recap").to_make
    work = transaction(lambda: claims.claim(video_id, NOW))
    assert work
    hide(alice)
    assert not transaction(lambda: claims.beat(work, 50, NOW))
    put(settings, work)
    assert not transaction(lambda: claims.finish(work, seconds=1, size=9, story=[], now=NOW))
    for part in PARTS:
        assert NAME not in charlie.get(f"/videos/{work.key}{part}").text, part
    retention.sweep(shelves.of(settings))
    assert not shelves.of(settings).has(work.key)


def test_a_film_that_was_drafted_before_somebody_hid_is_withdrawn_as_it_is_ordered(
    cast: Cast, alice: Browser, tiny: object
):
    assert cast.charlie.partner
    film = catalogue.load("recap")
    period, who = periods.parse("2013-Q2"), [cast.charlie.partner]
    made = drafts(cast.programme, film, who, period=period, address="https://h", now=NOW)
    hide(alice)
    here = cast.programme.id
    transaction(
        lambda: service.place(
            db.session.get_one(Programme, here),
            film,
            made,
            service.batch_of(film, period, "test"),
            NOW,
        )
    )
    assert [one.state for one in rows()] == ["withdrawn"]
    jobs.make_anew(here, NOW)
    assert [one.state for one in rows()] == ["withdrawn", "queued"]


def test_who_shows_themselves_again_before_a_film_is_made_anew_has_it_made_as_it_was(
    cast: Cast, settings: Settings, alice: Browser, charlie: Browser, film: str
):
    hide(alice, "named")
    assert rows()[0].state == "done"
    for turn in range(2):
        hide(alice)
        hide(alice, "named")
        assert NAME not in charlie.get(f"/videos/{rows()[-1].key}").text
        jobs.make_anew(cast.programme.id, NOW)
        old, new = rows()
        assert (old.state, new.state) == ("withdrawn", "queued")
        if turn == 0:
            finish(settings, new)
    assert shelves.of(settings).has(new.key)


def test_a_film_that_was_called_off_is_neither_tried_nor_made_again(
    cast: Cast, alice: Browser, order: Order
):
    assert cast.charlie.partner
    batch = order(cast.charlie.partner.id, template="recap").batch
    transaction(lambda: service.cancel(db.session.merge(batch), NOW))
    hide(alice)
    jobs.make_anew(cast.programme.id, NOW)
    assert rows() == []


def test_a_film_that_cannot_be_made_again_says_so_and_managers_read_why(
    cast: Cast, settings: Settings, alice: Browser, charlie: Browser, mia: Browser, film: str,
    monkeypatch: pytest.MonkeyPatch,
):  # fmt: skip
    share(charlie, film)
    hide(alice)
    monkeypatch.setattr(catalogue, "folders", dict)
    jobs.make_anew(cast.programme.id, NOW)
    page = charlie.get(film).text
    assert "it cannot be made again" in page
    assert "End this link" in page
    assert "Being made again" not in charlie.get("/videos/").text
    monkeypatch.undo()
    assert "no template" in mia.get("/console/videos/1").text


def test_films_that_were_withdrawn_are_looked_for_until_they_are_made_again(
    cast: Cast, alice: Browser, film: str, monkeypatch: pytest.MonkeyPatch
):
    asked: list[tuple[object, ...]] = []
    monkeypatch.setattr(queue, "enqueue", lambda *said, **_: asked.append(said))
    wanted = ("default", "engage.videos.jobs.make_anew", cast.programme.id)
    jobs.look(NOW)
    assert wanted not in asked
    hide(alice)
    (message,) = db.session.query(Message).filter_by(topic="withdrawn")
    receiver(message.topic)(message.programme_id, message.payload, NOW)
    jobs.look(NOW)
    assert asked.count(wanted) == 2
    jobs.make_anew(cast.programme.id, NOW)
    jobs.look(NOW)
    assert asked.count(wanted) == 2


@pytest.mark.usefixtures("film")
def test_of_films_made_before_this_was_written_down_those_are_withdrawn_that_name_nobody_of_now():
    def look_back() -> None:
        db.session.query(FilmName).delete()
        (file,) = FOLDER.glob("versions/*_whom_films_name.py")
        migration = import_module(f"engage.migrations.versions.{file.stem}")
        migration._look_back(db.session.connection(), FilmName.__table__)

    written = {(row.partner_id, row.shown, row.last_day) for row in db.session.query(FilmName)}
    transaction(look_back)
    assert {(o.partner_id, o.shown, o.last_day) for o in db.session.query(FilmName)} == written
    assert rows()[0].state == "done"
    alices = db.session.query(Partner).filter_by(external_id="A1")
    transaction(lambda: alices.update({"visibility": "hidden"}))
    transaction(look_back)
    assert rows()[0].state == "withdrawn"


def test_what_is_the_partners_own_is_nobody_elses_name():
    mine = {"rank": 2, "name": "Me", "score": "$9", "me": True}
    rows = [{"rank": 1, "name": "Alice Bikes", "score": "$10"}, mine]
    products = {"shape": "ranking", "rows": [{"rank": 1, "name": "Road-650", "score": "$84"}]}
    told = {"neighbours": {"shape": "ranking", "rows": rows}, "top_products": products}
    shown = rules.for_outsiders(told, "A partner")
    assert shown["neighbours"]["rows"] == [{"rank": 1, "name": "A partner", "score": ""}, mine]
    assert shown["top_products"] == products


@pytest.mark.parametrize("older", [False, True], ids=["made now", "made before links knew"])
def test_a_link_shows_outsiders_neither_names_nor_amounts_of_others(
    app: Flask, cast: Cast, settings: Settings, charlie: Browser, film: str, older: bool
):
    assert "neither names nor amounts" in charlie.get(film).text
    shared = share(charlie, film)
    if older:
        db.session.query(FilmShare).update({"shown_id": None})
        db.session.query(Video).filter_by(for_outsiders=True).update({"state": "cancelled"})
        db.session.commit()
    outsider = browser(app)
    page = outsider.get(shared)
    assert page.status_code == 200
    assert "This film is being made" in page.text
    assert {outsider.get(shared + part).status_code for part in SHARED[1:]} == {404}
    own, outside = rows()
    assert shared not in charlie.get(f"{film}/player").text or older
    finish(settings, outside)
    assert shared in charlie.get(f"{film}/player").text
    of_others = re.compile(r"Alice|Bob|6,000|4,000")
    assert set(of_others.findall(json.dumps(own.snapshot))) == {"Alice", "Bob", "6,000", "4,000"}
    for part in SHARED:
        assert not of_others.search(outsider.get(shared + part).text), part
    assert "5,000" in outsider.get(f"{shared}/film.mp4").text
    assert "neither names nor amounts" not in charlie.get(f"/videos/{outside.key}").text
    # It is the partner's film as links show it, and no film of theirs beside the other.
    assert charlie.get("/videos/").text.count("film-poster") == 1
    assert "has changed" not in charlie.get(film).text
    share(charlie, film)
    assert len(rows()) == 2


def test_a_film_that_tells_nothing_of_others_is_shared_as_it_is(
    app: Flask, cast: Cast, settings: Settings, charlie: Browser, order: Order
):
    assert cast.charlie.partner
    order(cast.charlie.partner.id)
    (made,) = rows()
    finish(settings, made)
    address = f"/videos/{made.key}"
    assert "neither names nor amounts" not in charlie.get(address).text
    assert "5,000" in browser(app).get(share(charlie, address) + "/film.mp4").text
    assert len(rows()) == 1


def test_a_film_that_can_tell_nothing_without_others_is_not_shared(
    settings: Settings, cast: Cast, charlie: Browser, tiny: Path, order: Order
):
    file = tiny / "template.toml"
    wanted = 'gap_up = { sample = "$5", unit = "money" }\n\n[[scenes]]'
    file.write_text(file.read_text().replace("[[scenes]]", wanted, 1))
    assert cast.charlie.partner
    order(cast.charlie.partner.id)
    (made,) = rows()
    finish(settings, made)
    sent = {"days": "90"}
    page = charlie.post(f"/videos/{made.key}/links", data=sent, follow_redirects=True)
    assert "cannot be shown without" in page.text
    assert db.session.query(FilmShare).count() == 0
