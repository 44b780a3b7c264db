"""What was made once and may be of use again, kept in memory under a key that names what it is made of."""

import hashlib
import threading
from collections import OrderedDict
from collections.abc import Callable, Hashable
from typing import Generic, NamedTuple, TypeVar

T = TypeVar("T")


class Piece(NamedTuple):
    """A piece of a page as it travels; ``digest`` is that of its bytes, good as an ETag.

    ``drawn`` is what it was made of, with `VERSION` in the place of the version.
    """

    body: bytes
    digest: str
    drawn: bytes

    def at(self, version: int) -> "Piece":
        """The same, where nothing but the version is another one."""
        body = self.drawn.replace(VERSION.encode(), str(version).encode())
        return Piece(body, f"{self.digest.partition('-')[0]}-{version}", self.drawn)


#: Stands where a version will: in no text that is shown.
VERSION = "\0"


def piece(html: str) -> Piece:
    body = html.encode()
    return Piece(body, hashlib.sha256(body).hexdigest()[:20], body)


def _one(_thing: object) -> int:
    return 1


class Shelf(Generic[T]):
    """The things used last, as many as ``weigh`` together at most ``room``; safe in threads.

    A key must change with everything its thing shows: then nothing ever has to be thrown out.
    """

    def __init__(self, room: int, weigh: Callable[[T], int] = _one) -> None:
        self._room = room
        self._weigh = weigh
        self._weight = 0
        self._things: OrderedDict[Hashable, T] = OrderedDict()
        self._makers: dict[Hashable, threading.Lock] = {}
        self._lock = threading.Lock()

    def find(self, key: Hashable) -> T | None:
        with self._lock:
            if key in self._things:
                self._things.move_to_end(key)
            return self._things.get(key)

    def keep(self, key: Hashable, thing: T) -> None:
        with self._lock:
            self._drop(key)
            self._things[key] = thing
            self._weight += self._weigh(thing)
            while self._weight > self._room and len(self._things) > 1:
                self._drop(next(iter(self._things)))

    def drop(self, key: Hashable) -> None:
        with self._lock:
            self._drop(key)

    def _drop(self, key: Hashable) -> None:
        if (thing := self._things.pop(key, None)) is not None:
            self._weight -= self._weigh(thing)

    def get(self, key: Hashable, make: Callable[[], T]) -> T:
        """The thing under ``key``; where it is not there it is made, once for all who wait for it."""
        if (thing := self.find(key)) is not None:
            return thing
        with self._lock:
            maker = self._makers.setdefault(key, threading.Lock())
        with maker:
            try:
                if (thing := self.find(key)) is None:
                    thing = make()
                    self.keep(key, thing)
                return thing
            finally:
                with self._lock:
                    self._makers.pop(key, None)
