"""Films that would be told differently by now, and those that were withdrawn: found, and made anew."""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import literal_column, select, update

from engage import clock, periods
from engage.db import db
from engage.partners.models import Partner
from engage.periods import Period
from engage.programmes.models import Programme
from engage.studio.template import TemplateError
from engage.videos import catalogue, films, naming, rules, service
from engage.videos.catalogue import Offered
from engage.videos.drafts import Draft, Refused, drafts
from engage.videos.models import FilmShare, Video, VideoOrder


def newer(video: Video) -> Video | None:
    """The film that took this one's place: of the same template and period, made later."""
    return db.session.scalar(
        select(Video)
        .where(
            *films.told_alike(video),
            Video.format == video.format,
            Video.id > video.id,
            Video.state.not_in(rules.WITHOUT_A_FILE),
        )
        .order_by(Video.id.desc())
        .limit(1)
    )


def changed(video: Video, programme: Programme, address: str, now: datetime) -> bool:
    """Whether this film would tell something else if it were made now.

    Only of films made after the last day of their period: until then numbers move, and the film
    says as of when it tells them. Where its template is shipped otherwise since, nothing is known.
    """
    period = told_period(video)
    if period is None or clock.local_day(video.created_at, programme.timezone) <= period.last:
        return False
    try:
        film = catalogue.as_ordered(video.template, programme, video.template_digest)
        if film is None or video.for_outsiders:
            return False
        [made] = _made(film, [video], programme, address, now)
    except (catalogue.UnknownTemplate, TemplateError, Refused):
        return False
    return made.refusal is None and made.key != video.key


def make_anew(video: Video, programme: Programme, address: str, now: datetime) -> service.Placed:
    """Order the film as it would be told now, for its partner alone and before all others."""
    return _ordered([video], "corrected", programme, address, now)


def withdrawn(programme_id: int, most: int) -> Sequence[Video]:
    """Films that are to be made again: of one template, period and format."""
    # Written out, and with nothing added, so that SQLite finds them in their own index.
    state = Video.state == literal_column("'withdrawn'")
    waits = Video.programme_id + 0 == programme_id, state, naming.awaited()
    first = db.session.scalar(select(Video).where(*waits).order_by(Video.id).limit(1))
    if first is None:
        return []
    alike = (getattr(Video, one) == getattr(first, one) for one in ("template", "period", "format"))
    return db.session.scalars(
        select(Video).where(*waits, *alike).order_by(Video.id).limit(most)
    ).all()


def replace(
    videos: Sequence[Video], programme: Programme, address: str, now: datetime
) -> list[int]:
    """Order films anew that `withdrawn` found; whoever waited for one, and its links, have the new one.

    The films to wake a worker for.
    """
    try:
        placed = _ordered(videos, "withdrawn", programme, address, now)
    except (catalogue.UnknownTemplate, TemplateError, Refused) as error:
        for video in videos:
            _answer(video, None, str(error)[:500])
        return []
    orders = db.session.scalars(select(VideoOrder).where(VideoOrder.batch_id == placed.batch.id))
    answers = {order.partner_id: (order.video_id, order.refusal) for order in orders}
    for video in videos:
        _answer(video, *answers[video.partner_id])
    return placed.to_make


def is_awaited(video: Video) -> bool:
    """Whether a withdrawn film is to be made again."""
    return bool(db.session.scalar(select(naming.awaited()).where(Video.id == video.id)))


def gone(keys: Sequence[str]) -> Sequence[str]:
    """Which of these films are withdrawn and were not asked for again."""
    stands = Video.key.in_(keys), Video.state == "withdrawn"
    return db.session.scalars(select(Video.key).where(*stands)).all()


def _answer(video: Video, instead: int | None, refusal: str | None) -> None:
    db.session.execute(
        update(VideoOrder)
        .where(VideoOrder.video_id == video.id)
        .values(video_id=instead, refusal=refusal)
    )
    if instead:
        links = update(FilmShare).where(FilmShare.video_id == video.id)
        db.session.execute(links.values(video_id=instead))


def _ordered(
    videos: Sequence[Video], reason: str, programme: Programme, address: str, now: datetime
) -> service.Placed:
    first = videos[0]
    film = catalogue.load(first.template, programme)
    made = _made(film, videos, programme, address, now)
    batch = service.batch_of(film, told_period(first), reason, form=first.format)
    return service.place(programme, film, made, batch, now)


def _made(
    film: Offered, videos: Sequence[Video], programme: Programme, address: str, now: datetime
) -> list[Draft]:
    first, ids = videos[0], {video.partner_id for video in videos}
    who = db.session.scalars(select(Partner).where(Partner.id.in_(ids)).order_by(Partner.id)).all()
    period = told_period(first)
    return drafts(programme, film, who, period=period, address=address, now=now, form=first.format)


def told_period(video: Video) -> Period | None:
    return periods.parse(video.period) if video.period else None
