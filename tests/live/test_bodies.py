"""Slow lines keep no thread: real sockets, a real uvicorn, and for the finding the whole house."""

import hashlib
import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from typing import Any

import httpx
import pytest
import uvicorn
from flask import Flask, Response, request
from hypothesis import given
from hypothesis import strategies as st

from engage import asgi
from engage.asgi import THREADS
from engage.asgi import House as Application
from engage.bodies import MB, Limits, Pace, Room, address_of
from engage.config import Settings
from engage.live.app import Live
from tests.conftest import Cast
from tests.live.test_app import Sessions
from tests.live.test_served import House
from tests.waiting import until

HALF_SENT = b"POST /sign-in HTTP/1.1\r\nHost: x\r\nContent-Length: 100000\r\n\r\na="


def impatient() -> None:
    asgi.serve(limits=Limits(patience=0.1))


def pages() -> Flask:
    """Pages that say what came in, or say a great deal themselves."""
    app = Flask("pages")
    app.config["MAX_CONTENT_LENGTH"] = 8 * MB

    @app.post("/hash")
    def hash_of_body() -> str:
        return hashlib.sha256(request.get_data()).hexdigest()

    @app.post("/file")
    def hash_of_file() -> str:
        return hashlib.sha256(request.files["file"].read()).hexdigest()

    @app.get("/much")
    def much() -> Response:
        return Response(bytes(8192) for _ in range(4000))

    @app.get("/")
    def front() -> str:
        return "here"

    return app


class Served:
    """uvicorn in a thread of its own with these pages; `parts` counts what came off the lines."""

    def __init__(self, limits: Limits, folder: Any) -> None:
        self.parts = 0
        live = Live("unix:///nowhere", Sessions())
        self._house = Application(pages(), live, limits, folder)
        listener = socket.create_server(("127.0.0.1", 0))
        self.port = listener.getsockname()[1]
        self.address = f"http://127.0.0.1:{self.port}"
        config = uvicorn.Config(
            self._counting,
            http="httptools",
            lifespan="off",
            log_config=None,
            interface="asgi3",
            timeout_graceful_shutdown=10,
        )
        self._server = uvicorn.Server(config)
        self._thread = threading.Thread(target=self._server.run, args=([listener],))
        self._thread.start()

    async def _counting(self, scope: Any, receive: Any, send: Any) -> None:
        async def counted() -> Any:
            message = await receive()
            self.parts += 1
            return message

        await self._house(scope, counted, send)

    def line(self, sends: bytes) -> socket.socket:
        line = socket.create_connection(("127.0.0.1", self.port), 10)
        line.sendall(sends)
        return line

    def close(self) -> None:
        self._server.should_exit = True
        self._thread.join(20)


Serve = Callable[[Limits], Served]


@pytest.fixture
def serve(tmp_path: Any) -> Iterator[Serve]:
    with ExitStack() as stack:

        def serve(limits: Limits) -> Served:
            served = Served(limits, tmp_path)
            stack.callback(served.close)
            return served

        yield serve


def post(path: str, length: int) -> bytes:
    return f"POST {path} HTTP/1.1\r\nHost: x\r\nContent-Length: {length}\r\n\r\n".encode()


def heard(line: socket.socket) -> bytes:
    """What has arrived on a line by now, without waiting."""
    line.setblocking(False)
    try:
        return line.recv(4096)
    except BlockingIOError:
        return b""


def to_the_end(line: socket.socket) -> bytes:
    """All that comes until the server closes the line."""
    return b"".join(iter(lambda: line.recv(4096), b""))


@pytest.mark.service
def test_forty_half_sent_forms_keep_no_page_waiting(
    app: Flask, settings: Settings, cast: Cast, redis_url: str
):
    house = House(app, settings, redis_url)
    room = Limits().small.each
    with ExitStack() as stack:
        stack.callback(house.process.join)
        stack.callback(house.process.kill)
        lines = [socket.create_connection(("127.0.0.1", house.port), 10) for _ in range(40)]
        for line in lines:
            stack.enter_context(line)
            line.sendall(HALF_SENT)
        said = [b"" for _ in lines]

        def refused() -> list[bytes] | None:
            for n, line in enumerate(lines):
                said[n] += heard(line)
            answers = [answer for answer in said if answer.endswith(b"again soon.\n")]
            return answers if len(answers) == len(lines) - room else None

        answers = until(refused, what="those for whom there is no room were told") or []
        assert all(answer.startswith(b"HTTP/1.1 429 ") for answer in answers)
        assert all(b"retry-after: 20" in answer for answer in answers)
        assert httpx.get(f"{house.address}/healthz").status_code == 200
        assert httpx.get(f"{house.address}/sign-in").status_code == 200
        for line in lines:
            line.close()
        until(
            lambda: httpx.post(f"{house.address}/sign-in", data={"email": "x"}).status_code == 400,
            what="closed lines make room: a form is read again (and wants its token)",
        )


@pytest.mark.service
def test_a_body_that_stands_still_is_given_up(
    app: Flask, settings: Settings, cast: Cast, redis_url: str
):
    house = House(app, settings, redis_url, impatient)
    try:
        with socket.create_connection(("127.0.0.1", house.port), 10) as line:
            line.sendall(HALF_SENT)
            answer = to_the_end(line)
    finally:
        house.process.kill()
        house.process.join()
    assert answer.startswith(b"HTTP/1.1 408 ")
    assert b"connection: close" in answer


@pytest.mark.parametrize("in_memory", [MB, 10], ids=["in memory", "in a file"])
def test_a_body_that_comes_in_small_parts_is_taken(serve: Serve, in_memory: int):
    served = serve(Limits(in_memory=in_memory))
    head = post("/hash", 50).replace(b"Host", b"Connection: close\r\nHost")
    with served.line(head) as line:
        for n in range(50):
            line.sendall(b"x")
            until(lambda n=n: served.parts > n, what=f"part {n} is off the line")  # type: ignore[misc]
        answer = to_the_end(line)
    assert answer.startswith(b"HTTP/1.1 200 ")
    assert hashlib.sha256(b"x" * 50).hexdigest().encode() in answer


@pytest.mark.parametrize("size", [0, 1, 1000, MB, MB + 1, 7 * MB])
def test_a_file_arrives_as_it_was_sent(serve: Serve, size: int, tmp_path: Any):
    served = serve(Limits(largest=8 * MB))
    content = (b"0123456789\n" * (size // 11 + 1))[:size]
    answer = httpx.post(f"{served.address}/file", files={"file": content}, timeout=30)
    assert answer.text == hashlib.sha256(content).hexdigest()
    assert list(tmp_path.iterdir()) == []


def test_a_body_beyond_the_limit_is_refused_before_it_comes(serve: Serve):
    served = serve(Limits(largest=8 * MB))
    with served.line(post("/hash", 8 * MB + 1)) as line:
        assert line.recv(4096).startswith(b"HTTP/1.1 413 ")


def test_who_waits_for_leave_to_send_is_given_it_only_with_room(serve: Serve):
    served = serve(Limits(small=Room(each=1, all=9)))
    asking = b"POST /hash HTTP/1.1\r\nHost: x\r\nExpect: 100-continue\r\nContent-Length: 2\r\n\r\n"
    with served.line(asking) as first:
        assert first.recv(4096) == b"HTTP/1.1 100 Continue\r\n\r\n"
        with served.line(asking) as second:
            assert second.recv(4096).startswith(b"HTTP/1.1 429 ")
        first.sendall(b"ok")
        assert first.recv(4096).startswith(b"HTTP/1.1 200 ")


@pytest.mark.parametrize("in_memory", [MB, 10], ids=["in memory", "in a file"])
def test_the_whole_house_has_room_for_so_many_and_leaving_makes_room(serve: Serve, in_memory: int):
    one = Room(each=2, all=1)
    served = serve(Limits(small=one, large=one, in_memory=in_memory))
    with served.line(post("/hash", 100) + b"x"):
        until(lambda: served.parts == 1, what="the first is on its way")
        assert httpx.post(f"{served.address}/hash", content=bytes(50)).status_code == 503
        assert httpx.get(served.address).text == "here"
    until(
        lambda: httpx.post(f"{served.address}/hash", content=bytes(50)).status_code == 200,
        what="there is room again",
    )


def test_answers_nobody_takes_hold_no_thread_for_long(serve: Serve):
    served = serve(Limits(patience=0.1, rate=100 * MB))
    with ExitStack() as stack:
        for _ in range(THREADS + 1):
            stack.enter_context(served.line(b"GET /much HTTP/1.1\r\nHost: x\r\n\r\n"))
        assert httpx.get(served.address, timeout=60).text == "here"


waits = st.lists(st.floats(0.0, 19.0), max_size=50)


@given(waits)
def test_a_line_that_brings_its_rate_is_never_given_up(waits: list[float]):
    limits = Limits()
    pace = Pace(limits)
    for seconds in waits:
        pace.waited(seconds)
        assert pace.left > 0
        pace.moved(round(seconds * limits.rate) + 1)


@given(waits, st.integers(0, 64 * MB))
def test_what_came_fast_buys_no_longer_pause_than_its_last_part_takes(
    waits: list[float], fast: int
):
    limits = Limits()
    pace = Pace(limits)
    pace.moved(fast)
    for _ in waits:
        pace.moved(1)
    assert pace.left <= limits.patience + max(fast if not waits else 0, 1) / limits.rate


@pytest.mark.parametrize(
    ("client", "reported", "proxied", "counts_as"),
    [
        ("192.0.2.7", None, False, "192.0.2.7"),
        ("192.0.2.7", "198.51.100.1", False, "192.0.2.7"),
        ("127.0.0.1", "203.0.113.9, 198.51.100.1", True, "198.51.100.1"),
        ("127.0.0.1", None, True, "127.0.0.1"),
        ("127.0.0.1", "unknown", True, "unknown"),
        ("::ffff:192.0.2.7", None, False, "192.0.2.7"),
        ("2001:db8:1:2:3:4:5:6", None, False, "2001:db8:1:2::/64"),
        ("::1", None, False, "::/64"),
    ],
)
def test_a_client_counts_by_its_address(
    client: str, reported: str | None, proxied: bool, counts_as: str
):
    headers = [(b"x-forwarded-for", reported.encode())] if reported else []
    scope = {"client": (client, 1234), "headers": headers}
    assert address_of(scope, proxied) == counts_as
