"""Reading a stream of server-sent events, and running a test in an event loop."""

import asyncio
import json
from collections.abc import Callable, Coroutine
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
    async with asyncio.timeout(seconds):
        while not (value := condition()):
            await asyncio.sleep(0.005)
    return value


def in_loop(test: Callable[..., Coroutine[Any, Any, None]]) -> Callable[..., None]:
    """Run a coroutine as a test, in an event loop of its own."""

    @wraps(test)
    def run(*arguments: Any, **fixtures: Any) -> None:
        asyncio.run(test(*arguments, **fixtures))

    return run
