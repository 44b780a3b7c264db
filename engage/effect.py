"""What is published or decided of boards and missions takes effect on what is in already, in one
transaction, and open pages hear of it."""

from collections.abc import Collection
from datetime import datetime

from engage.flow import tell
from engage.leaderboards import carrying, publishing
from engage.leaderboards import service as leaderboards
from engage.ledger import service as ledger
from engage.missions import awards as missions
from engage.partners import service as partners
from engage.programmes.models import Programme


def turn(programme: Programme, *, now: datetime) -> None:
    """Boards freeze, open again and become final by the clock, also where no fact comes."""
    if turned := leaderboards.turn(programme, now):
        tell(programme, turned, set(), now)


def freeze(
    programme: Programme, slugs: Collection[str], reason: str, *, on: bool, by: int, now: datetime
) -> None:
    """A manager freezes boards for everybody else, or lifts that.

    :raises pictures.Refused: one is so already.
    """
    if boards := leaderboards.freeze(programme, slugs, reason, on, by, now):
        tell(programme, boards, set(), now)


def redraw(programme: Programme, slug: str, reason: str, *, by: int, now: datetime) -> bool:
    """A manager draws a board's league again; False where there are no results to go by."""
    board = leaderboards.redraw(programme, slug, reason, by, now)
    if board:
        tell(programme, [board], set(), now)
    return board is not None


def launch(programme: Programme, slug: str, *, now: datetime) -> int:
    """A mission was published or changed: pay for what is in already; the number of new lines."""
    who = partners.attributes(programme.id)
    owed = missions.recompute(programme, who, store=True, slug=slug)
    ledger.post(programme.id, owed, now)
    carrying.move(programme, [], [], owed, who, now)
    leaderboards.along_with(programme, slug, now)
    # Everybody's missions changed, also where no number did: so every board is named, for those
    # pages that only follow the boards.
    tell(programme, leaderboards.boards(programme), set(who), now)
    return len(owed)


def rank(
    programme: Programme,
    definition: leaderboards.Definition,
    *,
    now: datetime,
    why: str | None = None,
    by: int | None = None,
) -> None:
    """Publish a board, new or changed; a new one, or one that is brought back, stands last."""
    board = publishing.publish(programme, definition, None, now, why, by)
    tell(programme, [board], set(), now)


def rank_no_more(programme: Programme, slug: str, *, now: datetime, by: int | None = None) -> None:
    """Archive a board; pages that follow it are told to look."""
    boards = leaderboards.boards(programme)
    publishing.retire(programme, {board.model.slug for board in boards} - {slug}, now, by=by)
    tell(programme, boards, set(), now)
