"""Periodic work on facts."""

from engage import clock, flow
from engage.activity import held
from engage.db import db, transaction
from engage.outbox.delivery import deliver
from engage.programmes.models import Programme


def take_what_came() -> int:
    """Take in reports that came before their day, now that it is there; how many were taken."""
    now = clock.now()
    taken = 0
    for programme_id, ids in held.due(now).items():

        def work(programme_id: int = programme_id, ids: list[int] = ids) -> int:
            here = db.session.get_one(Programme, programme_id)
            return flow.readmit(here, held.waiting(programme_id, ids=ids), now=now)

        taken += transaction(work)
    if taken:
        deliver()
    return taken
