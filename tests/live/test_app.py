import asyncio
import json
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from typing import Any

import pytest
import redis

from engage.live import app as live_app
from engage.live import publish, subscription
from engage.live.app import Live
from engage.live.hub import PER_USER
from engage.live.rules import Viewer
from engage.live.wire import WIRE
from tests.live.events import Event, Wire, events, in_loop, until

pytestmark = pytest.mark.service

ANNA = Viewer(who="user 1", programme_id=1, partner_id=7, role="partner")
MAYA = Viewer(who="user 3", programme_id=1, partner_id=None, role="manager")


class Sessions:
    """Sessions by name; who is taken out of `good` has signed out."""

    def __init__(self) -> None:
        self.good = {"anna": ANNA, "maya": MAYA}

    def find(self, cookies: str, screen: str = "") -> str | None:
        return cookies.removeprefix("session=") or None

    def viewers(self, sessions: Sequence[str]) -> list[Viewer | None]:
        return [self.good.get(session) for session in sessions]


class Request:
    """A request and what came back; the client goes with `disconnect`."""

    def __init__(self, live: Live, session: str = "anna", method: str = "GET", **more: Any) -> None:
        self.wire = Wire()
        self._status = 0
        self.headers: dict[bytes, bytes] = {}
        headers = {b"host": b"house.example", **more.get("headers", {})}
        if session:
            headers[b"cookie"] = f"session={session}".encode()
        scope = {
            "type": "http",
            "method": method,
            "path": "/live",
            "query_string": more.get("query", "").encode(),
            "headers": list(headers.items()),
            "extensions": more.get("extensions", {WIRE: lambda stream: self.wire.take(stream)}),
        }
        self.task = asyncio.create_task(live(scope, self._receive, self._send))

    async def _receive(self) -> dict[str, Any]:
        raise AssertionError("nothing is to be read of a request for a stream")

    async def _send(self, message: Any) -> None:
        if message["type"] == "http.response.start":
            self._status, self.headers = message["status"], dict(message["headers"])

    @property
    def status(self) -> int:
        """Of a refusal, or 200 once the stream stands."""
        return 200 if self.wire.written.startswith(b"HTTP/1.1 200 OK\r\n") else self._status

    @property
    def events(self) -> list[Event]:
        return events(self.wire.body)

    @property
    def shown(self) -> list[str]:
        return self.wire.shown

    @property
    def finished(self) -> bool:
        return self.wire.finished

    async def answer(self) -> int:
        await until(lambda: self.status)
        return self.status

    def disconnect(self) -> None:
        self.wire.abort()


class Bus:
    """What the outbox does: announce through the real Valkey."""

    def __init__(self, url: str) -> None:
        self.redis = redis.Redis.from_url(url)

    def say(self, message: dict[str, Any]) -> None:
        publish.publish(self.redis, message)


@asynccontextmanager
async def house(url: str, **more: Any) -> AsyncIterator[tuple[Live, Sessions, Bus]]:
    sessions = Sessions()
    live = Live(url, sessions, **more)
    live.start()
    hub = live.hub
    await until(lambda: hub and hub.listening)
    yield live, sessions, Bus(url)
    live.stop()


@in_loop
async def test_what_is_announced_arrives_at_those_it_concerns(redis_url: str):
    async with house(redis_url) as (live, _, bus):
        anna, maya = Request(live, "anna"), Request(live, "maya")
        await until(lambda: anna.shown == maya.shown == ["hello"])
        for message in (
            publish.partner_changed(1, 7),
            publish.partner_changed(1, 8),
            publish.videos_changed(1, 3),
            publish.board_changed(2, "sales", 5),
            publish.board_changed(1, "sales", 5),
        ):
            bus.say(message)
        await until(lambda: anna.shown == ["hello", "partner", "sales 5"])
        await until(lambda: maya.shown == ["hello", "videos", "sales 5"])


@in_loop
async def test_the_stream_is_one_that_no_proxy_holds_back_and_no_cache_keeps(redis_url: str):
    async with house(redis_url) as (live, *_):
        request = Request(live)
        assert await request.answer() == 200
        head = request.wire.written.partition(b"\r\n\r\n")[0].splitlines()
        assert b"content-type: text/event-stream; charset=utf-8" in head
        assert b"cache-control: no-store" in head
        assert b"x-accel-buffering: no" in head
        await until(lambda: request.wire.body.startswith(b"retry: "))


@in_loop
async def test_nobody_listens_without_a_good_session(redis_url: str):
    async with house(redis_url) as (live, *_):
        for session in ("", "mallory"):
            assert await Request(live, session).answer() == 401


@in_loop
@pytest.mark.parametrize("method", ["POST", "HEAD", "PUT", "DELETE", "OPTIONS"])
async def test_there_is_nothing_to_do_here_but_listen(redis_url: str, method: str):
    async with house(redis_url) as (live, *_):
        request = Request(live, method=method)
        assert await request.answer() == 405
        assert request.headers[b"allow"] == b"GET"


@in_loop
@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({b"origin": b"https://house.example"}, 200),
        ({b"origin": b"https://evil.example"}, 403),
        ({b"origin": b"null"}, 403),
        ({b"origin": b"http://["}, 403),
        ({b"sec-fetch-site": b"same-origin"}, 200),
        ({b"sec-fetch-site": b"none"}, 200),
        ({b"sec-fetch-site": b"cross-site"}, 403),
        ({b"sec-fetch-site": b"same-site"}, 403),
        ({b"host": b"evil.example"}, 403),
        ({b"host": b"house.example:8000"}, 200),
    ],
)
async def test_only_pages_of_this_house_may_listen(
    redis_url: str, headers: dict[bytes, bytes], status: int
):
    async with house(redis_url, hosts=["house.example"]) as (live, *_):
        assert await Request(live, headers=headers).answer() == status


@in_loop
async def test_behind_a_proxy_the_name_it_was_asked_for_counts(redis_url: str):
    more = {"hosts": ["house.example"], "host_header": b"x-forwarded-host"}
    async with house(redis_url, **more) as (live, *_):
        inside = {b"host": b"10.0.0.7:8000", b"x-forwarded-host": b"house.example"}
        assert await Request(live, headers=inside).answer() == 200


@in_loop
async def test_more_streams_than_a_person_can_watch_are_refused(redis_url: str):
    async with house(redis_url) as (live, *_):
        requests = [Request(live) for _ in range(PER_USER)]
        await until(lambda: all(request.shown == ["hello"] for request in requests))
        refused = Request(live)
        assert await refused.answer() == 429
        assert refused.headers[b"retry-after"] == b"60"
        requests[0].disconnect()
        assert await Request(live).answer() == 200


@in_loop
@pytest.mark.parametrize("by", ["header", "address"])
async def test_a_stream_resumes_where_it_broke_off(redis_url: str, by: str):
    async with house(redis_url) as (live, _, bus):
        first = Request(live)
        await until(lambda: first.shown == ["hello"])
        bus.say(publish.board_changed(1, "sales", 1))
        await until(lambda: first.shown == ["hello", "sales 1"])
        mark = first.events[-1].mark
        first.disconnect()
        bus.say(publish.board_changed(1, "sales", 2))
        bus.say(publish.partner_changed(1, 7))
        more: dict[str, Any] = (
            {"headers": {b"last-event-id": mark.encode()}}
            if by == "header"
            else {"query": f"after={mark}"}
        )
        again = Request(live, **more)
        await until(lambda: set(again.shown) == {"hello", "partner", "sales 2"})


@in_loop
async def test_a_page_says_how_old_it_is_and_misses_nothing_since(redis_url: str):
    async with house(redis_url) as (live, *_):
        request = Request(live, query="age=100")
        await until(lambda: request.shown == ["reset", "hello"])


@in_loop
@pytest.mark.parametrize(
    "query", ["age=-1", "age=x", "age=", "after=", "age=%00", "&&=;", "age=" + "9" * 5000]
)
async def test_a_nonsensical_address_is_answered_all_the_same(redis_url: str, query: str):
    async with house(redis_url) as (live, *_):
        request = Request(live, query=query)
        await until(lambda: request.shown[-1:] == ["hello"])


@in_loop
async def test_who_signed_out_is_told_goodbye(redis_url: str, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(live_app, "ROUND", 0.02)
    monkeypatch.setattr(live_app, "RECHECK", 0.02)
    async with house(redis_url) as (live, sessions, _):
        anna, maya = Request(live, "anna"), Request(live, "maya")
        await until(lambda: anna.shown == maya.shown == ["hello"])
        del sessions.good["anna"]
        await until(lambda: anna.shown == ["hello", "goodbye"])
        assert anna.finished
        assert not maya.finished
        assert len(live.hub.streams) == 1


@in_loop
async def test_who_sits_elsewhere_now_hears_nothing_more_of_here(
    redis_url: str, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(live_app, "ROUND", 0.02)
    monkeypatch.setattr(live_app, "RECHECK", 0.02)
    async with house(redis_url) as (live, sessions, _):
        anna = Request(live, "anna")
        await until(lambda: anna.shown == ["hello"])
        sessions.good["anna"] = Viewer("user 1", programme_id=2, partner_id=7, role="partner")
        await until(lambda: anna.finished)


@in_loop
async def test_a_failing_look_at_sessions_ends_no_stream(
    redis_url: str, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(live_app, "ROUND", 0.02)
    monkeypatch.setattr(live_app, "RECHECK", 0.02)
    asked = 0

    def broken(sessions: Sequence[str]) -> list[Viewer | None]:
        nonlocal asked
        asked += 1
        raise OSError("no database")

    async with house(redis_url) as (live, sessions, _):
        anna = Request(live, "anna")
        await until(lambda: anna.shown == ["hello"])
        monkeypatch.setattr(sessions, "viewers", broken)
        await until(lambda: asked > 2)
        assert not anna.finished


def test_a_revoked_session_is_gone_within_a_minute():
    assert live_app.RECHECK + live_app.ROUND < 60


@in_loop
async def test_signs_of_life_are_sent_and_only_while_changes_would_arrive(
    redis_url: str, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(live_app, "BEAT", 0.02)
    async with house(redis_url) as (live, *_):
        anna = Request(live)
        await until(lambda: anna.shown.count("beat") > 2)
        live.hub.listening = False
        refused = Request(live)
        assert await refused.answer() == 503


@in_loop
async def test_after_a_lost_bus_the_hub_listens_again_and_pages_look_anew(redis_url: str):
    async with house(redis_url) as (live, _, bus):
        anna = Request(live)
        await until(lambda: anna.shown == ["hello"])
        listeners = bus.redis.client_list(_type="pubsub")
        for listener in listeners:
            bus.redis.client_kill_filter(_id=listener["id"])
        await until(lambda: anna.shown == ["hello", "reset"])
        bus.say(publish.board_changed(1, "sales", 1))
        await until(lambda: anna.shown[-1] == "sales 1")


@in_loop
async def test_a_bus_that_falls_silent_is_given_up(redis_url: str, monkeypatch: pytest.MonkeyPatch):
    """Its process stands still, say: the connection is there, but nothing comes any more."""
    monkeypatch.setattr(subscription, "SILENCE", 0.05)
    async with house(redis_url) as (live, *_):
        anna = Request(live)
        await until(lambda: anna.shown == ["hello"])
        hub = live.hub
        await until(lambda: hub.listening)
        await until_silent(redis_url, lambda: not hub.listening)
        await until(lambda: anna.shown == ["hello", "reset"])


async def until_silent(redis_url: str, condition: Callable[[], bool]) -> None:
    with redis.Redis.from_url(redis_url) as client:
        client.execute_command("CLIENT", "PAUSE", "1000", "ALL")
        await until(condition)


@in_loop
async def test_what_this_release_does_not_know_is_left_out_and_the_rest_arrives(redis_url: str):
    async with house(redis_url) as (live, _, bus):
        anna = Request(live)
        await until(lambda: anna.shown == ["hello"])
        for odd in (b"\xff", json.dumps({"programme": 1, "topic": "weather"}).encode()):
            bus.redis.publish(publish.CHANNEL, odd)
        bus.say(publish.board_changed(1, "sales", 1))
        await until(lambda: anna.shown == ["hello", "sales 1"])


@in_loop
async def test_who_has_gone_while_its_session_was_looked_at_leaves_nothing_behind(redis_url: str):
    async with house(redis_url) as (live, *_):
        request = Request(live)
        request.wire.take = lambda stream: False  # type: ignore[method-assign]
        await request.task
        assert not live.hub.streams


@in_loop
async def test_a_server_that_gives_no_connection_away_has_pages_poll(redis_url: str):
    async with house(redis_url) as (live, *_):
        request = Request(live, extensions={})
        assert await request.answer() == 503


@in_loop
async def test_stopping_finishes_every_stream(redis_url: str):
    async with house(redis_url) as (live, *_):
        requests = [Request(live) for _ in range(3)]
        await until(lambda: all(request.shown == ["hello"] for request in requests))
        live.stop()
        assert all(request.finished for request in requests)
        assert await Request(live).answer() == 503


@in_loop
async def test_a_house_without_redis_starts_and_refuses_streams(tmp_path: Any):
    live = Live(f"unix://{tmp_path}/nobody", Sessions())
    live.start()
    assert await Request(live).answer() == 503
    live.stop()
