"""How films are watched: noted once, only of one's own, and told to the manager by what it was."""

from datetime import timedelta

import pytest
from flask import Flask
from hypothesis import given, settings
from hypothesis import strategies as st

from engage import clock
from engage.db import db
from engage.programmes import service as programmes
from engage.videos import retention, rules, shelves
from engage.videos.models import FilmStep, FilmView, Video
from engage.videos.rules import Watched

from ..browsing import browser
from ..conftest import NOW, Cast, record, sale
from . import examples

FILM = f"/videos/{examples.KEY}/watched"
DAY = timedelta(days=1)

pytestmark = pytest.mark.usefixtures("april")


@pytest.fixture
def _film(cast: Cast) -> None:
    examples.make(cast)


def tenths() -> int | None:
    db.session.rollback()
    return db.session.scalar(db.select(FilmView.tenths))


@pytest.mark.usefixtures("_film")
def test_what_was_played_only_grows_whatever_is_said_again(app: Flask, cast: Cast) -> None:
    alice = browser(app, cast.alice.user)
    for said, known in ((0b11, 0b11), (0b1, 0b11), (0b1000000000, 0b1000000011)):
        assert alice.post(FILM, data={"tenths": said}).status_code == 204
        assert tenths() == known


@pytest.mark.usefixtures("_film")
@pytest.mark.parametrize("said", [{}, {"tenths": "0"}, {"tenths": "1024"}, {"tenths": "-1"},
                                  {"tenths": "²"}, {"opened": "the fridge"}])  # fmt: skip
def test_nonsense_is_refused_and_noted_nowhere(
    app: Flask, cast: Cast, said: dict[str, str]
) -> None:
    assert browser(app, cast.alice.user).post(FILM, data=said).status_code == 400
    assert tenths() is None


@pytest.mark.usefixtures("_film")
def test_only_its_partner_tells_of_a_film(app: Flask, cast: Cast) -> None:
    for other in (cast.bob, cast.mia):
        assert browser(app, other.user).post(FILM, data={"tenths": "1"}).status_code == 404
    assert tenths() is None


@pytest.mark.usefixtures("_film")
def test_what_is_opened_counts_after_watching_and_for_a_week(
    app: Flask, cast: Cast, monkeypatch: pytest.MonkeyPatch
) -> None:
    alice = browser(app, cast.alice.user)

    def opened(what: str) -> set[str]:
        assert alice.post(FILM, data={"opened": what}).status_code == 204
        db.session.rollback()
        return set(db.session.scalars(db.select(FilmStep.what)))

    assert opened("mission") == set()
    alice.post(FILM, data={"tenths": "1"})
    assert opened("mission") == opened("mission") == {"mission"}
    monkeypatch.setattr(clock, "now", lambda: NOW + 8 * DAY)
    assert opened("board") == {"mission"}


@pytest.mark.usefixtures("_film")
def test_a_manager_reads_how_far_films_are_watched_and_what_came_after(
    app: Flask, cast: Cast, monkeypatch: pytest.MonkeyPatch
) -> None:
    mia, here = browser(app, cast.mia.user), "/console/videos/watching/"
    assert "Nobody has begun to watch one yet" in mia.get(here).text
    browser(app, cast.alice.user).post(FILM, data={"tenths": "7"})
    record(programmes.by_slug("resellers"), sale("after", "A1", "10", NOW.date(), hour=16))
    monkeypatch.setattr(clock, "now", lambda: NOW + DAY)
    page = " ".join(mia.get(here).text.split())
    assert "Share of viewers by tenth of the film" in page
    assert page.count('<span class="bar-value">100%</span>') == 3
    assert page.count('<span class="bar-value">0%</span>') == 7
    deals = page[page.index("Closed a deal") :]
    assert deals.index("100%") < deals.index("Earned something")
    monkeypatch.setattr(clock, "now", lambda: NOW + 100 * DAY)
    assert "No film was made in these days" in mia.get(here).text


@pytest.mark.usefixtures("_film")
def test_a_film_that_is_erased_takes_with_it_how_it_was_watched(app: Flask, cast: Cast) -> None:
    browser(app, cast.alice.user).post(FILM, data={"tenths": "1"})
    browser(app, cast.alice.user).post(FILM, data={"opened": "board"})
    assert cast.alice.partner
    retention.erase(shelves.of(app.extensions["engage.settings"]), cast.alice.partner.id)
    assert db.session.query(Video).count() == 0
    assert tenths() is None
    assert db.session.query(FilmStep).count() == 0


_films = st.lists(
    st.tuples(st.integers(0, rules.WHOLE), st.frozensets(st.sampled_from(["deal", "board"]))),
    max_size=8,
)


@given(_films)
@settings(max_examples=50, deadline=None)
def test_nobody_is_counted_twice_and_nobody_is_lost(
    films: list[tuple[int, frozenset[str]]],
) -> None:
    found = rules.watched([Watched(*film) for film in films])
    assert found.begun + found.unwatched == found.films == len(films)
    assert all(found.whole <= seen <= found.begun for seen in found.seen)
    assert sum(found.seen) == sum(bits.bit_count() for bits, _ in films)
    for what in ("deal", "board"):
        total = found.did.get(what, 0) + found.did_unwatched.get(what, 0)
        assert total == sum(what in did for _, did in films)


@given(_films, _films)
@settings(max_examples=30, deadline=None)
def test_templates_of_a_moment_count_together_as_if_they_were_one(
    some: list[tuple[int, frozenset[str]]], others: list[tuple[int, frozenset[str]]]
) -> None:
    apart = [rules.watched([Watched(*film) for film in films]) for films in (some, others)]
    assert rules.together(apart) == rules.watched([Watched(*film) for film in [*some, *others]])
