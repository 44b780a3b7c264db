"""Word left for open pages: that a batch or somebody's films moved on."""

from collections.abc import Iterable, Sequence
from datetime import datetime

from sqlalchemy import select

from engage.among import in_chunks
from engage.db import db
from engage.outbox import service as outbox
from engage.videos.models import Video, VideoOrder

#: How many partners a single message of a batch names, so that their open pages follow.
TOLD_BY_NAME = 200


def tell(programme_id: int, batch_id: int, partner_ids: Sequence[int], now: datetime) -> None:
    """Leave word for open pages: the batch moved on, and these partners' films did."""
    named: list[int | None] = list(partner_ids[:TOLD_BY_NAME]) or [None]
    for partner_id in named:
        outbox.write(programme_id, "film", {"partner": partner_id, "batch": batch_id}, now)


def tell_of_films(video_ids: Iterable[int], now: datetime) -> None:
    """Leave word to everybody who ordered these films, and to their partners."""
    for chunk in in_chunks(video_ids, 500):
        rows = db.session.execute(
            select(Video.programme_id, VideoOrder.batch_id, Video.partner_id)
            .join(VideoOrder, VideoOrder.video_id == Video.id)
            .where(Video.id.in_(chunk))
            .order_by(Video.id, VideoOrder.batch_id)
        ).all()
        for programme_id, batch_id, partner_id in rows:
            outbox.write(programme_id, "film", {"partner": partner_id, "batch": batch_id}, now)
