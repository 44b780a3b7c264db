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
    with Server(FLOOR, port) as server:
        browser = Browser(port)
        hello = _each(lambda: (server.cpu, 0.0), lambda _: browser.ask("/"), calls).house
    print(f"  hello world: {hello * 1000:.2f} ms CPU")
    with Server(HOUSE, port, **places) as server:
        client = Browser(port, key=token)

        def cpu() -> tuple[float, float]:
            return server.cpu, server_cpu(full.server)

        def send(number: int, day: str, count: int = 1) -> None:
            # Of the same instant: by their names the later ones come later.
            names = (f"{day}/{1_000 + number:04}/{n:03}" for n in range(count))
            said = [_fact(name, dice, profiles, day) for name in names]
            answers = json.loads(client.ask("/api/v1/facts", said)[2])["results"]
            assert all(answer["status"] == "new" for answer in answers), answers

        for said, day in (LATER, LATE):
            each = _each(cpu, lambda number, day=day: send(number, day), calls)  # type: ignore[misc]
            _tell(f"one fact through the API, {said}", each, hello)
        batches = max(2, calls // 20)
        each = _each(cpu, lambda number: send(number, "2013-12-02", AT_ONCE), batches)
        each = Each(*(seconds / AT_ONCE for seconds in each))
        _tell(f"a fact of {AT_ONCE} at once, {LATER[0]}", each, hello)


class Each(NamedTuple):
    """CPU seconds of one call: of the house's processes, and of the database server beside them."""

    house: float
    server: float


def _tell(what: str, each: Each, hello: float) -> None:
    beside = f" + {each.server * 1000:.2f} of the database server" if each.server else ""
    times = " to ".join(f"{spent / hello:.1f}" for spent in sorted({each.house, sum(each)}))
    print(f"  {what}: {each.house * 1000:.2f} ms CPU{beside}, {times} x hello world")


def _fact(name: str, dice: random.Random, profiles: list[Profile], day: str) -> dict[str, str]:
    return {
        "external_id": name, "partner": dice.choice(profiles).external_id, "kind": "sale",
        "occurred_at": f"{day}T12:00:00Z", "amount": "1250.50", "currency": "USD",
        "quantity": "2", "product": "310",
    }  # fmt: skip


def _each(
    cpu: Callable[[], tuple[float, float]], work: Callable[[int], object], times: int
) -> Each:
    """What one ``work`` costs: the median of five turns, after a few that warm up."""
    for number in range(-20, 0):
        work(number)
    turns, found = max(1, times // 5), []
    for turn in range(5):
        before = cpu()
        for number in range(turn * turns, (turn + 1) * turns):
            work(number)
        found.append([(now - then) / turns for now, then in zip(cpu(), before, strict=True)])
    return Each(*map(statistics.median, zip(*found, strict=True)))
