"""Reading a stream of server-sent events, and running a test in an event loop."""

import asyncio
import json
import time
from collections.abc import Callable, Coroutine
from concurrent.futures import ThreadPoolExecutor
from contextvars import copy_context
from dataclasses import dataclass
from functools import wraps
from typing import Any

from engage.live.app import _HEAD
from engage.live.stream import Stream


class Wire(asyncio.Transport):
    """The other end of a stream, and its connection: what arrived, and whether it takes any more."""

    def __init__(self) -> None:
        super().__init__()
        self.written = b""
        self.writes = 0
        self.finished = False
        self._stream: Stream | None = None

    def take(self, stream: Any) -> bool:
        self._stream = stream
        stream.connection_made(self)
        return True

    def write(self, data: Any) -> None:
        self.writes += 1
        self.written += data

    def close(self) -> None:
        self.finished = True
        self.abort()

    def abort(self) -> None:
        stream, self._stream = self._stream, None
        if stream:
            stream.connection_lost(None)

    @property
    def is_open(self) -> bool:
        return self._stream is not None

    @property
    def body(self) -> bytes:
        return self.written.removeprefix(_HEAD)

    @property
    def shown(self) -> list[str]:
        return shown(events(self.body))

    @property
    def last_mark(self) -> str:
        return [event.mark for event in events(self.body) if event.mark][-1]


@dataclass(frozen=True)
class Event:
    name: str
    data: dict[str, Any]
    mark: str | None


def events(stream: bytes) -> list[Event]:
    """The complete events of a stream; every other block (``retry``) is passed over."""
    found = []
    for block in stream.decode().split("\n\n")[:-1]:
        fields = dict(line.split(": ", 1) for line in block.splitlines())
        if "event" in fields:
            found.append(Event(fields["event"], json.loads(fields["data"]), fields.get("id")))
    return found


def shown(found: list[Event]) -> list[str]:
    """Events in short: a board with its version (``sales 3``), any other by its name."""
    return [
        f"{event.data['board']} {event.data['version']}" if event.name == "board" else event.name
        for event in found
    ]


async def until(condition: Callable[[], Any], seconds: float = 5) -> Any:
    """The first true value of `condition()`, asked in the event loop; fails after `seconds`."""
    deadline = time.monotonic() + seconds
    while not (value := condition()):
        assert time.monotonic() < deadline, f"not within {seconds:g} s"
        await asyncio.sleep(0.005)
    return value


def in_loop(test: Callable[..., Coroutine[Any, Any, None]]) -> Callable[..., None]:
    """Run a coroutine as a test, in an event loop of its own.

    And in a thread of its own: playwright's synchronous side keeps a loop running in this one.
    """

    @wraps(test)
    def run(*arguments: Any, **fixtures: Any) -> None:
        here = copy_context()
        with ThreadPoolExecutor(1) as thread:
            thread.submit(here.run, asyncio.run, test(*arguments, **fixtures)).result()

    return run
