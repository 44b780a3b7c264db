"""Which triggers a programme has, and since when each is on."""

from collections.abc import Iterable
from datetime import datetime
from typing import NamedTuple

from sqlalchemy import select

from engage.db import db
from engage.definitions import DefinitionError
from engage.programmes.models import Programme
from engage.videos import catalogue, triggers
from engage.videos.models import FilmTrigger
from engage.videos.triggers import Trigger


class Switched(NamedTuple):
    """A trigger and since when it is on (None: off); one that is a ``misfit`` of the films there are now
    answers nothing until it is mended."""

    trigger: Trigger
    since: datetime | None
    misfit: DefinitionError | None = None


def of_programme(programme: Programme) -> list[Switched]:
    """All triggers of a programme: the house's first, then its own."""
    rows = db.session.scalars(
        select(FilmTrigger).where(FilmTrigger.programme_id == programme.id)
    ).all()
    since = {row.slug: row.since for row in rows}
    since.setdefault(triggers.WELCOME, programme.created_at)
    own = [triggers.parse(row.definition | {"enabled": row.since is not None}) for row in rows]
    films, found = catalogue.filmables(), triggers.overlaid(own)
    return [Switched(one, since.get(one.slug), triggers.misfit(one, films)) for one in found]


def keep(programme: Programme, trigger: Trigger, by: int | None, now: datetime) -> None:
    """Write a trigger down. One that is switched on answers what happens from ``now`` on."""
    known = {one.trigger.slug: one.since for one in of_programme(programme)}
    row = db.session.get(FilmTrigger, (programme.id, trigger.slug))
    if row is None:
        row = FilmTrigger(programme_id=programme.id, slug=trigger.slug, created_at=now)
        db.session.add(row)
    row.definition = triggers.to_json(trigger)
    row.since = (known.get(trigger.slug) or now) if trigger.enabled else None
    row.changed_by = by
    db.session.flush()


def publish(
    programme: Programme, wanted: Iterable[Trigger], by: int | None, now: datetime
) -> list[str]:
    """Bring the triggers to what a file says, and what it is silent of to what the house brings; the
    changes in words."""
    before = {one.trigger.slug: one.trigger for one in of_programme(programme)}
    after = {one.slug: one for one in triggers.overlaid(wanted)}
    changed = [trigger for slug, trigger in after.items() if before.get(slug) != trigger]
    for trigger in changed:
        keep(programme, trigger, by, now)
    gone = before.keys() - after.keys()
    for slug in gone:
        db.session.delete(db.session.get_one(FilmTrigger, (programme.id, slug)))
    db.session.flush()
    return [
        *(f"trigger {one.slug}: {'changed' if one.slug in before else 'new'}" for one in changed),
        *(f"trigger {slug}: removed" for slug in sorted(gone)),
    ]
