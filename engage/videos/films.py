"""Looking films up: a partner's own, a batch's, and what the last ones took to make.

Progress is counted from rows whenever it is shown, so it is true at every moment.
"""

from collections.abc import Iterable, Sequence
from typing import NamedTuple

from sqlalchemy import ColumnElement, case, func, or_, select
from sqlalchemy.orm import defer

from engage.db import db
from engage.partners.models import Partner
from engage.videos import audiences, naming, retention, rules
from engage.videos.models import Video, VideoBatch, VideoOrder
from engage.videos.triggers import FORMATS

#: Of how many films the mean time and size are taken.
RECENT = 50


# --- a partner's ------------------------------------------------------------------------------


def of_partner(partner_id: int) -> Sequence[Video]:
    """A partner's films, newest first, those that failed and those under way included.

    Of several films of one template and period, the newest that can be watched stands for them.
    """
    found = db.session.scalars(
        select(Video)
        .where(
            Video.partner_id == partner_id,
            Video.for_outsiders.is_(False),
            Video.state != "cancelled",
            or_(Video.state != "withdrawn", naming.awaited()),
        )
        .options(defer(Video.snapshot))
        .order_by(Video.created_at.desc(), Video.id.desc())
    ).all()
    chosen: dict[tuple[str, str | None], Video] = {}
    for video in found:
        stands = chosen.setdefault((video.template, video.period), video)
        if video.state == "done" and stands.state != "done":
            chosen[video.template, video.period] = video
    return [video for video in found if chosen[video.template, video.period] is video]


def newest(partner_id: int) -> Video | None:
    """The newest film a partner can watch."""
    return db.session.scalar(
        select(Video)
        .where(
            Video.partner_id == partner_id,
            Video.state == "done",
            Video.for_outsiders.is_(False),
        )
        .options(defer(Video.snapshot))
        .order_by(Video.finished_at.desc(), Video.id.desc())
        .limit(1)
    )


def told_alike(video: Video) -> tuple[ColumnElement[bool], ...]:
    """That a film is its partner's about the same as this one, in whichever format."""
    return (
        Video.partner_id == video.partner_id,
        Video.template == video.template,
        Video.period == video.period,
        Video.for_outsiders.is_(False),
    )


def in_formats(video: Video) -> list[tuple[str, str]]:
    """The formats in which a film can be watched, with the keys: itself, and the newest of each other."""
    rows = db.session.execute(
        select(Video.format, Video.key)
        .where(*told_alike(video), Video.state == "done")
        .order_by(Video.id)
    )
    found = dict(rows.tuples().all()) | {video.format: video.key}
    return [(form, found[form]) for form in FORMATS if form in found]


def find(programme_id: int, key: str, partner_id: int | None = None) -> Video | None:
    """A film by its key; with a partner, only their own."""
    statement = select(Video).where(Video.programme_id == programme_id, Video.key == key)
    if partner_id is not None:
        statement = statement.where(Video.partner_id == partner_id)
    return db.session.scalar(statement)


def by_ids(video_ids: Iterable[int | None]) -> dict[int | None, Video]:
    found = db.session.scalars(select(Video).where(Video.id.in_({*video_ids} - {None})))
    return {video.id: video for video in found}


# --- batches ----------------------------------------------------------------------------------


class Batch(NamedTuple):
    """A batch and where its films are."""

    model: VideoBatch
    films: rules.Count
    #: The partner's name where the batch is for a single one.
    only: str | None = None


def batches(programme_id: int, *, before_id: int | None = None, limit: int = 20) -> list[Batch]:
    """A programme's batches, newest first."""
    statement = select(VideoBatch).where(VideoBatch.programme_id == programme_id)
    if before_id is not None:
        statement = statement.where(VideoBatch.id < before_id)
    found = db.session.scalars(statement.order_by(VideoBatch.id.desc()).limit(limit)).all()
    return _with_counts(found)


def batch(programme_id: int, batch_id: int) -> Batch | None:
    found = db.session.scalar(
        select(VideoBatch).where(VideoBatch.id == batch_id, VideoBatch.programme_id == programme_id)
    )
    return None if found is None else _with_counts([found])[0]


def _with_counts(found: Sequence[VideoBatch]) -> list[Batch]:
    counts = _counts([batch.id for batch in found])
    single = [batch_id for batch_id, count in counts.items() if count.total == 1]
    rows = db.session.execute(
        select(VideoOrder.batch_id, Partner.name)
        .join(Partner, Partner.id == VideoOrder.partner_id)
        .where(VideoOrder.batch_id.in_(single))
    )
    names = dict(rows.tuples().all())
    counted = [(batch, counts.get(batch.id, rules.Count())) for batch in found]
    return [
        Batch(batch, count._replace(ahead=_ahead(batch)), names.get(batch.id))
        for batch, count in counted
    ]


def _ahead(batch: VideoBatch) -> int:
    if not batch.is_filling:
        return 0
    left = audiences.left(batch).subquery()
    return db.session.scalar(select(func.count()).select_from(left)) or 0


def _counts(batch_ids: Sequence[int]) -> dict[int, rules.Count]:
    called_off = VideoOrder.refusal == retention.CALLED_OFF
    state = case((called_off, "cancelled"), else_=func.coalesce(Video.state, "refused"))
    rows = db.session.execute(
        select(VideoOrder.batch_id, state, func.count())
        .outerjoin(Video, Video.id == VideoOrder.video_id)
        .where(VideoOrder.batch_id.in_(batch_ids))
        .group_by(VideoOrder.batch_id, state)
    )
    found: dict[int, dict[str, int]] = {}
    for batch_id, word, number in rows:
        found.setdefault(batch_id, {})[word] = number
    return {batch_id: rules.Count(**words) for batch_id, words in found.items()}


class Ordered(NamedTuple):
    """A partner of a batch with the film, or the reason why there is none."""

    partner: Partner
    video: Video | None
    refusal: str | None

    @property
    def state(self) -> str:
        """The film's, or why there is none: ``refused`` or ``cancelled``."""
        if self.video:
            return self.video.state
        return "cancelled" if self.refusal == retention.CALLED_OFF else "refused"


def ordered(batch_id: int, *, offset: int = 0, limit: int = 50) -> list[Ordered]:
    """The films of a batch: what needs attention first, then what is under way, then the rest."""
    urgency = case(
        (VideoOrder.refusal == retention.CALLED_OFF, 4),
        (VideoOrder.refusal.is_not(None), 1),
        else_=case(
            {"failed": 0, "rendering": 2, "queued": 3, "withdrawn": 3, "cancelled": 4, "done": 5},
            value=Video.state,
        ),
    )
    rows = db.session.execute(
        select(Partner, Video, VideoOrder.refusal)
        .select_from(VideoOrder)
        .join(Partner, Partner.id == VideoOrder.partner_id)
        .outerjoin(Video, Video.id == VideoOrder.video_id)
        .where(VideoOrder.batch_id == batch_id)
        .options(defer(Video.snapshot), defer(Video.story))
        .order_by(urgency, Partner.name, Partner.id)
        .offset(offset)
        .limit(limit)
    )
    return [Ordered(*row) for row in rows]


def in_batch(batch_id: int, video_id: int) -> bool:
    found = select(VideoOrder.video_id).where(
        VideoOrder.batch_id == batch_id, VideoOrder.video_id == video_id
    )
    return db.session.scalar(found) is not None


# --- before an order --------------------------------------------------------------------------


def pace(template: str) -> rules.Pace | None:
    """What the last films of a template took; of all templates where it has none yet."""
    return _pace(Video.template == template) or _pace()


def _pace(*conditions: ColumnElement[bool]) -> rules.Pace | None:
    rows = db.session.execute(
        select(Video.started_at, Video.finished_at, Video.size)
        .where(Video.state == "done", *conditions)
        .order_by(Video.finished_at.desc())
        .limit(RECENT)
    ).all()
    taken = [(row.finished_at - row.started_at).total_seconds() for row in rows]
    if not taken:
        return None
    return rules.Pace(sum(taken) / len(taken), sum(row.size for row in rows) / len(rows))


def unfinished() -> int:
    """Films of the house that are still to be made."""
    statement = select(func.count()).select_from(Video).where(Video.state.in_(rules.UNFINISHED))
    return db.session.scalar(statement) or 0
