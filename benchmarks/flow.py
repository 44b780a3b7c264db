"""What the way of a fact costs: `python benchmarks/flow.py [--quick] [--only sqlite] [--million 0]`.

The order lines of AdventureWorks go through the example's programme (two linear rules, one in
bands, two boards, a mission) in one transaction, in strides as an import carries them. Beside it,
in the same run and turn by turn, runs the floor: the rows that were written, inserted into an empty
schema without working anything out. Then a house with a million facts takes single ones through
the API, and is rebuilt.

Everything shares this machine with whatever else runs on it, so the figures to trust are CPU
seconds (of this process and of the database server, counted by the kernel) and the ratios within a
turn; the spread over the turns is the noise. Without the files of AdventureWorks (``--data``) lines
of the same shape are invented from a fixed seed.
"""

import argparse
import contextlib
import json
import os
import random
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

import psutil
from flask import Flask

ROOT = Path(__file__).parents[1]
sys.path.insert(0, str(ROOT))

from benchmarks.floor import rows as floor  # noqa: E402
from engage import clock, create_app, flow  # noqa: E402
from engage.accounts import service as accounts  # noqa: E402
from engage.activity.mapping import NATIVE, load_mapping  # noqa: E402
from engage.activity.rules import Report  # noqa: E402
from engage.config import Settings  # noqa: E402
from engage.db import db, transaction  # noqa: E402
from engage.imports import service as imports  # noqa: E402
from engage.migrations import upgrade  # noqa: E402
from engage.partners.service import Profile  # noqa: E402
from engage.programmes import file as programme_file  # noqa: E402
from engage.programmes import service as programmes  # noqa: E402
from engage.services.valkey import ensure_valkey  # noqa: E402
from tests.postgres import Postgres, running  # noqa: E402

PROGRAMME = programme_file.parse((ROOT / "examples/programme.toml").read_text())
LINES = 60_855
DATA = ROOT.parent / "shared/data/adventureworks"
#: Copies of the lines share this many times the resellers: 200 facts each, as in a large programme.
CROWDS = 7


@dataclass
class House:
    """A migrated, published programme with its partners, and the database server behind it."""

    app: Flask
    home: Path
    url: str | None
    server: psutil.Process | None

    def cpu(self) -> float:
        """CPU seconds so far, of this process and of the database server."""
        return time.process_time() + server_cpu(self.server)


@dataclass
class Spent:
    """Seconds; ``cpu`` is this process's and the database server's, ``server`` the latter alone."""

    wall: float = 0.0
    cpu: float = 0.0
    server: float = 0.0


def server_cpu(server: psutil.Process | None) -> float:
    if server is None:
        return 0.0
    found = sum(server.cpu_times()[:4])  # those of children that ended included
    for child in server.children():
        with contextlib.suppress(psutil.NoSuchProcess):
            found += sum(child.cpu_times()[:2])
    return found


@contextlib.contextmanager
def measured(house: House) -> Iterator[Spent]:
    spent = Spent()
    cpu, server, began = house.cpu(), server_cpu(house.server), time.perf_counter()
    yield spent
    spent.wall, spent.cpu = time.perf_counter() - began, house.cpu() - cpu
    spent.server = server_cpu(house.server) - server


# --- what goes in ---------------------------------------------------------------------------------


def lines(data: Path) -> tuple[list[Profile], list[Report], str]:
    """Partners and facts in event-time order, and where they are from."""
    if data.is_dir():
        profiles, facts = adventureworks(data)
        said = "AdventureWorks"
    else:
        profiles, facts = invented()
        said = "invented lines of AdventureWorks' shape"
    return profiles, sorted(facts, key=lambda fact: (fact.occurred_at, fact.external_id)), said


def adventureworks(data: Path) -> tuple[list[Profile], list[Report]]:
    from engage.programmes.models import Programme

    programme = Programme(timezone=PROGRAMME.timezone, currency=PROGRAMME.currency)
    mapping = load_mapping(str(ROOT / "examples/adventureworks-facts.toml"))
    people = imports.prepare(programme, "partners", str(data / "partners.csv"), mapping=NATIVE)
    facts = imports.prepare(
        programme, "facts", str(data / "FactResellerSales.csv"), mapping=mapping
    )
    lists = (getattr(people.parsed.columns, name) for name in Profile._fields)
    profiles = [Profile(*row) for row in zip(*lists, strict=True)]
    return profiles, list(facts.parsed.columns.reports())


def invented() -> tuple[list[Profile], list[Report]]:
    dice = random.Random(20131130)
    regions = ["Northwest", "Southwest", "Central", "Northeast", "Southeast", "Canada", "France"]
    types = ["Specialty Bike Shop", "Value Added Reseller", "Warehouse"]
    profiles = [
        Profile(str(n), f"Reseller {n}", region=dice.choice(regions), type=dice.choice(types))
        for n in range(1, 702)
    ]
    facts: list[Report] = []
    order = 43659
    while len(facts) < LINES:
        partner = dice.choice(profiles).external_id
        at = datetime(2010, 12, 29, 5, tzinfo=UTC) + timedelta(days=dice.randrange(1066))
        for line in range(1, 1 + min(dice.randint(1, 31), LINES - len(facts))):
            quantity, price = dice.randint(1, 8), dice.randint(50_000, 20_000_000)
            facts.append(
                Report(
                    f"SO{order}-{line}", partner, "sale", at, at.date(), quantity * price, "USD",
                    quantity * 10_000, str(dice.randint(210, 606)),
                )
            )  # fmt: skip
        order += 1
    return profiles, facts


def multiplied(
    profiles: list[Profile], facts: list[Report], wanted: int
) -> tuple[list[Profile], list[Report]]:
    """Copies of the lines under other names, until there are as many as ``wanted``."""
    crowd = [
        p._replace(external_id=f"{p.external_id}/{k}") for k in range(CROWDS) for p in profiles
    ]
    many = [
        fact._replace(external_id=f"{fact.external_id}/{k}", partner=f"{fact.partner}/{k % CROWDS}")
        for k in range(-(-wanted // len(facts)))
        for fact in facts
    ][:wanted]
    return crowd, sorted(many, key=lambda fact: (fact.occurred_at, fact.external_id))


# --- houses ---------------------------------------------------------------------------------------


@contextlib.contextmanager
def house(postgres: Postgres | None, profiles: list[Profile] | None) -> Iterator[House]:
    """A fresh house; without ``profiles`` its tables stay empty."""
    with tempfile.TemporaryDirectory() as made, contextlib.ExitStack() as stack:
        url = stack.enter_context(postgres.fresh()) if postgres else None
        server = None
        if postgres:
            pid = int((postgres.folder / "data/postmaster.pid").read_text().split()[0])
            server = psutil.Process(pid)
        app = create_app(Settings(home=Path(made), env="test", DATABASE_URL=url))
        with app.app_context():
            upgrade()
            if profiles is not None:
                now = clock.now()
                transaction(lambda: programmes.publish(PROGRAMME, now))
                transaction(lambda: flow.enrol(programme(), profiles, now=now))
            db.session.remove()
            yield House(app, Path(made), url, server)
            db.session.remove()
            db.engine.dispose()


def programme():
    return programmes.by_slug(PROGRAMME.slug)


def carry(facts: list[Report]) -> None:
    """As an import does: strides, one commit."""

    def work() -> None:
        for start in range(0, len(facts), imports.STRIDE):
            part = facts[start : start + imports.STRIDE]
            outcome = flow.record(programme(), part, source=imports.SOURCE, now=clock.now())
            assert not outcome.problems, outcome.problems[0]

    transaction(work)


# --- measurements ---------------------------------------------------------------------------------


def batch(postgres: Postgres | None, profiles: list[Profile], facts: list[Report]) -> list[float]:
    """One turn: CPU seconds of the flow, of the core's bulk insert and of the driver's."""
    with house(postgres, profiles) as full:
        tables = db.metadata.sorted_tables
        with db.engine.connect() as connection:
            before = floor.of(connection, tables)
        with measured(full) as flowed:
            carry(facts)
        with db.engine.connect() as connection:
            after = floor.of(connection, tables)
            written = list(floor.written(before, after))
            stored = floor.as_stored(connection, written)
    standing = {table: content for table, content in after.items() if table not in written}
    content = {table: after[table] for table in written}
    spent = [flowed]
    for insert, given in ((floor.insert_by_core, content), (floor.insert_by_driver, stored)):
        with house(postgres, None) as bare:
            with db.engine.begin() as connection:
                floor.insert_by_core(connection, standing)
            with (
                measured(bare) as took,
                db.engine.connect().execution_options(writing=True) as connection,
                connection.begin(),
            ):
                insert(connection, given)  # type: ignore[operator]
        spent.append(took)
    rows = sum(len(found) for found in content.values())
    flowed, core, driver = spent
    print(
        f"  flow {flowed.cpu:6.2f} s CPU, {flowed.server:.2f} of it the server's"
        f" ({flowed.wall:.2f} s)   the same {rows:,} rows:"
        f" core {core.cpu:.2f} s ({core.wall:.2f}), driver {driver.cpu:.2f} s ({driver.wall:.2f})"
        f"   ratio {flowed.cpu / core.cpu:.2f}, {flowed.cpu / driver.cpu:.2f}"
    )
    return [took.cpu for took in spent]


def million(
    postgres: Postgres | None, profiles: list[Profile], facts: list[Report], calls: int
) -> None:
    with house(postgres, profiles) as full:
        with measured(full) as took:
            carry(facts)
        print(f"  {len(facts):,} facts in: {took.cpu:.1f} s CPU, {took.wall:.1f} s")
        if postgres:  # what autovacuum would have done within a minute
            with db.engine.connect() as connection:
                connection.exec_driver_sql("ANALYZE")
                connection.commit()
        valkey = ensure_valkey(full.home)
        try:
            singly(full, profiles, calls)
            rebuilt(full)
        finally:
            valkey.stop()


def singly(full: House, profiles: list[Profile], calls: int) -> None:
    """Single facts through the API: later than all others, and late ones."""
    _, token = transaction(
        lambda: accounts.add_api_key(programme(), "bench", ["facts:write"], clock.now())
    )
    client = full.app.test_client()
    dice = random.Random(1)
    for said, day in (("in event-time order", "2013-12-01"), ("late by months", "2013-04-15")):
        for number in range(-5, calls):  # the first few warm up
            if number == 0:
                cpu = full.cpu()
            fact = {
                "external_id": f"{day}{number:+}", "partner": dice.choice(profiles).external_id,
                "kind": "sale", "occurred_at": f"{day}T12:00:00Z", "amount": "1250.50",
                "currency": "USD", "quantity": "2", "product": "310",
            }  # fmt: skip
            answer = client.post(
                "/api/v1/facts", json=fact, headers={"Authorization": f"Bearer {token}"}
            )
            assert answer.json["results"][0]["status"] == "new", answer.text
        each = (full.cpu() - cpu) / calls
        print(f"  one fact through the API, {said}: {each * 1000:.2f} ms CPU")


def rebuilt(full: House) -> None:
    db.session.remove()
    db.engine.dispose()
    environment = {**os.environ, "ENGAGE_HOME": str(full.home), "ENGAGE_ENV": "test"}
    if full.url:
        environment["DATABASE_URL"] = full.url
    server, began = server_cpu(full.server), time.perf_counter()
    command = [sys.executable, "-c", "from engage.cli import main; main()", "rebuild", "--json"]
    child = subprocess.Popen(command, env=environment, stdout=subprocess.PIPE, cwd=ROOT)
    assert child.stdout
    said = json.loads(child.stdout.read())
    _, status, usage = os.wait4(child.pid, 0)
    assert status == 0, said
    assert said["ok"], said
    print(
        f"  rebuild of {said['facts']:,} facts, {said['transfers']:,} transfers:"
        f" {time.perf_counter() - began:.0f} s,"
        f" {usage.ru_utime + usage.ru_stime:.0f} s CPU"
        f" + {server_cpu(full.server) - server:.0f} s of the server,"
        f" {usage.ru_maxrss / 1024:.0f} MB at most"
    )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", type=Path, default=DATA, help="the folder of AdventureWorks")
    parser.add_argument("--only", choices=["sqlite", "postgresql"])
    parser.add_argument("--turns", type=int, default=3)
    parser.add_argument("--million", type=int, default=1_000_000, help="0 leaves that part out")
    parser.add_argument(
        "--calls", type=int, default=200, help="facts through the API, of each kind"
    )
    parser.add_argument("--quick", action="store_true", help="small: does it run, roughly how fast")
    options = parser.parse_args()
    profiles, facts, said = lines(options.data)
    if options.quick:
        facts, options.turns = facts[:10_000], 1
        options.million, options.calls = 20_000, 20
    for name in [options.only] if options.only else ["sqlite", "postgresql"]:
        print(f"{name}: {len(facts):,} facts of {len(profiles)} partners ({said})")
        with contextlib.ExitStack() as stack:
            postgres = None
            if name == "postgresql":
                folder = stack.enter_context(tempfile.TemporaryDirectory(prefix="engage-pg-"))
                postgres = stack.enter_context(running(Path(folder)))
            turns = [batch(postgres, profiles, facts) for _ in range(options.turns)]
            report(turns, len(facts))
            if options.million:
                crowd, many = multiplied(profiles, facts, options.million)
                million(postgres, crowd, many, options.calls)


def report(turns: list[list[float]], facts: int) -> None:
    speeds = [facts / turn[0] for turn in turns]
    print(
        f"  {statistics.median(speeds):,.0f} facts per CPU second"
        f" ({min(speeds):,.0f} to {max(speeds):,.0f})"
    )
    for place, name in ((1, "bulk insert by core"), (2, "bulk insert by driver")):
        ratios = [turn[0] / turn[place] for turn in turns]
        print(
            f"  flow : {name} = {statistics.median(ratios):.2f}"
            f" ({min(ratios):.2f} to {max(ratios):.2f})"
        )


if __name__ == "__main__":
    main()
