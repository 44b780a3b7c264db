"""Films of a past period that would be told differently by now: found, and made anew."""

from datetime import datetime

from sqlalchemy import select

from engage import clock, periods
from engage.db import db
from engage.partners.models import Partner
from engage.periods import Period
from engage.programmes.models import Programme
from engage.studio.template import TemplateError
from engage.videos import catalogue, service
from engage.videos.catalogue import Offered
from engage.videos.drafts import Draft, Refused, drafts
from engage.videos.models import Video


def newer(video: Video) -> Video | None:
    """The film that took this one's place: of the same template and period, made later."""
    return db.session.scalar(
        select(Video)
        .where(
            Video.partner_id == video.partner_id,
            Video.template == video.template,
            Video.period == video.period,
            Video.format == video.format,
            Video.id > video.id,
            Video.state.not_in(("failed", "cancelled")),
        )
        .order_by(Video.id.desc())
        .limit(1)
    )


def changed(video: Video, programme: Programme, address: str, now: datetime) -> bool:
    """Whether this film would tell something else if it were made now.

    Only of films made after the last day of their period: until then numbers move, and the film
    says as of when it tells them. Where its template is shipped otherwise since, nothing is known.
    """
    period = _period(video)
    if period is None or clock.local_day(video.created_at, programme.timezone) <= period.last:
        return False
    try:
        film = catalogue.as_ordered(video.template, programme, video.template_digest)
        if film is None:
            return False
        [made] = _made(film, video, programme, address, now)
    except (catalogue.UnknownTemplate, TemplateError, Refused):
        return False
    return made.refusal is None and made.key != video.key


def make_anew(video: Video, programme: Programme, address: str, now: datetime) -> service.Placed:
    """Order the film as it would be told now, for its partner alone and before all others."""
    film = catalogue.load(video.template, programme)
    made = _made(film, video, programme, address, now)
    batch = service.batch_of(film, _period(video), "corrected", form=video.format)
    return service.place(programme, film, made, batch, now)


def _made(
    film: Offered, video: Video, programme: Programme, address: str, now: datetime
) -> list[Draft]:
    who = [db.session.get_one(Partner, video.partner_id)]
    return drafts(
        programme,
        film,
        who,
        period=_period(video),
        address=address,
        now=now,
        form=video.format,
    )


def _period(video: Video) -> Period | None:
    return periods.parse(video.period) if video.period else None
