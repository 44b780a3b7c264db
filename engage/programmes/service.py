"""Publishing a programme from its file, and writing the published one back."""

from datetime import UTC, datetime
from typing import Any, NamedTuple

from sqlalchemy import bindparam, select
from sqlalchemy.orm import make_transient_to_detached
from sqlalchemy.orm.attributes import manager_of_class
from sqlalchemy.orm.util import identity_key

from engage.activity import currencies
from engage.activity import rules as activity
from engage.activity.models import Fact
from engage.db import db
from engage.incentives import publishing
from engage.incentives.publishing import Release
from engage.leaderboards import publishing as boards
from engage.leaderboards import service as leaderboards
from engage.ledger import budgets
from engage.missions import publishing as mission_publishing
from engage.missions import service as missions
from engage.partners import rules as segments
from engage.partners.service import ladders_of, segments_of
from engage.payouts import rules as payout_rules
from engage.prepared import Prepared
from engage.programmes.file import ProgrammeFile
from engage.programmes.models import Programme
from engage.tiers import language as tiers
from engage.videos import switches, triggers


class Refused(ValueError):
    """The change cannot be made; the message says why in one line."""


class Published(NamedTuple):
    """What publishing changed, in words such as ``rule bike-points: version 2``."""

    programme: Programme
    changes: list[str]


_BY_ID = Prepared(select(Programme.__table__).where(Programme.id == bindparam("programme_id")))


def by_id(programme_id: int) -> Programme:
    """The programme of that id, which there is."""
    session = db.session()
    known: Programme | None = session.identity_map.get(identity_key(Programme, programme_id))
    if known is None:
        # As loaded: set one by one, each value would be looked at as a change.
        known = manager_of_class(Programme).new_instance()
        known.__dict__.update(_BY_ID.first(programme_id=programme_id)._asdict())  # type: ignore[union-attr]
        make_transient_to_detached(known)
        session.add(known)
    return known


def by_slug(slug: str | None) -> Programme:
    """The programme with that slug; without one, the only programme of the house.

    :raises Refused: there is none, or several and none is named.
    """
    if slug is not None:
        found = db.session.scalar(select(Programme).where(Programme.slug == slug))
        if found is None:
            raise Refused(f"there is no programme {slug!r}: load its file first")
        return found
    rows = db.session.scalars(select(Programme).order_by(Programme.id).limit(2)).all()
    if not rows:
        raise Refused("there is no programme yet: engage programme load FILE.toml")
    if len(rows) > 1:
        raise Refused("the house holds several programmes: say which with --programme SLUG")
    return rows[0]


def publish(
    file: ProgrammeFile,
    now: datetime,
    since: datetime | None = None,
    why: str | None = None,
    by: int | None = None,
) -> Published:
    """Bring the programme to what its file says; what is not in the file is retired.

    A changed rule becomes a new version from ``since`` on (default ``now``), with the reason ``why``
    and who published it; facts before it keep theirs. A rule that is new is in force from its own
    ``starts``, or, where it names none, from ``since`` (from the beginning in a programme without
    facts). The caller runs the flow after it.

    :raises Overdrawn: a budget is less than was awarded already.
    :raises Refused: time zone or currency would change under facts, or a mission loses a stage.
    """
    programme = db.session.scalar(select(Programme).where(Programme.slug == file.slug))
    changes = [] if programme else [f"programme {file.slug}: new"]
    programme = programme or _begun(file, now)
    has_facts = programme.id is not None and _has_facts(programme.id)
    _publish_head(programme, file, has_facts)
    terms = payout_rules.to_json(file.payouts) if file.payouts else None
    if programme.payouts != terms:
        programme.payouts = terms
        changes.append("payouts: changed")
    if budgets.publish(programme.id, file.budget):
        changes.append("budget: changed")
    changes += _publish_segments(programme, file)
    release = Release(since or now, why, by, now)
    changes += _publish_tiers(programme, file, release, has_facts)
    changes += _publish_rules(programme, file, release, has_facts)
    changes += _publish_missions(programme, file, release)
    changes += _publish_boards(programme, file, release)
    changes += switches.publish(programme, file.triggers, by, now)
    changes += _publish_intake(programme, file)
    return Published(programme, changes)


def _begun(file: ProgrammeFile, now: datetime) -> Programme:
    nothing: dict[str, Any] = {"segments": [], "tiers": [], "intake": {}}
    days = file.dispute_days
    programme = Programme(slug=file.slug, dispute_days=days, created_at=now, **nothing)
    db.session.add(programme)
    return programme


def _publish_head(programme: Programme, file: ProgrammeFile, has_facts: bool) -> None:
    for key in ("timezone", "currency"):
        if has_facts and getattr(programme, key) != getattr(file, key):
            raise Refused(
                f"programme.{key} cannot change from {getattr(programme, key)} to "
                f"{getattr(file, key)} while there are facts: start a programme of its own"
            )
    programme.name = file.name
    programme.timezone, programme.currency = file.timezone, file.currency
    db.session.flush()


def _has_facts(programme_id: int) -> bool:
    found = select(Fact.id).where(Fact.programme_id == programme_id).limit(1)
    return db.session.scalar(found) is not None


def _publish_segments(programme: Programme, file: ProgrammeFile) -> list[str]:
    """Segments hold as they stand now, like the attributes of partners that they are made of."""
    before = {segment["slug"]: segment for segment in programme.segments}
    programme.segments = [segments.to_json(segment) for segment in file.segments]
    after = {segment["slug"]: segment for segment in programme.segments}
    db.session.flush()
    changed = [slug for slug, raw in after.items() if before.get(slug) != raw]
    return [
        *(f"segment {slug}: {'changed' if slug in before else 'new'}" for slug in changed),
        *(f"segment {slug}: removed" for slug in before.keys() - after.keys()),
    ]


def _publish_tiers(
    programme: Programme, file: ProgrammeFile, release: Release, has_facts: bool
) -> list[str]:
    """Changed tiers are a new version from the release on; what is published later replaces what was
    to come."""
    raw = [tiers.to_json(tier) for tier in file.tiers]
    if raw == (programme.tiers[-1]["tiers"] if programme.tiers else []):
        return []
    since = release.since.astimezone(UTC).isoformat()
    before = [v for v in programme.tiers if v["from"] is None or v["from"] < since]
    if not has_facts:
        before = []
    said = {"published": release.now.isoformat(), "why": release.why, "by": release.by}
    start = since if has_facts else None
    programme.tiers = [*before, {"from": start, "tiers": raw, **said}]
    db.session.flush()
    return [f"tiers: version {len(programme.tiers)}"]


def _publish_rules(
    programme: Programme, file: ProgrammeFile, release: Release, has_facts: bool
) -> list[str]:
    wanted = {rule.slug for rule in file.rules}
    changes = [
        publishing.publish(
            programme, rule, release, always=not has_facts or rule.starts is not None
        )
        for rule in file.rules
    ]
    changes += [
        publishing.retire(programme, rule.slug, release)
        for rule in publishing.current(programme)
        if rule.slug not in wanted
    ]
    return [change for change in changes if change]


def _publish_boards(programme: Programme, file: ProgrammeFile, release: Release) -> list[str]:
    how = release.now, release.why, release.by
    before = {p.model.slug: p.model.definition for p in leaderboards.boards(programme)}
    changes = []
    for position, definition in enumerate(file.boards):
        published = boards.publish(programme, definition, position, *how)
        if before.get(definition.slug) != published.model.definition:
            word = "changed" if definition.slug in before else "new"
            changes.append(f"board {definition.slug}: {word}")
    gone = boards.retire(programme, [board.slug for board in file.boards], *how)
    return changes + [f"board {slug}: retired" for slug in gone]


def _publish_missions(programme: Programme, file: ProgrammeFile, release: Release) -> list[str]:
    how = release.now, release.why, release.by
    before = {found.model.slug: found.model for found in missions.missions(programme)}
    changes = []
    for mission in file.missions:
        if before.pop(mission.slug, None) == mission:
            continue
        known = mission_publishing.stage_count(programme, mission.slug)
        if known > len(mission.stages):
            raise Refused(
                f"mission {mission.slug} has {known} stages, some may be paid: "
                "keep them, or start a mission with another slug"
            )
        mission_publishing.publish(programme, mission, *how)
        changes.append(f"mission {mission.slug}: {'changed' if known else 'new'}")
    for slug in before:
        mission_publishing.retire(programme, slug, *how)
        changes.append(f"mission {slug}: retired")
    return changes


def _publish_intake(programme: Programme, file: ProgrammeFile) -> list[str]:
    changes = []
    if activity.parse_intake(programme.intake) != file.intake:
        programme.intake = activity.intake_json(file.intake)
        changes.append("intake: changed")
    if programme.dispute_days != file.dispute_days:
        programme.dispute_days = file.dispute_days
        changes.append(f"disputes: answered within {file.dispute_days} working days")
    known, wanted = set(currencies.rates(programme.id)), set(file.rates)
    if known != wanted:
        currencies.publish_rates(programme.id, file.rates)
        changes.append(f"rates: {len(wanted - known)} new, {len(known - wanted)} gone")
    return changes


def export(programme: Programme) -> ProgrammeFile:
    """What is published now, as a file; in the order in which it came."""
    running = sorted(missions.missions(programme), key=lambda mission: mission.id)
    return ProgrammeFile(
        programme.slug,
        programme.name,
        programme.timezone,
        programme.currency,
        budgets.budgets(programme.id),
        tuple(segments_of(programme)),
        ladders[-1].tiers if (ladders := ladders_of(programme)) else (),
        tuple(publishing.current(programme)),
        tuple(board.rule for board in leaderboards.boards(programme)),
        tuple(mission.model for mission in running),
        activity.parse_intake(programme.intake),
        tuple(currencies.rates(programme.id)),
        programme.dispute_days,
        payout_rules.parse(programme.payouts or {}),
        triggers.unlike_the_house(one.trigger for one in switches.of_programme(programme)),
    )
