"""What boards cost: `python benchmarks/boards.py [--members 5000] [--reads 300] [--postgresql] [--quick]`.

For each size a programme is made in a fresh database (SQLite, or with ``--postgresql`` in a server of its
own), as `benchmarks/ranks.py` does. Measured is what a look costs the server that people's browsers
talk to, in CPU of its process as the kernel counts it, beside `hello world` in a bare Flask under the same
server in the same run. The machine is shared: medians and ratios are what to trust; the noise of the floor
is printed beside it.

The first look behind a fact comes after a pause, in which other work takes the caches of the processor:
it is held against a warm `hello world`, and against one that is asked for after such a pause.

Sixteen readers ask again as soon as they are answered, once alone and once while 50 facts a second come
by the API; what the same facts cost without readers is taken off.
"""

import argparse
import json
import os
import statistics
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from databases import fresh
from flask import Flask
from ranks import house
from readers import Facts, let_in, on_the_page
from serving import FLOOR, HOUSE, Browser, Server, all_at_once

from engage.live.pace import INTERVAL

BOARD, ROWS = "/leaderboards/sales", "/leaderboards/sales/rows"


def cost(server: Server, work: Callable[[], Any], times: int) -> float:
    """CPU microseconds of the server for one ``work``: the median of five turns."""
    for _ in range(10):
        work()
    found = []
    for _ in range(5):
        before = server.cpu
        for _ in range(times):
            work()
        found.append((server.cpu - before) / times * 1e6)
    return round(statistics.median(found), 1)


def served(
    home: Path, url: str | None, app: Flask, members: list[int], options: argparse.Namespace
) -> dict[str, Any]:
    """CPU microseconds of the server for a look at a board, and of the floor before and after."""
    from engage.db import db

    reads, port = options.reads, options.port
    with app.app_context():
        cookies, keys = let_in(app, members)
        shown = on_the_page()
        db.session.remove()
    partners = [f"P{number}" for number in members]
    floors, paused = [], []

    def floor() -> None:
        with Server(FLOOR, port) as server:
            browser = Browser(port)
            floors.extend(cost(server, lambda: browser.ask("/"), reads) for _ in range(3))
            for _ in range(min(reads, 30)):
                before = settled(server)
                browser.ask("/")
                paused.append((settled(server) - before) * 1e6)

    floor()
    found: dict[str, float] = {}
    said = {"ENGAGE_HOME": str(home)} | ({"DATABASE_URL": url} if url else {})
    with Server(HOUSE, port, **said) as server:
        browsers = [Browser(port, cookie) for cookie in cookies]
        facts, me = Facts(port, keys, partners), browsers[0]
        tag = me.ask(ROWS)[1]["etag"]
        for name, path, headers in (
            ("board page, nothing changed", BOARD, {}),
            ("shared table, nothing changed", ROWS, {}),
            ("shared table, who has it already (304)", ROWS, {"If_None_Match": tag}),
            ("my place, nothing changed", f"{BOARD}/me", {}),
        ):
            found[name] = cost(server, lambda p=path, h=headers: me.ask(p, **h), reads)  # type: ignore[misc]
        found |= after_a_fact(server, facts, shown, browsers, min(reads, 40))
        found |= sixteen(server, facts, browsers, options.seconds)
    floor()
    return _beside(found, floors, statistics.median(paused))


def _beside(found: dict[str, float], floors: list[float], pause: float) -> dict[str, float]:
    """What was found with the floors (warm, and after a ``pause``) and its ratios to them."""
    hello = statistics.median(floors)
    noise = {
        "hello world": round(hello, 1),
        "hello world, least": min(floors),
        "hello world, most": max(floors),
        "hello world, after a pause": round(pause, 1),
    }
    ratios = {
        f"{name}, x hello": round(us / hello, 2)
        for name, us in found.items()
        if "fact" not in name or "after a fact" in name
    }
    ratios |= {
        f"{name}, x hello after a pause": round(us / pause, 2)
        for name, us in found.items()
        if "after a fact" in name
    }
    ratios["sixteen readers, with facts : without"] = round(
        found["sixteen readers, 50 facts/s, a read"] / found["sixteen readers, a read"], 2
    )
    return noise | found | ratios


def after_a_fact(
    server: Server, facts: Facts, shown: list[str], browsers: list[Browser], times: int
) -> dict[str, float]:
    """The first look behind a fact (of anybody; of who is ``shown``), without the fact: medians.

    And a fact with what the house makes of it, ahead of any look, where somebody looks at the board.
    """
    me, another = browsers[:2]
    found: dict[str, list[float]] = {}
    for _ in range(times):
        for name, path, of, who in (
            ("board page", BOARD, None, me),
            ("board page whose table it moves", BOARD, shown, me),
            ("board page whose table it moves, another reader", BOARD, shown, another),
            ("my place", f"{BOARD}/me", None, me),
        ):
            me.ask(path)  # is who looked last
            time.sleep(INTERVAL)  # or the fact is one of a burst, which is shown at its end
            before = settled(server)
            facts.one(of)
            with_fact = settled(server)
            who.ask(path)
            found.setdefault(f"{name}, first after a fact", []).append(settled(server) - with_fact)
            found.setdefault("a fact while somebody looks", []).append(with_fact - before)
    return {name: round(statistics.median(took) * 1e6, 1) for name, took in found.items()}


def settled(server: Server) -> float:
    """The server's CPU once it has nothing more to do: what follows an answer is no part of the next."""
    before = -1.0
    while (now := server.cpu) != before:
        before = now
        time.sleep(0.01)
    return now


def sixteen(
    server: Server, facts: Facts, browsers: list[Browser], seconds: float
) -> dict[str, float]:
    before = server.cpu
    reads, _ = all_at_once(browsers, BOARD, seconds, lambda _: None)
    idle = (server.cpu - before) / reads
    before = server.cpu
    _, written = all_at_once([], BOARD, seconds, facts.paced())
    a_fact = (server.cpu - before) / written
    before = server.cpu
    reads, written = all_at_once(browsers, BOARD, seconds, facts.paced())
    busy = (server.cpu - before - written * a_fact) / reads
    return {
        "sixteen readers, a read": round(idle * 1e6, 1),
        "sixteen readers, 50 facts/s, a read": round(busy * 1e6, 1),
        "facts/s that came through": round(written / seconds, 1),
        "a fact without readers": round(a_fact * 1e6, 1),
    }


def run(members: int, url: str | None, options: argparse.Namespace) -> dict[str, Any]:
    from engage import clock, create_app, periods
    from engage.config import Settings
    from engage.db import db
    from engage.migrations import upgrade
    from engage.services.valkey import ensure_valkey

    with tempfile.TemporaryDirectory() as folder:
        home = Path(folder)
        valkey = ensure_valkey(home)
        try:
            app = create_app(Settings(home=home, env="test", DATABASE_URL=url))
            period = periods.containing(clock.now().date(), "year").name
            with app.app_context():
                upgrade()
                ids = house(members, period)
                kind = db.engine.dialect.name
                db.session.remove()
            shown = served(home, url, app, ids, options)
            with app.app_context():
                db.engine.dispose()
        finally:
            valkey.stop()
    return {"members": members, "database": kind} | shown


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--members", type=int, nargs="+", default=[5_000])
    parser.add_argument("--reads", type=int, default=300)
    parser.add_argument("--quick", action="store_true", help="small: does it run, roughly how fast")
    parser.add_argument("--seconds", type=float, default=10, help="of sixteen readers")
    parser.add_argument("--port", type=int, default=18433)
    parser.add_argument("--postgresql", action="store_true", help="on a PostgreSQL of its own")
    asked_for = parser.parse_args()
    if asked_for.quick:
        asked_for.members, asked_for.reads, asked_for.seconds = [1_000], 20, 1
    os.environ.setdefault("ENGAGE_ENV", "test")
    for members, url in fresh(asked_for.members, asked_for.postgresql):
        print(json.dumps(run(members, url, asked_for), indent=1), flush=True)


if __name__ == "__main__":
    main()
