"""Who renders a film: claimed by a conditional update, kept by heartbeats, given back by the sweep.

Zero rows changed means that another one won, or that the film is not wanted any more. A render is
known by the moment it began: one that was taken for dead and comes back can change nothing.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, NamedTuple

from sqlalchemy import ColumnElement, case, exists, select, update

from engage.db import db
from engage.videos import rules
from engage.videos.models import Video, VideoBatch, VideoOrder
from engage.videos.notices import tell_of_films

POISON = "Rendering this film ended its worker three times, so it is not tried again by itself."


class Work(NamedTuple):
    """A claimed film: everything its render needs."""

    id: int
    programme_id: int
    key: str
    template: str
    template_digest: str
    format: str
    locale: str
    snapshot: Mapping[str, Any]
    attempts: int
    started_at: datetime


def _wanted(*conditions: ColumnElement[bool]) -> ColumnElement[bool]:
    """That a batch waits for the film which is neither called off nor paused."""
    return exists().where(
        VideoOrder.video_id == Video.id,
        VideoOrder.batch_id == VideoBatch.id,
        VideoBatch.cancelled_at.is_(None),
        VideoBatch.paused_at.is_(None),
        *conditions,
    )


def claim(video_id: int, now: datetime) -> Work | None:
    """Take a queued film; None when it is not to be had."""
    taken = db.session.connection().execute(
        update(Video)
        .where(Video.id == video_id, Video.state == "queued", _wanted())
        .values(
            state="rendering",
            progress=0,
            attempts=Video.attempts + 1,
            started_at=now,
            heartbeat_at=now,
            failure=None,
        )
    )
    if not taken.rowcount:
        return None
    row = db.session.execute(
        select(
            Video.id,
            Video.programme_id,
            Video.key,
            Video.template,
            Video.template_digest,
            Video.format,
            Video.locale,
            Video.snapshot,
            Video.attempts,
            Video.started_at,
        ).where(Video.id == video_id)
    ).one()
    tell_of_films([video_id], now)
    return Work._make(row)


def _change(work: Work, **values: Any) -> bool:
    """Write to the film if it is still this render's."""
    result = db.session.connection().execute(
        update(Video)
        .where(Video.id == work.id, Video.state == "rendering", Video.started_at == work.started_at)
        .values(**values)
    )
    return bool(result.rowcount)


def beat(work: Work, percent: int, now: datetime) -> bool:
    """Say that the render lives and how far it is; False when it should stop."""
    return _change(work, heartbeat_at=now, progress=percent)


def finish(
    work: Work, *, seconds: int, size: int, story: Sequence[Mapping[str, Any]], now: datetime
) -> bool:
    """The film is in its place."""
    mine = _change(
        work,
        state="done",
        progress=100,
        seconds=seconds,
        size=size,
        story=list(story),
        failure=None,
        finished_at=now,
    )
    if mine:
        tell_of_films([work.id], now)
    return mine


def give_up(work: Work, reason: str, *, lasting: bool, now: datetime) -> str | None:
    """The try failed: the film's new state, ``queued`` or ``failed``; None when it is not ours."""
    state = rules.after_a_failed_try(work.attempts, lasting=lasting)
    mine = _change(
        work,
        state=state,
        progress=0,
        failure=reason[:500],
        queued_at=now,
        finished_at=now if state == "failed" else None,
    )
    if mine:
        tell_of_films([work.id], now)
    return state if mine else None


def recover(now: datetime) -> list[int]:
    """Give back films whose render went silent; the ids of those that changed.

    After three such ends a film is failed: something in it ends whoever renders it.
    """
    silent = db.session.scalars(
        select(Video).where(Video.state == "rendering", Video.heartbeat_at < now - rules.SILENCE)
    ).all()
    for video in silent:
        video.state = rules.after_a_failed_try(video.attempts, lasting=False)
        video.progress = 0
        video.queued_at = now
        if video.state == "failed":
            video.failure, video.finished_at = POISON, now
    db.session.flush()
    ids = [video.id for video in silent]
    tell_of_films(ids, now)
    return ids


def waiting(before: datetime) -> list[int]:
    """Films that are queued since before an instant and not held back, oldest first."""
    statement = select(Video.id).where(
        Video.state == "queued", Video.queued_at <= before, _wanted()
    )
    return list(db.session.scalars(statement.order_by(Video.queued_at, Video.id)))


def following() -> int | None:
    """The film to render next, of those that wait: urgent ones first, then the oldest."""
    urgent = case((_wanted(VideoBatch.urgent.is_(True)), 0), else_=1)
    statement = select(Video.id).where(Video.state == "queued", _wanted())
    return db.session.scalar(statement.order_by(urgent, Video.queued_at, Video.id).limit(1))


def woken(video_ids: Sequence[int], now: datetime) -> None:
    """Note that these films were put into the queue just now."""
    db.session.execute(
        update(Video).where(Video.id.in_(video_ids), Video.state == "queued").values(queued_at=now)
    )
