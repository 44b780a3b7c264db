"""What /live costs: `python benchmarks/live.py [--streams 5000] [--events 100] [--quick]`.

Starts the house with an embedded Valkey and a fresh database, opens the streams with real sessions
and announces changes, one at a time, each after the last screen has the one before; then facts are sent
to the API, and what counts is the time until the last screen is told. Beside it runs
the floor: a bare event-loop server that does nothing but write the same bytes to the same number of
connections. Server and screens share this machine, so the figures to trust are CPU (counted by the
kernel, for the server alone), memory and the ratios, more than the times.
"""

import argparse
import asyncio
import json
import os
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import psutil
import uvloop
from screens import HEAD, PER_USER, Screen, Screens, Seats, seed
from serving import Browser

#: Facts that are not counted: the first ones fill caches.
WARM = 5
HUB = Path(__file__).parent / "floor" / "hub.py"
SERVERS = {"floor": [str(HUB)], "house": ["-c", "from engage.asgi import serve; serve()"]}


@dataclass(frozen=True)
class Result:
    streams: int
    base_mb: float
    full_mb: float
    open_ms: float  # CPU to open one stream
    single_us: float  # CPU per stream and event, one board at a time
    fact_us: float  # the same when a fact moves four boards at once
    idle_percent: float
    announced: list[float]  # ms from the announcement of a change to the last screen
    posted: list[float]  # ms from sending a fact to the last screen

    @property
    def mb_per_thousand(self) -> float:
        return (self.full_mb - self.base_mb) / self.streams * 1000

    @property
    def p95_ms(self) -> float:
        return p95(self.announced)


def p95(values: list[float]) -> float:
    return statistics.quantiles(values, n=20)[-1]


class Server:
    """A process of its own, and what the kernel says it used."""

    def __init__(self, role: str, port: int, home: Path, redis_url: str) -> None:
        environment = os.environ | {
            "ENGAGE_HOME": str(home),
            "ENGAGE_ENV": "test",
            "ENGAGE_PORT": str(port),
            "REDIS_URL": redis_url,
        }
        self.child = subprocess.Popen([sys.executable, *SERVERS[role]], env=environment)
        self._process = psutil.Process(self.child.pid)

    @property
    def cpu(self) -> float:
        used = self._process.cpu_times()
        return float(used.user + used.system)

    @property
    def mb(self) -> float:
        return float(self._process.memory_info().rss) / 2**20


async def measure(
    server: Server, port: int, redis_url: str, seats: Seats, options: argparse.Namespace
) -> Result:
    from redis.asyncio import Redis

    streams, events = options.streams, options.events
    screens = Screens(streams)
    async with Redis.from_url(redis_url) as redis:
        await _listens(server, redis)
        base_mb, cpu = server.mb, server.cpu
        transports = await _opened(screens, port, seats.cookies)
        open_ms = (server.cpu - cpu) / streams * 1000
        cpu, began = server.cpu, time.perf_counter()
        await asyncio.sleep(5)
        idle = (server.cpu - cpu) / (time.perf_counter() - began)
        single, took = await _announced(server, redis, screens, [[f"b{n}"] for n in range(events)])
        four = [[f"f{n}-{board}" for board in range(4)] for n in range(events)]
        fact, _ = await _announced(server, redis, screens, four)
        full_mb = server.mb
    posted = await _posted(port, seats.key, screens, events) if seats.key else []
    for transport in transports:
        transport.abort()
    return Result(
        streams=streams,
        base_mb=base_mb,
        full_mb=full_mb,
        open_ms=open_ms,
        single_us=single / events / streams * 1e6,
        fact_us=fact / events / streams / 4 * 1e6,
        idle_percent=idle * 100,
        announced=took,
        posted=posted,
    )


async def _listens(server: Server, redis: Any) -> None:
    """Wait until the server is up and hears the bus."""
    while not (await redis.pubsub_numsub("engage:live"))[0][1]:
        if server.child.poll() is not None:
            raise SystemExit("the server did not start")
        await asyncio.sleep(0.05)
    await asyncio.sleep(0.5)


async def _opened(screens: Screens, port: int, cookies: list[str]) -> list[asyncio.Transport]:
    """As many streams as are wanted, a hundred at a time, each greeted."""
    loop = asyncio.get_running_loop()
    transports = []
    for number in range(screens.wanted):
        head = HEAD.format(port=port, cookie=cookies[number // PER_USER]).encode()
        opened = await loop.create_connection(
            lambda head=head: Screen(screens, head),  # type: ignore[misc]
            "127.0.0.1",
            port,
        )
        transports.append(opened[0])
        while number + 1 - screens.ready > 100:
            await asyncio.sleep(0.01)
            if screens.refused:
                raise SystemExit(f"a stream was refused: {screens.refused[0]!r}")
    while screens.ready < screens.wanted:
        await asyncio.sleep(0.01)
    return transports


async def _announced(
    server: Server, redis: Any, screens: Screens, changes: list[list[str]]
) -> tuple[float, list[float]]:
    """CPU seconds of the server for all changes of boards, and ms from each to its last screen."""
    cpu, took = server.cpu, []
    for boards in changes:
        screens.expect()
        pipe = redis.pipeline(transaction=False)
        for board in boards:
            said = {"programme": 1, "topic": "board", "board": board, "version": 1, "public": True}
            pipe.publish("engage:live", json.dumps(said))
        began = time.perf_counter()
        await pipe.execute()
        took.append((await screens.have_it() - began) * 1000)
    return server.cpu - cpu, took


async def _posted(port: int, key: str, screens: Screens, facts: int) -> list[float]:
    """Ms from the moment a fact is sent to the API, through its commit, to the last screen."""
    crm, took = Browser(port, key=key), []
    for number in range(WARM + facts):
        screens.expect()
        began = time.perf_counter()
        await asyncio.to_thread(crm.ask, "/api/v1/facts", {
            "external_id": f"f{number}", "partner": "0", "kind": "sale", "amount": "12.50",
            "currency": "USD", "occurred_at": datetime.now(UTC).isoformat(),
        })  # fmt: skip
        took.append((await screens.have_it() - began) * 1000)
        await asyncio.sleep(0.3)  # a fact by itself: of a burst, a quarter second is told at once
    return took[WARM:]


def report(name: str, result: Result) -> None:
    print(f"{name}: {result.streams} streams")
    print(f"  CPU per stream and event   {result.single_us:6.1f} us   (one board)")
    print(f"                             {result.fact_us:6.1f} us   (four boards of one fact)")
    print(f"  memory per 1,000 streams   {result.mb_per_thousand:6.1f} MB")
    print(
        f"  memory of the process      {result.base_mb:6.1f} MB, with streams {result.full_mb:.1f}"
    )
    print(f"  CPU to open a stream       {result.open_ms:6.2f} ms")
    print(f"  CPU while nothing happens  {result.idle_percent:6.2f} %")
    for what, took in (
        ("announced to last screen  ", result.announced),
        ("fact posted to last screen", result.posted),
    ):
        if took:
            print(f"  {what} {statistics.median(took):6.1f} ms median, {p95(took):.1f} p95")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--streams", type=int, default=5000)
    parser.add_argument("--events", type=int, default=100)
    parser.add_argument("--quick", action="store_true", help="small: does it run, roughly how fast")
    options = parser.parse_args()
    if options.quick:
        options.streams, options.events = 100, 10
    from engage.services.valkey import ensure_valkey

    _allow(options.streams)
    results = {}
    with tempfile.TemporaryDirectory() as folder:
        home = Path(folder)
        valkey = ensure_valkey(home)
        try:
            seats = seed(home, options.streams)
            for name, port in (("floor", 18431), ("house", 18432)):
                server = Server(name, port, home, valkey.url)
                try:
                    told = seats if name == "house" else Seats(seats.cookies)
                    work = measure(server, port, valkey.url, told, options)
                    results[name] = uvloop.run(work)
                finally:
                    server.child.terminate()
                    server.child.wait(30)
                report(name, results[name])
        finally:
            valkey.stop()
    house, floor = results["house"], results["floor"]
    for what, figure in (
        ("CPU per stream and event", "single_us"),
        ("CPU per stream and event, four boards", "fact_us"),
        ("memory of the process with its streams", "full_mb"),
        ("announced to last screen, p95", "p95_ms"),
    ):
        if least := getattr(floor, figure):  # too little for the kernel's clock, where it is quick
            print(f"house : floor, {what} = {getattr(house, figure) / least:.2f}")


def _allow(streams: int) -> None:
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (max(streams + 500, 1024), hard))


if __name__ == "__main__":
    main()
