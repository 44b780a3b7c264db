"""Links to a film for people without a seat: made, listed, opened and ended by its partner.

They open a film that tells nothing of other partners: where the partner's own does, another one is made.
"""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import NamedTuple

from itsdangerous import BadSignature, URLSafeSerializer
from sqlalchemy import ColumnElement, select

from engage.db import db
from engage.partners.models import Partner
from engage.partners.rules import public_name
from engage.programmes.models import Programme
from engage.studio import values
from engage.studio.template import TemplateError
from engage.studio.words import language_of
from engage.videos import catalogue, corrections, drafts, rules, service
from engage.videos.languages import Tongue
from engage.videos.models import FilmShare, Video

#: Days that a link may live, the first one offered first.
DAYS = (7, 30, 90)
#: Links of one film that may live at once: more of them nobody keeps in view.
AT_ONCE = 10


class TooMany(Exception):
    """The film has as many living links as it may."""


class CannotBeShown(Exception):
    """There is no film without what it tells of others; the message says why, for a manager."""


class Shared(NamedTuple):
    """What a link opens. ``name`` and ``poster`` are what a preview of it may tell; no ``shown`` film is
    there where none was asked for yet, or where the link ``has_ended``: it tells its programme alone."""

    share: FilmShare
    shown: Video | None
    programme: Programme
    name: str | None = None
    poster: bool = False
    has_ended: bool = False


def make(
    video: Video, days: int, *, with_name: bool, with_poster: bool, now: datetime
) -> FilmShare:
    """A link that lives ``days`` from ``now``; `prepare` gives it something to show.

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


def prepare(share: FilmShare, now: datetime) -> list[int]:
    """Have the film there that the link shows; the films to wake a worker for.

    :raises CannotBeShown: its template is gone, or tells nothing without the others; or it is being made
        again.
    """
    video = db.session.get_one(Video, share.video_id)
    if video.state == "withdrawn":
        raise CannotBeShown("it was withdrawn")
    programme = db.session.get_one(Programme, video.programme_id)
    if not tells_of_others(video):
        share.shown_id = video.id
        return []
    try:
        as_ordered = catalogue.as_ordered(video.template, programme, video.template_digest)
        film = as_ordered or catalogue.load(video.template, programme)
    except (catalogue.UnknownTemplate, TemplateError) as error:
        raise CannotBeShown(str(error)) from error
    somebody = Tongue(language_of(video.locale, film.template)).gettext("A partner")
    told = rules.for_outsiders(video.snapshot, somebody)
    partner = db.session.get_one(Partner, video.partner_id)
    key = rules.key(partner.external_id, film.digest, told, video.locale, video.format)
    if why := drafts.cannot_be_filmed(film, values.from_json(told)):
        raise CannotBeShown(why)
    cut = drafts.Draft(partner.id, video.title, video.locale, told, key, for_outsiders=True)
    batch = service.batch_of(film, corrections.told_period(video), "shared", form=video.format)
    placed = service.place(programme, film, [cut], batch, now)
    share.shown_id, _state = service.existing(programme.id, [key])[key]
    return placed.to_make


def tells_of_others(video: Video) -> bool:
    """Whether the film is none to be shown outside as it is."""
    if video.for_outsiders:
        return False
    return rules.for_outsiders(video.snapshot, "") != video.snapshot


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
    """What an address opens now: a link ends by itself, by its partner, or once that one has left. None:
    its film was deleted since.

    :raises LookupError: no such address was ever given.
    """
    try:
        share = db.session.get(FilmShare, _signer(secret).loads(said))
    except BadSignature as error:
        raise LookupError(said) from error
    if share is None:
        return None
    video = db.session.get_one(Video, share.video_id)
    partner = db.session.get_one(Partner, video.partner_id)
    programme = db.session.get_one(Programme, video.programme_id)
    if share.revoked_at is not None or share.expires_at <= now or partner.left_on is not None:
        return Shared(share, None, programme, has_ended=True)
    name = public_name(partner) if share.with_name else None
    shown = db.session.get(Video, share.shown_id) if share.shown_id else None
    return Shared(share, shown, programme, name, share.with_poster)


def _signer(secret: str) -> URLSafeSerializer:
    return URLSafeSerializer(secret, salt="film")
