"""What happened lately, by event: found in the rows as they stand, so that nothing is lost or done twice."""

from collections.abc import Callable, Iterator
from datetime import datetime

from sqlalchemy import func, select

from engage import conditions
from engage.activity.models import Fact
from engage.clock import local_day
from engage.conditions import Where
from engage.db import db
from engage.incentives.models import Rule, RuleVersion
from engage.leaderboards import service as leaderboards
from engage.membership import JOINING
from engage.missions import service as missions
from engage.partners import service as partners
from engage.partners.models import Partner
from engage.programmes.models import Programme, Revision
from engage.tiers.models import TierSpell
from engage.tiers.rules import Climb
from engage.videos import triggers
from engage.videos.triggers import Occasion, Trigger

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


FINDERS: dict[str, Finder] = {
    "joined": _joined,
    "climbed": _climbed,
    "learnt": _learnt,
    "mission": _published("mission", _missions),
    "rule": _rule,
    "board": _published("board", _boards),
    "midway": _midway,
    "closed": _closed,
}
