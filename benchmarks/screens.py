"""Screens that look at `/live`: their people, and what they hear."""

import asyncio
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import NamedTuple

PER_USER = 10
PROGRAMME = """
[programme]
slug = "bench"
name = "Bench"
timezone = "UTC"
currency = "USD"
[[boards]]
slug = "sales"
name = "Sales"
measure = "amount"
on = "sale"
period = "year"
"""
#: What Chromium sends.
HEAD = """GET /live?age=0 HTTP/1.1
Host: 127.0.0.1:{port}
Connection: keep-alive
sec-ch-ua-platform: "Linux"
User-Agent: Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/138.0.0.0
Accept: text/event-stream
sec-ch-ua: "Not)A;Brand";v="8", "Chromium";v="138"
sec-ch-ua-mobile: ?0
Cache-Control: no-cache
Sec-Fetch-Site: same-origin
Sec-Fetch-Mode: cors
Sec-Fetch-Dest: empty
Referer: http://127.0.0.1:{port}/leaderboards/sales
Accept-Encoding: gzip, deflate, br, zstd
Accept-Language: en-US,en;q=0.9
Cookie: {cookie}

""".replace("\n", "\r\n")


@dataclass
class Screens:
    """The browsers: counts, per announced change, how many of them have it."""

    wanted: int
    ready: int = 0
    got: int = 0
    last: float = 0.0
    refused: list[bytes] = field(default_factory=list)
    everyone: asyncio.Event = field(default_factory=asyncio.Event)

    def expect(self) -> None:
        self.got = 0
        self.everyone.clear()

    async def have_it(self) -> float:
        await asyncio.wait_for(self.everyone.wait(), 30)
        return self.last


class Screen(asyncio.Protocol):
    __slots__ = ("_request", "_screens", "_transport")

    def __init__(self, screens: Screens, request: bytes) -> None:
        self._screens, self._request = screens, request

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = transport
        transport.write(self._request)  # type: ignore[attr-defined]

    def data_received(self, data: bytes) -> None:
        screens = self._screens
        if b"event: hello" in data:
            screens.ready += 1
        elif data.startswith(b"HTTP/1.1 ") and not data.startswith(b"HTTP/1.1 200"):
            screens.refused.append(data[:40])
        if b"event: board" in data:
            screens.got += 1
            if screens.got == screens.wanted:
                screens.last = time.perf_counter()
                screens.everyone.set()


class Seats(NamedTuple):
    """The cookies of those who look, and the key of who reports facts."""

    cookies: list[str]
    key: str = ""


def seed(home: Path, streams: int) -> Seats:
    """A programme with a board and enough users."""
    from engage import clock, create_app
    from engage.accounts import keys, service
    from engage.config import Settings
    from engage.db import db
    from engage.partners.models import Partner
    from engage.programmes import file
    from engage.programmes import service as programmes

    app = create_app(Settings(home=home, env="test"))
    cookies = []
    with app.app_context():
        db.create_all()
        now = clock.now()
        programme = programmes.publish(file.parse(PROGRAMME), now).programme
        serializer = app.session_interface.get_signing_serializer(app)  # type: ignore[attr-defined]
        for number in range(-(-streams // PER_USER)):
            partner = Partner(
                programme_id=programme.id,
                external_id=str(number),
                name=f"P{number}",
                created_at=now,
            )
            db.session.add(partner)
            user, _ = service.add_user(f"{number}@example.com", name="", is_admin=False, now=now)
            db.session.flush()
            service.give_seat(user, programme, partner)
            session = serializer.dumps({"_user_id": service.session_id(user)})
            cookies.append(f"{app.config['SESSION_COOKIE_NAME']}={session}")
        _, key = keys.add(programme, "crm", ["facts:write"], now)
        db.session.commit()
    return Seats(cookies, key)
