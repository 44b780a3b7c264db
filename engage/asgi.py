"""What uvicorn serves: /live in the event loop, everything else by Flask in threads.

`serve` runs it as the house does. `app` is there for who runs uvicorn another way (`uvicorn
engage.asgi:app`); pages poll then, because streams need a connection that can be taken over.
"""

import os
import resource
import socket
from collections.abc import Awaitable
from dataclasses import replace
from pathlib import Path
from typing import Any

import uvicorn
from a2wsgi import WSGIMiddleware
from flask import Flask

from engage import create_app
from engage.bodies import BODY, MB, Application, Bodies, Limits
from engage.config import Settings
from engage.live.app import Live, Receive
from engage.live.session import FlaskSessions
from engage.live.stream import Send
from engage.live.wire import Connection
from engage.web.door import Door

#: Requests answered at once. The interpreter computes one at a time; the others wait for the
#: database, or for somebody's slow line to take what is larger than the next number.
THREADS = 24
#: Parts of an answer (8 KB each, of a file) that wait for a slow line without holding a thread: a
#: film of 20 seconds is smaller.
PARTS_AHEAD = 256
#: Open files of the process: every stream is one.
OPEN_FILES = 65_536
#: Milliseconds until a connection counts as dead whose other side takes nothing: a phone that left
#: the network says no goodbye.
DEAD_AFTER = 60_000
#: Seconds given to answers under way when the server is asked to stop. A slow line may take longer;
#: the supervisor, who has more patience, is to find the server gone by then, not to kill it.
GRACE = 7


class House:
    """The ASGI application: dispatches by address, starts and stops the live part.

    `limits`, `folder` and `proxied` are those of `Bodies`, `memory` (bytes) is the door's: 0 means none.
    """

    def __init__(
        self,
        flask: Flask,
        live: Live,
        limits: Limits | None = None,
        folder: Path | None = None,
        proxied: bool = False,
        memory: int = 0,
    ) -> None:
        self.live = live

        def wsgi(environ: Any, start_response: Any) -> Any:
            environ["wsgi.input"] = environ["asgi.scope"][BODY]
            return flask(environ, start_response)

        pages: Any = WSGIMiddleware(wsgi, workers=THREADS, send_queue_size=PARTS_AHEAD)
        if memory:
            pages = Door(pages, flask, memory)
            live.told = pages.moved
        self._pages = Bodies(pages, limits or Limits(), folder, proxied)

    def __call__(self, scope: dict[str, Any], receive: Receive, send: Send) -> Awaitable[None]:
        # Not itself a coroutine: a stream would keep its frame for hours.
        match scope["type"]:
            case "http":
                return self._http(scope)(scope, receive, send)
            case "lifespan":
                return self._lifespan(receive, send)
            case "websocket":
                return _close(receive, send)
            case kind:
                raise ValueError(f"nothing here answers an ASGI scope of type {kind!r}")

    def _http(self, scope: dict[str, Any]) -> Application:
        if scope["path"].removeprefix(scope.get("root_path", "")) == "/live":
            return self.live
        # WSGI knows no body of unsaid length; one that is too long Flask refuses by its length.
        if any(name == b"transfer-encoding" for name, _ in scope["headers"]):
            return _refuse_unsaid_length
        return self._pages

    async def _lifespan(self, receive: Receive, send: Send) -> None:
        while True:
            message = await receive()
            if message["type"] == "lifespan.startup":
                self.live.start()
                await send({"type": "lifespan.startup.complete"})
            else:
                self.live.stop()
                await send({"type": "lifespan.shutdown.complete"})
                return


async def _close(receive: Receive, send: Send) -> None:
    """Refuse a websocket before it opens, which its client sees as 403."""
    await receive()
    await send({"type": "websocket.close", "code": 1000})


async def _refuse_unsaid_length(scope: dict[str, Any], receive: Receive, send: Send) -> None:
    headers = [(b"content-length", b"0"), (b"connection", b"close")]
    await send({"type": "http.response.start", "status": 411, "headers": headers})
    await send({"type": "http.response.body", "body": b""})


def make(settings: Settings | None = None, limits: Limits | None = None) -> House:
    """The application for `settings` (from the environment unless given).

    The longest body of `limits` is what the settings say in any case.
    """
    settings = settings or Settings()
    limits = replace(limits or Limits(), largest=settings.max_upload_mb * MB)
    flask = create_app(settings)
    # As Flask sees it: the name a proxy was asked for, where there is a proxy.
    host = b"x-forwarded-host" if settings.behind_proxy else b"host"
    live = Live(settings.redis_url, FlaskSessions(flask), settings.hosts, host)
    memory = settings.door_mb * MB
    return House(flask, live, limits, settings.home_dir, settings.behind_proxy, memory)


class Server(uvicorn.Server):
    """Ends the streams first: they would wait for ever, and uvicorn for them."""

    def __init__(self, config: uvicorn.Config, live: Live) -> None:
        super().__init__(config)
        self._live = live

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        self._live.stop()
        await super().shutdown(sockets)


def serve(
    settings: Settings | None = None,
    listener: socket.socket | None = None,
    limits: Limits | None = None,
) -> None:
    """Serve until SIGINT or SIGTERM, which end open streams and let answers under way finish.

    `listener` is a listening socket to serve on (the supervisor's); without it one is made.

    :raises SystemExit: the address is taken.
    """
    settings = settings or Settings()
    if settings.one_processor:
        keep_to_one_processor(settings.port)
    _allow_many_files()
    house = make(settings, limits)
    config = uvicorn.Config(
        house,
        host=settings.host,
        port=settings.port,
        http=Connection,
        ws="none",
        lifespan="on",
        interface="asgi3",
        log_config=None,
        access_log=False,
        server_header=False,
        proxy_headers=False,
        timeout_graceful_shutdown=GRACE,
    )
    listener = listener or config.bind_socket()
    if hasattr(socket, "TCP_USER_TIMEOUT"):  # Linux; connections inherit it
        listener.setsockopt(socket.IPPROTO_TCP, socket.TCP_USER_TIMEOUT, DEAD_AFTER)
    Server(config, house.live).run(sockets=[listener])


def keep_to_one_processor(number: int) -> None:
    """Let this process, and the threads it starts from now on, compute on one of its processors alone.

    The interpreter computes one thing at a time, and a request passes between the event loop and a thread
    a few times: where the system wakes each on another processor, nothing of what it needs is in that one's
    cache. ``number`` chooses, so that processes with ports of their own get processors of their own.
    """
    if hasattr(os, "sched_setaffinity"):  # Linux
        allowed = sorted(os.sched_getaffinity(0))
        os.sched_setaffinity(0, {allowed[number % len(allowed)]})


def _allow_many_files() -> None:
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = OPEN_FILES if hard == resource.RLIM_INFINITY else min(OPEN_FILES, hard)
    if soft != resource.RLIM_INFINITY and soft < wanted:
        resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, hard))


def __getattr__(name: str) -> House:
    if name == "app":
        return make()
    raise AttributeError(name)
