"""Whom films name besides their own partner; films are withdrawn once those are seen otherwise.

A withdrawn film is shown nowhere, and no render of it is finished. `corrections.replace` has it made
again for whoever ordered it.
"""

from collections.abc import Iterable, Mapping
from datetime import date, datetime
from typing import NamedTuple

from sqlalchemy import ColumnElement, delete, exists, select, update

from engage.among import among, in_chunks
from engage.db import db
from engage.outbox import service as outbox
from engage.partners.models import Partner
from engage.partners.rules import is_ranked, public_name
from engage.rows import insert_rows
from engage.videos import retention
from engage.videos.models import FilmName, Video, VideoOrder
from engage.videos.notices import tell_of_films


class Named(NamedTuple):
    """A partner as a film names it, in the ranking of a period that ends on ``last_day``."""

    partner_id: int
    shown: str
    last_day: date


def write_down(named: Mapping[int, Iterable[Named]]) -> None:
    """Whom these films, by their ids, name from now on."""
    for chunk in in_chunks(named, 500):
        db.session.execute(delete(FilmName).where(FilmName.video_id.in_(chunk)))
    rows = [{"video_id": i, **one._asdict()} for i, of_film in named.items() for one in of_film]
    insert_rows(FilmName.__table__, rows)


def withdraw(programme_id: int, partner_ids: Iterable[int], now: datetime) -> None:
    """Withdraw the films that name one of these partners otherwise than boards do by now: it hides,
    goes by another name, or left in the period told of. Those called off before are gone for good."""
    seen = (Partner.name, Partner.visibility, Partner.pseudonym, Partner.left_on)
    rows = db.session.execute(
        select(Video.id, Video.state, FilmName.shown, FilmName.last_day, *seen)
        .join(FilmName, FilmName.video_id == Video.id)
        .join(Partner, Partner.id == FilmName.partner_id)
        .where(among(FilmName.partner_id, partner_ids), Video.state != "withdrawn")
    )
    states = {
        row.id: row.state
        for row in rows
        if public_name(row) != row.shown or not is_ranked(row.visibility, row.left_on, row.last_day)
    }
    if not states:
        return
    for chunk in in_chunks(states, 500):
        called_off = [one for one in chunk if states[one] == "cancelled"]
        retention.drop(Video.id.in_(called_off), retention.CALLED_OFF)
        # What it told of them goes, too: who has it made as it was drafts it again.
        values = {"state": "withdrawn", "progress": 0, "snapshot": {}, "story": None}
        db.session.execute(update(Video).where(Video.id.in_(chunk)).values(values))
        db.session.execute(delete(FilmName).where(FilmName.video_id.in_(chunk)))
    tell_of_films(states, now)
    outbox.write(programme_id, "withdrawn", {}, now)


def awaited() -> ColumnElement[bool]:
    """That somebody still waits for the film: of those withdrawn, that it is to be made again."""
    return exists().where(VideoOrder.video_id == Video.id)
