"""What triggers answer: found in the rows as they stand, so that nothing is lost and nothing done twice.

`EVENTS` has a finder for each event; it lists what happened lately, `due` who is still to get a film of it.
"""

from collections.abc import Callable, Iterable, Iterator
from datetime import datetime, timedelta
from typing import NamedTuple

from sqlalchemy import ColumnElement, func, select, update

from engage import conditions
from engage.activity.models import Fact
from engage.clock import local_day
from engage.conditions import Where
from engage.db import db
from engage.flow import JOINING
from engage.incentives.models import Rule, RuleVersion
from engage.leaderboards import service as leaderboards
from engage.missions import service as missions
from engage.partners import service as partners
from engage.partners.models import Partner
from engage.programmes.models import Programme, Revision
from engage.tiers.models import TierSpell
from engage.tiers.rules import Climb
from engage.videos import triggers
from engage.videos.models import FilmTrigger, VideoBatch, VideoOrder
from engage.videos.triggers import Occasion, Trigger


class Switched(NamedTuple):
    """A trigger and since when it is on (None: off)."""

    trigger: Trigger
    since: datetime | None


def of_programme(programme: Programme) -> list[Switched]:
    """All triggers of a programme, in the order in which managers see them."""
    rows = db.session.scalars(
        select(FilmTrigger)
        .where(FilmTrigger.programme_id == programme.id)
        .order_by(FilmTrigger.created_at, FilmTrigger.slug)
    ).all()
    since = {row.slug: row.since for row in rows}
    since.setdefault(triggers.WELCOME, programme.created_at)
    found = triggers.overlaid(triggers.stored(row.definition) for row in rows)
    return [Switched(trigger, since.get(trigger.slug)) for trigger in found]


def keep(
    programme_id: int, trigger: Trigger, on: bool, by: int | None, now: datetime
) -> FilmTrigger:
    """Write a trigger down. One that is switched on answers what happens from ``now`` on."""
    programme = db.session.get_one(Programme, programme_id)
    known = {one.trigger.slug: one.since for one in of_programme(programme)}
    row = db.session.get(FilmTrigger, (programme_id, trigger.slug))
    if row is None:
        row = FilmTrigger(programme_id=programme_id, slug=trigger.slug, created_at=now)
        db.session.add(row)
    row.definition = triggers.to_json(trigger)
    row.since = (known.get(trigger.slug) or now) if on else None
    row.changed_by = by
    db.session.flush()
    return row


def due(
    programme: Programme, switched: Switched, now: datetime
) -> Iterator[tuple[Occasion, list[int]]]:
    """The occasions that a trigger is to answer now, each with those who wait for their film."""
    trigger, since = switched
    if since is None:
        return
    for occasion in _EVENTS[trigger.on](programme, trigger, max(since, now - triggers.STALE), now):
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
    meant = set(missions.addressed(trigger.audience, who, now))
    return [one for one in missions.addressed(audience, who, now) if one in meant - gone]


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


def waits(programme: Programme, switched: Switched, now: datetime) -> bool:
    """Whether anybody is still to get an answer of a trigger."""
    return any(
        set(who) - answered(programme.id, switched.trigger, occasion, form)
        for occasion, who in due(programme, switched, now)
        for form in switched.trigger.formats
    )


def close(programme_id: int, trigger: Trigger, occasion: Occasion, form: str) -> None:
    """All who were of an occasion have their answer in a format: nobody has to look again."""
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


# --- what happened ----------------------------------------------------------------------------

#: What a rule may ask of a fact or a partner.
_ASKED = (*conditions.FACT_CONDITIONS, *conditions.PARTNER_CONDITIONS)
Finder = Callable[[Programme, Trigger, datetime, datetime], Iterator[Occasion]]


def _joined(here: Programme, of: Trigger, since: datetime, now: datetime) -> Iterator[Occasion]:
    """Once for each partner, whenever that was; who comes with many others moved here."""
    rows = db.session.execute(
        select(Partner.id, Partner.created_at).where(
            Partner.programme_id == here.id, Partner.created_at > since, Partner.created_at <= now
        )
    )
    told = triggers.running(of, now, here.timezone)
    for at, who in triggers.by_moment(rows.tuples(), JOINING).items():
        yield Occasion("joined", at, told, who)


def _climbed(here: Programme, of: Trigger, since: datetime, now: datetime) -> Iterator[Occasion]:
    """A tier that was reached by a fact and is held now."""
    rose = select(TierSpell.partner_id).join(Partner, Partner.id == TierSpell.partner_id)
    found = partners.spells(
        db.session.scalars(
            rose.where(
                Partner.programme_id == here.id,
                TierSpell.fact_id.is_not(None),
                TierSpell.since > since,
                TierSpell.since <= now,
            ).distinct()
        ).all()
    )
    for partner_id, spells in found.items():
        held = Climb(spells).spell(now)
        if held and held.tier and held.since and held.fact_id:
            name = f"{held.tier} {local_day(held.since, here.timezone)}"
            told = triggers.running(of, now, here.timezone)
            yield Occasion(name, held.since, told, frozenset([partner_id]))


def _learnt(here: Programme, of: Trigger, since: datetime, now: datetime) -> Iterator[Occasion]:
    """A day on which a partner finished a training or was certified."""
    rows = db.session.execute(
        select(Fact.day, Fact.partner_id, func.max(Fact.occurred_at))
        .where(
            Fact.programme_id == here.id,
            Fact.day >= local_day(since, here.timezone),
            Fact.kind.in_(triggers.LEARNING),
            Fact.occurred_at > since,
            Fact.occurred_at <= now,
            Fact.superseded_at.is_(None),
        )
        .group_by(Fact.day, Fact.partner_id)
        .order_by(Fact.day)
    )
    told = triggers.running(of, now, here.timezone)
    for day, partner_id, at in rows.tuples():
        yield Occasion(day.isoformat(), at, told, frozenset([partner_id]))


def _published(kind: str, still: Callable[[Programme], dict[str, Where]]) -> Finder:
    """A mission or board that is new, for those it addresses."""

    def find(here: Programme, of: Trigger, since: datetime, now: datetime) -> Iterator[Occasion]:
        rows = db.session.scalars(
            select(Revision).where(
                Revision.programme_id == here.id,
                Revision.kind == kind,
                Revision.published_at > since,
                Revision.published_at <= now,
            )
        ).all()
        new = [row for row in rows if row.before is None and row.after is not None]
        standing = still(here) if new else {}
        for row in new:
            if row.slug in standing:
                name = f"{row.slug} {row.number}"
                told = triggers.running(of, now, here.timezone)
                yield Occasion(name, row.published_at, told, audience=standing[row.slug])

    return find


def _missions(here: Programme) -> dict[str, Where]:
    return {one.model.slug: one.audience for one in missions.missions(here)}


def _boards(here: Programme) -> dict[str, Where]:
    return {board.model.slug: board.rule.audience for board in leaderboards.boards(here)}


def _rule(here: Programme, of: Trigger, since: datetime, now: datetime) -> Iterator[Occasion]:
    """A new rule for a product or category, once it is in force."""
    rows = db.session.execute(
        select(Rule.slug, RuleVersion.definition, RuleVersion.published_at, RuleVersion.valid_from)
        .join(RuleVersion, RuleVersion.rule_id == Rule.id)
        .where(Rule.programme_id == here.id, RuleVersion.version == 1)
    )
    for slug, definition, published_at, valid_from in rows.tuples():
        at = max(published_at, valid_from or published_at)
        asks = conditions.where(definition or {}, "where", _ASKED)
        if since < at <= now and {"product", "category"} & {name for name, _ in asks}:
            whom = tuple(one for one in asks if one[0] in conditions.PARTNER_CONDITIONS)
            yield Occasion(slug, at, triggers.running(of, now, here.timezone), audience=whom)


def _midway(here: Programme, of: Trigger, since: datetime, now: datetime) -> Iterator[Occasion]:
    """A mission half of whose days are over."""
    today = local_day(now, here.timezone)
    for mission in missions.missions(here, today, today):
        at = triggers.middle(mission.model.starts, mission.model.ends, here.timezone)
        if at and since < at <= now:
            told = triggers.running(of, now, here.timezone)
            yield Occasion(mission.model.slug, at, told, audience=mission.audience)


def _closed(here: Programme, of: Trigger, since: datetime, now: datetime) -> Iterator[Occasion]:
    if found := triggers.last_closed(of, now, here.timezone):
        yield found


_EVENTS: dict[str, Finder] = {
    "joined": _joined,
    "climbed": _climbed,
    "learnt": _learnt,
    "mission": _published("mission", _missions),
    "rule": _rule,
    "board": _published("board", _boards),
    "midway": _midway,
    "closed": _closed,
}


# --- what is to be expected -------------------------------------------------------------------

_LOOKED_BACK, _LOOKED_AHEAD = timedelta(days=90), timedelta(days=30)


def a_month(programme: Programme, trigger: Trigger, now: datetime) -> int | None:
    """About how many films a trigger makes in a month, by the last three; None: nobody can know."""
    whom = set(eligible(programme, trigger, now))
    happened = None
    if trigger.on in ("joined", "climbed", "learnt"):
        found = list(_EVENTS[trigger.on](programme, trigger, now - _LOOKED_BACK, now))
        happened = sum(len(whom & (one.partners or whom)) for one in found)
    ahead = 0
    if trigger.on == "midway":
        today = local_day(now, programme.timezone)
        for mission in missions.missions(programme, today, today + _LOOKED_AHEAD):
            at = triggers.middle(mission.model.starts, mission.model.ends, programme.timezone)
            if at and now < at <= now + _LOOKED_AHEAD:
                ahead += len(eligible(programme, trigger, now, audience=mission.audience))
    return triggers.a_month(trigger, len(whom), happened, ahead)
