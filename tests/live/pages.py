"""A small house for the browser: pages that show nothing but what live.js and board.js do."""

import asyncio
import socket
import threading
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import redis
import uvicorn

from engage.config import HOUSE
from engage.live import publish
from engage.live.app import Live
from engage.live.rules import Viewer
from engage.live.wire import Connection

ANNA = Viewer(who="user 1", programme_id=1, partner_id=7, role="partner")
TYPES = {".js": b"text/javascript", ".html": b"text/html; charset=utf-8"}
POLICY = b"default-src 'self'"

PAGE = """<!doctype html><html lang="en"><title>Live</title>{meta}
<meta name="htmx-config" content='{{"includeIndicatorStyles":false,"allowEval":false}}'>
<script src="/static/vendor/htmx/htmx-2.0.11.min.js" defer></script>
<script src="/recorder.js" defer></script>
<script src="/static/js/live.js" defer></script>
<script src="/static/js/board.js" defer></script>
<body><p data-live-status data-live-on="Live" data-live-wait="Reconnecting…"
 data-live-poll="Updates every 20 s"></p><p id="announcer" aria-live="polite"></p>{main}</body></html>"""

META = '<meta name="live" content="/live">'

BOARD = """<section data-me="7" data-say-you="You" data-say-moved="You moved from {{from}} to {{to}}">
<div hx-get="/rows" hx-target="#rows" hx-swap="outerHTML"
 hx-trigger="live:board:sales from:body, live:reset from:body, live:poll from:body"></div>
{rows}</section>"""

RECORDER = """window.heard = [];
for (const name of ["board:sales", "board:growth", "partner", "videos", "reset", "poll"])
  document.body.addEventListener(`live:${name}`, (event) =>
    heard.push([name, event.detail.version ?? ""].join(" ").trim()));
document.addEventListener("securitypolicyviolation", (event) => heard.push(`csp ${event.violatedDirective}`));
"""


class Sessions:
    """Everybody is Anna."""

    def find(self, cookies: str, screen: str = "") -> str | None:
        return "anna"

    def viewers(self, sessions: Sequence[str]) -> list[Viewer | None]:
        return [ANNA for _ in sessions]


@dataclass
class Board:
    """The rows that /rows shows, first to last: (member, score)."""

    version: int = 1
    #: How many of them stand on a podium, apart from the table.
    podium: int = 0
    rows: list[tuple[int, int]] = field(
        default_factory=lambda: [(member, 100 - member) for member in range(1, 21)]
    )

    def html(self) -> str:
        rows = [
            f'<tr data-member="{member}" data-rank="{rank}" data-place="{rank}th" '
            f'data-score="{score}"><td>{rank}</td><td><a href="/partners/{member}">'
            f"Partner {member}</a></td><td>{score}</td></tr>"
            for rank, (member, score) in enumerate(self.rows, 1)
        ]
        podium, table = "".join(rows[: self.podium]), "".join(rows[self.podium :])
        return (
            f'<div id="rows" data-board="sales" data-version="{self.version}">'
            f'<table><tbody class="podium">{podium}</tbody><tbody>{table}</tbody></table></div>'
        )

    def score(self, member: int, score: int) -> None:
        """A new score, which puts the member where it belongs."""
        self.version += 1
        rows = {**dict(self.rows), member: score}
        self.rows = sorted(rows.items(), key=lambda row: -row[1])


class Pages:
    """The server in a thread of its own, with a real hub on a real bus."""

    def __init__(self, redis_url: str) -> None:
        self.board = Board()
        self.requests: Counter[str] = Counter()
        #: How /live answers: "well", "refused" (503), or "mute" (as behind a proxy that hoards).
        self.streams_are = "well"
        self._bus = redis.Redis.from_url(redis_url)
        self._live = Live(redis_url, Sessions())
        listener = socket.create_server(("127.0.0.1", 0))
        self.address = f"http://127.0.0.1:{listener.getsockname()[1]}"
        config = uvicorn.Config(
            self._answer,
            http=Connection,
            lifespan="off",
            log_level="warning",
            ws="none",
            interface="asgi3",
        )
        self._server = uvicorn.Server(config)
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._run, args=(listener,))
        self._thread.start()

    def _run(self, listener: socket.socket) -> None:
        async def main() -> None:
            self._live.start()
            await self._server.serve([listener])

        with asyncio.Runner(loop_factory=lambda: self._loop) as runner:
            runner.run(main())

    def close(self) -> None:
        self.restart(again=False)
        self._server.should_exit = True
        self._thread.join(20)

    def restart(self, again: bool = True) -> None:
        """What a new release does: all streams end, and another hub knows none of the marks."""

        async def work() -> None:
            self._live.stop()
            if again:
                self._live.start()

        asyncio.run_coroutine_threadsafe(work(), self._loop).result(10)

    def cut(self) -> None:
        """What a network does: all connections break, and the hub lives on."""

        async def work() -> None:
            assert self._live.hub
            for stream in self._live.hub.streams:
                stream.cut()

        asyncio.run_coroutine_threadsafe(work(), self._loop).result(10)

    @property
    def is_listening(self) -> bool:
        return bool(self._live.hub and self._live.hub.listening)

    @property
    def open_streams(self) -> int:
        return len(self._live.hub.streams) if self._live.hub else 0

    def say(self, message: dict[str, Any]) -> None:
        publish.publish(self._bus, message)

    def score(self, member: int, score: int) -> None:
        """What a fact does: new rows, and word of them."""
        self.board.score(member, score)
        self.say(publish.board_changed(1, "sales", self.board.version))

    async def _answer(self, scope: Any, receive: Any, send: Any) -> None:
        path = scope["path"]
        self.requests[path] += 1
        if path == "/live" and self.streams_are == "well":
            return await self._live(scope, receive, send)
        if path == "/live" and self.streams_are == "mute":
            head = [(b"content-type", b"text/event-stream")]
            await send({"type": "http.response.start", "status": 200, "headers": head})
            while (await receive())["type"] != "http.disconnect":
                pass
            return await send({"type": "http.response.body", "body": b""})
        status, kind, body = self._found(path)
        head = [(b"content-type", kind), (b"content-security-policy", POLICY)]
        await send({"type": "http.response.start", "status": status, "headers": head})
        await send({"type": "http.response.body", "body": body})

    def _found(self, path: str) -> tuple[int, bytes, bytes]:
        html = TYPES[".html"]
        if path == "/page":
            return 200, html, PAGE.format(meta=META, main="").encode()
        if path == "/plain":
            return 200, html, PAGE.format(meta="", main="").encode()
        if path == "/board":
            main = BOARD.format(rows=self.board.html())
            return 200, html, PAGE.format(meta=META, main=main).encode()
        if path == "/rows":
            return 200, html, self.board.html().encode()
        if path == "/favicon.ico":
            return 204, html, b""
        if path == "/recorder.js":
            return 200, TYPES[".js"], RECORDER.encode()
        file = HOUSE / path.lstrip("/")
        if path.startswith("/static/") and file.is_file():
            return 200, TYPES[Path(path).suffix], file.read_bytes()
        return (503 if path == "/live" else 404), html, b""
