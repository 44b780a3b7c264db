"""All open streams of this process: who they belong to, and the quick way to tell them something.

A frame is made once and the same bytes go to every stream. No stream has a task, a queue or a
timer for it: the hub hands the bytes to the server, and a reader who is slow is caught up from the
log, which by its nature holds the newest of every subject and nothing else.
"""

import asyncio
import logging
import secrets
from collections import Counter
from collections.abc import Callable
from typing import NoReturn

from engage.live.log import Entry, Log
from engage.live.pace import Pace
from engage.live.rules import Audience, Change, Viewer, frame
from engage.live.stream import Stream

log = logging.getLogger(__name__)

#: Frames of one transaction (its boards, its partners) arrive together and leave in one write.
GATHER = 0.005
#: Streams written before the rest of the process gets its turn.
CHUNK = 250
#: Streams of one user or screen: a few devices and windows. More is a fault or mischief.
PER_USER = 12
#: Streams of this process. Beyond that pages poll, which still works.
AT_MOST = 10_000
#: Seconds between attempts to catch a slow reader up, and until they are let go.
RETRY, PATIENCE = 0.5, 60.0

Place = tuple[int, Audience]


class Hub:
    """Made inside a running event loop; `pump` is to run as a task for as long as it is used.

    `told` hears of every change before the streams do.
    """

    def __init__(self, told: Callable[[Change], None] | None = None) -> None:
        self._told = told
        self._loop = asyncio.get_running_loop()
        self._epoch = secrets.token_hex(4)
        self._number = 0  # of the newest frame made
        self._delivered = 0  # of the newest frame all streams were told
        self._log = Log(self._loop.time())
        self._pace = Pace(self._loop.call_later, self._emit)
        self._members: dict[Place, set[Stream]] = {}
        self._all: set[Stream] = set()
        self._per_user: Counter[str] = Counter()
        self._behind: set[Stream] = set()
        self._pending: dict[Place, list[bytes]] = {}
        self._wake = asyncio.Event()
        self._lost = self.leave  # one for all streams
        #: Whether changes reach this process; while not, an open stream would be a false promise.
        self.listening = False

    # Streams come and go.

    @property
    def streams(self) -> frozenset[Stream]:
        return frozenset(self._all)

    def has_room(self, viewer: Viewer) -> bool:
        """Whether one more stream of theirs may be open here: see `PER_USER` and `AT_MOST`."""
        return len(self._all) < AT_MOST and self._per_user[viewer.who] < PER_USER

    def join(self, stream: Stream, missed: list[bytes] | None = None) -> None:
        """Tell `stream` what it `missed`, greet it, and from now on tell it what concerns it."""
        stream.lost = self._lost
        self._all.add(stream)
        self._per_user[stream.viewer.who] += 1
        for place in _places(stream.viewer):
            self._members.setdefault(place, set()).add(stream)
        # The greeting's mark says "you have all up to here", so it comes behind what was missed.
        hello = frame("hello", {}, self._mark(self._delivered))
        self._push(stream, b"".join([b"retry: 3000\n\n", *(missed or ()), hello]))

    def leave(self, stream: Stream) -> None:
        """Tell `stream` nothing any more; what left already may leave again."""
        if stream not in self._all:
            return
        self._all.remove(stream)
        self._behind.discard(stream)
        self._per_user[stream.viewer.who] -= 1
        if not self._per_user[stream.viewer.who]:
            del self._per_user[stream.viewer.who]
        for place in _places(stream.viewer):
            self._members[place].discard(stream)
            if not self._members[place]:
                del self._members[place]

    def end(self, stream: Stream, goodbye: bytes = b"") -> None:
        """Finish `stream` from this side."""
        self.leave(stream)
        stream.end(goodbye)

    def after(self, mark: str, viewer: Viewer) -> list[bytes]:
        """Frames for `viewer` behind the one marked `mark`; a reset when some may be lost."""
        epoch, _, number = mark.partition(".")
        known = epoch == self._epoch and number.isascii() and number.isdecimal()
        known = known and len(number) < 19  # more digits were never counted, and are slow to read
        return self._or_reset(self._log.after(int(number), viewer) if known else None)

    def since(self, seconds: float, viewer: Viewer) -> list[bytes]:
        """Frames for `viewer` of the last `seconds`; a reset when some may be lost."""
        return self._or_reset(self._log.since(self._loop.time() - seconds, viewer))

    # Changes go out.

    def offer(self, change: Change) -> None:
        """Tell the streams it concerns, at the pace of the house."""
        self._pace.offer(change)

    def reset(self) -> None:
        """Changes may have been lost: everyone is to look anew."""
        self._number += 1
        self._log.forget(self._number, self._loop.time())
        self._to_everyone(self._reset())
        self._wake.set()

    def beat(self) -> None:
        """A sign of life, so that a page can tell a quiet stream from a broken one."""
        self._to_everyone(frame("beat", {}))

    async def pump(self) -> NoReturn:
        """Write what is pending, for ever."""
        while True:
            await self._wake.wait()
            await asyncio.sleep(GATHER)
            self._wake.clear()
            pending, self._pending = self._pending, {}
            newest = self._number
            # Only frames for everyone carry a mark, and they go last: who has a mark has all
            # that came before it, however the connection breaks.
            for place in sorted(pending, key=lambda place: place[1] == "everyone"):
                await self._write(place, b"".join(pending[place]))
            self._delivered = newest

    async def _write(self, place: Place, body: bytes) -> None:
        members = list(self._members.get(place, ()))
        for start in range(0, len(members), CHUNK):
            for stream in members[start : start + CHUNK]:
                self._push(stream, body)
            await asyncio.sleep(0)

    def _emit(self, change: Change) -> None:
        if self._told is not None:
            self._told(change)
        self._number += 1
        broad = change.audience == "everyone"
        made = frame(change.event, change.data, self._mark(self._number) if broad else None)
        self._log.add(Entry(self._number, self._loop.time(), change, made))
        self._queue((change.programme_id, change.audience), made)

    def _to_everyone(self, made: bytes) -> None:
        for place in self._members:
            if place[1] == "everyone":
                self._queue(place, made)

    def _queue(self, place: Place, made: bytes) -> None:
        if place in self._members:
            self._pending.setdefault(place, []).append(made)
        self._wake.set()

    def _push(self, stream: Stream, body: bytes) -> None:
        if stream.behind_after is None and stream in self._all and not self._take(stream, body):
            stream.behind_after = self._delivered
            stream.behind_since = self._loop.time()
            if not self._behind:
                self._loop.call_later(RETRY, self._catch_up)
            self._behind.add(stream)

    def _take(self, stream: Stream, body: bytes) -> bool:
        try:
            return stream.push(body)
        except Exception:
            log.exception("a stream broke; its page will open another")
            stream.cut()
            return True

    def _catch_up(self) -> None:
        """Slow readers get the newest of what they missed, once they take anything again."""
        for stream in list(self._behind):
            missed = self._or_reset(self._log.after(stream.behind_after or 0, stream.viewer))
            if self._take(stream, b"".join(missed)):
                stream.behind_after = None
                self._behind.remove(stream)
            elif self._loop.time() - stream.behind_since > PATIENCE:
                self.leave(stream)
                stream.cut()
        if self._behind:
            self._loop.call_later(RETRY, self._catch_up)

    def _mark(self, number: int) -> str:
        return f"{self._epoch}.{number}"

    def _reset(self) -> bytes:
        return frame("reset", {}, self._mark(self._number))

    def _or_reset(self, frames: list[bytes] | None) -> list[bytes]:
        return [self._reset()] if frames is None else frames


def _places(viewer: Viewer) -> list[Place]:
    """Where `viewer` hears what is said."""
    return [(viewer.programme_id, audience) for audience in viewer.audiences]
