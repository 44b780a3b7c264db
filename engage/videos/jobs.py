"""Rendering: one film a job, whoever wins it; and the sweep that finds what was lost."""

import logging
import time
from datetime import datetime
from typing import Any

from redis.exceptions import RedisError

from engage import clock, config, queue
from engage.db import db, transaction
from engage.outbox import delivery
from engage.programmes.models import Programme
from engage.studio.template import TemplateError
from engage.videos import catalogue, claims, rendering, retention, rules, service, shelf
from engage.videos.claims import Work

log = logging.getLogger(__name__)

QUEUE = "videos"
#: Seconds after which a process takes no further film.
SPELL = 120.0


def wake(video_ids: list[int], *, urgent: bool = False) -> None:
    """Have workers render these films; called after the commit that ordered them.

    A queue that cannot be reached is no failure of the order: the sweep asks again.
    """
    try:
        for video_id in video_ids:
            queue.enqueue(QUEUE, "engage.videos.jobs.spell", video_id, at_front=urgent)
    except RedisError as error:
        log.warning("%d films wait for the queue: %s", len(video_ids), error)


def partners_joined(programme_id: int, payload: dict[str, Any], now: datetime) -> None:
    """Topic ``joined``: order the welcome of each new partner, once."""

    def work() -> list[int]:
        programme = db.session.get_one(Programme, programme_id)
        joined: list[int] = payload["partners"]
        new = sorted(set(joined) - service.welcomed(programme_id, joined))
        if not new:
            return []
        placed = service.order(
            programme,
            film,
            new,
            period=None,
            reason="joined",
            ordered_by=None,
            address=config.settings().address,
            now=now,
        )
        return placed.to_make

    try:
        film = catalogue.load("onboarding", db.session.get_one(Programme, programme_id))
    except (catalogue.UnknownTemplate, TemplateError) as error:
        log.error("nobody is welcomed with a film: %s", error)
        return
    wake(transaction(work), urgent=True)


def spell(video_id: int) -> None:
    """Render a film and then others that wait: loading fonts and libraries costs as much as a film.

    The first trouble ends it, so that what comes next has a process of its own.
    """
    until = time.monotonic() + SPELL
    rendered = render(video_id)
    while time.monotonic() < until and (following := transaction(claims.following)) is not None:
        rendered = render(following) or rendered
    if not rendered:
        # Called off, or somebody else's: what a cancelled batch leaves in the queue ends here.
        queue.nothing_to_do()


def render(video_id: int) -> bool:
    """Render a film if it is there to be rendered; safe to be called any number of times."""
    now = clock.now()
    work = transaction(lambda: claims.claim(video_id, now))
    if work is None:
        return False
    delivery.deliver()
    try:
        made = rendering.make(work)
    except rendering.Lost:
        log.info("film %d is not wanted any more, or another one renders it", work.id)
    except Exception as error:
        _give_up(work, error)
        if not isinstance(error, rendering.LASTING):
            raise
    else:
        done = clock.now()
        transaction(
            lambda: claims.finish(
                work, seconds=made.seconds, size=made.size, transcript=made.transcript, now=done
            )
        )
    delivery.deliver()
    return True


def _give_up(work: Work, error: Exception) -> None:
    now = clock.now()
    lasting = isinstance(error, rendering.LASTING)
    if not lasting:
        log.exception("film %d failed, try %d", work.id, work.attempts)
    state = transaction(
        lambda: claims.give_up(work, rendering.reason(error), lasting=lasting, now=now)
    )
    delivery.deliver()
    if state == "queued":
        wake([work.id])


def forget(now: datetime | None = None) -> None:
    """Delete films that were kept long enough, and files that no row names."""
    settings = config.settings()
    retention.forget_old(settings.media_dir, settings.film_days, now or clock.now())
    retention.sweep(settings.media_dir)


def sweep(now: datetime | None = None) -> None:
    """Give back what silent renders hold, and wake workers for what the queue has forgotten."""
    now = now or clock.now()
    returned = transaction(lambda: claims.recover(now))
    if returned:
        log.warning("films %s were lost by their workers", ", ".join(map(str, returned)))
    delivery.deliver()
    shelf.clear(config.settings().media_dir, (now - 2 * rules.TIME_LIMIT).timestamp())
    try:
        # While there are entries in the queue, workers come to everything in its turn.
        forgotten = [] if queue.length(QUEUE) else claims.waiting(now - rules.FORGOTTEN)
    except RedisError as error:
        log.warning("films wait for the queue: %s", error)
        return
    due = [*forgotten, *(video_id for video_id in returned if video_id not in forgotten)]
    if due:
        transaction(lambda: claims.woken(due, now))
        wake(due)
