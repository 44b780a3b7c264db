"""Films that are over: rows first, then files, so that no row ever names a file that is gone."""

from collections.abc import Sequence
from datetime import datetime, timedelta

from sqlalchemy import ColumnElement, and_, delete, func, select, update

from engage.among import in_chunks
from engage.db import db, transaction
from engage.videos.models import FilmName, FilmShare, FilmStep, FilmView, Video, VideoOrder
from engage.videos.shelf import Shelf

#: Films deleted in one transaction.
STRIDE = 500
#: Why somebody has no film who asked for none to be left, or whose was called off.
ERASED, CALLED_OFF = "erased", "called off"


def forget_old(films: Shelf, days: int, now: datetime) -> int:
    """Delete the films finished (or given up) more than ``days`` ago; how many.

    One that was never begun, such as of a batch that stays paused, counts from when it was put to
    wait: its numbers are as old. Each stride is a transaction of its own: cut short, the next turn
    goes on.
    """
    ended = func.coalesce(Video.finished_at, Video.queued_at) < now - timedelta(days=days)
    return _forget(films, and_(ended, Video.state != "rendering"), f"kept for {days} days")


def erase(films: Shelf, partner_id: int) -> int:
    """Delete all of a partner's films, with what they tell, their links and files; how many."""
    return _forget(films, Video.partner_id == partner_id, ERASED)


def _forget(films: Shelf, which: ColumnElement[bool], why: str) -> int:
    forgotten = 0
    while keys := transaction(lambda: drop(which, why)):
        for key in keys:
            films.remove(key)
        forgotten += len(keys)
    return forgotten


def drop(which: ColumnElement[bool], why: str) -> Sequence[str]:
    """The keys of films whose rows, links and places in batches are gone."""
    found = db.session.execute(
        select(Video.id, Video.key).where(which).order_by(Video.id).limit(STRIDE)
    ).all()
    ids = [row.id for row in found]
    for of_film in (FilmShare, FilmView, FilmStep, FilmName):
        db.session.execute(delete(of_film).where(of_film.video_id.in_(ids)))
    db.session.execute(delete(FilmShare).where(FilmShare.shown_id.in_(ids)))
    # The batch still knows for whom it was.
    db.session.execute(
        update(VideoOrder).where(VideoOrder.video_id.in_(ids)).values(video_id=None, refusal=why)
    )
    db.session.execute(delete(Video).where(Video.id.in_(ids)))
    return [row.key for row in found]


def sweep(films: Shelf) -> None:
    """Remove the files of films that are withdrawn or that no row names: what a process left that was
    killed, or came too late."""
    for chunk in in_chunks(films.keys(), STRIDE):
        stands = Video.key.in_(chunk), Video.state != "withdrawn"
        named = set(db.session.scalars(select(Video.key).where(*stands)))
        for key in set(chunk) - named:
            films.remove(key)
