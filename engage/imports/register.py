"""The rows of imports: opened by an upload, claimed by whoever works on them, settled once.

A run is known by the moment it began. Zero rows changed means that another one won, or that this
one was taken for dead meanwhile: then it may change nothing.
"""

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from typing import Any, NamedTuple, cast

from sqlalchemy import CursorResult, Delete, Update, delete, or_, select, update

from engage.db import db
from engage.imports import rules
from engage.imports.models import Import

POISON = "Taking this file in ended its worker three times, so it is not tried again by itself."


def _won(statement: Update | Delete) -> bool:
    """Whether the statement found its row as expected."""
    return bool(cast(CursorResult[Any], db.session.execute(statement)).rowcount)


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
    *,
    kind: str,
    filename: str,
    upload: str,
    size: int,
    layout: Mapping[str, Any],
    mapping: Mapping[str, Any],
    now: datetime,
) -> Import:
    """Write a new upload down."""
    row = Import(
        programme_id=programme_id,
        created_by=user_id,
        kind=kind,
        filename=filename[:200],
        upload=upload,
        size=size,
        layout=dict(layout),
        mapping=dict(mapping),
        state="uploaded",
        created_at=now,
    )
    db.session.add(row)
    db.session.flush()
    return row


def find(programme_id: int, user_id: int, import_id: int) -> Import | None:
    """An import that this person may see: their own, or one that is done."""
    return db.session.scalar(
        select(Import).where(
            Import.id == import_id,
            Import.programme_id == programme_id,
            or_(Import.created_by == user_id, Import.state == "done"),
        )
    )


def latest(programme_id: int, user_id: int, limit: int = 20) -> Sequence[Import]:
    """The newest imports that this person may see."""
    return db.session.scalars(
        select(Import)
        .where(
            Import.programme_id == programme_id,
            or_(Import.created_by == user_id, Import.state == "done"),
        )
        .order_by(Import.id.desc())
        .limit(limit)
    ).all()


def latest_done(programme_id: int, limit: int) -> Sequence[Import]:
    """The newest imports that were taken in."""
    return db.session.scalars(
        select(Import)
        .where(Import.programme_id == programme_id, Import.state == "done")
        .order_by(Import.id.desc())
        .limit(limit)
    ).all()


def known_mappings(programme_id: int, kind: str, limit: int = 5) -> list[Mapping[str, Any]]:
    """How the newest files of this kind were read in the end, newest first."""
    rows = db.session.scalars(
        select(Import.mapping)
        .where(Import.programme_id == programme_id, Import.kind == kind, Import.state == "done")
        .order_by(Import.id.desc())
        .limit(limit)
    )
    return list(rows)


def begin(import_id: int, state: str, now: datetime, **changes: Any) -> bool:
    """Ask for a check or an import; False where one is under way or the file is gone."""
    return _won(
        update(Import)
        .where(Import.id == import_id, Import.state.in_(rules.READY), Import.upload.is_not(None))
        .values(
            state=state,
            queued_at=now,
            started_at=None,
            finished_at=None,
            attempts=0,
            failure=None,
            **changes,
        )
    )


def replace_file(
    import_id: int, *, filename: str, upload: str, size: int, layout: Mapping[str, Any]
) -> bool:
    """Put a mended file in the place of the old one; the mapping stays."""
    return _won(
        update(Import)
        .where(Import.id == import_id, Import.state.in_(rules.READY))
        .values(
            filename=filename[:200],
            upload=upload,
            size=size,
            layout=dict(layout),
            state="uploaded",
            result=None,
            failure=None,
        )
    )


def claim(import_id: int, now: datetime) -> Run | None:
    """Take an import that waits; None when it is not to be had."""
    taken = _won(
        update(Import)
        .where(Import.id == import_id, Import.state.in_(rules.BUSY), Import.started_at.is_(None))
        .values(started_at=now, attempts=Import.attempts + 1)
    )
    if not taken:
        return None
    columns = (getattr(Import, name) for name in Run._fields)
    return Run._make(db.session.execute(select(*columns).where(Import.id == import_id)).one())


def settle(run: Run, state: str, now: datetime, **changes: Any) -> bool:
    """The run's end; False when it is not this run's to end any more."""
    return _won(
        update(Import)
        .where(Import.id == run.id, Import.state == run.state, Import.started_at == run.started_at)
        .values(state=state, finished_at=now, **changes)
    )


def recover(now: datetime, lives: Callable[[int], bool]) -> None:
    """Give back what died half-way: nothing of it stands, so it may simply begin again."""
    begun = select(Import).where(
        Import.state.in_(rules.BUSY), Import.started_at < now - rules.SILENCE
    )
    for row in db.session.scalars(begun).all():
        if lives(row.id):
            continue
        if end := rules.after_silence(row.attempts):
            row.state, row.failure, row.finished_at = end, POISON, now
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
    return _won(delete(Import).where(Import.id == import_id, Import.state.in_(rules.READY)))


def expire(now: datetime) -> list[str]:
    """Forget uploads of more than a day ago; the names of the files that are still wanted."""
    old = Import.created_at < now - rules.KEPT
    db.session.execute(delete(Import).where(old, Import.state.in_(("uploaded", "checked"))))
    db.session.execute(update(Import).where(old, Import.state == "failed").values(upload=None))
    return list(db.session.scalars(select(Import.upload).where(Import.upload.is_not(None))))
