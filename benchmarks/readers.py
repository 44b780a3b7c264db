"""Who looks at the boards that are measured, and who reports facts meanwhile."""

import random
import time
from collections.abc import Callable
from datetime import UTC, datetime

from flask import Flask
from serving import Browser

READERS, PACE = 16, 50
#: A key is for 20 facts a second.
KEYS = 4


def let_in(app: Flask, members: list[int]) -> tuple[list[str], list[str]]:
    """Cookies of readers from the middle of the board, and keys of those who report facts."""
    from engage import clock
    from engage.accounts import keys
    from engage.accounts import service as accounts
    from engage.db import db, transaction
    from engage.partners.models import Partner
    from engage.programmes import service as programmes

    signer = app.session_interface.get_signing_serializer(app)  # type: ignore[attr-defined]
    now = clock.now()

    def cookie(number: int) -> str:
        address = f"reader{number}@example.com"
        user, _ = accounts.add_user(address, name=f"Reader {number}", is_admin=False, now=now)
        mine = db.session.get_one(Partner, members[len(members) // 2 + number])
        accounts.give_seat(user, programmes.by_slug("bench"), mine)
        said = {"_user_id": accounts.session_id(user), "day": now.date().isoformat()}
        said |= {"csrf_token": "0" * 40, "_permanent": True, "_fresh": True}
        return f"{app.config['SESSION_COOKIE_NAME']}={signer.dumps(said)}"

    def key(number: int) -> str:
        programme = programmes.by_slug("bench")
        return keys.add(programme, f"crm {number}", ["facts:write"], now)[1]

    return transaction(lambda: ([cookie(n) for n in range(READERS)], [key(n) for n in range(KEYS)]))


def on_the_page() -> list[str]:
    """Partners in the first lines of the board."""
    from engage import clock, periods
    from engage.leaderboards import ranking, service
    from engage.leaderboards import view as views
    from engage.programmes import service as programmes

    programme = programmes.by_slug("bench")
    year = periods.containing(clock.now().date(), "year")
    found = ranking.ranking(programme, service.boards(programme)[0], year, limit=views.PAGE)
    return [row.external_id or "" for row in found.rows]


class Facts:
    """Sales of anybody, reported one by one at a steady pace."""

    def __init__(self, port: int, keys: list[str], partners: list[str]) -> None:
        self._clients = [Browser(port, key=key) for key in keys]
        self._partners = partners
        self._draw = random.Random(7)
        self._number = 0

    def send(self, of: list[str] | None = None) -> Browser:
        self._number += 1
        client = next(c for c in self._clients if c.is_free)
        self._clients.append(self._clients.pop(self._clients.index(client)))
        client.is_free = False
        client.send("/api/v1/facts", {
            "external_id": f"f{self._number}",
            "partner": self._draw.choice(of or self._partners),
            "kind": "sale",
            "occurred_at": datetime.now(UTC).isoformat(),
            "amount": str(self._draw.randint(10, 5_000)),
            "currency": "USD",
        })  # fmt: skip
        return client

    def one(self, of: list[str] | None = None) -> None:
        client = self.send(of)
        status, _, body = client.receive()
        client.is_free = True
        assert status == 200, body

    def paced(self) -> Callable[[int], Browser | None]:
        start = time.perf_counter()

        def write(number: int) -> Browser | None:
            is_due = time.perf_counter() - start >= number / PACE
            return self.send() if is_due and any(c.is_free for c in self._clients) else None

        return write
