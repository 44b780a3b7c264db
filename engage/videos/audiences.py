"""For whom films can be ordered: a segment, a partner by name or id, and who is left of a batch for many."""

from collections.abc import Iterable, Mapping, Sequence

from sqlalchemy import ColumnElement, Select, or_, select

from engage.conditions import PARTNER_ATTRIBUTES
from engage.db import db
from engage.partners.models import Partner
from engage.programmes.models import Programme
from engage.videos.models import VideoBatch, VideoOrder


def left(batch: VideoBatch) -> Select[tuple[int]]:
    """The partners that a batch is for and that have no answer in it yet."""
    met = select(VideoOrder.partner_id).where(VideoOrder.batch_id == batch.id)
    return select(Partner.id).where(
        *_meant(batch.programme_id, batch.audience), Partner.id.not_in(met)
    )


def _meant(programme_id: int, segment: Mapping[str, str]) -> list[ColumnElement[bool]]:
    return [Partner.programme_id == programme_id] + [
        getattr(Partner, name) == value
        for name, value in segment.items()
        if name in PARTNER_ATTRIBUTES
    ]


def of(programme: Programme, segment: Mapping[str, str]) -> Sequence[Partner]:
    """The partners of a segment (``{"region": "Northwest"}``); all of them where it is empty."""
    meant = select(Partner).where(*_meant(programme.id, segment))
    return db.session.scalars(meant.order_by(Partner.name, Partner.id)).all()


def like(programme: Programme, text: str, limit: int = 8) -> Sequence[Partner]:
    """Partners whose id is ``text``, or whose name or id holds it; an exact one stands alone."""
    exact = db.session.scalar(
        select(Partner).where(Partner.programme_id == programme.id, Partner.external_id == text)
    )
    if exact is not None:
        return [exact]
    pattern = "%{}%".format(text.replace("\\", r"\\").replace("%", r"\%").replace("_", r"\_"))
    return db.session.scalars(
        select(Partner)
        .where(
            Partner.programme_id == programme.id,
            or_(
                Partner.name.ilike(pattern, escape="\\"),
                Partner.external_id.ilike(pattern, escape="\\"),
            ),
        )
        .order_by(Partner.name, Partner.id)
        .limit(limit)
    ).all()


def segments(programme: Programme) -> dict[str, list[str]]:
    """What partners can be chosen by: each attribute with the values there are."""
    found = {}
    for name in PARTNER_ATTRIBUTES:
        column = getattr(Partner, name)
        values: Iterable[str | None] = db.session.scalars(
            select(column).where(Partner.programme_id == programme.id).distinct().order_by(column)
        )
        found[name] = [value for value in values if value]
    return found
