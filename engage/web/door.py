"""The door before Flask: gives again what it gave before, where everything it was made of still stands.

Each answer is kept for the very request that got it: the same address asked for with the same cookies,
in the same languages, at the same host. Before it is given again one statement looks at the rows that
let its reader in and at the board's version (`accounts.glance`); so who lost a seat, signed out or was
locked out is turned over to Flask at once, whoever changed the database. Where the board alone has moved
on, its parts are made anew. What the door does not know, or cannot find out, Flask answers.
"""

import asyncio
import logging
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, replace
from typing import Any, TypeVar

from flask import Flask

from engage import clock
from engage.accounts import glance
from engage.accounts.glance import Glance
from engage.bodies import Application, Message, Receive, Send
from engage.db import db
from engage.shelf import Piece, Shelf
from engage.web import again, health
from engage.web.again import Again, Made

log = logging.getLogger(__name__)

T = TypeVar("T")

#: Headers that decide what is answered, or with which words and headers.
_DECIDE = {b"cookie", b"host", b"accept-language", b"x-forwarded-proto", b"x-forwarded-host"}
#: A request with one of these asks for something else than it was answered before.
_SPECIAL = {b"authorization", b"content-length", b"expect", b"range"}
_OF_ONE_TIME = {b"content-length", b"content-type", b"date", b"etag"}
_HTML = (b"content-type", b"text/html; charset=utf-8")
#: Parts are made by as many threads: they compute, which the interpreter does one at a time.
_THREADS = 4
#: Shared parts at hand, by version.
_SHARED = 128

Headers = Sequence[tuple[bytes, bytes]]


@dataclass(frozen=True)
class _Kept:
    noted: Again
    #: As Flask sent them, without those that tell of one body or moment.
    headers: Headers


class Door:
    """An ASGI application before ``pages``, which are ``flask``'s; ``room`` in bytes is for answers."""

    def __init__(self, pages: Application, flask: Flask, room: int) -> None:
        self._pages = pages
        self._answers: Shelf[_Kept] = Shelf(room, lambda kept: len(kept.noted.body))
        self._shared: Shelf[Piece] = Shelf(_SHARED)
        with flask.app_context():
            self._window = _Window(db.engine)
        self._threads = ThreadPoolExecutor(_THREADS, thread_name_prefix="door")
        #: Answers that are being made anew, by what others share of them.
        self._under_way: dict[Any, asyncio.Future[_Kept | None]] = {}

    async def __call__(self, scope: dict[str, Any], receive: Receive, send: Send) -> None:
        began = time.perf_counter()
        key = _key(scope)
        if key is None:
            return await self._pages(scope, receive, send)
        found = self._answers.find(key)
        kept = found and await self._stands(key, found)
        if not kept:
            self._answers.drop(key)
            return await self._ask(key, scope, receive, send)
        status = await _give(kept, scope, send)
        health.count(kept.noted.endpoint, "GET", status, time.perf_counter() - began)

    async def _stands(self, key: Any, kept: _Kept) -> _Kept | None:
        """What is to be given now in place of ``kept``; None where Flask has to say."""
        if clock.now() >= kept.noted.until:
            return None
        try:
            return await self._now(key, kept)
        except Exception:
            log.exception("the door could not look; Flask answers")
            return None

    async def _now(self, key: Any, kept: _Kept) -> _Kept | None:
        noted, loop = kept.noted, asyncio.get_running_loop()
        alike = noted.board.model.id, *(part.shared for part, _ in noted.parts if part.shared)
        while True:
            seen = await self._do(self._window.look, noted)
            if seen is None or seen.version == noted.version:
                return kept if seen else None
            if spared := await self._do(self._spared, key, kept, seen):
                return spared
            if alike not in self._under_way:
                break
            # Somebody else's answer makes what this one shares with it: only the own part is left.
            await asyncio.wait([self._under_way[alike]])
        made = loop.run_in_executor(self._threads, self._renewed, key, kept, seen)
        if len(alike) == 1:
            return await made
        self._under_way[alike] = made
        made.add_done_callback(lambda _: self._under_way.pop(alike))
        return await made

    async def _do(self, look: Callable[..., T], *question: Any) -> T:
        if self._window.is_near:
            return look(*question)
        return await asyncio.get_running_loop().run_in_executor(self._threads, look, *question)

    def _renewed(self, key: Any, kept: _Kept, seen: Glance) -> _Kept | None:
        noted = kept.noted.renew(kept.noted, seen.version)
        return self._keep(key, replace(kept, noted=noted)) if noted else None

    def _spared(self, key: Any, kept: _Kept, seen: Glance) -> _Kept | None:
        """The answer where facts moved the board, but nothing of it that has yet to be made."""
        noted, made = kept.noted, []
        if seen.version is None or noted.board.model.reshaped != seen.reshaped:
            return None
        for part, before in noted.parts:
            if part.shared:
                piece = self._shared.find((noted.board.model.id, seen.version, part.shared))
            else:
                is_same = part.probe and self._window.ask(*part.probe) == before.rows
                piece = before.piece.at(seen.version) if is_same else None
            if piece is None:
                return None
            made.append(Made(piece, before.rows))
        return self._keep(
            key, replace(kept, noted=replace(noted, made=tuple(made), version=seen.version))
        )

    def _keep(self, key: Any, kept: _Kept) -> _Kept:
        self._answers.keep(key, kept)
        for part, made in kept.noted.parts:
            if part.shared:
                self._shared.keep(
                    (kept.noted.board.model.id, kept.noted.version, part.shared), made.piece
                )
        return kept

    async def _ask(self, key: Any, scope: dict[str, Any], receive: Receive, send: Send) -> None:
        """Let Flask answer, and keep that where the view says how."""
        slot: list[Again] = []
        scope[again.SLOT] = slot
        headers: Headers | None = None

        async def heard(message: Message) -> None:
            nonlocal headers
            if message["type"] == "http.response.start":
                headers = _reusable(message)
            await send(message)

        await self._pages(scope, receive, heard)
        if slot and headers is not None:
            self._keep(key, _Kept(slot[0], headers))


def _key(scope: dict[str, Any]) -> Any:
    """What an answer is kept for; None where none is to be."""
    if scope["method"] != "GET":
        return None
    said = []
    for header in scope["headers"]:
        if header[0] in _DECIDE:
            said.append(header)
        elif header[0] in _SPECIAL:
            return None
    address = (scope.get("scheme"), scope.get("root_path"), scope["path"], scope["query_string"])
    return (*address, *said)


def _reusable(start: Message) -> Headers | None:
    """The headers of an answer that may be given again; None where it may not.

    A cookie is given to one reader once.
    """
    headers = [(name.lower(), value) for name, value in start["headers"]]
    if start["status"] not in (200, 304) or any(name == b"set-cookie" for name, _ in headers):
        return None
    return [pair for pair in headers if pair[0] not in _OF_ONE_TIME]


async def _give(kept: _Kept, scope: dict[str, Any], send: Send) -> int:
    body, headers, status = kept.noted.body, list(kept.headers), 200
    if kept.noted.is_conditional:
        tag = f'"{kept.noted.made[0].piece.digest}"'.encode()
        headers.append((b"etag", tag))
        if _has(scope, tag):
            status, body = 304, b""
    if status == 200:
        headers += [_HTML, (b"content-length", str(len(body)).encode())]
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": body})
    return status


def _has(scope: dict[str, Any], tag: bytes) -> bool:
    """Whether who asks has the answer with this tag already."""
    for name, value in scope["headers"]:
        if name == b"if-none-match":
            return tag in (one.strip().removeprefix(b"W/") for one in value.split(b","))
    return False


class _Window:
    """A connection of the door's own. SQLite is looked at where one stands (`is_near`): it answers in
    microseconds or, where it would have to wait, not at all. Another server is asked from a thread."""

    def __init__(self, engine: Any) -> None:
        self._engine = engine
        self._dialect: str = engine.dialect.name
        self.is_near = self._dialect == "sqlite"
        self._connection: Any = None
        self._lock = threading.Lock()

    def look(self, noted: Again) -> Glance | None:
        """The board's version, where the reader is who they were and the board is there."""
        seen = self._look(noted)
        if seen is None or seen.mark != noted.mark or seen.version is None:
            return None
        return seen

    def _look(self, noted: Again) -> Glance | None:
        with self._open() as connection:
            return glance.look(connection, self._dialect, noted.who, noted.board.model.id)

    def ask(self, statement: str, values: Any) -> Any:
        """The rows of a statement."""
        with self._open() as connection:
            return connection.execute(statement, values).fetchall()

    @contextmanager
    def _open(self) -> Iterator[Any]:
        """The connection, for one at a time; another one after a fault."""
        with self._lock:
            if self._connection is None:
                self._connection = self._connect()
            try:
                yield self._connection
            except Exception:
                self._connection.close()
                self._connection = None
                raise

    def _connect(self) -> Any:
        connection = self._engine.raw_connection()
        driver = connection.driver_connection
        if self.is_near:
            driver.execute("PRAGMA busy_timeout=0")
        else:
            driver.autocommit = True
        connection.detach()  # from the pool: no other may get it as it is now
        return driver
