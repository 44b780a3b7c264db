"""Partners and their groups: looking them up, and taking a list of them in."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import date, datetime
from operator import itemgetter
from typing import Any, NamedTuple

from sqlalchemy import Row, bindparam, select, update

from engage import clock
from engage.activity.rules import Problem
from engage.among import among
from engage.conditions import PARTNER_ATTRIBUTES, SEGMENT_CONDITIONS
from engage.db import db
from engage.partners import rules
from engage.partners.choices import cannot_leave
from engage.partners.models import Group, Partner
from engage.prepared import Prepared, Question, together
from engage.programmes.models import Programme
from engage.rows import insert_rows, next_ids
from engage.tiers import language as tiers
from engage.tiers.models import TierSpell
from engage.tiers.rules import Climb, Ladder, Spell

GROUP_KINDS = ("organisation", "team", "region")
_partners: Any = Partner.__table__.c
_ATTRIBUTES = select(
    *(_partners.id, _partners.visibility, _partners.left_on),
    *(_partners[name] for name in PARTNER_ATTRIBUTES),
    _partners.joined_on,
)
_EVERYBODY = Prepared(_ATTRIBUTES.where(_partners.programme_id == bindparam("programme_id")), tuple)
_NAMED = Prepared(
    _ATTRIBUTES.add_columns(_partners.external_id).where(
        _partners.programme_id == bindparam("programme_id"),
        among(_partners.external_id, "external_ids"),
    ),
    tuple,
)
#: Found by their ids: with nothing added SQLite would go through the whole programme for them.
_OF_THESE = Prepared(
    _ATTRIBUTES.where(
        among(_partners.id, "ids"), _partners.programme_id + 0 == bindparam("programme_id")
    ),
    tuple,
)
_groups: Any = Group.__table__.c
_GROUPS = Prepared(
    select(_groups.kind, _groups.name, _groups.id).where(
        _groups.programme_id == bindparam("programme_id"), among(_groups.name, "names")
    )
)


class Profile(NamedTuple):
    """A partner as somebody reports it; None means the report does not say.

    ``target`` is in ten-thousandths.
    """

    external_id: str
    name: str
    email: str | None = None
    organisation: str | None = None
    team: str | None = None
    region: str | None = None
    type: str | None = None
    joined_on: date | None = None
    left_on: date | None = None
    target: int | None = None
    locale: str | None = None
    timezone: str | None = None


class Admission(NamedTuple):
    """Ids of partners added, of those whose attributes changed, and of those who left or are back.

    One answer per profile, and what is wrong with those that are no partners.
    """

    new: list[int]
    moved: list[int]
    left: list[int]
    answers: list[str]
    problems: list[Problem]


def admit(programme: Programme, profiles: Sequence[Profile], *, now: datetime) -> Admission:
    """Insert new partners and bring known ones up to date.

    A column the report does not have leaves what is known as it is.
    """
    problems, judged = _judged(programme, profiles, now)
    admission = Admission([], [], [], [one.answer for one in judged], problems)
    rows: dict[str, dict[str, object]] = {}
    ids = iter(next_ids("partners", len(profiles)))
    for answer, profile, before, changes in judged:
        if answer == "problem":
            continue
        if answer == "new":
            partner_id = next(ids)
            stamp = {"id": partner_id, "programme_id": programme.id, "created_at": now}
            rows[profile.external_id] = profile._asdict() | stamp
            admission.new.append(partner_id)
        if before is None:
            rows[profile.external_id] |= changes | {"found_by": rules.folded(profile.name)}
            continue
        if "name" in changes:
            changes["found_by"] = rules.found_by(profile.name, before.visibility, before.pseudonym)
        if changes:
            db.session.execute(update(Partner).where(Partner.id == before.id).values(**changes))
        if changes.keys() & {*PARTNER_ATTRIBUTES, "joined_on", "target"}:
            admission.moved.append(before.id)
        if "left_on" in changes:
            admission.left.append(before.id)
    insert_rows(Partner.__table__, list(rows.values()))
    _open_groups(programme.id, [one.profile for one in judged if one.answer != "problem"])
    return admission


def judge(
    programme: Programme, profiles: Sequence[Profile], *, now: datetime
) -> tuple[list[str], list[Problem]]:
    """The answers and problems that ``admit`` would give; nothing is written."""
    problems, judged = _judged(programme, profiles, now)
    return [one.answer for one in judged], problems


class _Judged(NamedTuple):
    """What becomes of a profile: its answer, the partner as it is known, and what would change."""

    answer: str
    profile: Profile
    before: Row[Any] | None
    changes: dict[str, Any]


def _judged(
    programme: Programme, profiles: Sequence[Profile], now: datetime
) -> tuple[list[Problem], list[_Judged]]:
    known = _known(programme.id, [profile.external_id for profile in profiles])
    problems = _unfit(profiles, known, clock.local_day(now, programme.timezone))
    wrong = {problem.position for problem in problems}
    met: set[str] = set()
    found = []
    for position, profile in enumerate(profiles):
        before = known.get(profile.external_id)
        changes = {key: value for key, value in profile._asdict().items() if value is not None}
        if position in wrong:
            answer = "problem"
        elif before is None:
            answer = "unchanged" if profile.external_id in met else "new"
            met.add(profile.external_id)
        else:
            changes = {key: v for key, v in changes.items() if getattr(before, key) != v}
            answer = "corrected" if changes else "unchanged"
        found.append(_Judged(answer, profile, before, changes))
    return problems, found


def _unfit(
    profiles: Sequence[Profile], known: Mapping[str, Row[Any]], today: date
) -> list[Problem]:
    """What cannot be, although each value can be read."""
    problems = []
    for position, profile in enumerate(profiles):
        before = known.get(profile.external_id)
        joined_on = profile.joined_on or (before.joined_on if before else None)
        if reason := cannot_leave(profile.left_on, joined_on, today):
            problems.append(Problem(position, "left_on", reason))
        if profile.target is not None and profile.target <= 0:
            remedy = "is not above zero: write what is to be reached, or leave it blank"
            problems.append(Problem(position, "target", remedy))
    return problems


def _known(programme_id: int, external_ids: Iterable[str]) -> dict[str, Row[Any]]:
    table = Partner.__table__
    rows = db.session.execute(
        select(table).where(
            table.c.programme_id == programme_id, among(table.c.external_id, external_ids)
        )
    )
    return {row.external_id: row for row in rows}


def _open_groups(programme_id: int, profiles: Iterable[Profile]) -> None:
    who = [profile._asdict() for profile in profiles]
    wanted = {(kind, name) for each in who for kind in GROUP_KINDS if (name := each[kind])}
    missing = sorted(wanted - groups(programme_id, who).keys())
    ids = next_ids("groups", len(missing))
    insert_rows(
        Group.__table__,
        [
            {"id": group_id, "programme_id": programme_id, "kind": kind, "name": name}
            for group_id, (kind, name) in zip(ids, missing, strict=True)
        ],
    )


def grouped(programme_id: int, who: Iterable[Mapping[str, Any]]) -> Question:
    """What `groups` asks."""
    named = {name for partner in who for kind in GROUP_KINDS if (name := partner[kind])}
    return _GROUPS, {"programme_id": programme_id, "names": named}


def groups(programme_id: int, who: Iterable[Mapping[str, Any]]) -> dict[tuple[str, str], int]:
    """Ids of the groups that partners with these attributes are in, by kind and name."""
    (rows,) = together(grouped(programme_id, who))
    return {(kind, name): group_id for kind, name, group_id in rows}


def named(programme_id: int, external_ids: set[str]) -> Question:
    """The partners that others call so: rows with the id first and that name last, for `attributes`."""
    return _NAMED, {"programme_id": programme_id, "external_ids": external_ids}


def attributes(
    programme_id: int, partner_ids: Iterable[int] | None = None, known: Iterable[Any] = ()
) -> dict[int, Mapping[str, Any]]:
    """What rules and audiences may ask of partners, by id; of all of them without ids.

    ``known`` are rows of `named`, which are not asked for again.

    ``joined`` is a day or None, ``segment`` the set of segments a partner is in, ``tier`` its climb
    (a `Climb`: the tier is that of an instant), ``seen`` its visibility and last day; all else are
    texts.
    """
    programme = db.session.get_one(Programme, programme_id)
    segments, ladders = segments_of(programme), ladders_of(programme)
    if partner_ids is None:
        rows = _EVERYBODY.all(programme_id=programme_id)
    else:
        wanted = set(partner_ids)
        rows = [row[:-1] for row in known if row[0] in wanted]
        if missing := wanted.difference(row[0] for row in rows):
            rows += _OF_THESE.all(programme_id=programme_id, ids=missing)
    rows.sort(key=itemgetter(0))
    found: dict[int, dict[str, Any]] = {}
    for partner_id, visibility, left_on, *values in rows:
        partner = dict(zip(SEGMENT_CONDITIONS, values, strict=True))
        segment = rules.belongs(segments, partner)
        seen = visibility, left_on
        found[partner_id] = partner | {"segment": segment, "tier": Climb(), "seen": seen}
    if ladders:
        for partner_id, climbed in spells(found).items():
            found[partner_id]["tier"] = Climb(climbed, ladders)
    return found  # type: ignore[return-value]  # what is in it is not written to


def spells(partner_ids: Iterable[int]) -> dict[int, list[Spell]]:
    """The tiers of partners over time as they are stored; those who have none are left out."""
    found: dict[int, list[Spell]] = {}
    rows = db.session.execute(
        select(TierSpell.partner_id, TierSpell.tier, TierSpell.since, TierSpell.fact_id)
        .where(among(TierSpell.partner_id, partner_ids))
        .order_by(TierSpell.partner_id, TierSpell.number)
    )
    for partner_id, *spell in rows:
        found.setdefault(partner_id, []).append(Spell(*spell))
    return found


def ladders_of(programme: Programme) -> list[Ladder]:
    """The tiers of a programme, version by version."""
    return [
        Ladder(
            datetime.fromisoformat(version["from"]) if version["from"] else None,
            tuple(tiers.parse(raw, programme.currency) for raw in version["tiers"]),
        )
        for version in programme.tiers
    ]


def segments_of(programme: Programme) -> list[rules.Segment]:
    return [rules.parse(raw) for raw in programme.segments]


def names(partner_ids: Iterable[int]) -> dict[int, tuple[str, str]]:
    """External id and name of partners, by id."""
    wanted = among(Partner.id, set(partner_ids))
    rows = db.session.execute(select(Partner.id, Partner.external_id, Partner.name).where(wanted))
    return {partner_id: (external_id, name) for partner_id, external_id, name in rows}


def by_external_id(programme_id: int, external_id: str) -> Partner | None:
    return db.session.scalar(
        select(Partner).where(
            Partner.programme_id == programme_id, Partner.external_id == external_id
        )
    )
