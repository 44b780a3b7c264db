"""Tiers in the flow: the histories of the partners that facts touched, kept as the facts say."""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from typing import NamedTuple

from sqlalchemy import delete, select

from engage.activity import service as activity
from engage.activity.rules import Standing
from engage.among import in_chunks
from engage.apart import Apart, apart
from engage.clock import local_day
from engage.db import db
from engage.incentives.service import books
from engage.incentives.worth import Attributes, Book, worth
from engage.money import POINTS
from engage.partners import service as partners
from engage.partners.models import Partner
from engage.programmes.models import Programme
from engage.rows import insert_rows
from engage.tiers import rules
from engage.tiers.models import TierSpell
from engage.tiers.rules import Climb, Ladder, Outlook, Spell


class Climbed(NamedTuple):
    """Since when each partner's history reads differently, and who stands in which tier anew."""

    since: Mapping[int, datetime]
    reached: Mapping[int, str]


NOBODY = Climbed({}, {})


def advance(programme: Programme, changed: Sequence[Standing]) -> Climbed:
    """Bring the tiers of the partners that ``changed`` facts are of up to date."""
    ladders = partners.ladders_of(programme)
    if not ladders or not changed:
        return NOBODY
    new = {fact.id for fact in changed}
    since: dict[int, datetime] = {}
    reached: dict[int, str] = {}
    for partner_id, before, after in _differing(
        programme, ladders, {fact.partner_id for fact in changed}
    ):
        _store(partner_id, after)
        if at := rules.first_difference(before, after):
            since[partner_id] = at
        if after and after[-1].tier and (rise := _latest_rise(after)) and rise.fact_id in new:
            reached[partner_id] = rise.tier or ""
    return Climbed(since, reached)


def _latest_rise(spells: Sequence[Spell]) -> Spell | None:
    return next((spell for spell in reversed(spells) if spell.fact_id is not None), None)


def rebuild(programme: Programme, partner_ids: Iterable[int] | None = None) -> None:
    """Write the tiers of these partners (or of all) anew from their facts."""
    ladders = partners.ladders_of(programme)
    known = partners.attributes(programme.id, partner_ids)
    for partner_id, _, after in list(_differing(programme, ladders, known)):
        _store(partner_id, after)


def differing(programme: Programme) -> Iterator[Apart]:
    """Stored tiers that are not what the facts say."""
    known = partners.attributes(programme.id)
    for partner_id, *sides in _differing(programme, partners.ladders_of(programme), known):
        stands, must = (
            [(partner_id, number, *spell) for number, spell in enumerate(spells, 1)]
            for spells in sides
        )
        yield from apart(TierSpell.__table__, stands, must)


def _differing(
    programme: Programme, ladders: Sequence[Ladder], partner_ids: Iterable[int]
) -> Iterable[tuple[int, list[Spell], list[Spell]]]:
    for chunk in in_chunks(sorted(partner_ids), 500):
        stored = partners.spells(chunk)
        facts, points = counted(programme, ladders, chunk)
        for partner_id in chunk:
            after = (
                rules.spells(ladders, facts[partner_id], points, programme.timezone)
                if ladders
                else []
            )
            before = list(stored.get(partner_id, ()))
            if before != after:
                yield partner_id, before, after


def counted(
    programme: Programme, ladders: Sequence[Ladder], partner_ids: Sequence[int]
) -> tuple[Mapping[int, list[Standing]], Mapping[int, int]]:
    """What tiers are made of: the facts of these partners, and the points that rules pay for them."""
    by_partner: dict[int, list[Standing]] = defaultdict(list)
    if not ladders:
        return by_partner, {}
    facts = activity.facts_of(partner_ids)
    for fact in facts:
        by_partner[fact.partner_id].append(fact)
    if any(tier.measure == POINTS for ladder in ladders for tier in ladder.tiers):
        shelf = [book for book in books(programme) if book.pays_points]
        points = points_of(shelf, facts, partners.attributes(programme.id, partner_ids))
        return by_partner, points
    return by_partner, {}


def points_of(
    shelf: Iterable[Book], facts: Sequence[Standing], attributes: Mapping[int, Attributes]
) -> Mapping[int, int]:
    """The points that these rules pay for each fact, by its id."""
    points: dict[int, int] = defaultdict(int)
    for _, walked in worth(shelf, facts, attributes):
        for paid in walked:
            if paid.version.rule and paid.version.rule.earn == POINTS:
                points[paid.fact.id] += paid.step.amount
    return points


class Standpoint(NamedTuple):
    """A partner on the ladder in force: its tiers over time, the one held, and where it stands.

    ``reached`` are the tiers up to the one held and ``ahead`` those above it, the lowest first.
    """

    climb: Climb
    held: Spell | None
    reached: list[Outlook]
    ahead: list[Outlook]


def standpoint(programme: Programme, partner_id: int, now: datetime) -> Standpoint | None:
    """Where a partner stands towards every tier; None where the programme has no tiers now."""
    ladders = partners.ladders_of(programme)
    ladder = rules.in_force(ladders, now)
    if ladder is None or not ladder.tiers:
        return None
    facts, points = counted(programme, ladders, [partner_id])
    today = local_day(now, programme.timezone)
    found = rules.outlook(ladder, facts[partner_id], points, today)
    climb: Climb = partners.attributes(programme.id, [partner_id])[partner_id]["tier"]
    place = ladder.place(climb.at(now)) + 1
    return Standpoint(climb, climb.spell(now), found[:place], found[place:])


class Fall(NamedTuple):
    """A partner who is in a lower ``tier`` (None: none) than ``was`` held before."""

    partner: int
    tier: str | None
    was: str


def lost(programme: Programme, after: datetime, until: datetime) -> list[Fall]:
    """Who fell behind ``after`` and up to ``until``, and has not risen again by then."""
    ladder = rules.in_force(partners.ladders_of(programme), until)
    if ladder is None:
        return []
    fell = select(TierSpell.partner_id).join(Partner, Partner.id == TierSpell.partner_id)
    fell = fell.where(
        Partner.programme_id == programme.id,
        TierSpell.fact_id.is_(None),
        TierSpell.since > after,
        TierSpell.since <= until,
    )
    found = []
    for partner_id, spells in partners.spells(db.session.scalars(fell.distinct()).all()).items():
        held, was = rules.fallen(ladder, spells, until)
        if was:
            found.append(Fall(partner_id, held, was))
    return found


def _store(partner_id: int, spells: Sequence[Spell]) -> None:
    db.session.execute(delete(TierSpell).where(TierSpell.partner_id == partner_id))
    insert_rows(
        TierSpell.__table__,
        [
            {"partner_id": partner_id, "number": number, **spell._asdict()}
            for number, spell in enumerate(spells, 1)
        ],
    )
