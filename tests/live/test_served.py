"""The house as uvicorn serves it: a process of its own, a real Valkey, real sessions."""

import asyncio
import os
import signal
import socket
import subprocess
import sys
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager

import httpx
import pytest
import redis
from flask import Flask

from engage import asgi
from engage.accounts import service
from engage.config import Settings
from engage.db import transaction
from engage.live import publish
from engage.services import supervisor
from tests.conftest import Cast, Person
from tests.forking import processes
from tests.live.events import events, in_loop, shown, until
from tests.live.test_session import session_of
from tests.waiting import until as until_so

pytestmark = pytest.mark.service

RAW_CHUNKED = (
    b"POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\n\r\n"
)
RAW_HALF = (
    b"POST /sign-in HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: text/plain\r\n"
    b"Content-Length: 100\r\n\r\nhalf"
)
RAW_WEBSOCKET = (
    b"GET /live HTTP/1.1\r\nHost: x\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
    b"Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\n\r\n"
)


def hasty() -> None:
    asgi.GRACE = 1
    asgi.serve()


class House:
    """A server process; `address` is where it answers."""

    def __init__(
        self,
        app: Flask,
        settings: Settings,
        redis_url: str,
        program: Callable[[], object] = hasty,
    ) -> None:
        self._app = app
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            self.port = probe.getsockname()[1]
        self.address = f"http://127.0.0.1:{self.port}"
        environment = os.environ | {
            "ENGAGE_HOME": str(settings.home_dir),
            "ENGAGE_PORT": str(self.port),
            "REDIS_URL": redis_url,
        }
        self.process = processes.Process(target=_serve, args=(environment, program), daemon=True)
        self.process.start()
        until_so(self._is_up, 30, "the server is up")

    def _is_up(self) -> bool:
        assert self.process.is_alive(), "the server ended by itself"
        try:
            return b" 401 " in self.raw(b"GET /live HTTP/1.1\r\nHost: localhost\r\n\r\n")
        except OSError:
            return False

    def cookies(self, person: Person) -> dict[str, str]:
        return {self._app.config["SESSION_COOKIE_NAME"]: session_of(self._app, person)}

    def raw(self, request: bytes) -> bytes:
        """The first bytes of the answer to a request written by hand."""
        with socket.create_connection(("127.0.0.1", self.port), 10) as connection:
            connection.sendall(request)
            return connection.recv(4096)


def _serve(environment: dict[str, str], program: Callable[[], object]) -> None:
    os.environ.clear()
    os.environ.update(environment)
    program()


@pytest.fixture
def house(app: Flask, settings: Settings, cast: Cast, redis_url: str) -> Iterator[House]:
    house = House(app, settings, redis_url)
    yield house
    house.process.kill()
    house.process.join()


class Page:
    """An open page: what its stream has brought so far."""

    def __init__(self) -> None:
        self.body = b""
        self.is_closed = False

    @property
    def shown(self) -> list[str]:
        return [name for name in shown(events(self.body)) if name != "reset"]

    async def read(self, response: httpx.Response) -> None:
        async for part in response.aiter_raw():
            self.body += part
        self.is_closed = True


@asynccontextmanager
async def open_page(house: House, cookies: dict[str, str]) -> AsyncIterator[Page]:
    """A page once its stream is greeted, which needs the server to hear the bus."""
    page = Page()
    async with httpx.AsyncClient(base_url=house.address, cookies=cookies, timeout=30) as client:
        response = await client.send(client.build_request("GET", "/live"), stream=True)
        async with asyncio.timeout(20):
            while response.status_code == 503:
                await response.aclose()
                response = await client.send(client.build_request("GET", "/live"), stream=True)
        assert response.status_code == 200
        reading = asyncio.create_task(page.read(response))
        await until(lambda: "hello" in page.shown)
        yield page
        reading.cancel()
        await asyncio.gather(reading, return_exceptions=True)
        await response.aclose()


@in_loop
async def test_two_people_hear_what_concerns_them(house: House, cast: Cast, redis_url: str):
    bus = redis.Redis.from_url(redis_url)
    programme, alice = cast.programme.id, cast.alice.partner.id
    async with (
        open_page(house, house.cookies(cast.alice)) as first,
        open_page(house, house.cookies(cast.charlie)) as second,
        open_page(house, house.cookies(cast.otto)) as elsewhere,
    ):
        publish.publish(bus, publish.partner_changed(programme, alice))
        publish.publish(bus, publish.board_changed(programme, "sales", 7))
        await until(lambda: first.shown == ["hello", "partner", "sales 7"])
        await until(lambda: second.shown == ["hello", "sales 7"])
        assert elsewhere.shown == ["hello"]


@in_loop
async def test_stopping_the_server_waits_neither_for_open_streams_nor_long_for_slow_lines(
    house: House, cast: Cast
):
    assert asgi.GRACE <= supervisor.GRACE - 2, "it is killed otherwise"
    line = socket.create_connection(("127.0.0.1", house.port), 10)
    line.sendall(RAW_HALF)
    async with open_page(house, house.cookies(cast.alice)) as page:
        house.process.terminate()
        await until(lambda: page.is_closed)
        await until(lambda: not house.process.is_alive(), 8)
        assert house.process.exitcode in (0, -signal.SIGTERM)
    assert b"HTTP/1.1 503 " in line.recv(4096)
    line.close()


def test_pages_and_files_are_answered_beside_the_streams(house: House):
    answer = httpx.get(f"{house.address}/static/js/live.js")
    assert answer.status_code == 200
    assert "EventSource" in answer.text


def test_a_session_ended_everywhere_opens_no_stream(house: House, cast: Cast):
    cookies = house.cookies(cast.alice)
    transaction(lambda: service.sign_out_everywhere(cast.alice.user.id))
    assert httpx.get(f"{house.address}/live", cookies=cookies).status_code == 401


def test_a_body_of_unsaid_length_is_refused(house: House):
    assert house.raw(RAW_CHUNKED).startswith(b"HTTP/1.1 411 ")


def test_a_websocket_is_not_opened(house: House):
    assert not house.raw(RAW_WEBSOCKET).startswith(b"HTTP/1.1 101 ")


def test_a_taken_port_is_said_and_ends_the_start(house: House):
    second = subprocess.run(
        [sys.executable, "-c", "from engage.asgi import serve; serve()"],
        env=os.environ | {"ENGAGE_PORT": str(house.port)},
        capture_output=True,
        text=True,
        timeout=30,
        check=False,
    )
    assert second.returncode != 0
    assert "address already in use" in second.stderr.lower()


@pytest.mark.skipif(not hasattr(os, "sched_getaffinity"), reason="this system does not say where")
def test_the_server_keeps_to_one_processor_unless_it_is_told_not_to(
    house: House, app: Flask, settings: Settings, redis_url: str, monkeypatch: pytest.MonkeyPatch
):
    allowed = os.sched_getaffinity(0)
    (one,) = os.sched_getaffinity(house.process.pid)
    assert one == sorted(allowed)[house.port % len(allowed)]
    monkeypatch.setenv("ENGAGE_ONE_PROCESSOR", "0")
    wandering = House(app, settings, redis_url)
    try:
        assert os.sched_getaffinity(wandering.process.pid) == allowed
    finally:
        wandering.process.kill()
        wandering.process.join()
