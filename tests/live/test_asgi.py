"""How the house answers what is not a page: the server's own messages, other protocols."""

from typing import Any

import pytest

from engage import asgi
from engage.asgi import House
from engage.config import Settings
from engage.live.app import Live
from tests.live.events import in_loop
from tests.live.test_app import Sessions


class Flask:
    """A stand-in for the pages: says where it was asked."""

    def __call__(self, environ: dict[str, Any], start_response: Any) -> list[bytes]:
        start_response("200 OK", [("Content-Type", "text/plain")])
        return [f"{environ['SCRIPT_NAME']}|{environ['PATH_INFO']}".encode()]


async def ask(house: House, scope: dict[str, Any], *messages: dict[str, Any]) -> list[Any]:
    """What the house sends when it is asked with `scope` and then hears `messages`."""
    sent: list[Any] = []
    waiting = list(messages)

    async def receive() -> dict[str, Any]:
        return waiting.pop(0)

    async def send(message: Any) -> None:
        sent.append(message)

    await house(scope, receive, send)
    return sent


def http(path: str, root_path: str = "", **headers: str) -> dict[str, Any]:
    return {
        "type": "http",
        "http_version": "1.1",
        "method": "GET",
        "path": path,
        "root_path": root_path,
        "query_string": b"",
        "headers": [(name.encode(), value.encode()) for name, value in headers.items()],
    }


def house() -> House:
    return House(Flask(), Live("unix:///nowhere", Sessions()))  # type: ignore[arg-type]


@in_loop
async def test_the_live_part_starts_and_stops_with_the_server():
    here = house()
    seen = []

    async def receive() -> dict[str, Any]:
        seen.append(here.live.hub is not None)
        return {"type": "lifespan.startup" if len(seen) == 1 else "lifespan.shutdown"}

    async def send(message: Any) -> None:
        seen.append(message["type"])

    await here({"type": "lifespan"}, receive, send)
    assert seen == [False, "lifespan.startup.complete", True, "lifespan.shutdown.complete"]
    assert here.live.hub is None


@in_loop
@pytest.mark.parametrize(("path", "root_path"), [("/live", ""), ("/engage/live", "/engage")])
async def test_live_is_answered_by_the_event_loop(path: str, root_path: str):
    sent = await ask(house(), http(path, root_path))
    assert sent[0]["status"] == 401


@in_loop
@pytest.mark.parametrize("path", ["/", "/live/", "/alive", "/live.txt", "/leaderboards/live"])
async def test_everything_else_is_answered_by_flask(path: str):
    sent = await ask(house(), http(path), {"type": "http.request", "body": b""})
    assert b"".join(message.get("body", b"") for message in sent) == f"|{path}".encode()


@in_loop
async def test_a_websocket_is_closed_before_it_opens():
    sent = await ask(house(), {"type": "websocket", "path": "/"}, {"type": "websocket.connect"})
    assert [message["type"] for message in sent] == ["websocket.close"]


@in_loop
async def test_an_unknown_protocol_is_an_error_that_names_it():
    with pytest.raises(ValueError, match="'webtransport'"):
        await ask(house(), {"type": "webtransport"})


def test_another_server_finds_the_application_by_its_name(
    settings: Settings, monkeypatch: pytest.MonkeyPatch
):
    assert isinstance(asgi.app, House)
    with pytest.raises(AttributeError, match="application"):
        asgi.application  # noqa: B018
