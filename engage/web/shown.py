"""Which version of a board is shown: the first change at once, of a burst at most four a second.

Every process decides for itself by what the database says, so nothing has to be told, written down or
made up for: whoever asks behind the end of a quarter second is shown the newest.
"""

from datetime import datetime, timedelta
from typing import NamedTuple

from engage.accounts.glance import Moved
from engage.live.pace import INTERVAL

_TURN = timedelta(seconds=INTERVAL)


class Shown(NamedTuple):
    """A board's version that is shown, and since when."""

    version: int
    since: datetime


def shown(before: Shown | None, board: Moved, now: datetime, told: int = 0) -> Shown:
    """What is to be shown of a board that is so far by now, where ``before`` was shown.

    Facts that follow each other within a quarter second are shown at its end. Nothing waits that changed
    a board otherwise (a name, an opt-out, a freeze), nor a version that the reader was ``told`` of, which
    is paced already (`engage.live.pace`): one that there is. A clock that was put back holds nothing up.
    """
    if before is None:
        return Shown(board.version, min(board.changed_at, now))
    if board.version == before.version:
        return before
    end = before.since + _TURN
    is_burst = before.since <= now < end and board.reshaped <= before.version < board.version
    if is_burst and not before.version < told <= board.version:
        return before
    return Shown(board.version, min(max(board.changed_at, end), now))
