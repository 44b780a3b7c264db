"""Ordering, claiming and giving up: every change is conditional, and counts come from rows."""

from datetime import timedelta
from pathlib import Path

import pytest

from engage.db import db, transaction
from engage.outbox.models import Message
from engage.programmes import service as programmes
from engage.videos import catalogue, claims, films, rules, service
from engage.videos.models import Video, VideoBatch
from engage.videos.rules import Count
from engage.videos.service import Refused

from ..conftest import NOW, Cast, record, sale
from .conftest import Order, film
from .conftest import films as rows

LATER = NOW + timedelta(seconds=31)


def count(batch_id: int) -> Count:
    db.session.rollback()
    found = films.batch(programmes.by_slug("resellers").id, batch_id)
    assert found
    return found.films


def ids(cast: Cast) -> tuple[int, int, int]:
    people = (cast.alice, cast.bob, cast.charlie)
    alice, bob, charlie = (p.partner.id for p in people if p.partner)
    return alice, bob, charlie


def claim(video_id: int) -> claims.Work | None:
    return transaction(lambda: claims.claim(video_id, NOW))


def test_an_order_makes_a_film_for_everybody_in_it(cast: Cast, order: Order) -> None:
    placed = order(*ids(cast))
    assert len(placed.to_make) == 3
    assert count(placed.batch.id) == Count(queued=3)
    assert {video.title for video in rows()} == {"Tiny recap: Q2 2013"}


def test_an_order_for_nobody_is_refused(order: Order) -> None:
    with pytest.raises(Refused, match="nobody is in this selection"):
        order()


def test_a_film_of_a_period_needs_one(cast: Cast, tiny: Path) -> None:
    with pytest.raises(Refused, match="tells of a period"):
        service.order(
            cast.programme,
            catalogue.load("tiny"),
            ids(cast),
            period=None,
            reason="test",
            ordered_by=None,
            address="x",
            now=NOW,
        )


def test_the_same_film_ordered_twice_is_one(cast: Cast, order: Order) -> None:
    alice, bob, _ = ids(cast)
    first, second = order(alice), order(alice, bob)
    assert len(rows()) == 2
    assert len(second.to_make) == 1
    assert count(first.batch.id) == Count(queued=1)
    assert count(second.batch.id) == Count(queued=2)


def test_a_new_fact_makes_a_new_film(cast: Cast, order: Order) -> None:
    alice, *_ = ids(cast)
    order(alice)
    record(programmes.by_slug("resellers"), sale("a-9", "A1", "10"))
    assert len(order(alice).to_make) == 1
    assert len(rows()) == 2


def test_a_failed_film_ordered_again_is_tried_again(cast: Cast, order: Order) -> None:
    alice, *_ = ids(cast)
    work = claim(*order(alice).to_make)
    assert work
    transaction(lambda: claims.give_up(work, "no font", lasting=True, now=NOW))
    assert film().state == "failed"
    assert order(alice).to_make == [work.id]
    assert (film().state, film().attempts, film().failure) == ("queued", 0, None)


def test_who_claims_first_renders_and_nobody_else(cast: Cast, order: Order) -> None:
    (video_id,) = order(ids(cast)[0]).to_make
    assert claim(video_id) is not None
    assert claim(video_id) is None
    assert (film().state, film().attempts) == ("rendering", 1)


def test_progress_is_counted_from_rows(cast: Cast, order: Order) -> None:
    placed = order(*ids(cast))
    first, second, third = (claim(video_id) for video_id in placed.to_make)
    assert first
    assert second
    assert third
    transaction(lambda: claims.finish(first, seconds=1, size=9, story=[], now=NOW))
    transaction(lambda: claims.give_up(second, "no font", lasting=True, now=NOW))
    transaction(lambda: claims.beat(third, 40, NOW))
    assert count(placed.batch.id) == Count(rendering=1, done=1, failed=1)
    assert [video.progress for video in rows()] == [100, 0, 40]


def test_a_silent_render_is_given_back(cast: Cast, order: Order) -> None:
    (video_id,) = order(ids(cast)[0]).to_make
    claim(video_id)
    assert transaction(lambda: claims.recover(NOW + rules.SILENCE)) == []
    assert transaction(lambda: claims.recover(LATER)) == [video_id]
    assert film().state == "queued"


def test_a_render_that_lives_is_left_alone(cast: Cast, order: Order) -> None:
    work = claim(*order(ids(cast)[0]).to_make)
    assert work
    transaction(lambda: claims.beat(work, 10, LATER))
    assert transaction(lambda: claims.recover(LATER)) == []
    assert film().state == "rendering"


def test_a_render_taken_for_dead_can_change_nothing_when_it_comes_back(
    cast: Cast, order: Order
) -> None:
    (video_id,) = order(ids(cast)[0]).to_make
    ghost = claim(video_id)
    assert ghost
    transaction(lambda: claims.recover(LATER))
    assert transaction(lambda: claims.claim(video_id, LATER))
    assert not transaction(lambda: claims.beat(ghost, 99, LATER))
    assert not transaction(lambda: claims.finish(ghost, seconds=1, size=9, story=[], now=LATER))
    assert transaction(lambda: claims.give_up(ghost, "x", lasting=True, now=LATER)) is None
    assert (film().state, film().progress, film().attempts) == ("rendering", 0, 2)


def test_a_film_that_ends_three_workers_is_not_tried_a_fourth_time(
    cast: Cast, order: Order
) -> None:
    (video_id,) = order(ids(cast)[0]).to_make
    now = NOW
    for _ in range(rules.ATTEMPTS):
        assert transaction(lambda n=now: claims.claim(video_id, n))  # type: ignore[misc]
        now += timedelta(minutes=1)
        transaction(lambda n=now: claims.recover(n))  # type: ignore[misc]
    assert film().state == "failed"
    assert "ended its worker three times" in (film().failure or "")


def test_a_cancelled_batch_stops_what_nobody_else_waits_for(cast: Cast, order: Order) -> None:
    alice, bob, charlie = ids(cast)
    first, second = order(alice, bob, charlie), order(bob)
    batch_id = first.batch.id
    work = claim(first.to_make[2])
    assert work
    stopped = transaction(lambda: service.cancel(db.session.get_one(VideoBatch, batch_id), NOW))
    assert stopped == 2
    assert count(batch_id) == Count(queued=1, cancelled=2)
    assert count(second.batch.id) == Count(queued=1)
    assert not transaction(lambda: claims.beat(work, 50, NOW))


def test_a_paused_batch_begins_no_film_until_it_goes_on(cast: Cast, order: Order) -> None:
    assert cast.alice.partner
    placed = order(cast.alice.partner.id)
    (video_id,) = placed.to_make

    def batch() -> VideoBatch:
        return db.session.get_one(VideoBatch, placed.batch.id)

    assert transaction(lambda: service.pause(batch(), NOW)) == []
    assert transaction(lambda: claims.claim(video_id, NOW)) is None
    assert transaction(claims.following) is None
    assert transaction(lambda: claims.waiting(NOW)) == []
    assert transaction(lambda: service.resume(batch(), NOW)) == [video_id]
    assert transaction(lambda: claims.claim(video_id, NOW))


def test_a_film_that_another_batch_waits_for_is_not_held_back(cast: Cast, order: Order) -> None:
    assert cast.alice.partner
    placed = order(cast.alice.partner.id)
    order(cast.alice.partner.id)
    transaction(lambda: service.pause(db.session.get_one(VideoBatch, placed.batch.id), NOW))
    assert transaction(claims.following) == placed.to_make[0]


def test_what_somebody_waits_for_goes_before_a_large_batch(
    cast: Cast, order: Order, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert cast.alice.partner
    assert cast.bob.partner
    monkeypatch.setattr(rules, "urgent", lambda reason, films: films == 1)
    order(cast.alice.partner.id, cast.bob.partner.id)
    (single,) = order(cast.bob.partner.id, period="2013-Q1").to_make
    assert transaction(claims.following) == single


@pytest.mark.parametrize(
    ("reason", "films", "first"),
    [("joined", 20, True), ("manager", 1, True), ("manager", 2, False)],
)
def test_who_joins_or_asks_for_one_film_goes_first(reason: str, films: int, first: bool) -> None:
    assert rules.urgent(reason, films) is first


def test_failed_films_are_tried_again_one_or_all(cast: Cast, order: Order) -> None:
    placed = order(*ids(cast))
    batch_id = placed.batch.id
    for video_id in placed.to_make:
        work = claim(video_id)
        assert work
        transaction(lambda w=work: claims.give_up(w, "no", lasting=True, now=NOW))  # type: ignore[misc]

    def retry(video_id: int | None = None) -> list[int]:
        return transaction(
            lambda: service.retry(db.session.get_one(VideoBatch, batch_id), NOW, video_id)
        )

    assert retry(placed.to_make[1]) == [placed.to_make[1]]
    assert count(batch_id) == Count(queued=1, failed=2)
    assert len(retry()) == 2
    assert count(batch_id) == Count(queued=3)


def test_every_move_of_a_film_is_told_to_manager_and_partner(cast: Cast, order: Order) -> None:
    alice, *_ = ids(cast)
    placed = order(alice)
    batch_id = placed.batch.id
    work = claim(*placed.to_make)
    assert work
    transaction(lambda: claims.finish(work, seconds=1, size=9, story=[], now=NOW))
    told = [m.payload for m in db.session.query(Message).filter_by(topic="film")]
    assert told == [{"partner": alice, "batch": batch_id}] * 3


def test_the_newest_film_is_one_that_can_be_watched(cast: Cast, order: Order) -> None:
    alice, *_ = ids(cast)
    work = claim(*order(alice).to_make)
    assert work
    assert films.newest(alice) is None
    transaction(lambda: claims.finish(work, seconds=1, size=9, story=[], now=NOW))
    newest: Video | None = films.newest(alice)
    assert newest
    assert newest.id == work.id
