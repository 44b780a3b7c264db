"""The door before Flask: gives again what it gave before, where everything it was made of still stands.

Each answer is kept for the very request that got it: the same address asked for with the same cookies,
in the same languages, at the same host. Before it is given again one statement looks at the rows that
let its reader in and at the board's version (`accounts.glance`); so who lost a seat, signed out or was
locked out is turned over to Flask at once, whoever changed the database, and so is who reads a board that
anything but facts has changed. Where facts have moved it on, its parts are made anew, of a burst at most
four times a second (`web.shown`), and before anybody asks where somebody looked since the last time. What
the door does not know, or cannot find out, Flask answers.
"""

import asyncio
import logging
import time
from collections.abc import Hashable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from typing import Any

from flask import Flask

from engage import clock
from engage.accounts import glance
from engage.accounts.glance import Moved
from engage.bodies import Application, Message, Receive, Send
from engage.db import db
from engage.live.rules import Change
from engage.shelf import Shelf
from engage.web import again, health, window
from engage.web.again import Again, Made, Stands
from engage.web.numbers import number
from engage.web.shown import Shown, shown

log = logging.getLogger(__name__)

#: Headers that decide what is answered, or with which words and headers.
_DECIDE = {b"cookie", b"host", b"accept-language", b"x-forwarded-proto", b"x-forwarded-host"}
#: A request with one of these asks for something else than it was answered before.
_SPECIAL = {b"authorization", b"content-length", b"expect", b"range"}
_OF_ONE_TIME = {b"content-length", b"content-type", b"date", b"etag"}
_HTML = (b"content-type", b"text/html; charset=utf-8")
#: Parts are made by as many threads: they compute, which the interpreter does one at a time.
_THREADS = 4
#: Shared parts at hand, by version; boards of which is known what is shown.
_SHARED, _BOARDS = 128, 1_000
#: Tables of a board that are made anew before anybody asks: those looked at last.
_AHEAD = 16
#: With it a browser names the version that it was told of.
_TOLD = b"board-version"

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
        self._shared: Shelf[Made] = Shelf(_SHARED)
        self._shown: Shelf[Shown] = Shelf(_BOARDS)
        with flask.app_context():
            self._window = window.onto(db.engine)
        self._threads = ThreadPoolExecutor(_THREADS, thread_name_prefix="door")
        #: Whose answer of each board was looked at last since the board moved, of those who share a table.
        self._looked: Shelf[dict[Hashable, Any]] = Shelf(_BOARDS)
        self._ahead: set[asyncio.Task[None]] = set()
        #: Answers that are being made anew, by what others share of them.
        self._under_way: dict[Any, asyncio.Future[Again]] = {}

    async def __call__(self, scope: dict[str, Any], receive: Receive, send: Send) -> None:
        began = time.perf_counter()
        key = _key(scope)
        if key is None:
            return await self._pages(scope, receive, send)
        found = self._answers.find(key)
        kept = found and await self._stands(key, found, scope)
        if not kept:
            self._answers.drop(key)
            return await self._ask(key, scope, receive, send)
        self._note(key, kept)
        status = await _give(kept, scope, send)
        health.count(kept.noted.endpoint, "GET", status, time.perf_counter() - began)

    async def _stands(self, key: Any, kept: _Kept, scope: dict[str, Any]) -> _Kept | None:
        """What is to be given now in place of ``kept``; None where Flask has to say."""
        if clock.now() >= kept.noted.until:
            return None
        try:
            noted = await self._now(kept.noted, scope)
        except Exception:
            log.exception("the door could not look; Flask answers")
            return None
        if noted is None:
            return None
        if noted is kept.noted:
            return kept
        return self._keep(key, replace(kept, noted=noted))

    async def _now(self, noted: Again, scope: dict[str, Any]) -> Again | None:
        loop, board, alike = asyncio.get_running_loop(), noted.board.model, noted.alike
        while True:
            moved = await self._look(noted)
            if moved is None or moved.reshaped != board.reshaped:
                return None
            version = self._version(noted, moved, scope)
            if version <= noted.version <= moved.version:
                return noted
            stands = await self._standing(noted, moved, version)
            made = tuple(found for found in stands if isinstance(found, Made))
            if len(made) == len(stands):
                return replace(noted, made=made, version=version)
            if alike not in self._under_way:
                break
            # Somebody else's answer makes what this one shares with it: only the own part is left.
            await asyncio.wait([self._under_way[alike]])
        if self._window.is_near and None not in stands:  # all is there: nobody has to wait for it
            return noted.renew(noted, moved, version, stands)
        renewed = loop.run_in_executor(self._threads, noted.renew, noted, moved, version, stands)
        if not any(part.shared for part, _ in noted.parts):
            return await renewed
        self._under_way[alike] = renewed
        renewed.add_done_callback(lambda _: self._under_way.pop(alike))
        return await renewed

    async def _look(self, noted: Again) -> Moved | None:
        """How far the board is, where the reader is who they were and the board is there."""
        question = glance.question(self._window.dialect)
        wanted = noted.who._asdict() | {"board_id": noted.board.model.id}
        seen = glance.read(await self._window.ask(question, wanted), noted.who)
        return seen.board if seen and seen.mark == noted.mark else None

    def _version(self, noted: Again, moved: Moved, scope: dict[str, Any]) -> int:
        """Which version of the board is shown by now."""
        if moved.version == noted.version:
            return moved.version
        told = number(_said(scope, _TOLD).decode("latin-1")) or 0
        now = shown(self._shown.find(noted.board.model.id), moved, clock.now(), told)
        self._shown.keep(noted.board.model.id, now)
        return now.version

    async def _standing(self, noted: Again, moved: Moved, version: int) -> list[Stands]:
        """Of each part what stands though facts moved the board, or the rows to make it from."""
        found: list[Stands] = []
        for part, before in noted.parts:
            stands: Stands = None
            if part.shared:
                stands = self._shared.find((noted.board.model.id, version, part.shared))
            if stands is None and part.question:
                stands = await self._window.ask(*part.question)
                if stands == before.rows and part.beside(moved) == before.beside:
                    stands = before._replace(piece=before.piece.at(version))
            found.append(stands)
        return found

    def _keep(self, key: Any, kept: _Kept) -> _Kept:
        self._answers.keep(key, kept)
        for part, made in kept.noted.parts:
            if part.shared:
                self._shared.keep(
                    (kept.noted.board.model.id, kept.noted.version, part.shared), made
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
            self._note(key, self._keep(key, _Kept(slot[0], headers)))

    def _note(self, key: Any, kept: _Kept) -> None:
        """Somebody looked at this answer."""
        board = kept.noted.board.model
        looked = self._looked.get((board.programme_id, board.slug), dict)
        looked.pop(kept.noted.alike, None)
        looked[kept.noted.alike] = key
        if len(looked) > _AHEAD:
            del looked[next(iter(looked))]

    def moved(self, change: Change) -> None:
        """Facts moved a board: make anew what was looked at since the last time. Whoever looks next need
        not wait for it, and who nobody looks at costs nothing. To be called in the event loop."""
        board = change.programme_id, change.data.get("board")
        for key in (self._looked.find(board) or {}).values():
            task = asyncio.get_running_loop().create_task(self._make(key, change.version))
            self._ahead.add(task)  # the loop itself would forget it
            task.add_done_callback(self._ahead.discard)
        self._looked.drop(board)

    async def _make(self, key: Any, version: int) -> None:
        if found := self._answers.find(key):
            await self._stands(key, found, {"headers": [(_TOLD, str(version).encode())]})


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
    tags = [one.strip().removeprefix(b"W/") for one in _said(scope, b"if-none-match").split(b",")]
    return tag in tags or tags == [b"*"]


def _said(scope: dict[str, Any], name: bytes) -> bytes:
    """What a header of the request says; nothing where it is not there."""
    return next((value for header, value in scope["headers"] if header == name), b"")
