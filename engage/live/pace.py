"""At most so many updates a second per subject: the first at once, the newest always."""

from collections.abc import Callable, Hashable
from typing import Any

from engage.live.rules import Change

#: Four updates a second are as much as an eye follows.
INTERVAL = 0.25


class Pace:
    """Passes changes on, per key at most one in `INTERVAL` seconds.

    A change that finds its key idle passes at once. Those that come within the interval wait;
    of them only the newest is left at its end, and passes then.
    """

    def __init__(
        self,
        later: Callable[[float, Callable[..., None], Hashable], Any],
        emit: Callable[[Change], None],
    ) -> None:
        self._later = later
        self._emit = emit
        self._waiting: dict[Hashable, Change | None] = {}

    def offer(self, change: Change) -> None:
        key = change.key
        if key not in self._waiting:
            self._pass(key, change)
            return
        waiting = self._waiting[key]
        # Two deliverers may overtake one another: an older version never replaces a newer one.
        if waiting is None or change.version >= waiting.version:
            self._waiting[key] = change

    def _pass(self, key: Hashable, change: Change) -> None:
        self._waiting[key] = None
        self._later(INTERVAL, self._end_of_interval, key)
        self._emit(change)

    def _end_of_interval(self, key: Hashable) -> None:
        change = self._waiting.pop(key)
        if change is not None:
            self._pass(key, change)
