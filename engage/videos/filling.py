"""Batches that a worker orders some at a time: those for many, and what triggers make of an occasion.

Who is left is whoever one is for and has no answer in it, so it can be cut short anywhere.
"""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import select

from engage.conditions import where_json
from engage.db import db
from engage.programmes.models import Programme
from engage.videos import audiences, forecasts, occasions, service
from engage.videos.catalogue import Offered
from engage.videos.drafts import Draft
from engage.videos.models import VideoBatch
from engage.videos.triggers import Occasion, Trigger


def begin(programme: Programme, batch: VideoBatch, now: datetime) -> None:
    """Take the batch in, with nobody in it yet."""
    batch.whole = False
    service.begin(programme, batch, 0, now)


def unfilled(programme_id: int) -> Sequence[int]:
    """The batches in which somebody is left."""
    found = db.session.scalars(
        select(VideoBatch).where(
            VideoBatch.programme_id == programme_id, VideoBatch.whole.is_(False)
        )
    )
    return [batch.id for batch in found if left(batch.id)]


def left(batch_id: int) -> Sequence[int]:
    """The partners who are left; nobody once it is called off."""
    batch = db.session.get_one(VideoBatch, batch_id)
    return db.session.scalars(audiences.left(batch)).all() if batch.is_filling else ()


def place(batch_id: int, film: Offered, made: Sequence[Draft], now: datetime) -> list[int]:
    """Take the films of some more partners into the batch, unless it was called off or another worker
    did; the films to wake a worker for."""
    batch = db.session.get_one(VideoBatch, batch_id, with_for_update=True)
    wanted = set(left(batch_id))
    made = [one for one in made if one.partner_id in wanted]
    if not made:
        return []
    batch.whole = len(wanted) == len(made)
    programme = db.session.get_one(Programme, batch.programme_id)
    return service.place(programme, film, made, batch, now).to_make


def answer(
    programme: Programme,
    film: Offered,
    trigger: Trigger,
    occasion: Occasion,
    form: str,
    partner_ids: Sequence[int],
    *,
    batch_id: int | None,
    address: str,
    now: datetime,
) -> service.Placed | None:
    """Order what a trigger makes of an occasion for those who have no answer yet, as many as there is
    room for; None: nobody.

    ``batch_id`` is the batch that the partners before them are in.
    """
    met = occasions.answered(programme.id, trigger, occasion, form)
    waiting = [one for one in partner_ids if one not in met]
    fitting = waiting[: forecasts.expected(film.slug, len(waiting)).fitting]
    if not fitting:
        return None
    batch = db.session.get_one(VideoBatch, batch_id) if batch_id else service.batch_of(
        film, occasion.period, trigger.on, audience=where_json(trigger.audience), form=form
    )  # fmt: skip
    batch.urgent, batch.trigger, batch.occasion = trigger.urgent, trigger.slug, occasion.name
    batch.whole = trigger.is_personal
    made = service.drafted(programme, film, fitting, batch, address, now)
    return service.place(programme, film, made, batch, now)
