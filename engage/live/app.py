"""GET /live as a raw ASGI application: who may listen, what they missed, and when it ends."""

import asyncio
import logging
from collections import defaultdict
from collections.abc import Awaitable, Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any, NoReturn
from urllib.parse import parse_qs, urlsplit

from werkzeug.sansio.utils import host_is_trusted

from engage.live.hub import Hub
from engage.live.rules import Change, Viewer, frame
from engage.live.session import Sessions
from engage.live.stream import Message, Send, Stream
from engage.live.subscription import listen
from engage.live.wire import WIRE, Take

log = logging.getLogger(__name__)

Receive = Callable[[], Awaitable[Message]]

#: Seconds between two signs of life on a stream.
BEAT = 20.0
#: A session is looked at again after so many seconds, in rounds so many seconds apart: together
#: less than the minute within which a revoked one must be gone.
RECHECK, ROUND = 40.0, 10.0
#: Sessions looked at in one turn of a thread.
BATCH = 50
#: A page that is older than this many digits say in seconds was never sent.
_AGE_DIGITS = 9

_GOODBYE = frame("goodbye", {})
#: The stream ends with its connection, so it needs neither a length nor chunks.
_HEAD = b"\r\n".join(
    (
        b"HTTP/1.1 200 OK",
        b"content-type: text/event-stream; charset=utf-8",
        b"cache-control: no-store",
        b"x-accel-buffering: no",
        b"x-content-type-options: nosniff",
        b"connection: close",
        b"\r\n",
    )
)


class Refusal(Exception):
    """The request is answered with `status`; pages poll then, which is why none is an error page."""

    def __init__(self, status: int, *headers: tuple[bytes, bytes]) -> None:
        super().__init__(status)
        self.status = status
        self.headers = headers


_LATER = (b"retry-after", b"60")


class Live:
    """The streams of one process, from `start` to `stop`.

    `hosts` are the names this house answers to (as Flask's TRUSTED_HOSTS), empty means any;
    `host_header` is where the name it was asked for stands.
    """

    def __init__(
        self,
        redis_url: str,
        sessions: Sessions,
        hosts: Sequence[str] = (),
        host_header: bytes = b"host",
    ) -> None:
        self.hub: Hub | None = None
        #: Hears of every change before the streams do.
        self.told: Callable[[Change], None] | None = None
        self._redis_url = redis_url
        self._sessions = sessions
        self._hosts = list(hosts)
        self._host_header = host_header
        self._threads = ThreadPoolExecutor(2, thread_name_prefix="live")
        self._tasks: list[asyncio.Task[NoReturn]] = []

    def start(self) -> None:
        """Begin to listen to the bus, whether or not it is there yet. Needs a running loop."""
        hub = self.hub = Hub(self.told)
        for work in (hub.pump(), listen(hub, self._redis_url), _beat(hub), self._recheck(hub)):
            task = asyncio.get_running_loop().create_task(work)
            task.add_done_callback(_mourn)
            self._tasks.append(task)

    def stop(self) -> None:
        """End all streams (their pages come back to whoever answers next) and all work."""
        for task in self._tasks:
            task.cancel()
        self._tasks.clear()
        if self.hub is not None:
            for stream in self.hub.streams:
                self.hub.end(stream)
        self.hub = None

    async def __call__(self, scope: dict[str, Any], receive: Receive, send: Send) -> None:
        try:
            take, stream = await self._admit(scope)
        except Refusal as refusal:
            headers = [(b"content-length", b"0"), (b"cache-control", b"no-store")]
            headers += refusal.headers
            start = {"type": "http.response.start", "status": refusal.status, "headers": headers}
            await send(start)
            await send({"type": "http.response.body", "body": b""})
            return
        self._hold(stream, take, scope)

    async def _admit(self, scope: dict[str, Any]) -> tuple[Take, Stream]:
        if scope["method"] != "GET":
            raise Refusal(405, (b"allow", b"GET"))
        headers = {name: value.decode("latin-1") for name, value in scope["headers"]}
        if not self._is_own_page(headers):
            raise Refusal(403)
        screen = _query(scope).get("screen", [""])[0]
        session = self._sessions.find(headers.get(b"cookie", ""), screen)
        viewer = session and (await self._viewers([session]))[0]
        if not session or not viewer:
            raise Refusal(401)
        take = scope.get("extensions", {}).get(WIRE)
        if take is None or self.hub is None or not self.hub.listening:
            raise Refusal(503, _LATER)
        if not self.hub.has_room(viewer):
            raise Refusal(429, _LATER)
        return take, Stream(viewer, session, asyncio.get_running_loop().time())

    def _is_own_page(self, headers: dict[bytes, str]) -> bool:
        """Whether the browser asks for a page of this house, not for another site's."""
        host = headers.get(self._host_header, "")
        if self._hosts and not host_is_trusted(host, self._hosts):
            return False
        if headers.get(b"sec-fetch-site", "same-origin") not in ("same-origin", "none"):
            return False
        origin = headers.get(b"origin")
        return origin is None or _host_of(origin) == host.lower()

    def _hold(self, stream: Stream, take: Take, scope: dict[str, Any]) -> None:
        hub = self.hub
        if hub is None or not take(stream):  # stopped, or gone, meanwhile
            return
        stream.push(_HEAD)
        hub.join(stream, _missed(hub, stream.viewer, scope))

    async def _recheck(self, hub: Hub) -> NoReturn:
        """Close the streams of those who signed out, were locked out or sit elsewhere now."""
        clock = asyncio.get_running_loop().time
        while True:
            await asyncio.sleep(ROUND)
            due: dict[str, list[Stream]] = defaultdict(list)
            for stream in hub.streams:
                if clock() - stream.checked_at >= RECHECK:
                    due[stream.session].append(stream)
            sessions = list(due)
            for start in range(0, len(sessions), BATCH):
                await self._recheck_some(hub, due, sessions[start : start + BATCH])

    async def _recheck_some(
        self, hub: Hub, due: dict[str, list[Stream]], sessions: list[str]
    ) -> None:
        try:
            viewers = await self._viewers(sessions)
        except Exception:
            # Nobody can be locked out either while the database does not answer.
            log.exception("live: sessions could not be looked at; the next round will")
            return
        now = asyncio.get_running_loop().time()
        for session, viewer in zip(sessions, viewers, strict=True):
            for stream in due[session]:
                stream.checked_at = now
                if stream.viewer != viewer:
                    hub.end(stream, _GOODBYE)

    async def _viewers(self, sessions: list[str]) -> list[Viewer | None]:
        loop = asyncio.get_running_loop()
        return await loop.run_in_executor(self._threads, self._sessions.viewers, sessions)


def _host_of(origin: str) -> str | None:
    """The host an origin names; None, which is no house's, when it is no address (``http://[``)."""
    try:
        return urlsplit(origin).netloc.lower()
    except ValueError:
        return None


def _query(scope: dict[str, Any]) -> dict[str, list[str]]:
    return parse_qs(scope["query_string"].decode("latin-1"))


def _missed(hub: Hub, viewer: Viewer, scope: dict[str, Any]) -> list[bytes]:
    """What came after the event the client names, or since its page was made (`age`, seconds).

    A browser sends the header by itself when it reconnects; a new EventSource can only say it in
    the address.
    """
    query = _query(scope)
    headers = dict(scope["headers"])
    mark = headers.get(b"last-event-id", b"").decode("latin-1") or query.get("after", [""])[0]
    if mark:
        return hub.after(mark, viewer)
    age = query.get("age", [""])[0]
    if age.isascii() and age.isdecimal() and len(age) <= _AGE_DIGITS:
        return hub.since(int(age), viewer)
    return []


async def _beat(hub: Hub) -> NoReturn:
    while True:
        await asyncio.sleep(BEAT)
        if hub.listening:
            hub.beat()


def _mourn(task: asyncio.Task[NoReturn]) -> None:
    if not task.cancelled():
        log.critical("live: a part of the hub stopped for good", exc_info=task.exception())
