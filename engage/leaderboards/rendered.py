"""Pieces of pages kept in memory under a key that names everything they were made from."""

import hashlib
import threading
from collections import OrderedDict
from collections.abc import Callable, Hashable
from typing import NamedTuple


class Piece(NamedTuple):
    """Rendered HTML; ``digest`` is that of its text, good as an ETag."""

    html: str
    digest: str


class Shelf:
    """The pieces used last, at most ``size`` of them; safe in threads.

    A key must change with everything its piece shows: then nothing ever has to be thrown out.
    """

    def __init__(self, size: int = 256) -> None:
        self._size = size
        self._pieces: OrderedDict[Hashable, Piece] = OrderedDict()
        self._lock = threading.Lock()

    def get(self, key: Hashable, make: Callable[[], str]) -> Piece:
        """The piece under ``key``, made by ``make`` where it is not there."""
        with self._lock:
            if key in self._pieces:
                self._pieces.move_to_end(key)
                return self._pieces[key]
        html = make()
        piece = Piece(html, hashlib.sha256(html.encode()).hexdigest()[:20])
        with self._lock:
            self._pieces[key] = piece
            while len(self._pieces) > self._size:
                self._pieces.popitem(last=False)
        return piece
