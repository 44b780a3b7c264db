"""Films ordered by what happens; rendering, one film a job, whoever wins it; and the sweep that finds
what was lost."""

import logging
import time
from collections.abc import Sequence
from datetime import datetime
from typing import Any

from redis.exceptions import RedisError
from sqlalchemy import select

from engage import clock, config, queue
from engage.among import in_chunks
from engage.db import db, transaction
from engage.definitions import DefinitionError
from engage.outbox import delivery
from engage.programmes.models import Programme
from engage.studio.template import TemplateError
from engage.videos import (
    catalogue,
    claims,
    corrections,
    filling,
    held,
    occasions,
    rendering,
    retention,
    rules,
    service,
    shelves,
    switches,
)
from engage.videos.claims import Work
from engage.videos.drafts import Refused
from engage.videos.models import VideoBatch
from engage.videos.triggers import Occasion, Trigger

log = logging.getLogger(__name__)

QUEUE = "videos"
#: Seconds after which a process takes no further film.
SPELL = 120.0
#: Partners whose films are ordered in one transaction.
STRIDE = 100


def wake(video_ids: list[int], *, urgent: bool = False) -> None:
    """Have workers render these films; called after the commit that ordered them.

    A queue that cannot be reached is no failure of the order: the sweep asks again.
    """
    try:
        for video_id in video_ids:
            queue.enqueue(QUEUE, "engage.videos.jobs.spell", video_id, at_front=urgent)
    except RedisError as error:
        log.warning("%d films wait until the queue answers (engage up starts it)", len(video_ids))
        log.info("the queue does not answer: %s", error)


# --- films that make themselves -------------------------------------------------------------------


def joined(programme_id: int, _payload: dict[str, Any], now: datetime) -> None:
    """Topic ``joined``: somebody who joins does not wait for the next look."""
    answer(programme_id, "joined", now)


def look(now: datetime | None = None) -> None:
    """Have a worker order what triggers make of what happened, and anew what was withdrawn, where
    somebody waits for it."""
    now = now or clock.now()
    for programme in db.session.scalars(select(Programme)).all():
        triggers = switches.of_programme(programme)
        if any(any(occasions.waiting(programme, one, now)) for one in triggers):
            ask("answer", programme.id)
        if corrections.withdrawn(programme.id, most=1):
            ask("make_anew", programme.id)
        for batch_id in filling.unfilled(programme.id):
            ask("fill", batch_id)


def ask(job: str, *ids: int) -> None:
    """Have a worker order films; where the queue cannot be reached, the next look asks again."""
    try:
        queue.enqueue("default", f"engage.videos.jobs.{job}", *ids)
    except RedisError as error:
        log.warning("films wait to be ordered until the queue answers (engage up starts it)")
        log.info("the queue does not answer: %s", error)


def withdrawn(programme_id: int, _payload: dict[str, Any], _now: datetime) -> None:
    """Topic ``withdrawn``: films that are to be made again do not wait for the next look."""
    ask("make_anew", programme_id)


def make_anew(programme_id: int, now: datetime | None = None) -> None:
    """Order the films again that were withdrawn, and throw their files away; safe to be repeated."""
    now = now or clock.now()
    films, address = shelves.of(config.settings()), config.settings().address

    def work() -> tuple[list[str], list[int]]:
        found = corrections.withdrawn(programme_id, STRIDE)
        keys = [video.key for video in found]
        here = db.session.get_one(Programme, programme_id)
        return keys, corrections.replace(found, here, address, now) if found else []

    met: set[str] = set()
    while (done := transaction(work)) and not met.issuperset(done[0]):
        keys, to_make = done
        met.update(keys)
        for key in corrections.gone(keys):
            films.remove(key)
        wake(to_make, urgent=True)
        delivery.deliver()


def answer(programme_id: int, on: str | None = None, now: datetime | None = None) -> None:
    """Order the films of all that happened in a programme, or of one event; safe to be repeated."""
    now = now or clock.now()
    programme = db.session.get_one(Programme, programme_id)
    for switched in switches.of_programme(programme):
        trigger = switched.trigger
        if switched.since is None or on not in (None, trigger.on):
            continue
        try:
            if switched.misfit:
                raise switched.misfit
            film = catalogue.load(trigger.template, programme)
        except (DefinitionError, catalogue.UnknownTemplate, TemplateError) as error:
            log.error("the trigger %s makes no films: %s", trigger.slug, error)
            continue
        for occasion, who in list(occasions.due(programme, switched, now)):
            for form in trigger.formats:
                _answer(programme_id, film, trigger, occasion, form, who, now)


def _answer(
    programme_id: int,
    film: catalogue.Offered,
    trigger: Trigger,
    occasion: Occasion,
    form: str,
    partner_ids: Sequence[int],
    now: datetime,
) -> None:
    """Order one film for many, a stride at a time: cut short, the next look goes on."""
    batch_id: int | None = None
    for chunk in in_chunks(partner_ids, STRIDE):

        def work(
            chunk: Sequence[int] = chunk, batch_id: int | None = batch_id
        ) -> service.Placed | None:
            here = db.session.get_one(Programme, programme_id)
            placed = filling.answer(
                here, film, trigger, occasion, form, chunk,
                batch_id=batch_id, address=config.settings().address, now=now,
            )  # fmt: skip
            db.session.flush()
            return placed

        if placed := transaction(work):
            batch_id = placed.batch.id
            wake(placed.to_make, urgent=trigger.urgent)
            delivery.deliver()
    transaction(lambda: occasions.close(programme_id, trigger, occasion, form, partner_ids))


def look_again(now: datetime | None = None) -> None:
    """Have a worker look again at those whom a film lacked data for."""
    if held.batches(now or clock.now()):
        ask("answer_held")


def answer_held(now: datetime | None = None) -> None:
    """Order the films whose data have come; safe to be repeated."""
    now, address = now or clock.now(), config.settings().address
    for batch_id in held.batches(now):
        for chunk in in_chunks(held.partners(batch_id, now), STRIDE):

            def work(batch_id: int = batch_id, chunk: Sequence[int] = chunk) -> list[int]:
                return held.look(batch_id, chunk, address, now)

            try:
                wake(transaction(work))
            except (catalogue.UnknownTemplate, TemplateError, Refused) as error:
                log.error("batch %d is not looked at again: %s", batch_id, error)
                break
            delivery.deliver()


# --- films for many ------------------------------------------------------------------------------


def fill(batch_id: int, now: datetime | None = None) -> None:
    """Order the films of a batch for many, some at a time; cut short, the next look goes on."""
    now, address = now or clock.now(), config.settings().address
    for chunk in in_chunks(filling.left(batch_id), STRIDE):
        batch = db.session.get_one(VideoBatch, batch_id)
        programme = db.session.get_one(Programme, batch.programme_id)
        try:
            film = catalogue.load(batch.template, programme)
            made = service.drafted(programme, film, chunk, batch, address, now)
        except (catalogue.UnknownTemplate, TemplateError, Refused) as error:
            log.error("batch %d cannot be ordered: %s", batch_id, error)
            return
        wake(transaction(lambda f=film, m=made: filling.place(batch_id, f, m, now)))  # type: ignore[misc]
        delivery.deliver()


# --- rendering ------------------------------------------------------------------------------------


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
                work, seconds=made.seconds, size=made.size, story=made.story, now=done
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
    films = shelves.of(settings)
    retention.forget_old(films, settings.film_days, now or clock.now())
    retention.sweep(films)


def sweep(now: datetime | None = None) -> None:
    """Give back what silent renders hold, and wake workers for what the queue has forgotten."""
    now = now or clock.now()
    returned = transaction(lambda: claims.recover(now))
    if returned:
        log.warning("films %s were lost by their workers", ", ".join(map(str, returned)))
    delivery.deliver()
    shelves.of(config.settings()).clear((now - 2 * rules.TIME_LIMIT).timestamp())
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
