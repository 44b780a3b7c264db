"""One open stream: a viewer, and the way to put bytes on their wire."""

import asyncio
from collections.abc import Awaitable, Callable, MutableMapping
from typing import Any

from engage.live.rules import Viewer

Message = MutableMapping[str, Any]
Send = Callable[[Message], Awaitable[None]]


class Stream:
    """Made by the task that answers the request; `send` is the one the server gave it."""

    __slots__ = (
        "_send",
        "_task",
        "behind_after",
        "behind_since",
        "checked_at",
        "session",
        "viewer",
    )

    def __init__(self, viewer: Viewer, session: str, send: Send, now: float) -> None:
        self.viewer = viewer
        self.session = session
        #: When the viewer's right to listen was last looked at.
        self.checked_at = now
        #: The last number the reader surely has, since they stopped taking more; else None.
        self.behind_after: int | None = None
        self.behind_since = 0.0
        self._send = send
        self._task = asyncio.current_task()

    def push(self, body: bytes, last: bool = False) -> bool:
        """Hand `body` to the server without waiting; False when it would have to be waited for.

        Stepping the server's coroutine once costs a third of waking a task that awaits it. Where
        it does not finish in that step the connection is full, nothing was written, and closing
        the coroutine leaves all as it was.
        """
        step = self._send({"type": "http.response.body", "body": body, "more_body": not last})
        waiting = step.__await__()
        try:
            next(waiting)
        except StopIteration:
            return True
        waiting.close()
        return False

    def end(self, body: bytes = b"") -> None:
        """Say `body` and finish; a reader who takes nothing any more is cut off instead."""
        if not self.push(body, last=True):
            self.cut()

    def cut(self) -> None:
        if self._task is not None:
            self._task.cancel()
