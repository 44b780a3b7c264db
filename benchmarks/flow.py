"""What the way of a fact costs: `python benchmarks/flow.py [--quick] [--only sqlite] [--million 0]`.

The order lines of AdventureWorks go through the example's programme (two linear rules, one in
bands, two boards, a mission) in one transaction, in strides as an import carries them. Beside it,
in the same run and turn by turn, runs the floor: the rows that were written, inserted into an empty
schema without working anything out. Before that, a house with four boards and a running mission takes
single facts and batches through its API, beside `hello world` under the same server; after it, one with
a million facts takes single ones, and is rebuilt.

Everything shares this machine with whatever else runs on it, so the figures to trust are CPU
seconds (of this process and of the database server, counted by the kernel) and the ratios within a
turn; the spread over the turns is the noise. Without the files of AdventureWorks (``--data``) lines
of the same shape are invented from a fixed seed.
"""

import argparse
import contextlib
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

ROOT = Path(__file__).parents[1]
sys.path.insert(0, str(ROOT))

from benchmarks import fact  # noqa: E402
from benchmarks.floor import rows as floor  # noqa: E402
from benchmarks.house import House, carry, house, measured, server_cpu  # noqa: E402
from benchmarks.lines import DATA, lines, multiplied  # noqa: E402
from engage.activity.rules import Report  # noqa: E402
from engage.db import db  # noqa: E402
from engage.partners.service import Profile  # noqa: E402
from engage.services.valkey import ensure_valkey  # noqa: E402
from tests.postgres import Postgres, running  # noqa: E402


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
    postgres: Postgres | None,
    profiles: list[Profile],
    facts: list[Report],
    options: argparse.Namespace,
) -> None:
    with house(postgres, profiles, fact.FOUR_BOARDS) as full:
        with measured(full) as took:
            carry(facts)
        print(f"  {len(facts):,} facts in: {took.cpu:.1f} s CPU, {took.wall:.1f} s")
        if postgres:  # what autovacuum would have done within a minute
            with db.engine.connect() as connection:
                connection.exec_driver_sql("ANALYZE")
                connection.commit()
        valkey = ensure_valkey(full.home)
        try:
            fact.singly(full, profiles, options.calls, options.port)
            if options.rebuild:
                rebuilt(full)
        finally:
            valkey.stop()


def rebuilt(full: House) -> None:
    db.session.remove()
    db.engine.dispose()
    environment = {**os.environ, "ENGAGE_HOME": str(full.home), "ENGAGE_ENV": "test"}
    if full.url:
        environment["DATABASE_URL"] = full.url
    with db.engine.begin() as connection:  # so that all of it is written again
        for table in ("running_totals", "mission_progress", "standings", "standing_buckets"):
            connection.exec_driver_sql(f"DELETE FROM {table}")
    db.engine.dispose()
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
    parser.add_argument("--port", type=int, default=8107, help="of the servers that are measured")
    parser.add_argument("--rebuild", action=argparse.BooleanOptionalAction, default=True)
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
            fact.beside_hello(postgres, profiles, facts, options.calls, options.port)
            turns = [batch(postgres, profiles, facts) for _ in range(options.turns)]
            report(turns, len(facts))
            if options.million:
                crowd, many = multiplied(profiles, facts, options.million)
                million(postgres, crowd, many, options)


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
