"""Periodic work on tiers: a fall needs no fact, so somebody has to look for it."""

from datetime import timedelta

from sqlalchemy import select

from engage import clock
from engage.db import db, transaction
from engage.outbox import service as outbox
from engage.outbox.delivery import deliver
from engage.programmes.models import Programme
from engage.tiers import service


def tell_falls() -> int:
    """Tell, once, of tiers that were lost since the last time; how many were."""
    now, told = clock.now(), 0
    for programme_id in db.session.scalars(select(Programme.id)).all():

        def work(programme_id: int = programme_id) -> int:
            here = db.session.get_one(Programme, programme_id)
            since = here.falls_told_at
            lost = service.lost(here, since or now, now)
            # What is read by everybody is written as seldom as will do.
            if lost or since is None or now - since > timedelta(days=1):
                here.falls_told_at = now
            for fall in lost:
                outbox.write(here.id, "fell", fall._asdict(), now)
            return len(lost)

        told += transaction(work)
    if told:
        deliver()
    return told
