"""Rendering one claimed film: drawn aside, proven whole and put in its place, while it says that it lives."""

import logging
import threading
import time
from pathlib import Path
from types import TracebackType
from typing import Any, NamedTuple

from flask import Flask, current_app
from sqlalchemy.exc import SQLAlchemyError

from engage import clock, config
from engage.db import db, transaction
from engage.programmes.models import Programme
from engage.studio import values
from engage.studio.plan import MissingField, NothingToShow, plan
from engage.studio.story import story, to_json
from engage.studio.template import Template, TemplateError
from engage.studio.theme import Theme
from engage.studio.typeface import MissingScript
from engage.studio.words import language_of, told_in
from engage.videos import catalogue, claims, rules, shelf, shelves
from engage.videos.claims import Work

log = logging.getLogger(__name__)

#: Seconds between two signs of life of a render.
HEARTBEAT = 2.0


class Changed(ValueError):
    """The template is not the one the film was ordered with."""


#: What another try would only repeat.
LASTING = (Changed, MissingField, NothingToShow, MissingScript, TemplateError, values.BadValue)


class TooSlow(Exception):
    """A try has had its time."""


class Lost(Exception):
    """The claim is gone: cancelled, or taken for dead and given to another."""


class Made(NamedTuple):
    seconds: int
    size: int
    story: list[dict[str, Any]]


def make(work: Work) -> Made:
    """Make the film, or take it as it lies there already.

    :raises Lost: it is not this render's any more.
    """
    programme = db.session.get_one(Programme, work.programme_id)
    film = catalogue.as_ordered(work.template, programme, work.template_digest)
    if film is None:
        raise Changed("The template was changed after this film was ordered. Order it again.")
    data = values.from_json(work.snapshot)
    template = told_in(film.template, language_of(work.locale, film.template))
    media, films = config.settings().media_dir, shelves.of(config.settings())
    if not films.has(work.key):
        with Pulse(work) as pulse, films.making(work.key) as aside:
            said = _draw(template, film.theme, data, work.format, aside, media, pulse)
            (aside / shelf.CAPTIONS).write_text(said, encoding="utf-8")
            if pulse.lost():
                raise Lost
            films.put(aside, work.key)
    # It brings PyAV with it: 15 MB that the web processes do without.
    from engage.studio import mp4

    with films.at_hand(work.key, shelf.FILM) as path:
        seconds, size = round(mp4.inspect(path).video.seconds), path.stat().st_size
    return Made(seconds, size, to_json(story(plan(template, data))))


def _draw(
    template: Template, theme: Theme, data: values.Data, form: str, aside: Path, media: Path,
    pulse: "Pulse",
) -> str:  # fmt: skip
    """Make the film and its poster in ``aside``; its captions."""
    # MoviePy takes a second to load: only a process that renders pays for it.
    from engage.studio import film, narration

    word = config.settings().narration
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
        raise Lost from error
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
        """Whether to stop here. Raises `TooSlow` when the try has had its time."""
        if time.monotonic() > self._until:
            raise TooSlow
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


def reason(error: Exception) -> str:
    """Why a film could not be made, for a manager."""
    # As above.
    from engage.studio.mp4 import BrokenFilm

    if isinstance(error, TemplateError):
        return f"The template has mistakes ({error.problems[0]}). Run: engage video check"
    if isinstance(error, LASTING):
        said = str(error)
        return f"{said[:1].upper()}{said[1:].rstrip('.')}."
    if isinstance(error, BrokenFilm):
        return f"The encoder's file was not whole: {error}."
    if isinstance(error, TooSlow):
        return f"Rendering took longer than {rules.TIME_LIMIT.total_seconds() / 60:.0f} minutes."
    if isinstance(error, MemoryError):
        return "Rendering needed more memory than a film may have."
    if isinstance(error, shelf.Trouble):
        return f"The film could not be kept: {error}."
    if isinstance(error, OSError) and error.errno is not None:
        return f"The machine that renders could not write the film: {error.strerror}."
    return f"Rendering failed: {type(error).__name__}: {error}"
