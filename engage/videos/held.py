"""Who was held back, because what their film tells was not there: looked at again as long as it is in time.

The order itself is answered, by a conditional update: it stays one, and so does its film.
"""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import select, update

from engage.clock import local_day
from engage.db import db
from engage.partners.models import Partner
from engage.programmes.models import Programme
from engage.videos import catalogue, forecasts, retention, service, switches
from engage.videos.models import VideoBatch, VideoOrder
from engage.videos.notices import tell
from engage.videos.triggers import STALE


def batches(now: datetime) -> list[int]:
    """The batches, oldest first, in which somebody is held who is to be looked at again."""
    found = db.session.scalars(
        select(VideoBatch)
        .where(
            VideoBatch.created_at > now - STALE,
            VideoBatch.cancelled_at.is_(None),
            VideoBatch.id.in_(
                select(VideoOrder.batch_id).where(VideoOrder.refusal.is_not(None)).distinct()
            ),
        )
        .order_by(VideoBatch.id)
    )
    return [batch.id for batch in found if until(batch, now)]


def until(batch: VideoBatch, now: datetime) -> datetime | None:
    """Until when those who are held are looked at again; None: no more, or its trigger was switched off."""
    end = batch.created_at + STALE
    if batch.cancelled_at or end <= now:
        return None
    programme = db.session.get_one(Programme, batch.programme_id)
    on = {one.trigger.slug for one in switches.of_programme(programme) if one.trigger.enabled}
    return end if batch.trigger is None or batch.trigger in on else None


def partners(batch_id: int, now: datetime) -> list[int]:
    """Who is held in a batch, has not left, was not erased and not called off."""
    batch = db.session.get_one(VideoBatch, batch_id)
    programme = db.session.get_one(Programme, batch.programme_id)
    today = local_day(now, programme.timezone)
    return list(
        db.session.scalars(
            select(VideoOrder.partner_id)
            .join(Partner, Partner.id == VideoOrder.partner_id)
            .where(
                VideoOrder.batch_id == batch_id,
                VideoOrder.refusal.not_in((retention.ERASED, retention.CALLED_OFF)),
            )
            .where(Partner.left_on.is_(None) | (Partner.left_on > today))
            .order_by(VideoOrder.partner_id)
        )
    )


def look(batch_id: int, partner_ids: Sequence[int], address: str, now: datetime) -> list[int]:
    """Order the films of those of them whose data have come; the films to wake a worker for.

    :raises UnknownTemplate: and `TemplateError`, as `catalogue.load`.
    """
    batch = db.session.get_one(VideoBatch, batch_id)
    programme = db.session.get_one(Programme, batch.programme_id)
    film = catalogue.load(batch.template, programme)
    made = service.drafted(programme, film, partner_ids, batch, address, now)
    ready = [one for one in made if one.refusal is None]
    ready = ready[: forecasts.expected(film.slug, len(ready)).fitting]
    ids, to_make = service.films_for(programme, film, ready, batch, now)
    for one in ready:
        db.session.execute(
            update(VideoOrder)
            .where(VideoOrder.batch_id == batch.id, VideoOrder.partner_id == one.partner_id)
            .where(VideoOrder.refusal.is_not(None))
            .values(video_id=ids[one.key], refusal=None)
        )
    if ready:
        tell(programme.id, batch.id, [one.partner_id for one in ready], now)
    return to_make
