"""Links to a film for people without a seat: made, listed, opened and ended by its partner."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import NamedTuple

from itsdangerous import BadSignature, URLSafeSerializer
from sqlalchemy import ColumnElement, select

from engage.db import db
from engage.partners.models import Partner
from engage.partners.rules import public_name
from engage.programmes.models import Programme
from engage.videos.models import FilmShare, Video

#: Days that a link may live, the first one offered first.
DAYS = (7, 30, 90)
#: Links of one film that may live at once: more of them nobody keeps in view.
AT_ONCE = 10


class TooMany(Exception):
    """The film has as many living links as it may."""


class Shared(NamedTuple):
    """What a link opens. ``name`` and ``poster`` are what a preview of it may tell."""

    video: Video
    programme: Programme
    name: str | None
    poster: bool


def make(
    video: Video, days: int, *, with_name: bool, with_poster: bool, now: datetime
) -> FilmShare:
    """A link that lives ``days`` from ``now``.

    :raises TooMany: one has to end first.
    """
    if len(living(video.id, now)) >= AT_ONCE:
        raise TooMany
    share = FilmShare(
        video_id=video.id,
        with_name=with_name,
        with_poster=with_poster,
        created_at=now,
        expires_at=now + timedelta(days=days),
    )
    db.session.add(share)
    db.session.flush()
    return share


def living(video_id: int, now: datetime) -> Sequence[FilmShare]:
    """The links of a film that still lead to it, the newest first."""
    return db.session.scalars(
        select(FilmShare)
        .where(FilmShare.video_id == video_id, *_alive(now))
        .order_by(FilmShare.id.desc())
    ).all()


def revoke(video_id: int, share_id: int, now: datetime) -> bool:
    """End a link of this film now; False where it had none of that number that lived."""
    share = db.session.scalar(
        select(FilmShare).where(
            FilmShare.id == share_id, FilmShare.video_id == video_id, *_alive(now)
        )
    )
    if share is not None:
        share.revoked_at = now
    return share is not None


def _alive(now: datetime) -> tuple[ColumnElement[bool], ...]:
    return FilmShare.revoked_at.is_(None), FilmShare.expires_at > now


def token(share: FilmShare, secret: str) -> str:
    """The end of the link's address: its number, signed. Nothing in the database gives it away."""
    return _signer(secret).dumps(share.id)


def opened(said: str, secret: str, now: datetime) -> Shared | None:
    """What an address opens now; None where it has ended, as it does once its partner has left.

    :raises LookupError: no such address was ever given.
    """
    try:
        share = db.session.get(FilmShare, _signer(secret).loads(said))
    except BadSignature:
        share = None
    if share is None:
        raise LookupError(said)
    video = db.session.get_one(Video, share.video_id)
    partner = db.session.get_one(Partner, video.partner_id)
    ended = share.revoked_at is not None or share.expires_at <= now
    if ended or partner.left_on is not None or video.state != "done":
        return None
    name = public_name(partner) if share.with_name else None
    return Shared(video, db.session.get_one(Programme, video.programme_id), name, share.with_poster)


def _signer(secret: str) -> URLSafeSerializer:
    return URLSafeSerializer(secret, salt="film")
