"""Periods close by themselves: the scheduler collects what is due, for every programme that pays."""

import logging

from sqlalchemy import select

from engage import clock
from engage.db import db, transaction
from engage.payouts import collecting
from engage.programmes.models import Programme

log = logging.getLogger(__name__)


def collect() -> None:
    """Collect every programme's newest closed period that was not collected yet."""
    now = clock.now()
    paying = select(Programme.id).where(Programme.payouts.is_not(None))
    for programme_id in db.session.scalars(paying).all():

        def work(programme_id: int = programme_id) -> int | None:
            run = collecting.collect(db.session.get_one(Programme, programme_id), now)
            return run.number if run else None

        number = transaction(work)
        if number:
            log.info("programme %d: payout run %d was collected", programme_id, number)
