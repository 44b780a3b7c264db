"""What triggers are to answer: who is still to get a film of what happened, and how many that will be."""

from collections.abc import Iterable, Iterator
from datetime import datetime, timedelta

from sqlalchemy import ColumnElement, select, update

from engage.clock import local_day
from engage.conditions import Where
from engage.db import db
from engage.missions import service as missions
from engage.partners import service as partners
from engage.partners.models import Partner
from engage.programmes.models import Programme
from engage.videos import forecasts, triggers
from engage.videos.happenings import FINDERS
from engage.videos.models import VideoBatch, VideoOrder
from engage.videos.switches import Switched
from engage.videos.triggers import Occasion, Trigger


def due(
    programme: Programme, switched: Switched, now: datetime
) -> Iterator[tuple[Occasion, list[int]]]:
    """The occasions that a trigger is to answer now, each with those who wait for their film."""
    trigger, since, misfit = switched
    if since is None or misfit:
        return
    for occasion in FINDERS[trigger.on](programme, trigger, max(since, now - triggers.STALE), now):
        if triggers.is_due(occasion.at, since, now) and not _is_whole(programme, trigger, occasion):
            yield occasion, eligible(programme, trigger, now, occasion.partners, occasion.audience)


def eligible(
    programme: Programme,
    trigger: Trigger,
    now: datetime,
    among: Iterable[int] | None = None,
    audience: Where = (),
) -> list[int]:
    """Who of these partners (None: all) is of both audiences now and has not left."""
    today = local_day(now, programme.timezone)
    who = partners.attributes(programme.id, among)
    gone = set(
        db.session.scalars(
            select(Partner.id).where(Partner.programme_id == programme.id, Partner.left_on <= today)
        )
    )
    meant = set(missions.addressed(trigger.audience, who, now)) - gone
    return [one for one in missions.addressed(audience, who, now) if one in meant]


def answered(programme_id: int, trigger: Trigger, occasion: Occasion, form: str) -> set[int]:
    """Who has got an answer to an occasion in a format: a film, or why there can be none."""
    return set(
        db.session.scalars(
            select(VideoOrder.partner_id)
            .join(VideoBatch, VideoBatch.id == VideoOrder.batch_id)
            .where(*_of(programme_id, trigger, occasion), VideoBatch.format == form)
        )
    )


def last_batch(programme_id: int, slug: str) -> VideoBatch | None:
    """The newest films that a trigger made."""
    return db.session.scalar(
        select(VideoBatch)
        .where(VideoBatch.programme_id == programme_id, VideoBatch.trigger == slug)
        .order_by(VideoBatch.id.desc())
        .limit(1)
    )


def waiting(programme: Programme, switched: Switched, now: datetime) -> Iterator[int]:
    """How many are still to get an answer of a trigger, by occasion and format."""
    for occasion, who in due(programme, switched, now):
        for form in switched.trigger.formats:
            yield len(set(who) - answered(programme.id, switched.trigger, occasion, form))


def without_room(programme: Programme, switched: Switched, now: datetime) -> int:
    """How many films a trigger does not order because the disk has no room for one more."""
    if switched.since is None or forecasts.expected(switched.trigger.template, 1).fits:
        return 0
    return sum(waiting(programme, switched, now))


def close(
    programme_id: int, trigger: Trigger, occasion: Occasion, form: str, who: Iterable[int]
) -> None:
    """Where all ``who`` were of an occasion have their answer in a format, nobody has to look again."""
    if set(who) - answered(programme_id, trigger, occasion, form):
        return
    db.session.execute(
        update(VideoBatch)
        .where(*_of(programme_id, trigger, occasion), VideoBatch.format == form)
        .values(whole=True)
    )


def _of(programme_id: int, trigger: Trigger, occasion: Occasion) -> tuple[ColumnElement[bool], ...]:
    return (
        VideoBatch.programme_id == programme_id,
        VideoBatch.trigger == trigger.slug,
        VideoBatch.occasion == occasion.name,
    )


def _is_whole(programme: Programme, trigger: Trigger, occasion: Occasion) -> bool:
    """Whether all who were of an occasion have their answer, so that nobody has to look again."""
    if trigger.is_personal:
        return False
    whole = select(VideoBatch.format).where(
        *_of(programme.id, trigger, occasion), VideoBatch.whole.is_(True)
    )
    return {*trigger.formats} <= set(db.session.scalars(whole))


# --- what is to be expected -------------------------------------------------------------------

_LOOKED_BACK, _LOOKED_AHEAD = timedelta(days=90), timedelta(days=30)


def a_month(programme: Programme, trigger: Trigger, now: datetime) -> int | None:
    """About how many films a trigger makes in a month, by the last three; None: nobody can know."""
    whom = set(eligible(programme, trigger, now))
    happened = None
    if trigger.on in ("joined", "climbed", "learnt"):
        found = list(FINDERS[trigger.on](programme, trigger, now - _LOOKED_BACK, now))
        happened = sum(len(whom & (one.partners or whom)) for one in found)
    ahead = 0
    if trigger.on == "midway":
        today = local_day(now, programme.timezone)
        for mission in missions.missions(programme, today, today + _LOOKED_AHEAD):
            at = triggers.middle(mission.model.starts, mission.model.ends, programme.timezone)
            if at and now < at <= now + _LOOKED_AHEAD:
                ahead += len(eligible(programme, trigger, now, audience=mission.audience))
    return triggers.a_month(trigger, len(whom), happened, ahead)
