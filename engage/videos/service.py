"""Ordering films: what each would tell, which exist already, and the batches they come in.

Changes flush and never commit. Whoever commits an order wakes the workers after it (`jobs.wake`);
a film nobody was woken for is found by the sweep.
"""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any, NamedTuple

from sqlalchemy import select, update

from engage import periods
from engage.among import in_chunks
from engage.db import db
from engage.partners.models import Partner
from engage.periods import Period
from engage.programmes.models import Programme
from engage.rows import insert_rows, next_ids
from engage.videos import audiences, naming, retention, rules
from engage.videos.catalogue import Offered
from engage.videos.drafts import Draft, Refused, drafts
from engage.videos.models import Video, VideoBatch, VideoOrder
from engage.videos.notices import tell, tell_of_films


class Placed(NamedTuple):
    """A batch as it was taken in; ``to_make`` are the films a worker has to be woken for."""

    batch: VideoBatch
    to_make: list[int]


def order(
    programme: Programme,
    film: Offered,
    partner_ids: Sequence[int],
    *,
    period: Period | None,
    reason: str,
    ordered_by: int | None,
    address: str,
    now: datetime,
) -> Placed:
    """Freeze and order the films of these partners."""
    batch = batch_of(film, period, reason, by=ordered_by)
    made = drafted(programme, film, partner_ids, batch, address, now)
    return place(programme, film, made, batch, now)


def drafted(
    programme: Programme,
    film: Offered,
    partner_ids: Sequence[int],
    batch: VideoBatch,
    address: str,
    now: datetime,
) -> list[Draft]:
    """What the films of these partners would tell in a batch: of its period, in its format."""
    period = periods.parse(batch.period) if batch.period else None
    partners = db.session.scalars(
        select(Partner)
        .where(Partner.programme_id == programme.id, Partner.id.in_(partner_ids))
        .order_by(Partner.id)
    ).all()
    return drafts(
        programme, film, partners, period=period, address=address, now=now, form=batch.format
    )


def batch_of(
    film: Offered,
    period: Period | None,
    reason: str,
    *,
    audience: Mapping[str, Any] | None = None,
    by: int | None = None,
    form: str = "16:9",
) -> VideoBatch:
    """A batch of a film as it is placed with its first films."""
    return VideoBatch(
        template=film.slug,
        title=film.template.title,
        format=form,
        period=period.name if period and rules.needs_period(film.template.moment) else None,
        audience=dict(audience or {}),
        reason=reason,
        ordered_by=by,
    )


def place(
    programme: Programme, film: Offered, made: Sequence[Draft], batch: VideoBatch, now: datetime
) -> Placed:
    """Take films into a batch: those that exist are shared, those that failed are tried anew.

    :raises Refused: it is for nobody.
    """
    if not made:
        raise Refused("nobody is in this selection: choose another one")
    if batch.id is None:
        begin(programme, batch, len(made), now)
    wanted = [one for one in made if one.refusal is None]
    ids, to_make = films_for(programme, film, wanted, batch, now)
    insert_rows(
        VideoOrder.__table__,
        [
            {
                "batch_id": batch.id,
                "partner_id": one.partner_id,
                "video_id": None if one.refusal else ids[one.key],
                "refusal": one.refusal,
            }
            for one in made
        ],
    )
    tell(programme.id, batch.id, [one.partner_id for one in made], now)
    return Placed(batch, to_make)


def begin(programme: Programme, batch: VideoBatch, films: int, now: datetime) -> None:
    """Take a batch of so many films in."""
    batch.programme_id, batch.created_at = programme.id, now
    if batch.urgent is None:
        batch.urgent = rules.urgent(batch.reason, films)
    db.session.add(batch)
    db.session.flush()


def films_for(
    programme: Programme, film: Offered, made: Sequence[Draft], batch: VideoBatch, now: datetime
) -> tuple[dict[str, int], list[int]]:
    """The films of these drafts, by key, and those of them that a worker has to be woken for: new ones,
    and those that failed or were called off."""
    wanted = {one.key: one for one in made}
    known = existing(programme.id, wanted)
    again = [video_id for video_id, state in known.values() if state in rules.WITHOUT_A_FILE]
    requeue(again, now)
    for key, (video_id, state) in known.items():
        if state == "withdrawn":  # and emptied
            said = update(Video).where(Video.id == video_id)
            db.session.execute(said.values(snapshot=wanted[key].snapshot))
    fresh = _insert(programme, film, [wanted[k] for k in wanted.keys() - known.keys()], batch, now)
    ids = {key: video_id for key, (video_id, _) in known.items()} | fresh
    naming.write_down({ids[key]: one.names for key, one in wanted.items()})
    # Whoever was drafted before this transaction may have chosen otherwise meanwhile.
    naming.withdraw(programme.id, {who.partner_id for one in made for who in one.names}, now)
    return ids, sorted([*again, *fresh.values()])


def existing(programme_id: int, keys: Iterable[str]) -> dict[str, tuple[int, str]]:
    """Id and state of the films that have these keys."""
    found: dict[str, tuple[int, str]] = {}
    for chunk in in_chunks(keys, 500):
        rows = db.session.execute(
            select(Video.key, Video.id, Video.state).where(
                Video.programme_id == programme_id, Video.key.in_(chunk)
            )
        )
        found |= {key: (video_id, state) for key, video_id, state in rows}
    return found


def _insert(
    programme: Programme, film: Offered, new: list[Draft], batch: VideoBatch, now: datetime
) -> dict[str, int]:
    new = sorted(new, key=lambda one: one.partner_id)
    ids = dict(zip((one.key for one in new), next_ids("videos", len(new)), strict=True))
    insert_rows(
        Video.__table__,
        [
            {
                "id": ids[one.key],
                "programme_id": programme.id,
                "partner_id": one.partner_id,
                "template": film.slug,
                "template_digest": film.digest,
                "format": batch.format,
                "period": batch.period,
                "title": one.title,
                "locale": one.locale,
                "key": one.key,
                "snapshot": one.snapshot,
                "for_outsiders": one.for_outsiders,
                "state": "queued",
                "progress": 0,
                "attempts": 0,
                "created_at": now,
                "queued_at": now,
            }
            for one in new
        ],
    )
    return ids


def requeue(video_ids: Sequence[int], now: datetime) -> None:
    """Give films that ended without a file their tries back."""
    for chunk in in_chunks(video_ids, 500):
        db.session.execute(
            update(Video)
            .where(Video.id.in_(chunk), Video.state.in_(rules.WITHOUT_A_FILE))
            .values(
                state="queued",
                progress=0,
                attempts=0,
                failure=None,
                queued_at=now,
                started_at=None,
                heartbeat_at=None,
                finished_at=None,
            )
        )


def retry(batch: VideoBatch, now: datetime, video_id: int | None = None) -> list[int]:
    """Try the failed films of a batch again, or one of them; the films to wake a worker for."""
    ids = _ids(batch, ("failed",) if video_id is None else ("failed", "cancelled"))
    chosen = [found for found in ids if video_id in (None, found)]
    requeue(chosen, now)
    if chosen:
        batch.cancelled_at = None
        tell_of_films(chosen, now)
    return chosen


def cancel(batch: VideoBatch, now: datetime) -> int:
    """Call off what is not finished and no other standing batch waits for; how many films."""
    batch.cancelled_at = now
    db.session.flush()
    stopped = _leave_out(batch)
    others = (
        select(VideoOrder.video_id)
        .join(VideoBatch, VideoBatch.id == VideoOrder.batch_id)
        .where(VideoBatch.id != batch.id, VideoBatch.cancelled_at.is_(None))
        .where(VideoOrder.video_id.is_not(None))
    )
    for chunk in in_chunks(_ids(batch, rules.UNFINISHED), 500):
        result = db.session.connection().execute(
            update(Video)
            .where(Video.id.in_(chunk), Video.state.in_(rules.UNFINISHED), Video.id.not_in(others))
            .values(state="cancelled", progress=0, finished_at=now)
        )
        stopped += result.rowcount
    tell(batch.programme_id, batch.id, [], now)
    return stopped


def _leave_out(batch: VideoBatch) -> int:
    """Whoever was still to be ordered for in a batch for many gets no film in it; how many."""
    rest = [] if batch.whole or batch.trigger else db.session.scalars(audiences.left(batch)).all()
    said = {"batch_id": batch.id, "video_id": None, "refusal": retention.CALLED_OFF}
    insert_rows(VideoOrder.__table__, [said | {"partner_id": one} for one in rest])
    batch.whole = True
    return len(rest)


def pause(batch: VideoBatch, now: datetime) -> list[int]:
    """Begin no further film of a batch, unless another one waits for it too; none to wake for."""
    batch.paused_at = now
    tell(batch.programme_id, batch.id, [], now)
    return []


def resume(batch: VideoBatch, now: datetime) -> list[int]:
    """Go on with a paused batch; the films to wake a worker for."""
    batch.paused_at = None
    tell(batch.programme_id, batch.id, [], now)
    return _ids(batch, ("queued",))


def _ids(batch: VideoBatch, states: Sequence[str]) -> list[int]:
    statement = (
        select(Video.id)
        .join(VideoOrder, VideoOrder.video_id == Video.id)
        .where(VideoOrder.batch_id == batch.id, Video.state.in_(states))
        .order_by(Video.id)
    )
    return list(db.session.scalars(statement))
