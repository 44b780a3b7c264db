"""One open stream: a viewer, and the way to put bytes on their wire."""

import asyncio
from collections.abc import Awaitable, Callable, MutableMapping
from typing import Any

from engage.live.rules import Viewer

Message = MutableMapping[str, Any]
Send = Callable[[Message], Awaitable[None]]


class Stream(asyncio.Protocol):
    """The connection itself, from the moment the server gives it away.

    No task, request or parser is kept for it: they were nine tenths of a stream's memory.
    """

    __slots__ = (
        "_is_full",
        "_transport",
        "behind_after",
        "behind_since",
        "checked_at",
        "lost",
        "session",
        "viewer",
    )

    def __init__(self, viewer: Viewer, session: str, now: float) -> None:
        self.viewer = viewer
        self.session = session
        #: When the viewer's right to listen was last looked at.
        self.checked_at = now
        #: The last number the reader surely has, since they stopped taking more; else None.
        self.behind_after: int | None = None
        self.behind_since = 0.0
        #: Who is told when the other side has gone.
        self.lost: Callable[[Stream], None] | None = None
        self._transport: asyncio.Transport | None = None
        self._is_full = False

    def push(self, body: bytes, last: bool = False) -> bool:
        """Hand `body` to the kernel without waiting; False, and nothing sent, where that is full."""
        if self._is_full or self._transport is None:
            return False
        self._transport.write(body)
        if last:
            self._transport.close()
        return True

    def end(self, body: bytes = b"") -> None:
        """Say `body` and finish; a reader who takes nothing any more is cut off instead."""
        if not self.push(body, last=True):
            self.cut()

    def cut(self) -> None:
        """Close the connection, whatever is still on its way; `lost` is told."""
        if self._transport is not None:
            self._transport.abort()

    # What the transport tells; what a client sends on an open stream means nothing.

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = transport  # type: ignore[assignment]

    def connection_lost(self, error: Exception | None) -> None:
        self._transport = None
        if self.lost is not None:
            self.lost(self)

    def pause_writing(self) -> None:
        self._is_full = True

    def resume_writing(self) -> None:
        self._is_full = False
