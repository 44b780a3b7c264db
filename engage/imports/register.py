"""The rows of imports: opened by an upload, claimed by whoever works on them, settled once.

A run is known by the moment it began. Zero rows changed means that another one won, or that this
one was taken for dead meanwhile: then it may change nothing.
"""

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from typing import Any, NamedTuple

from sqlalchemy import ColumnElement, delete, or_, select, update

from engage.db import changed, db
from engage.imports import rules
from engage.imports.models import Import

POISON = "Taking this file in ended its worker three times, so it is not tried again by itself."


class Kept(NamedTuple):
    """A file that was sent and is kept aside; the fields are those of `Import`."""

    filename: str
    upload: str
    size: int
    layout: Mapping[str, Any]


class Run(NamedTuple):
    """A claimed import: everything that working on it needs."""

    id: int
    programme_id: int
    kind: str
    filename: str
    upload: str | None
    mapping: Mapping[str, Any]
    skip_bad: bool
    state: str
    attempts: int
    started_at: datetime


def open_file(
    programme_id: int,
    user_id: int,
    kind: str,
    kept: Kept,
    mapping: Mapping[str, Any],
    now: datetime,
) -> Import:
    """Write a new upload down."""
    row = Import(
        programme_id=programme_id,
        created_by=user_id,
        kind=kind,
        mapping=dict(mapping),
        state="uploaded",
        created_at=now,
        **kept._asdict(),
    )
    db.session.add(row)
    db.session.flush()
    return row


def _seen_by(user_id: int) -> ColumnElement[bool]:
    """What this person may see: their own imports, and those that are done."""
    return or_(Import.created_by == user_id, Import.state == "done")


def find(programme_id: int, user_id: int, import_id: int) -> Import | None:
    """An import that this person may see."""
    here = (Import.id == import_id, Import.programme_id == programme_id)
    return db.session.scalar(select(Import).where(*here, _seen_by(user_id)))


def latest(programme_id: int, user_id: int, limit: int = 20) -> Sequence[Import]:
    """The newest imports that this person may see."""
    return _newest(programme_id, limit, _seen_by(user_id))


def latest_done(programme_id: int, limit: int) -> Sequence[Import]:
    """The newest imports that were taken in."""
    return _newest(programme_id, limit, Import.state == "done")


def known_mappings(programme_id: int, kind: str, limit: int = 5) -> list[Mapping[str, Any]]:
    """How the newest files of this kind were read in the end, newest first."""
    done = _newest(programme_id, limit, Import.kind == kind, Import.state == "done")
    return [row.mapping for row in done]


def _newest(programme_id: int, limit: int, *which: ColumnElement[bool]) -> Sequence[Import]:
    here = select(Import).where(Import.programme_id == programme_id, *which)
    return db.session.scalars(here.order_by(Import.id.desc()).limit(limit)).all()


def begin(import_id: int, state: str, now: datetime, **changes: Any) -> bool:
    """Ask for a check or an import; False where one is under way or the file is gone."""
    anew = dict.fromkeys(("started_at", "finished_at", "failure"))
    return _ready(
        import_id,
        Import.upload.is_not(None),
        state=state,
        queued_at=now,
        attempts=0,
        **anew,
        **changes,
    )


def replace_file(import_id: int, kept: Kept) -> bool:
    """Put a mended file in the place of the old one; the mapping stays."""
    return _ready(import_id, state="uploaded", result=None, failure=None, **kept._asdict())


def _ready(import_id: int, *conditions: ColumnElement[bool], **values: Any) -> bool:
    """Change an import that nobody works on."""
    ready = update(Import).where(Import.id == import_id, Import.state.in_(rules.READY), *conditions)
    return changed(ready.values(**values)) > 0


def claim(import_id: int, now: datetime) -> Run | None:
    """Take an import that waits; None when it is not to be had."""
    waiting = update(Import).where(
        Import.id == import_id, Import.state.in_(rules.BUSY), Import.started_at.is_(None)
    )
    if not changed(waiting.values(started_at=now, attempts=Import.attempts + 1)):
        return None
    columns = (getattr(Import, name) for name in Run._fields)
    return Run._make(db.session.execute(select(*columns).where(Import.id == import_id)).one())


def settle(run: Run, state: str, now: datetime, **changes: Any) -> bool:
    """The run's end; False when it is not this run's to end any more."""
    mine = update(Import).where(
        Import.id == run.id, Import.state == run.state, Import.started_at == run.started_at
    )
    return changed(mine.values(state=state, finished_at=now, **changes)) > 0


def recover(now: datetime, lives: Callable[[int], bool]) -> None:
    """Give back what died half-way: nothing of it stands, so it may simply begin again."""
    begun = select(Import).where(
        Import.state.in_(rules.BUSY), Import.started_at < now - rules.SILENCE
    )
    for row in db.session.scalars(begun).all():
        if lives(row.id):
            continue
        if row.attempts >= rules.ATTEMPTS:
            row.state, row.failure, row.finished_at = "failed", POISON, now
        else:
            row.started_at, row.queued_at = None, now - rules.FORGOTTEN
    db.session.flush()


def forgotten(now: datetime) -> list[int]:
    """Those that wait for a worker for so long that the queue must be told again; stamps them."""
    waiting = (
        Import.state.in_(rules.BUSY),
        Import.started_at.is_(None),
        Import.queued_at <= now - rules.FORGOTTEN,
    )
    ids = list(db.session.scalars(select(Import.id).where(*waiting).order_by(Import.id)))
    db.session.execute(update(Import).where(Import.id.in_(ids)).values(queued_at=now))
    return ids


def discard(import_id: int) -> bool:
    """Forget an upload that was not taken in."""
    ready = (Import.id == import_id, Import.state.in_(rules.READY))
    return changed(delete(Import).where(*ready)) > 0


def expire(now: datetime) -> list[str]:
    """Forget uploads of more than a day ago; the names of the files that are still wanted."""
    old = Import.created_at < now - rules.KEPT
    db.session.execute(delete(Import).where(old, Import.state.in_(("uploaded", "checked"))))
    db.session.execute(update(Import).where(old, Import.state == "failed").values(upload=None))
    return list(db.session.scalars(select(Import.upload).where(Import.upload.is_not(None))))
