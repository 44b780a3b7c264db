"""Many workers at once on PostgreSQL: a film is claimed by one of them."""

from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
from click.testing import CliRunner
from flask import Flask

from engage.config import Settings
from engage.db import db, transaction
from engage.videos import audiences, claims, films, jobs, retention, sharing, shelves
from engage.videos.cli import video
from engage.videos.models import FilmShare, Video

from ..conftest import NOW, Cast
from .conftest import Order
from .conftest import films as rows

pytestmark = pytest.mark.service


@pytest.fixture
def app(on_postgres: Flask) -> Flask:
    return on_postgres


def test_of_many_workers_one_renders_each_film(app: Flask, cast: Cast, order: Order) -> None:
    people = [p.partner.id for p in (cast.alice, cast.bob, cast.charlie) if p.partner]
    placed = order(*people)
    batch_id, video_ids = placed.batch.id, placed.to_make
    db.session.rollback()

    def work(video_id: int) -> int | None:
        with app.app_context():
            mine = transaction(lambda: claims.claim(video_id, NOW))
            return mine and mine.id

    with ThreadPoolExecutor(8) as pool:
        won = Counter(pool.map(work, video_ids * 8))
    assert {video_id: won[video_id] for video_id in video_ids} == dict.fromkeys(video_ids, 1)

    later = NOW + timedelta(minutes=1)
    assert sorted(transaction(lambda: claims.recover(later))) == video_ids
    assert claims.waiting(later) == video_ids
    found = films.batch(cast.programme.id, batch_id)
    assert found
    assert found.films.queued == 3
    assert films.ordered(batch_id)[0].partner.name == "Alice Bikes"
    assert audiences.like(cast.programme, "CHARLIE")[0].external_id == "C1"
    assert films.pace("tiny") is None


def test_films_are_withdrawn_shared_and_made_again(
    app: Flask, settings: Settings, cast: Cast, order: Order
) -> None:
    assert cast.charlie.partner
    order(cast.charlie.partner.id, template="recap")
    agreed = {"with_name": True, "with_poster": True}

    def share() -> list[int]:
        film = db.session.query(Video).one()
        return sharing.prepare(sharing.make(film, 7, **agreed, now=NOW), NOW)

    assert len(transaction(share)) == 1
    words = ["erase", "A1", "--yes", "--programme", "resellers"]
    assert CliRunner().invoke(video, words).exit_code == 0
    own, outside = rows()
    assert (own.state, outside.state) == ("withdrawn", "queued")
    jobs.make_anew(cast.programme.id, NOW)
    retention.sweep(shelves.of(settings))
    assert [one.state for one in rows()] == ["withdrawn", "queued", "queued"]
    assert "Alice" not in str([one.snapshot for one in rows()[1:]])
    assert db.session.query(FilmShare).one().video_id == rows()[2].id
