"""Rendering: one film a job, whoever wins it; and the sweep that finds what was lost."""

import logging
import threading
import time
from datetime import datetime
from pathlib import Path
from types import TracebackType
from typing import Any, NamedTuple

from flask import Flask, current_app
from redis.exceptions import RedisError
from sqlalchemy.exc import SQLAlchemyError

from engage import clock, queue
from engage.config import Settings
from engage.db import db, transaction
from engage.outbox import delivery
from engage.programmes.models import Programme
from engage.studio import values
from engage.studio.plan import MissingField, NothingToShow, plan, transcript
from engage.studio.template import Template, TemplateError
from engage.studio.theme import Theme
from engage.studio.typeface import MissingScript
from engage.studio.words import language_of, told_in
from engage.videos import catalogue, claims, retention, rules, service, shelf
from engage.videos.claims import Work

log = logging.getLogger(__name__)

QUEUE = "videos"
#: Seconds between two signs of life of a render.
HEARTBEAT = 2.0
#: Seconds after which a process takes no further film.
SPELL = 120.0


class Changed(ValueError):
    """The template is not the one the film was ordered with."""


#: What another try would only repeat.
_LASTING = (Changed, MissingField, NothingToShow, MissingScript, TemplateError, values.BadValue)


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
            address=_settings().address,
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
        made = _make(work)
    except _Lost:
        log.info("film %d is not wanted any more, or another one renders it", work.id)
    except Exception as error:
        _give_up(work, error)
        if not isinstance(error, _LASTING):
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


def forget(now: datetime | None = None) -> None:
    """Delete films that were kept long enough, and files that no row names."""
    settings = _settings()
    retention.forget_old(settings.media_dir, settings.film_days, now or clock.now())
    retention.sweep(settings.media_dir)


def sweep(now: datetime | None = None) -> None:
    """Give back what silent renders hold, and wake workers for what the queue has forgotten."""
    now = now or clock.now()
    returned = transaction(lambda: claims.recover(now))
    if returned:
        log.warning("films %s were lost by their workers", ", ".join(map(str, returned)))
    delivery.deliver()
    shelf.clear(_settings().media_dir, (now - 2 * rules.TIME_LIMIT).timestamp())
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


# --- one film ---------------------------------------------------------------------------------


class _Made(NamedTuple):
    seconds: int
    size: int
    transcript: tuple[str, ...]


class _TooSlow(Exception):
    """A try has had its time."""


class _Lost(Exception):
    """The claim is gone: cancelled, or taken for dead and given to another."""


def _make(work: Work) -> _Made:
    film = catalogue.load(work.template, db.session.get_one(Programme, work.programme_id))
    if film.digest != work.template_digest:
        raise Changed("The template was changed after this film was ordered. Order it again.")
    data = values.from_json(work.snapshot)
    template = told_in(film.template, language_of(work.locale, film.template))
    media = _settings().media_dir
    place = shelf.folder(media, work.key)
    if not place.is_dir():
        with Pulse(work) as pulse, shelf.making(media, work.key) as aside:
            said = _draw(template, film.theme, data, work.format, aside, media, pulse)
            (aside / shelf.CAPTIONS).write_text(said, encoding="utf-8")
            if pulse.lost():
                raise _Lost
            shelf.publish(aside, place)
    path = place / shelf.FILM
    # It brings PyAV with it: 15 MB that the web processes do without.
    from engage.studio import mp4

    seconds = round(mp4.inspect(path).video.seconds)
    return _Made(seconds, path.stat().st_size, tuple(transcript(plan(template, data))))


def _draw(
    template: Template, theme: Theme, data: values.Data, form: str, aside: Path, media: Path,
    pulse: "Pulse",
) -> str:  # fmt: skip
    """Make the film and its poster in ``aside``; its captions."""
    # MoviePy takes a second to load: only a process that renders pays for it.
    from engage.studio import film, narration

    word = _settings().narration
    try:
        made = film.render(
            template,
            data,
            aside / shelf.FILM,
            format=form,
            theme=theme,
            progress=pulse.progress,
            check_cancelled=pulse.called_off,
            cache=media / "cache",
            narrator=narration.engine(word) if word else None,
        )
    except film.Cancelled as error:
        raise _Lost from error
    return made.captions


class Pulse:
    """Says every few seconds that a render lives and how far it is, and learns when to stop.

    It beats in a thread of its own, so that a long step of the encoder is not taken for death. A
    render that takes too long is told so; one that hangs for ever is ended by its job's time limit.
    """

    def __init__(self, work: Work) -> None:
        self._work = work
        self._percent = 0
        self._lost = False
        self._end = threading.Event()
        self._until = time.monotonic() + rules.TIME_LIMIT.total_seconds()
        app: Flask = current_app._get_current_object()  # type: ignore[attr-defined]
        self._thread = threading.Thread(target=self._run, args=(app,), daemon=True)

    def __enter__(self) -> "Pulse":
        self._thread.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        at: TracebackType | None,
    ) -> None:
        self._end.set()
        self._thread.join()

    def progress(self, share: float) -> None:
        self._percent = max(0, min(99, int(share * 100)))

    def lost(self) -> bool:
        return self._lost

    def called_off(self) -> bool:
        """Whether to stop here. Raises `_TooSlow` when the try has had its time."""
        if time.monotonic() > self._until:
            raise _TooSlow
        return self.lost()

    def _run(self, app: Flask) -> None:
        with app.app_context():
            while not self._end.wait(HEARTBEAT):
                self._beat()

    def _beat(self) -> None:
        now, percent = clock.now(), self._percent
        started = time.monotonic()
        try:
            if not transaction(lambda: claims.beat(self._work, percent, now)):
                self._lost = True
        except SQLAlchemyError as error:
            log.warning("a heartbeat of film %d failed: %s", self._work.id, error)
        if time.monotonic() - started > HEARTBEAT:
            log.info("a heartbeat of film %d had to wait for the database", self._work.id)


def _give_up(work: Work, error: Exception) -> None:
    now = clock.now()
    lasting = isinstance(error, _LASTING)
    if not lasting:
        log.exception("film %d failed, try %d", work.id, work.attempts)
    state = transaction(lambda: claims.give_up(work, _reason(error), lasting=lasting, now=now))
    delivery.deliver()
    if state == "queued":
        wake([work.id])


def _reason(error: Exception) -> str:
    """Why a film could not be made, for a manager."""
    # As above.
    from engage.studio.mp4 import BrokenFilm

    if isinstance(error, TemplateError):
        return f"The template has mistakes ({error.problems[0]}). Run: engage video check"
    if isinstance(error, _LASTING):
        said = str(error)
        return f"{said[:1].upper()}{said[1:].rstrip('.')}."
    if isinstance(error, BrokenFilm):
        return f"The encoder's file was not whole: {error}."
    if isinstance(error, _TooSlow):
        return f"Rendering took longer than {rules.TIME_LIMIT.total_seconds() / 60:.0f} minutes."
    if isinstance(error, MemoryError):
        return "Rendering needed more memory than a film may have."
    if isinstance(error, OSError) and error.errno is not None:
        return f"The machine that renders could not write the film: {error.strerror}."
    return f"Rendering failed: {type(error).__name__}: {error}"


def _settings() -> Settings:
    settings: Settings = current_app.extensions["engage.settings"]
    return settings
