"""What one fact through the API costs the house, and one of many sent at once, beside `hello world`."""

import json
import random
import statistics
from collections.abc import Callable
from typing import NamedTuple

from benchmarks.house import House, carry, house, programme, server_cpu
from benchmarks.lines import ROOT
from benchmarks.serving import FLOOR, HOUSE, Browser, Server
from engage import clock
from engage.accounts import keys
from engage.activity.rules import Report
from engage.config import Settings
from engage.db import db, transaction
from engage.partners.service import Profile
from engage.programmes import file as programme_file
from engage.services.valkey import ensure_valkey
from tests.postgres import Postgres

_BOARDS = """
[[boards]]
slug = "points"
name = "Points this quarter"
measure = "points"
period = "quarter"

[[boards]]
slug = "first"
name = "Most units, who was there first"
measure = "quantity"
on = "sale"
period = "year"
tie = "first"
"""
#: The example with four boards, its mission running when the facts of this measurement happen.
FOUR_BOARDS = programme_file.parse(
    (ROOT / "examples/programme.toml")
    .read_text()
    .replace("starts = 2013-03-01\nends = 2013-05-31", "starts = 2013-11-01\nends = 2013-12-31")
    + _BOARDS
)
LATER, LATE = ("in event-time order", "2013-12-01"), ("late by months", "2013-04-15")
AT_ONCE = 250


def beside_hello(
    postgres: Postgres | None,
    profiles: list[Profile],
    facts: list[Report],
    calls: int,
    port: int,
) -> None:
    """Print what single facts and those of batches cost, and how many times `hello world` that is."""
    with house(postgres, profiles, FOUR_BOARDS) as full:
        carry(facts)
        _settled(full)
        valkey = ensure_valkey(full.home)
        try:
            singly(full, profiles, calls, port)
        finally:
            valkey.stop()


def _settled(full: House) -> None:
    """What autovacuum would have done within a minute."""
    if full.server:
        with db.engine.connect() as connection:
            connection.exec_driver_sql("ANALYZE")
            connection.commit()


def singly(full: House, profiles: list[Profile], calls: int, port: int) -> None:
    """Single facts through the served API, later than all others and late ones; then batches."""
    _, token = transaction(lambda: keys.add(programme(), "bench", ["facts:write"], clock.now()))
    db.session.remove()
    dice, places = random.Random(1), {"ENGAGE_HOME": str(full.home)}
    places["REDIS_URL"] = Settings(home=full.home).redis_url  # or limits would be those of tests
    if full.url:
        places["DATABASE_URL"] = full.url
    with Server(FLOOR, port + 1) as floor, Server(HOUSE, port, **places) as server:
        client, bare = Browser(port, key=token), Browser(port + 1)

        def send(number: int, day: str, count: int = 1) -> None:
            # Of the same instant: by their names the later ones come later.
            names = (f"{day}/{1_000 + number:04}/{n:03}" for n in range(count))
            said = [_fact(name, dice, profiles, day) for name in names]
            answers = json.loads(client.ask("/api/v1/facts", said)[2])["results"]
            assert all(answer["status"] == "new" for answer in answers), answers

        def beside(work: Callable[[int], object], times: int, facts: int = 1) -> list[Each]:
            """Turn and turn about with `hello world`, as others make both dearer for a while."""
            turns, found = max(1, times // 5), []
            for number in range(-20 // facts - 1, 0):
                work(number)
            for turn in range(5):
                began = floor.cpu
                for _ in range(calls // 5):
                    bare.ask("/")
                hello = (floor.cpu - began) / (calls // 5)
                house, behind = server.cpu, server_cpu(full.server)
                for number in range(turn * turns, (turn + 1) * turns):
                    work(number)
                spent = server.cpu - house, server_cpu(full.server) - behind
                found.append(Each(hello, *(each / turns / facts for each in spent)))
            return found

        for said, day in (LATER, LATE):
            each = beside(lambda number, day=day: send(number, day), calls)  # type: ignore[misc]
            _tell(f"one fact through the API, {said}", each)
        many = beside(lambda number: send(number, "2013-12-02", AT_ONCE), calls // 20, AT_ONCE)
        _tell(f"a fact of {AT_ONCE} at once, {LATER[0]}", many)


class Each(NamedTuple):
    """CPU seconds of one turn: of `hello world`, and for a fact of the house's processes and of the
    database server beside them."""

    hello: float
    house: float
    server: float


def _tell(what: str, turns: list[Each]) -> None:
    hello, house, server = (statistics.median(part) * 1000 for part in zip(*turns, strict=True))
    beside = f" + {server:.2f} of the database server" if server else ""
    alone = statistics.median(each.house / each.hello for each in turns)
    whole = statistics.median((each.house + each.server) / each.hello for each in turns)
    times = f"{alone:.1f} to {whole:.1f}" if server else f"{alone:.1f}"
    print(f"  {what}: {house:.2f} ms CPU{beside}, {times} x hello world ({hello:.2f} ms)")


def _fact(name: str, dice: random.Random, profiles: list[Profile], day: str) -> dict[str, str]:
    return {
        "external_id": name, "partner": dice.choice(profiles).external_id, "kind": "sale",
        "occurred_at": f"{day}T12:00:00Z", "amount": "1250.50", "currency": "USD",
        "quantity": "2", "product": "310",
    }  # fmt: skip
