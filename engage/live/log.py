"""What a stream missed: the newest frame of every subject, in the order they were sent.

Of two frames about one subject only the newer matters to whoever missed both, so the log keeps one
frame per subject and reaches back far in little memory: a network gap, a page that was just being
loaded and a reader who is slow are all caught up from it.
"""

from collections import OrderedDict
from collections.abc import Callable, Hashable
from dataclasses import dataclass
from itertools import takewhile

from engage.live.rules import Change, Viewer

#: Subjects remembered; beyond that the eldest are forgotten, and who missed them starts afresh.
LIMIT = 20_000


@dataclass(frozen=True, slots=True)
class Entry:
    """A frame as it was sent, its number, and when it was made (seconds of the log's clock)."""

    number: int
    at: float
    change: Change
    frame: bytes


class Log:
    """Numbers count up from 1; `at` and `now` are seconds of a clock that never goes back."""

    def __init__(self, now: float, limit: int = LIMIT) -> None:
        self._limit = limit
        self._entries: OrderedDict[Hashable, Entry] = OrderedDict()
        self.forget(0, now)

    def forget(self, number: int, now: float) -> None:
        """Of what came up to `number` and `now`, nothing is known for sure any more."""
        self._entries.clear()
        self._gap_number, self._gap_at = number, now

    def add(self, entry: Entry) -> None:
        self._entries[entry.change.key] = entry
        self._entries.move_to_end(entry.change.key)
        if len(self._entries) > self._limit:
            _, eldest = self._entries.popitem(last=False)
            self._gap_number, self._gap_at = eldest.number, eldest.at

    def after(self, number: int, viewer: Viewer) -> list[bytes] | None:
        """Frames for `viewer` sent after `number`, eldest first; None when some are forgotten."""
        if number < self._gap_number:
            return None
        return self._while(lambda entry: entry.number > number, viewer)

    def since(self, at: float, viewer: Viewer) -> list[bytes] | None:
        """Frames for `viewer` sent since `at`, eldest first; None when some are forgotten."""
        if at <= self._gap_at:
            return None
        return self._while(lambda entry: entry.at >= at, viewer)

    def _while(self, recent: Callable[[Entry], bool], viewer: Viewer) -> list[bytes]:
        found = [
            entry.frame
            for entry in takewhile(recent, reversed(self._entries.values()))
            if viewer.hears(entry.change.programme_id, entry.change.audience)
        ]
        return found[::-1]
