"""Facts are carried into the standings, in their transaction."""

import json
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from datetime import date, datetime
from functools import lru_cache
from itertools import chain
from typing import Any, NamedTuple

from sqlalchemy import Text, and_, bindparam, cast, or_, select

from engage.activity.models import Fact
from engage.activity.rules import Standing as FactStanding
from engage.activity.rules import adds, concerns
from engage.conditions import addresses, asks_for_tier
from engage.db import db
from engage.leaderboards import pictures, projection, rules, service
from engage.leaderboards.buckets import Key
from engage.leaderboards.models import Board
from engage.leaderboards.published import Published, windowed
from engage.leaderboards.tally import Place, tally
from engage.leaderboards.windows import touched
from engage.ledger.rules import Difference, Move
from engage.partners import service as partners
from engage.periods import Period
from engage.prepared import Prepared, Question, together
from engage.programmes.models import Programme

Attributes = Mapping[str, Any]
#: Of a fact or line: whose it is, its day, what it adds, and when it happened where that counts.
_Counted = tuple[int, date, int, datetime | None]
_boards: Any = Board.__table__.c
_ROWS = Prepared(
    select(
        *(_boards[name] for name in ("id", "slug", "kept_on", "turns_at", "frozen_id", "crowded")),
        (_boards.version + 1).label("version"),  # once it is stamped
        cast(_boards.definition, Text).label("definition"),
    )
    .where(_boards.programme_id == bindparam("programme_id"), _boards.retired_at.is_(None))
    .order_by(_boards.position, _boards.id)
)


def published(programme_id: int) -> Question:
    """The boards that `move` carries into."""
    return _ROWS, {"programme_id": programme_id}


def move(
    programme: Programme,
    new: Sequence[FactStanding],
    superseded: Sequence[FactStanding],
    posted: Sequence[Difference | Move],
    attributes: Mapping[int, Attributes],
    now: datetime,
    climbed: Mapping[int, datetime] | None = None,
) -> list[Published]:
    """Carry a batch into the standings; the boards whose standings changed.

    ``climbed`` are partners whose tier is another from an instant on: boards for a tier count what
    they did since otherwise.
    """
    published_boards = _to_carry(programme, now)
    turned = [
        board
        for board in published_boards
        if service.turn_one(programme, board, now) or (climbed and _lets_others_in(board))
    ]
    changed = _changes(programme, published_boards, new, superseded, posted, attributes, climbed)
    _carry(programme, changed, attributes, only_new=not superseded)
    told = {published.model.id for published in turned}
    moved = [
        published
        for published, deltas, _ in changed
        if published.model.id not in told
        and not all(pictures.hides(published, period) for period, _ in deltas)
    ]
    service.stamp(moved, now, by_facts=True)
    service.stamp(turned, now)
    return moved + turned


def _changes(
    programme: Programme,
    published_boards: Sequence[Published],
    new: Sequence[FactStanding],
    superseded: Sequence[FactStanding],
    posted: Sequence[Difference | Move],
    attributes: Mapping[int, Attributes],
    climbed: Mapping[int, datetime] | None,
) -> list["_Change"]:
    """What a batch adds to each board that it changes."""
    grouped = any(published.rule.by != "partner" for published in published_boards)
    groups = partners.groups(programme.id, attributes.values()) if grouped else {}
    changed: list[_Change] = []
    for published in published_boards:
        rule = published.rule
        if rule.counts_facts:
            moves = _of_facts(rule, new, superseded)
        else:
            mine = (d for d in posted if d.unit == rule.measure)
            moves = ((d.partner_id, d.day, d.amount, None) for d in mine)
        if climbed and asks_for_tier(rule.audience):
            moves = chain(moves, _done_since(climbed))
        change = _Change(published, defaultdict(int), {})
        kept_on = published.model.kept_on
        before = (rule.baseline.periods,) if rule.baseline else None
        for partner_id, day, value, at in moves:
            member = _member(rule, partner_id, attributes[partner_id], groups)
            if member is not None:
                for period in touched(rule.windows, day, kept_on, before):
                    place = period, member
                    change.deltas[place] += value
                    if value and at:
                        change.reached[place] = max(at, change.reached.get(place, at))
        if any(change.deltas.values()) or (change.deltas and not rule.is_additive):
            changed.append(change)
    return changed


def _to_carry(programme: Programme, now: datetime) -> list[Published]:
    """The same to carry facts into, which change none of them: rows in the place of models.

    Where anything is due of one by the clock, they are models.
    """
    db.session.flush()
    (rows,) = together(published(programme.id))
    if any(row.turns_at and row.turns_at <= now for row in rows):
        return service.boards(programme)
    return [
        Published(row, windowed(programme, service.parsed(row.definition, programme.currency)))
        for row in rows
    ]


def _lets_others_in(published: Published) -> bool:
    """Whether others may look at it once tiers change; a frozen one keeps still, and is asked for each time."""
    rule = published.rule
    return not rule.is_public and asks_for_tier(rule.audience) and not pictures.is_frozen(published)


class _Change(NamedTuple):
    """What a batch adds to a board, and when its last fact that adds anything happened."""

    published: Published
    deltas: dict[Place, int]
    reached: dict[Place, datetime]


def _carry(
    programme: Programme,
    changed: Iterable[_Change],
    attributes: Mapping[int, Attributes],
    *,
    only_new: bool,
) -> None:
    """Add to scores; what cannot be added to is counted anew for the members it concerns.

    Where it counts who was first, ``only_new`` facts move a score that stands on from when it was
    reached; one that went may be the one it was reached by.
    """
    boards = {published.model.id: published for published, _, _ in changed}
    if not boards:
        return
    before = projection.stood(
        (published.model.id, *place) for published, deltas, _ in changed for place in deltas
    )
    wanted: dict[Key, projection.Score | None] = {}
    for published, deltas, reached in changed:
        board_id, rule = published.model.id, published.rule
        anew: list[Place] = []
        for place, delta in deltas.items():
            stood = next(iter(before.get((board_id, *place), ())), None)
            score = (stood.score if stood else 0) + delta
            if rule.is_additive:
                if delta:
                    wanted[board_id, *place] = (score, None) if score else None
            elif only_new and rule.is_growing and stood and stood.reached_at:
                at = max(stood.reached_at, reached.get(place, stood.reached_at))
                wanted[board_id, *place] = (score, at) if score else None
            else:
                anew.append(place)
        wanted |= _counted_anew(programme, published, anew)
    who = {
        partner_id: projection.Who._make((*partner["seen"], partner["region"], partner["type"]))
        for partner_id, partner in attributes.items()
    }
    projection.write(boards, before, wanted, who)


def _counted_anew(
    programme: Programme, published: Published, touched: Iterable[Place]
) -> dict[Key, projection.Score | None]:
    """The scores of these members from the facts, and when each reached its own."""
    board_id, timed = published.model.id, published.rule.tie == "first"
    by_period: dict[str, list[int]] = defaultdict(list)
    for name, member in touched:
        by_period[name].append(member)
    found: dict[Key, projection.Score | None] = {}
    for name, members in by_period.items():
        found |= {(board_id, name, member): None for member in members}
        period = published.rule.windows.called(name)
        segments = json.dumps(programme.segments)
        counted = _members(programme.id, segments, published.rule, period).all(members=members)
        for member, score, reached in counted:
            found[board_id, name, member] = score, reached if timed else None
    return found


@lru_cache(maxsize=256)
def _members(programme_id: int, segments: str, rule: rules.Board, period: Period) -> Prepared:
    """The tally of some members, kept by all that it is made of."""
    programme = Programme(id=programme_id, segments=json.loads(segments))
    published: Any = Published(None, rule)  # type: ignore[arg-type]  # it asks the rule alone
    return Prepared(tally(programme, published, period, members="members"), tuple)


def _done_since(climbed: Mapping[int, datetime]) -> list[_Counted]:
    """The days on which these partners did anything from an instant on, each of no value."""
    found = or_(*(and_(Fact.partner_id == p, Fact.occurred_at >= at) for p, at in climbed.items()))
    rows = db.session.execute(select(Fact.partner_id, Fact.day).where(found).distinct())
    return [(partner_id, day, 0, None) for partner_id, day in rows]


def _of_facts(
    rule: rules.Board, new: Sequence[FactStanding], superseded: Sequence[FactStanding]
) -> Iterable[_Counted]:
    for facts, sign in ((new, 1), (superseded, -1)):
        for fact in facts:
            if concerns(rule.on, rule.where, fact):
                yield (
                    fact.partner_id,
                    fact.day,
                    sign * adds(rule.measure, fact, Counter()),
                    fact.occurred_at,
                )


def _member(
    rule: rules.Board,
    partner_id: int,
    partner: Attributes,
    groups: Mapping[tuple[str, str], int],
) -> int | None:
    if rule.audience and not addresses(rule.audience, partner):
        return None
    if rule.by == "partner":
        return partner_id
    name = partner[rule.by]
    return groups.get((rule.by, name)) if name else None
