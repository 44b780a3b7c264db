"""Standings: moved in the transaction of the facts, recomputable from them at any time."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import delete, select, update

from engage import periods
from engage.activity.rules import Standing as FactStanding
from engage.db import db, insert_rows, upsert_rows
from engage.leaderboards import rules
from engage.leaderboards.models import Board, Standing
from engage.leaderboards.tally import Place, Published, expected, tally
from engage.ledger.rules import Difference, Move
from engage.money import SCALE
from engage.partners import service as partners
from engage.programmes.models import Programme

Attributes = Mapping[str, str | None]


def boards(programme: Programme) -> list[Published]:
    """The programme's boards in the order of its file."""
    rows = db.session.scalars(
        select(Board)
        .where(Board.programme_id == programme.id, Board.retired_at.is_(None))
        .order_by(Board.position, Board.id)
    )
    return [Published(row, rules.parse(row.definition, programme.currency)) for row in rows]


def board(programme: Programme, slug: str) -> Published | None:
    return next((found for found in boards(programme) if found.model.slug == slug), None)


def move(
    programme: Programme,
    new: Sequence[FactStanding],
    superseded: Sequence[FactStanding],
    posted: Sequence[Difference | Move],
    attributes: Mapping[int, Attributes],
    now: datetime,
) -> list[Published]:
    """Carry a batch into the standings; the boards whose standings changed."""
    groups = partners.groups(programme.id)
    changed: dict[int, tuple[Published, dict[Place, int]]] = {}
    for published in boards(programme):
        rule = published.rule
        if rule.counts_facts:
            moves = _of_facts(rule, new, superseded)
        else:
            moves = ((d.partner_id, d.day, d.amount) for d in posted if d.unit == rule.measure)
        deltas: dict[Place, int] = defaultdict(int)
        for partner_id, day, value in moves:
            member = _member(rule, partner_id, attributes[partner_id], groups)
            if member is not None:
                deltas[periods.containing(day, rule.period).name, member] += value
        if any(deltas.values()) or (deltas and rule.tie == "first"):
            changed[published.model.id] = published, deltas
    _add({board_id: deltas for board_id, (_, deltas) in changed.items()})
    for published, deltas in changed.values():
        if published.rule.tie == "first":
            _who_was_first(programme, published, set(deltas))
    moved = [published for published, _ in changed.values()]
    stamp(moved, now)
    return moved


def _of_facts(
    rule: rules.Board, new: Sequence[FactStanding], superseded: Sequence[FactStanding]
) -> Iterable[tuple[int, Any, int]]:
    for facts, sign in ((new, 1), (superseded, -1)):
        for fact in facts:
            if fact.kind == rule.on and all(
                getattr(fact, name) in values for name, values in rule.where
            ):
                yield fact.partner_id, fact.day, sign * _value(rule, fact)


def _value(rule: rules.Board, fact: FactStanding) -> int:
    if rule.measure == "amount":
        return fact.amount
    return fact.quantity if rule.measure == "quantity" else SCALE


def _member(
    rule: rules.Board,
    partner_id: int,
    partner: Attributes,
    groups: Mapping[tuple[str, str], int],
) -> int | None:
    if rule.by == "partner":
        return partner_id
    name = partner[rule.by]
    return groups.get((rule.by, name)) if name else None


def _add(changed: Mapping[int, Mapping[Place, int]]) -> None:
    """Add to the scores by board; a member whose score came to nothing leaves the board."""
    rows = [
        {
            "board_id": board_id,
            "period": period,
            "member_id": member,
            "score": delta,
            "reached_at": None,
        }
        for board_id, deltas in sorted(changed.items())
        for (period, member), delta in sorted(deltas.items())
        if delta
    ]
    if not rows:
        return
    upsert_rows(Standing.__table__, rows, add=("score",))
    db.session.execute(
        delete(Standing).where(
            Standing.board_id.in_(changed),
            Standing.period.in_({row["period"] for row in rows}),
            Standing.score == 0,
        )
    )


def _who_was_first(programme: Programme, published: Published, touched: set[Place]) -> None:
    """Write anew when each touched member reached its score: the last fact that counted."""
    by_period: dict[str, list[int]] = defaultdict(list)
    for name, member in touched:
        by_period[name].append(member)
    rows: list[dict[str, Any]] = []
    for name, members in by_period.items():
        found = tally(programme, published, periods.parse(name), members=members)
        rows += [
            {
                "board_id": published.model.id,
                "period": name,
                "member_id": member,
                "score": int(score),
                "reached_at": reached,
            }
            for member, score, reached in db.session.execute(found)
        ]
    upsert_rows(Standing.__table__, rows, put=("reached_at",))


def stamp(changed: Iterable[Published], now: datetime) -> None:
    """Raise the versions of boards that read differently now."""
    ids = sorted(published.model.id for published in changed)
    if ids:
        db.session.execute(
            update(Board)
            .where(Board.id.in_(ids))
            .values(version=Board.version + 1, changed_at=now)
            .execution_options(synchronize_session="fetch")
        )


def rebuild(programme: Programme, published: Published, now: datetime) -> None:
    """Write a board's standings anew from the facts."""
    db.session.execute(delete(Standing).where(Standing.board_id == published.model.id))
    rows = [
        {
            "board_id": published.model.id,
            "period": period,
            "member_id": member,
            "score": score,
            "reached_at": reached,
        }
        for (period, member), (score, reached) in expected(programme, published).items()
    ]
    insert_rows(Standing.__table__, rows)
    stamp([published], now)


def differing_standings(programme: Programme) -> int:
    """How many stored standings are not what the facts say."""
    wrong = 0
    for published in boards(programme):
        stored = {
            (row.period, row.member_id): (row.score, row.reached_at)
            for row in db.session.execute(
                select(Standing.__table__).where(Standing.board_id == published.model.id)
            )
        }
        wanted = expected(programme, published)
        wrong += sum(stored.pop(place, None) != value for place, value in wanted.items())
        wrong += len(stored)
    return wrong


def publish(
    programme: Programme, definition: rules.Board, position: int, now: datetime
) -> Published:
    """Write a board down, new or changed, and its standings with it."""
    found = db.session.scalar(
        select(Board).where(Board.programme_id == programme.id, Board.slug == definition.slug)
    )
    raw = rules.to_json(definition)
    if found and found.definition == raw and found.retired_at is None:
        found.position = position
        return Published(found, definition)
    if found is None:
        found = Board(programme_id=programme.id, slug=definition.slug, version=0)
        db.session.add(found)
    found.name, found.definition, found.position = definition.name, raw, position
    found.changed_at, found.retired_at = now, None
    db.session.flush()
    published = Published(found, definition)
    rebuild(programme, published, now)
    return published


def retire(programme: Programme, keep: Iterable[str], now: datetime) -> list[str]:
    """Take boards off that are not to be kept; their slugs."""
    gone = [p.model for p in boards(programme) if p.model.slug not in set(keep)]
    for model in gone:
        model.retired_at = now
    return [model.slug for model in gone]
