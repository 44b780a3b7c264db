"""Which boards there are: written down, put in order and taken off, each change kept with its reason."""

from collections.abc import Iterable
from datetime import datetime

from sqlalchemy import select

from engage.db import db
from engage.leaderboards import language, rules, service
from engage.leaderboards.models import Board
from engage.leaderboards.published import Published, windowed
from engage.leaderboards.windows import ROLLING
from engage.programmes import revisions
from engage.programmes.models import Programme


def publish(
    programme: Programme,
    definition: rules.Board,
    position: int | None,
    now: datetime,
    why: str | None = None,
    by: int | None = None,
) -> Published:
    """Write a board down, new or changed, and its standings with it; the change is kept.

    Without a position it keeps its own; a new one, or one that was archived, stands last.
    """
    if position is None:
        known = [board.model for board in service.boards(programme)]
        last = max((model.position for model in known), default=-1) + 1
        position = next((m.position for m in known if m.slug == definition.slug), last)
    found = db.session.scalar(
        select(Board).where(Board.programme_id == programme.id, Board.slug == definition.slug)
    )
    raw = language.to_json(definition)
    if found and found.definition == raw and found.retired_at is None:
        found.position = position
        return Published(found, windowed(programme, definition))
    stood = found.definition if found and found.retired_at is None else None
    revisions.note(programme.id, "board", definition.slug, stood, raw, now, why, by)
    if found is None:
        found = Board(programme_id=programme.id, slug=definition.slug, version=0)
        db.session.add(found)
    elif found.retired_at is None:  # what is due is of the board as it was
        before = windowed(programme, language.parse(found.definition, programme.currency))
        service.turn_one(programme, Published(found, before), now)
    if found.id is None or found.retired_at:
        found.opened_at = now
    found.name, found.definition, found.position = definition.name, raw, position
    found.changed_at, found.retired_at, found.turns_at = now, None, None
    db.session.flush()
    published = Published(found, windowed(programme, definition))
    service.rebuild(programme, published, now)
    if definition.period != ROLLING:  # what is due is of the standings as it measures them
        found.turns_at = now
        service.turn_one(programme, published, now)
    return published


def archived(programme: Programme) -> list[Board]:
    """Boards that were taken off, the last one first."""
    wanted = Board.programme_id == programme.id, Board.retired_at.is_not(None)
    return list(db.session.scalars(select(Board).where(*wanted).order_by(Board.retired_at.desc())))


def put_first(programme: Programme, slug: str) -> None:
    """Let a board stand before all others, which keep their order."""
    found = sorted(service.boards(programme), key=lambda board: board.model.slug != slug)
    for position, board in enumerate(found):
        board.model.position = position


def retire(
    programme: Programme,
    keep: Iterable[str],
    now: datetime,
    why: str | None = None,
    by: int | None = None,
) -> list[str]:
    """Take boards off that are not to be kept; their slugs."""
    gone = [p.model for p in service.boards(programme) if p.model.slug not in set(keep)]
    for model in gone:
        model.retired_at = now
        revisions.note(programme.id, "board", model.slug, model.definition, None, now, why, by)
    return [model.slug for model in gone]
