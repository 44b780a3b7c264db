"""What ranks cost: `python benchmarks/ranks.py [--members 5000 1000000] [--reads 300] [--quick]`.

For each size a programme is made in a fresh database (SQLite, or DATABASE_URL's PostgreSQL, which must
be empty) with scores spread as sales are. Measured are the one query for a rank with its neighbours
(sent through the driver, and through `ranking.around` with everything around it) beside the floor, a
`SELECT 1`, and the same rank by `count(*)`; ranks within scopes, on boards of other tie rules and of a picture,
which is taken; and a search. Members are drawn by chance, so nobody asked for theirs before; "again" are the same
once more. Microseconds by the wall (medians), and of CPU (means, the database server's included).

With ``--crowd`` half of the members have one and the same score. With ``--postgresql`` a PostgreSQL is started
with the memory that docs/operations.md asks for.
"""

import argparse
import json
import os
import random
import statistics
import tempfile
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import psutil
from databases import fresh
from sqlalchemy import text

HEAD = '[programme]\nslug = "bench"\nname = "Bench"\ntimezone = "UTC"\ncurrency = "USD"\n'
RANKED = '\n[[boards]]\nslug = "sales"\nname = "Sales"\nmeasure = "amount"\non = "sale"\nperiod = "year"\n'
DENSE = RANKED.replace("sales", "levels") + 'tie = "dense"\n'
FIRST = RANKED.replace("sales", "firsts") + 'tie = "first"\n'
#: The score of a crowd, in the middle of the others.
LEVEL = 3_000 * 10_000
#: Of a PostgreSQL of its own: a quarter of this machine's.
MEMORY = f"{psutil.virtual_memory().total // 4 // 2**20}MB"
#: Calls of what takes milliseconds.
SLOW = 30
COUNTED = (
    "SELECT 1 + count(*) FROM standings WHERE board_id = :board AND period = :period AND scope = '' "
    "AND listed AND reached_at IS NULL AND order_key < (SELECT order_key FROM standings WHERE "
    "board_id = :board AND period = :period AND scope = '' AND member_id = :member)"
)


def house(members: int, period: str, crowd: bool = False) -> list[int]:
    """A programme with that many members on its boards; their ids."""
    from engage import clock
    from engage.db import db, transaction
    from engage.leaderboards import jobs, service
    from engage.programmes import file
    from engage.programmes import service as programmes

    def work() -> list[int]:
        programme = programmes.publish(
            file.parse(HEAD + RANKED + DENSE + FIRST), clock.now()
        ).programme
        ids = _partners(programme, members)
        _standings(programme, ids, period, crowd)
        service.stamp(service.boards(programme), clock.now())
        return ids

    ids = transaction(work)
    jobs.keep_days()
    with db.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        is_lite = connection.dialect.name == "sqlite"
        connection.exec_driver_sql("ANALYZE" if is_lite else "VACUUM ANALYZE")
    return ids


def _partners(programme: Any, members: int) -> list[int]:
    from engage import clock
    from engage.db import db
    from engage.partners.models import Partner
    from engage.partners.rules import found_by
    from engage.rows import insert_rows

    first = db.session.scalar(text("SELECT coalesce(max(id), 0) + 1 FROM partners"))
    ids, now = list(range(first, first + members)), clock.now()
    rows = [
        {
            "id": i,
            "programme_id": programme.id,
            "external_id": f"P{i}",
            "name": f"Partner {i}",
            "found_by": found_by(f"Partner {i}", "named", None),
            "organisation": f"Organisation {i // 1_000}",
            "team": f"Team {i // 10}",
            "region": f"Region {i % 9}",
            "created_at": now,
        }
        for i in ids
    ]
    insert_rows(Partner.__table__, rows)
    return ids


def _standings(programme: Any, ids: list[int], period: str, crowd: bool) -> None:
    from engage.leaderboards import projection, service

    draw = random.Random(len(ids))
    scores = [int(draw.lognormvariate(8, 1) * 10_000) for _ in ids]
    if crowd:
        scores[::2] = [LEVEL] * len(scores[::2])
    began = datetime(int(period), 1, 1, tzinfo=UTC)
    reached = [began + timedelta(seconds=draw.randrange(300 * 86_400)) for _ in ids]
    who = projection._who(programme)
    for board in service.boards(programme):
        timed = board.rule.tie == "first"
        rows = [
            row
            for i, score, at in zip(ids, scores, reached, strict=True)
            for row in projection._rows(
                board, (board.model.id, period, i), (score, at if timed else None), who
            )
        ]
        projection.put(rows, projection.counted(board, rows))


class Ranks:
    """Members of a house, drawn once, and what is asked of their ranks."""

    def __init__(self, members: list[int], period: str, reads: int) -> None:
        from engage import periods
        from engage.db import db
        from engage.leaderboards import service
        from engage.programmes import service as programmes

        self.programme = programmes.by_slug("bench")
        self.board, self.levels, self.firsts = service.boards(self.programme)
        self.period, self.reads = periods.parse(period), reads
        draw = random.Random(len(members))
        self.pick = [draw.choice(members) for _ in range(reads)]
        self.driver: Any = db.session.connection().connection.driver_connection
        self.is_lite = db.engine.dialect.name == "sqlite"
        self._server = None if self.is_lite else psutil.Process(self.driver.info.backend_pid)

    def cpu(self) -> float:
        """Seconds of this process, and of the database's that serves it."""
        return time.process_time() + (sum(self._server.cpu_times()[:2]) if self._server else 0)

    def timed(self, work: Callable[[int], Any], times: int | None = None) -> dict[str, float]:
        """Microseconds of a call with each member; the first ones, which fill caches, are left out."""
        for member in self.pick[:12]:
            work(member)
        times, found, before = times or self.reads, [], self.cpu()
        for member in self.pick[:times]:
            began = time.perf_counter_ns()
            work(member)
            found.append((time.perf_counter_ns() - began) / 1000)
        cpu = (self.cpu() - before) / len(found) * 1e6
        return {"wall": round(statistics.median(found), 1), "CPU": round(cpu, 1)}

    def asked(self, scope: str = "", board: Any = None) -> dict[str, float]:
        """The query alone."""
        from engage.leaderboards import places

        board = board or self.board

        def work(member: int) -> None:
            here = places.Here(board.model.id, self.period.name, scope.format(member % 9))
            self.driver.ask(places.question_around(board, here, member, 2))

        return self.timed(work)

    def around(
        self,
        board: Any,
        scope: Callable[[int], tuple[str, str]] | None = None,
        times: int | None = None,
    ) -> dict[str, float]:
        from engage.leaderboards import ranking

        def work(member: int) -> None:
            within = scope(member) if scope else None
            found = ranking.around(self.programme, board, self.period, member, scope=within)
            assert any(row.member_id == member for row in found.rows)

        return self.timed(work, times)

    def counted(self) -> dict[str, float]:
        sql = COUNTED
        if not self.is_lite:
            for name in ("board", "period", "member"):
                sql = sql.replace(f":{name}", f"%({name})s")
        here = {"board": self.board.model.id, "period": self.period.name}
        return self.timed(
            lambda member: self.driver.execute(sql, here | {"member": member}).fetchall(), SLOW
        )

    def searched(self, word: str) -> dict[str, float]:
        from engage import clock
        from engage.leaderboards import search, view

        today = clock.now().date()
        seen = view.view(self.programme, self.board, self.period.name, "", today)
        return self.timed(lambda member: search.find(seen, word.format(member)), SLOW)


def pictured(members: list[int], period: str, reads: int) -> dict[str, Any]:
    from engage import clock
    from engage.db import transaction
    from engage.leaderboards import pictures, service
    from engage.programmes import service as programmes

    def take() -> Any:
        board, *_ = service.boards(programmes.by_slug("bench"))
        return pictures._take(board, period, "freeze", clock.now())

    began = time.perf_counter()
    picture = transaction(take)
    took = round((time.perf_counter() - began) * 1000)
    ranks = Ranks(members, period, reads)
    seen = ranks.board._replace(picture=picture)
    return {"taking a picture, ms": took, "of a picture": ranks.around(seen)}


def measured(members: list[int], period: str, reads: int) -> dict[str, Any]:
    ranks = Ranks(members, period, reads)
    found: dict[str, Any] = {
        "SELECT 1": ranks.timed(lambda _: ranks.driver.execute("SELECT 1").fetchall()),
        "rank and neighbours, query": ranks.asked(),
        "rank and neighbours, query, again": ranks.asked(),
        "the same within a region, query": ranks.asked("region=Region {}"),
        "the same of a dense board, query": ranks.asked(board=ranks.levels),
        "the same of a board of who was first, query": ranks.asked(board=ranks.firsts),
        "rank and neighbours, ranking.around": ranks.around(ranks.board),
        "within a region (a ninth)": ranks.around(
            ranks.board, lambda i: ("region", f"Region {i % 9}")
        ),
        "of a dense board": ranks.around(ranks.levels),
        "of a board of who was first": ranks.around(ranks.firsts),
        "within a team of 10": ranks.around(ranks.board, lambda i: ("team", f"Team {i // 10}")),
        "within an organisation of 1,000": ranks.around(
            ranks.board, lambda i: ("organisation", f"Organisation {i // 1_000}"), SLOW
        ),
        "search of one name": ranks.searched("partner {}"),
        "search of what all names have": ranks.searched("partner"),
        "search of what no name has": ranks.searched("nobody"),
        "rank by count(*)": ranks.counted(),
    }
    return found | pictured(members, period, reads)


def run(members: int, reads: int, crowd: bool = False, url: str | None = None) -> dict[str, Any]:
    from engage import clock, create_app, periods
    from engage.config import Settings
    from engage.db import db
    from engage.migrations import upgrade

    with tempfile.TemporaryDirectory() as folder:
        chosen = {"DATABASE_URL": url} if url else {}
        app = create_app(Settings(home=Path(folder), env="test", **chosen))
        period = periods.containing(clock.now().date(), "year").name
        with app.app_context():
            upgrade()
            found = measured(house(members, period, crowd), period, reads)
            kind = db.engine.dialect.name
            db.session.remove()
            db.engine.dispose()
    return {"members": members, "database": kind, "load": os.getloadavg()[0]} | found


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--members", type=int, nargs="+", default=[5_000, 1_000_000])
    parser.add_argument("--reads", type=int, default=300)
    parser.add_argument("--crowd", action="store_true", help="half of them with one score")
    parser.add_argument("--postgresql", action="store_true", help="on a PostgreSQL of its own")
    parser.add_argument("--quick", action="store_true", help="small: does it run, roughly how fast")
    asked_for = parser.parse_args()
    if asked_for.quick:
        asked_for.members, asked_for.reads = [1_000], 20
    os.environ.setdefault("ENGAGE_ENV", "test")
    sizes = fresh(asked_for.members, asked_for.postgresql, shared_buffers=MEMORY)
    for members, url in sizes:
        found = run(members, asked_for.reads, asked_for.crowd, url)
        print(json.dumps(found, indent=1), flush=True)


if __name__ == "__main__":
    main()
