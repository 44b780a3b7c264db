"""Boards are made by a form, looked at by real facts, published, archived and brought back."""

from datetime import date
from typing import Any

import pytest
from flask import Flask

from engage.console import board_form
from engage.console.typed_fields import Typed
from engage.console.typed_form import Reading
from engage.home.service import main_board
from engage.leaderboards import language, service
from engage.programmes import service as programmes
from engage.voice import ENGLISH, Voice

from ..browsing import browser
from ..conftest import Cast, record, sale
from .conftest import page, text

GERMAN = Voice("de")
BOARD = {"slug": "b", "name": "B", "measure": "amount", "on": "sale", "period": "quarter"}
GROWTH = {"baseline": "mean of last 4 periods", "newcomers": "5000"}
SEASONS = [{"slug": "old", "name": "Spring", "starts": "2013-03-01", "ends": "2013-05-31"}]


def typed(board: dict[str, Any], voice: Voice = ENGLISH, **more: str) -> Typed:
    found = board_form.of_board(language.parse(board, "USD"), voice)
    return found | {name: [value] for name, value in more.items()}


@pytest.mark.parametrize("voice", [ENGLISH, GERMAN])
@pytest.mark.parametrize(
    "change",
    [
        {},
        {"where": {"category": ["Bikes"], "amount": {"from": "10.5"}}, "decimals": 0},
        GROWTH | {"growth": "percent", "minimum": "12.5", "decimals": 1, "tie": "first"},
        {"baseline": "same period last year", "newcomers": "0", "by": "team", "score": "best", "best": 5},
        {"by": "team", "score": "average", "floor": 3, "direction": "lowest"},
        {"target": "20000", "own_targets": True, "columns": ["region", "type"]},
        {"period": "rolling", "days": 30, "columns": [], "tie": "dense"},
        {"period": "mission", "mission": "spring-sprint", "freeze": "2d", "final_after": "never"},
        {"period": "season", "seasons": SEASONS, "league": {"size": 10, "moves": 2}},
        {
            "audience": {"tier": ["Gold"], "joined": {"from": "2013-01-01"}},
            "seen_by": "everyone",
        },
    ],
)  # fmt: skip
def test_the_form_says_what_the_file_says(change: dict[str, Any], voice: Voice):
    board = language.parse(BOARD | change, "USD")
    found = board_form.read(board_form.of_board(board, voice), "b", "USD", voice)
    assert found == Reading(board, {})


def test_every_key_of_a_board_has_a_field():
    fields = {field.key.partition(".")[0] for field in board_form.FIELDS}
    assert set(language.KEYS) - {"slug", "name"} <= fields


@pytest.mark.parametrize(
    ("more", "field"),
    [
        ({"name": ""}, "name"),
        ({"minimum": "some"}, "minimum"),
        ({"period": "rolling"}, "days"),
        ({"period": "season"}, "seasons"),
        ({"period": "season", "seasons--1--name": "Spring"}, "seasons--1--starts"),
        ({"compare": "baseline", "baseline": "mean"}, "mean"),
        ({"decimals": "some"}, "decimals"),
        ({"compare": "target"}, "target"),
        ({"freeze": "soon"}, "freeze"),
        ({"by": "team", "score": "best"}, "best"),
        ({"period": "mission"}, "mission"),
        ({"league.size": "10"}, "league.moves"),
    ],
)
def test_what_is_wrong_is_told_at_its_field(more: dict[str, str], field: str):
    found = board_form.read(typed(BOARD, **more), "b", "USD", ENGLISH)
    assert field in found.errors
    assert found.made is None


def test_what_is_missing_is_told_to_somebody_who_never_saw_a_file():
    for more, remedy in (
        ({"period": "season"}, "Write at least one season"),
        ({"period": "mission"}, "Choose a mission"),
    ):
        (said,) = board_form.read(typed(BOARD, **more), "b", "USD", ENGLISH).errors.values()
        assert said.startswith(remedy)


def test_only_digits_that_a_score_can_have_are_offered(app: Flask, cast: Cast):
    mia = browser(app, cast.mia.user)
    offered = {"amount": ["0", "2"], "points": ["0"], "facts": ["0", "1", "2", "3", "4"]}
    for measure, digits in offered.items():
        form = page(mia.post("/console/boards/form", data=typed(BOARD, measure=measure)))
        options = form.select("[name=decimals] option")
        assert [str(option["value"]) for option in options][1:] == digits


def test_a_mission_that_is_not_there_any_more_is_told_at_its_field(app: Flask, cast: Cast):
    mia = browser(app, cast.mia.user)
    form = typed(BOARD, period="mission", mission="long-gone")
    assert "One thing is still" in text(mia.post("/console/boards/preview", data=form))
    answer = mia.post("/console/boards/new", data=form | {"do": "publish"})
    assert answer.status_code == 422
    assert "Mission: That mission is not there any more" in text(answer)


@pytest.mark.parametrize("mean", ["-1", "0", "", "99", "1e1", "some"])
def test_a_bad_mean_is_the_one_thing_that_is_told(mean: str):
    growth = {"compare": "baseline", "baseline": "mean", "newcomers": "5", "mean": mean}
    found = board_form.read(typed(BOARD, **growth), "b", "USD", ENGLISH)
    assert list(found.errors) == ["mean"]


def test_the_summary_names_each_field_and_leads_to_it(app: Flask, cast: Cast):
    sent = typed(
        BOARD,
        name="",
        minimum="1e3",
        period="season",
        **{
            "seasons--2--name": "Spring",
            "seasons--2--starts": "2013-04-01",
            "where.amount--to": "x",
        },
    )
    answer = browser(app, cast.mia.user).post("/console/boards/new", data=sent | {"do": "publish"})
    assert answer.status_code == 422
    shown = page(answer)
    links = shown.select("[role=alert] a")
    assert [link.get_text() for link in links] == [
        "Name: Give it a name: partners see it above the ranking.",
        "Amount: Write a number.",
        "Last day (Seasons, line 2) is missing: a season has a first and a last day",
        "Ranked from: Write a number.",
    ]
    assert all(shown.find(id=str(link["href"])[1:]) for link in links)


def test_a_board_is_looked_at_by_real_facts_and_published(app: Flask, cast: Cast):
    record(cast.programme, sale("a-0", "A1", "1000", date(2012, 5, 1)))
    mia = browser(app, cast.mia.user)
    form = typed(BOARD | GROWTH, name="Who grew", baseline="same period last year")
    looked = text(mia.post("/console/boards/preview", data=form))
    assert "Sum of sales: growth over the same period last year, Apr 1 – Jun 30, 2013." in looked
    assert "1 Alice Bikes Rainier Group +$5,000" in looked
    assert service.board(programmes.by_slug("resellers"), "who-grew") is None
    freezing = text(mia.post("/console/boards/preview", data=form | {"freeze": ["3d"]}))
    assert "not frozen with it: Sales this quarter and Points by region." in freezing
    assert "not frozen" not in looked
    answer = mia.post("/console/boards/new", data=form | {"do": "publish"})
    assert answer.headers["Location"].endswith("/console/boards/#who-grew")
    assert "+$5,000" in text(browser(app, cast.alice.user).get("/leaderboards/who-grew"))


def test_a_changed_board_ranks_anew_and_keeps_its_address(app: Flask, cast: Cast):
    mia = browser(app, cast.mia.user)
    form = typed(BOARD, name="Number of sales", measure="facts") | {"do": ["publish"]}
    assert mia.post("/console/boards/sales", data=form).status_code == 303
    said = text(browser(app, cast.charlie.user).get("/leaderboards/sales"))
    assert "Number of sales" in said
    assert "Number of sales, Apr 1 – Jun 30, 2013." in said


def test_a_board_that_does_not_fit_the_programme_is_refused_at_its_field(app: Flask, cast: Cast):
    mia = browser(app, cast.mia.user)
    form = typed(BOARD) | {"audience.segment": ["nobody"], "do": ["publish"]}
    answer = mia.post("/console/boards/new", data=form)
    assert answer.status_code == 422
    assert "nobody is unknown: declare it as [[segments]]" in text(answer)


def test_an_archived_board_is_seen_by_nobody_until_it_is_brought_back(app: Flask, cast: Cast):
    mia, alice = browser(app, cast.mia.user), browser(app, cast.alice.user)
    assert mia.post("/console/boards/sales/archive").status_code == 303
    assert alice.get("/leaderboards/sales").status_code == 404
    assert "Archived Sales this quarter" in text(mia.get("/console/boards/"))
    page = mia.get("/console/boards/sales")
    assert "Bring it back" in text(page)
    mia.post("/console/boards/sales", data=typed(BOARD, name="Back") | {"do": ["publish"]})
    assert alice.get("/leaderboards/sales").status_code == 200


def test_the_first_board_of_all_partners_is_the_one_on_their_home(app: Flask, cast: Cast):
    mia = browser(app, cast.mia.user)
    mia.post("/console/boards/new", data=typed(BOARD, name="Second") | {"do": ["publish"]})
    slugs = [b.model.slug for b in service.boards(programmes.by_slug("resellers"))]
    assert slugs == ["sales", "regions", "second"]
    mia.post("/console/boards/second/first")
    slugs = [b.model.slug for b in service.boards(programmes.by_slug("resellers"))]
    assert slugs == ["second", "sales", "regions"]
    board = main_board(programmes.by_slug("resellers"))
    assert board
    assert board.model.slug == "second"


def test_the_form_works_without_javascript(app: Flask, cast: Cast):
    mia = browser(app, cast.mia.user)
    form = typed(BOARD, period="season", seasons="3") | {"do": ["add-seasons"]}
    page = mia.post("/console/boards/new", data=form)
    assert page.status_code == 200
    assert 'name="seasons--4--name"' in page.text
    looked = mia.post("/console/boards/new", data=typed(BOARD) | {"do": ["look"]})
    assert "3 partners would be ranked." in text(looked)
