"""What stands between slow lines and the few threads that answer pages.

A request's body is received whole before a thread is given to it, and an answer that nobody takes
is let go: whoever sends or reads slowly keeps a connection, never a thread.
"""

import asyncio
import ipaddress
import logging
import tempfile
from collections import Counter
from collections.abc import Awaitable, Callable, Iterator, MutableMapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import AsyncExitStack, contextmanager
from dataclasses import dataclass
from functools import partial
from io import BytesIO
from pathlib import Path
from typing import Any, BinaryIO, TypeVar

log = logging.getLogger(__name__)

T = TypeVar("T")
Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
Application = Callable[[dict[str, Any], Receive, Send], Awaitable[None]]

#: Where a scope holds the body that was received, a binary file at its beginning.
BODY = "engage.body"
MB = 1024 * 1024


@dataclass(frozen=True)
class Room:
    """How many bodies may be on their way at once: from one address, and in all."""

    each: int
    all: int


@dataclass(frozen=True)
class Limits:
    """What a line may take of us. Sizes are bytes, times seconds."""

    #: How long a line may stand still, and how long it has before anything came.
    patience: float = 20.0
    #: Bytes a second below which a line uses up that time.
    rate: int = 16 * 1024
    #: Longer bodies lie in a file.
    in_memory: int = MB
    #: Still longer ones are not received: Flask refuses them by their length.
    largest: int = 64 * MB
    small: Room = Room(each=32, all=256)
    #: A body in a file counts until it is answered, which bounds what they take of the disk.
    large: Room = Room(each=4, all=32)


class Pace:
    """Whether one line keeps up: waiting uses up its time, bytes give time back."""

    def __init__(self, limits: Limits) -> None:
        self._limits = limits
        self.left = limits.patience

    def waited(self, seconds: float) -> None:
        self.left -= seconds

    def moved(self, size: int) -> None:
        """`size` bytes are through or handed over; what was fast before buys no long pause."""
        self.left = min(self.left, self._limits.patience) + size / self._limits.rate

    async def wait(self, line: Awaitable[T]) -> T:
        """Wait for the line alone; TimeoutError when its time is used up."""
        clock = asyncio.get_running_loop().time
        start = clock()
        async with asyncio.timeout(self.left):
            result = await line
        self.waited(clock() - start)
        return result


class Refusal(Exception):
    """The body is not received; the client hears `status` and why."""

    def __init__(self, status: int, why: str, *headers: tuple[bytes, bytes]) -> None:
        super().__init__(why)
        self.status = status
        self.headers = headers

    async def answer(self, send: Send) -> None:
        text = f"{self}\n".encode()
        headers = [
            (b"content-type", b"text/plain; charset=utf-8"),
            (b"content-length", str(len(text)).encode()),
            (b"cache-control", b"no-store"),
            *self.headers,
        ]
        await send({"type": "http.response.start", "status": self.status, "headers": headers})
        await send({"type": "http.response.body", "body": text})


_STOPPED = Refusal(503, "The server stopped meanwhile. Please try again.", (b"retry-after", b"5"))


class _Left(Exception):
    """The client closed the connection before its body was there."""


class _Gate:
    """Counts the bodies of one kind that are on their way. Used in the event loop alone."""

    def __init__(self, room: Room, again_after: float) -> None:
        self._room = room
        self._again = (b"retry-after", str(max(1, round(again_after))).encode())
        self._from: Counter[str] = Counter()

    @contextmanager
    def place(self, address: str) -> Iterator[None]:
        """A place until the block ends. Raises Refusal when there is none."""
        if self._from[address] >= self._room.each:
            raise Refusal(429, "Too many uploads at once. Please try again soon.", self._again)
        if self._from.total() >= self._room.all:
            raise Refusal(503, "The server is busy. Please try again soon.", self._again)
        self._from[address] += 1
        try:
            yield
        finally:
            self._from[address] -= 1
            if not self._from[address]:
                del self._from[address]


class Bodies:
    """An ASGI application before `pages`, whose scope gets the body as a file (`BODY`).

    `folder` is where long bodies lie (nameless, so that nothing stays after a crash; None: the
    system's place); `proxied`: the client's address is the one that a proxy reports.
    """

    def __init__(
        self, pages: Application, limits: Limits, folder: Path | None, proxied: bool
    ) -> None:
        self._pages = pages
        self._limits = limits
        self._folder = folder
        self._proxied = proxied
        self._small = _Gate(limits.small, limits.patience)
        self._large = _Gate(limits.large, limits.patience)
        # One thread: a file is closed after the last write to it, even when a task is cancelled.
        self._disk = ThreadPoolExecutor(1, thread_name_prefix="bodies")

    async def __call__(self, scope: dict[str, Any], receive: Receive, send: Send) -> None:
        async with AsyncExitStack() as until_answered:
            try:
                body = await self._received(scope, receive, until_answered)
            except Refusal as refusal:
                log.info("a body for %s was refused: %s", scope["path"], refusal)
                return await refusal.answer(send)
            except _Left:
                return
            except asyncio.CancelledError:  # the server stops, and has waited
                return await _STOPPED.answer(send)
            answer = _Answer(send, self._limits)
            await self._pages({**scope, BODY: body}, receive, answer.send)
            if answer.is_cut:  # the server closes the connection of an answer without an end
                log.info("nobody took the answer to %s; it was cut off", scope["path"])

    async def _received(
        self, scope: dict[str, Any], receive: Receive, until_answered: AsyncExitStack
    ) -> BinaryIO:
        length = _said_length(scope)
        if length == 0 or length > self._limits.largest:
            return BytesIO()
        address = address_of(scope, self._proxied)
        if length <= self._limits.in_memory:
            with self._small.place(address):
                return await self._in_memory(receive)
        until_answered.enter_context(self._large.place(address))
        return await self._in_file(receive, until_answered)

    async def _in_memory(self, receive: Receive) -> BinaryIO:
        body = BytesIO()
        pace, more = Pace(self._limits), True
        while more:
            part, more = await _next(receive, pace)
            body.write(part)
        body.seek(0)
        return body

    async def _in_file(self, receive: Receive, until_answered: AsyncExitStack) -> BinaryIO:
        # Writing waits for the disk, which is neither the loop's time nor the client's.
        on_disk = partial(asyncio.get_running_loop().run_in_executor, self._disk)
        body = await on_disk(self._new_file)
        until_answered.callback(self._disk.submit, body.close)
        pace, more = Pace(self._limits), True
        while more:
            part, more = await _next(receive, pace)
            await on_disk(body.write, part)
        await on_disk(body.seek, 0)
        return body

    def _new_file(self) -> BinaryIO:
        return tempfile.TemporaryFile(dir=self._folder)


class _Answer:
    """Passes an answer on as long as the client takes it; after that it goes nowhere.

    It must be taken off the thread's hands to its end: the thread would wait for ever otherwise.
    """

    def __init__(self, send: Send, limits: Limits) -> None:
        self._send = send
        self._pace = Pace(limits)
        self.is_cut = False

    async def send(self, message: Message) -> None:
        if self.is_cut:
            return
        try:
            await self._pace.wait(self._send(message))
        except TimeoutError:
            self.is_cut = True
        else:
            self._pace.moved(len(message.get("body", b"")))


async def _next(receive: Receive, pace: Pace) -> tuple[bytes, bool]:
    """The next part of a body, and whether more comes. Raises Refusal and _Left."""
    try:
        message = await pace.wait(receive())
    except TimeoutError:
        why = "The request came too slowly. Please try again."
        raise Refusal(408, why, (b"connection", b"close")) from None
    if message["type"] == "http.disconnect":
        raise _Left
    part: bytes = message.get("body", b"")
    pace.moved(len(part))
    return part, message.get("more_body", False)


def _said_length(scope: dict[str, Any]) -> int:
    said = next((value for name, value in scope["headers"] if name == b"content-length"), b"0")
    if not said.isdigit():
        raise Refusal(400, "The length of the request is no number.", (b"connection", b"close"))
    return int(said)


def address_of(scope: dict[str, Any], proxied: bool) -> str:
    """Who asks: the `network` of the address the proxy in front reports, or of the connection's."""
    address: str = (scope.get("client") or ("",))[0]
    if proxied:
        reported = [value for name, value in scope["headers"] if name == b"x-forwarded-for"]
        last = b",".join(reported).rpartition(b",")[2].strip().decode("latin-1")
        address = last or address
    return network(address)


def network(address: str) -> str:
    """Whom an address counts as: of IPv6 the /64, which is what one customer of a provider is given."""
    try:
        known = ipaddress.ip_address(address)
    except ValueError:
        return address
    if known.version == 4:
        return address
    # The server listens on :: for both.
    return str(known.ipv4_mapped or ipaddress.IPv6Network((int(known), 64), strict=False))
