"""The house behind its door, as its server sees it, and who asks."""

import asyncio
import contextvars
import re
from collections.abc import Callable, Iterator
from datetime import timedelta
from typing import Any, NamedTuple

import pytest
from flask import Flask

from engage import clock, membership
from engage.accounts import service
from engage.accounts.models import User
from engage.asgi import House
from engage.config import Settings
from engage.db import db
from engage.live import publish
from engage.live.app import Live
from engage.live.rules import change
from engage.partners.models import Partner
from engage.programmes import service as programmes
from tests.conftest import NOW, Cast
from tests.houses import Houses
from tests.live.test_app import Sessions

PAGE, ROWS, ME = "/leaderboards/sales", "/leaderboards/sales/rows", "/leaderboards/sales/me"


class Answer(NamedTuple):
    status: int
    headers: dict[str, str]
    text: str

    @property
    def lasting(self) -> Any:
        """The answer but for the form token, which is another one each second."""
        text = re.sub(r'(X-CSRFToken": "|csrf_token" value=")[^"]+', r"\1", self.text)
        return self.status, self.headers | {"content-length": ""}, text


class Time:
    """The clock of these tests."""

    now = NOW


class Doors:
    """The house as its server sees it; ``asked`` are the addresses that came as far as Flask.

    Each look is a second behind the one before, so that no two changes are of one burst; or a ``pause``.
    """

    pause = timedelta(seconds=1)

    def __init__(self, app: Flask, memory: int = 2**20) -> None:
        self.app = app
        self.asked: list[str] = []
        self._live = live = Live("unix:///nowhere", Sessions())
        inner = app.wsgi_app

        def heard(environ: Any, start_response: Any) -> Any:
            self.asked.append(environ["PATH_INFO"])
            return inner(environ, start_response)

        app.wsgi_app = heard  # type: ignore[method-assign]
        self.house = House(app, live, memory=memory)

    def get(self, path: str, cookie: str, method: str = "GET", **headers: str) -> Answer:
        """One request; who asks within a test sees what the test has made."""
        db.session.commit()
        Time.now += self.pause
        return contextvars.Context().run(asyncio.run, self._get(path, cookie, method, headers))

    def tell(self, cast: Cast, version: int) -> None:
        """The house hears that facts moved the board, and does what it then does by itself."""
        db.session.commit()
        Time.now += self.pause
        contextvars.Context().run(asyncio.run, self._tell(cast.programme.id, version))

    async def _tell(self, programme_id: int, version: int) -> None:
        assert self._live.told
        said = publish.board_changed(programme_id, "sales", version)
        self._live.told(change(said))
        await asyncio.gather(*asyncio.all_tasks() - {asyncio.current_task()})

    async def _get(self, path: str, cookie: str, method: str, headers: dict[str, str]) -> Answer:
        address, _, query = path.partition("?")
        said = {"host": "localhost", "cookie": cookie, "accept-language": "en-US"}
        said |= {name.replace("_", "-"): value for name, value in headers.items()}
        scope = {
            "type": "http",
            "http_version": "1.1",
            "method": method,
            "scheme": "http",
            "path": address,
            "root_path": "",
            "query_string": query.encode(),
            "headers": [(name.encode(), value.encode()) for name, value in said.items()],
        }
        sent: list[Any] = []

        async def receive() -> dict[str, Any]:
            return {"type": "http.request", "body": b""}

        async def send(message: Any) -> None:
            sent.append(message)

        await self.house(scope, receive, send)
        found = {name.decode(): value.decode() for name, value in sent[0]["headers"]}
        found.pop("date", None)  # the server's own says more
        body = b"".join(message.get("body", b"") for message in sent[1:])
        return Answer(sent[0]["status"], found, body.decode())


@pytest.fixture
def app(request: pytest.FixtureRequest, settings: Settings, houses: Houses) -> Iterator[Flask]:
    with houses.open(getattr(request, "param", "sqlite"), settings) as app:
        yield app


@pytest.fixture
def doors(app: Flask, cast: Cast) -> Doors:
    return Doors(app)


@pytest.fixture(autouse=True)
def _today(monkeypatch: pytest.MonkeyPatch) -> None:
    Time.now = NOW
    monkeypatch.setattr(clock, "now", lambda: Time.now)


def cookie(app: Flask, user: User, **more: Any) -> str:
    """The session of somebody who was here today."""
    signer = app.session_interface.get_signing_serializer(app)  # type: ignore[attr-defined]
    said = {"_user_id": service.session_id(user), "day": NOW.date().isoformat()}
    said |= {"csrf_token": "0" * 40, "_permanent": True, "_fresh": True}
    return f"{app.config['SESSION_COOKIE_NAME']}={signer.dumps(said | more)}"


def seen(visibility: str) -> Callable[[Cast], None]:
    def work(cast: Cast) -> None:
        rival = db.session.get_one(Partner, cast.charlie.partner.id)  # type: ignore[union-attr]
        membership.show(programmes.by_slug("resellers"), rival, visibility, "The Fox", now=NOW)

    return work
