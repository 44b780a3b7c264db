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
