"""Films of a past period whose numbers were corrected since."""

from datetime import date

import pytest
from flask import Flask

from engage.db import transaction
from engage.programmes import service as programmes
from engage.videos import claims, corrections

from ..browsing import browser
from ..conftest import NOW, Cast, record, sale
from .conftest import Order, film
from .conftest import films as rows


def finish(*video_ids: int) -> None:
    for video_id in video_ids:
        work = transaction(lambda of=video_id: claims.claim(of, NOW))
        assert work
        transaction(lambda of=work: claims.finish(of, seconds=1, size=9, story=[], now=NOW))


@pytest.fixture
def alices_film(cast: Cast, order: Order) -> str:
    """The path of a film of the quarter before, that is done."""
    assert cast.alice.partner
    finish(*order(cast.alice.partner.id, period="2013-Q1").to_make)
    return f"/videos/{film().key}"


def test_a_film_that_still_tells_the_truth_offers_nothing(
    app: Flask, cast: Cast, alices_film: str
) -> None:
    alice = browser(app, cast.alice.user)
    assert "has changed" not in alice.get(alices_film).text
    assert alice.post(f"{alices_film}/anew").status_code == 409
    assert len(rows()) == 1


def test_after_a_correction_a_new_film_is_offered_and_made_once(
    app: Flask, cast: Cast, alices_film: str
) -> None:
    record(programmes.by_slug("resellers"), sale("a-9", "A1", "10", day=date(2013, 2, 1)))
    alice = browser(app, cast.alice.user)
    assert "Have it made again" in alice.get(alices_film).text
    assert "Have it made again" not in browser(app, cast.mia.user).get(alices_film).text
    first, second = (alice.post(f"{alices_film}/anew").location for _ in range(2))
    assert first == second != alices_film
    old, new = rows()
    assert (new.state, new.period) == ("queued", old.period)
    assert f'href="{first}"' in alice.get(alices_film).text


def test_a_film_of_the_period_that_runs_says_as_of_when_and_is_not_outdated(
    app: Flask, cast: Cast, order: Order
) -> None:
    assert cast.alice.partner
    finish(*order(cast.alice.partner.id, period="2013-Q2").to_make)
    record(programmes.by_slug("resellers"), sale("a-9", "A1", "10"))
    assert not corrections.changed(film(), cast.programme, "https://house.example", NOW)
