"""What is celebrated on screens: found after the commit, told by reference, put into words when shown.

A reference names what happened by ids and is signed, so that a screen's address tells of nothing
else. Names come in when a screen shows it: who hides meanwhile is not named.
"""

from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from typing import NamedTuple

from itsdangerous import BadSignature, URLSafeTimedSerializer
from sqlalchemy import select

from engage import clock, formats
from engage.among import among
from engage.db import db
from engage.leaderboards import service as leaderboards
from engage.leaderboards import view as views
from engage.leaderboards.ranking import Ranking
from engage.leaderboards.view import View
from engage.missions.models import Mission, MissionProgress, MissionStage
from engage.partners import choices
from engage.partners import service as partners
from engage.partners.models import Partner
from engage.partners.rules import public_key, public_name
from engage.programmes.models import Programme
from engage.screens import rules
from engage.screens.rules import Plan
from engage.screens.slides import boards
from engage.voice import Voice

#: What is older than this is history: no import of last year sets the walls off.
FRESH = timedelta(days=1)
#: A screen that was away for so many seconds does not catch up on what others saw.
LATE = 600
#: Of one commit, so many are celebrated.
MOST = 5

#: What happened: ("stage", stage id, partner id), ("tier", name, partner id) or
#: ("top", board slug, partner id), or ("group", board slug, group id) where groups are ranked.
Moment = tuple[str, int | str, int]


class Told(NamedTuple):
    """A celebration in words: who, and what they did."""

    who: str
    what: str


def _serializer(secret: str) -> URLSafeTimedSerializer:
    return URLSafeTimedSerializer(secret, salt="celebration")


def reference(moment: Moment, secret: str) -> str:
    """Whoever reads it learns no id of a partner with a pseudonym (`partners.rules.public_key`)."""
    kind, what, member = moment
    key = str(member)
    if kind != "group":
        key = public_key(member, db.session.get_one(Partner, member), secret)
    signed: str = _serializer(secret).dumps([kind, what, key])
    return signed


def stages(facts: Sequence[int], partner_ids: Iterable[int], now: datetime) -> list[Moment]:
    """Mission stages that these facts reached."""
    reached = MissionProgress
    rows = db.session.execute(
        select(reached.stage_id, reached.partner_id)
        .where(
            among(reached.partner_id, partner_ids),
            reached.fact_id.in_(facts),
            reached.reached_at > now - FRESH,
        )
        .order_by(reached.stage_id, reached.partner_id)
        .limit(MOST)
    )
    return [("stage", stage_id, partner_id) for stage_id, partner_id in rows]


def tier(partner_id: int, name: str, now: datetime) -> list[Moment]:
    """The tier of that name that a partner reached, if that was just now."""
    spells = partners.spells([partner_id]).get(partner_id, [])
    fresh = any(one.tier == name and one.since and one.since > now - FRESH for one in spells)
    return [("tier", name, partner_id)] if fresh else []


def _top(programme: Programme, slug: str, now: datetime) -> tuple[View, Ranking] | None:
    """The first places of a board's running period, as everybody sees them."""
    published = leaderboards.board(programme, slug)
    if published is None:
        return None
    view = views.view(programme, published, "", "", clock.local_day(now, programme.timezone))
    return view, views.page(view, 0, rules.TOP)


def leaders(programme: Programme, slug: str, now: datetime) -> tuple[str, list[int]]:
    """The period that a board runs in, and the members on its first places."""
    found = _top(programme, slug, now)
    return (found[0].period.name, [row.member_id for row in found[1].rows]) if found else ("", [])


def movers(programme: Programme, slug: str, partner_ids: Iterable[int]) -> set[int]:
    """The members of a board that these partners are."""
    published = leaderboards.board(programme, slug)
    found = db.session.scalars(select(Partner).where(among(Partner.id, partner_ids)))
    members = {views.member_of(published, partner) for partner in found} if published else set()
    return members - {None}  # type: ignore[return-value]


def told(
    programme: Programme, plan: Plan, signed: str, secret: str, now: datetime, voice: Voice
) -> Told | None:
    """A celebration as this screen tells it; None where it is not for it, or not so any more."""
    try:
        kind, what, key = _serializer(secret).loads(signed, max_age=LATE)
    except BadSignature:
        return None
    is_group = kind == "group"
    partner = None if is_group else choices.by_public_key(programme.id, str(key), secret)
    if is_group or (kind == "top" and partner):
        member = partner.id if partner else int(key)
        shown = what in plan.boards and any(one.model.slug == what for one in boards(programme))
        return _told_top(programme, what, member, now, voice) if shown else None
    if partner is None or partner.left_on is not None:
        return None
    name = public_name(partner)
    did = (
        _stage(plan, what, partner.id, voice)
        if kind == "stage"
        else _tier(partner, what, now, voice)
    )
    return Told(name, did) if name and did else None


def _stage(plan: Plan, stage_id: int, partner_id: int, voice: Voice) -> str | None:
    row = db.session.execute(
        select(Mission.name, MissionStage.definition)
        .join(MissionStage, MissionStage.mission_id == Mission.id)
        .join(MissionProgress, MissionProgress.stage_id == MissionStage.id)
        .where(
            MissionStage.id == stage_id,
            MissionProgress.partner_id == partner_id,
            MissionProgress.reached_at.is_not(None),
            Mission.slug.in_(plan.missions),
            Mission.retired_at.is_(None),
        )
    ).first()
    if row is None:
        return None
    stage, mission = row.definition["name"], row.name
    return voice.gettext("reached “%(stage)s” in %(mission)s", stage=stage, mission=mission)


def _tier(partner: Partner, name: str, now: datetime, voice: Voice) -> str | None:
    climb = partners.attributes(partner.programme_id, [partner.id])[partner.id]["tier"]
    return voice.gettext("is %(tier)s now", tier=name) if climb.at(now) == name else None


def _told_top(
    programme: Programme, slug: str, member: int, now: datetime, voice: Voice
) -> Told | None:
    found = _top(programme, slug, now)
    row = next((row for row in found[1].rows if row.member_id == member), None) if found else None
    if found is None or row is None:
        return None
    board = found[0].published.model.name
    if row.rank == 1:
        return Told(row.name, voice.gettext("leads %(board)s", board=board))
    place = formats.ordinal(row.rank, voice.locale)
    return Told(
        row.name, voice.gettext("moved up to %(place)s in %(board)s", place=place, board=board)
    )
