"""What boards cost: `python benchmarks/boards.py [--members 5000 100000 1000000] [--reads 300] [--quick]`.

For each size a programme is made in a fresh database (SQLite, or DATABASE_URL's PostgreSQL, which must
be empty) with scores spread as sales are. Measured are the one query for a rank with its neighbours
(sent through the driver, and through `ranking.around` with everything around it), the same rank by
`count(*)`, and pages as a WSGI server would ask for them, in CPU time of this process. The floor is
`hello world` in a bare Flask, asked in the same run and the same way. The machine is shared: the
median of many, and the ratios, are what to trust; the noise of the floor is printed beside it.
"""

import argparse
import io
import json
import os
import random
import statistics
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from flask import Flask
from sqlalchemy import text

HEAD = '[programme]\nslug = "bench"\nname = "Bench"\ntimezone = "UTC"\ncurrency = "USD"\n'
BOARD = '\n[[boards]]\nslug = "sales"\nname = "Sales"\nmeasure = "amount"\non = "sale"\nperiod = "year"\n'


def timed(work: Callable[[int], Any], times: int, clock: Callable[[], int]) -> list[float]:
    """Microseconds of each call; the first ones, which fill caches, are left out."""
    for warm in range(12):
        work(warm)
    found = []
    for number in range(times):
        before = clock()
        work(number)
        found.append((clock() - before) / 1000)
    return found


def median(values: list[float]) -> float:
    return round(statistics.median(values), 1)


def house(members: int, period: str) -> list[int]:
    """A programme with that many members on its board; their ids."""
    from engage import clock
    from engage.db import db, insert_rows, transaction
    from engage.leaderboards import projection, service
    from engage.leaderboards.models import Standing, StandingBucket
    from engage.partners.models import Partner
    from engage.programmes import file
    from engage.programmes import service as programmes

    draw = random.Random(members)
    now = clock.now()

    def work() -> list[int]:
        programme = programmes.publish(file.parse(HEAD + BOARD), now).programme
        board = service.boards(programme)[0]
        first = db.session.scalar(text("SELECT coalesce(max(id), 0) + 1 FROM partners"))
        ids = list(range(first, first + members))
        insert_rows(
            Partner.__table__,
            [
                {
                    "id": i,
                    "programme_id": programme.id,
                    "external_id": f"P{i}",
                    "name": f"Partner {i}",
                    "organisation": f"Organisation {i % 97}",
                    "region": f"Region {i % 9}",
                    "created_at": now,
                }
                for i in ids
            ],
        )
        keys = [(board.model.id, period, i) for i in ids]
        scores = [(int(draw.lognormvariate(8, 1) * 10_000), None) for _ in ids]
        rows = [projection._row(board.rule, k, s, {}) for k, s in zip(keys, scores, strict=True)]
        insert_rows(Standing.__table__, rows)
        buckets = projection._buckets(rows).items()
        insert_rows(StandingBucket.__table__, [projection._bucket_row(k, n) for k, n in buckets])
        service.stamp([board], now)
        return ids

    ids = transaction(work)
    with db.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        if connection.dialect.name == "postgresql":
            connection.execute(text("VACUUM ANALYZE"))
        else:
            connection.exec_driver_sql("ANALYZE")
    return ids


def queries(members: list[int], period: str, reads: int) -> dict[str, float]:
    """Microseconds (wall) of a rank with neighbours, and of the rank alone by counting."""
    from engage import periods
    from engage.db import db
    from engage.leaderboards import places, ranking, service
    from engage.programmes import service as programmes

    programme = programmes.by_slug("bench")
    board = service.boards(programme)[0]
    pick = [random.Random(n).choice(members) for n in range(reads)]
    here = {"board": board.model.id, "period": period}
    wall = time.perf_counter_ns
    driver: Any = db.session.connection().connection.driver_connection
    statement = str(places._around(False, True, 3).element.text)
    count = (
        "SELECT 1 + count(*) FROM standings WHERE board_id = :board AND period = :period AND listed "
        "AND order_key < (SELECT order_key FROM standings WHERE board_id = :board AND "
        "period = :period AND member_id = :member)"
    )
    if db.engine.dialect.name == "postgresql":
        statement, count = (_pyformat(sql) for sql in (statement, count))

    def ask(sql: str, number: int) -> Any:
        found = {**here, "member": pick[number % reads]}
        return driver.execute(sql, found).fetchall()

    whole = periods.parse(period)
    return {
        "rank and neighbours, query": median(timed(lambda n: ask(statement, n), reads, wall)),
        "rank and neighbours, ranking.around": median(
            timed(lambda n: ranking.around(programme, board, whole, pick[n % reads]), reads, wall)
        ),
        "rank by count(*)": median(timed(lambda n: ask(count, n), min(reads, 60), wall)),
    }


def _pyformat(sql: str) -> str:
    for name in ("board", "period", "member"):
        sql = sql.replace(f":{name}", f"%({name})s")
    return sql


def asked(app: Any, path: str, **headers: str) -> tuple[str, dict[str, str], bytes]:
    """One request through the WSGI door."""
    environ = {
        "REQUEST_METHOD": "GET",
        "SCRIPT_NAME": "",
        "PATH_INFO": path,
        "QUERY_STRING": "",
        "SERVER_NAME": "127.0.0.1",
        "SERVER_PORT": "80",
        "HTTP_HOST": "127.0.0.1",
        "REMOTE_ADDR": "127.0.0.1",
        "wsgi.version": (1, 0),
        "wsgi.url_scheme": "http",
        "wsgi.input": io.BytesIO(),
        "wsgi.errors": io.StringIO(),
        "wsgi.multithread": True,
        "wsgi.multiprocess": False,
        "wsgi.run_once": False,
        **headers,
    }
    answer: list[Any] = []
    body = app(environ, lambda status, found, _error=None: answer.extend((status, found)))
    data = b"".join(body)
    getattr(body, "close", lambda: None)()
    return answer[0], dict(answer[1]), data


def pages(app: Flask, member: int, reads: int) -> dict[str, float]:
    """CPU microseconds of pages and of the floor."""
    from engage import clock
    from engage.accounts import service as accounts
    from engage.db import db, transaction
    from engage.leaderboards import service
    from engage.partners.models import Partner
    from engage.programmes import service as programmes

    hello = Flask("hello")
    hello.add_url_rule("/", "hello", lambda: "hello world")
    with app.app_context():

        def seat() -> str:
            user, _ = accounts.add_user("a@example.com", name="A", is_admin=False, now=clock.now())
            programme = programmes.by_slug("bench")
            accounts.give_seat(user, programme, db.session.get_one(Partner, member))
            signer = app.session_interface.get_signing_serializer(app)  # type: ignore[attr-defined]
            return signer.dumps(
                {"_user_id": accounts.session_id(user), "day": clock.now().date().isoformat()}
            )

        cookie = f"{app.config['SESSION_COOKIE_NAME']}={transaction(seat)}"
    cpu = time.process_time_ns
    board, rows, me = "/leaderboards/sales", "/leaderboards/sales/rows", "/leaderboards/sales/me"

    def ask(path: str, **headers: str) -> tuple[str, dict[str, str], bytes]:
        status, found, data = asked(app, path, HTTP_COOKIE=cookie, **headers)
        assert status[:3] in ("200", "304"), (path, status)
        return status, found, data

    def changed(_number: int) -> None:
        with app.app_context():
            here = programmes.by_slug("bench")
            transaction(lambda: service.stamp(service.boards(here), clock.now()))

    tag = ask(rows)[1]["ETag"]
    floor = timed(lambda _: asked(hello, "/"), reads * 4, cpu)
    found = {
        "hello world": median(floor),
        "board page, nothing changed": median(timed(lambda _: ask(board), reads, cpu)),
        "table, nothing changed (304)": median(
            timed(lambda _: ask(rows, HTTP_IF_NONE_MATCH=tag), reads, cpu)
        ),
        "my place": median(timed(lambda _: ask(me), reads, cpu)),
    }
    first = []
    for number in range(min(reads, 40)):
        changed(number)
        before = cpu()
        ask(board)
        first.append((cpu() - before) / 1000)
    found["board page, first after a change"] = median(first)
    quarters = statistics.quantiles(floor, n=4)
    found["hello world, middle half"] = round(quarters[2] - quarters[0], 1)
    return found


def run(members: int, reads: int) -> dict[str, Any]:
    from engage import clock, create_app, periods
    from engage.config import Settings
    from engage.db import db
    from engage.migrations import upgrade

    with tempfile.TemporaryDirectory() as folder:
        app = create_app(Settings(home=Path(folder), env="test"))
        period = periods.containing(clock.now().date(), "year").name
        with app.app_context():
            upgrade()
            ids = house(members, period)
            found: dict[str, Any] = queries(ids, period, reads)
            db.session.remove()
        shown = pages(app, ids[len(ids) // 2], reads)
        with app.app_context():
            kind = db.engine.dialect.name
            db.engine.dispose()
    floor = shown["hello world"]
    ratios = {f"{name}, x hello": round(us / floor, 2) for name, us in shown.items()}
    return {"members": members, "database": kind} | found | shown | ratios


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--members", type=int, nargs="+", default=[5_000, 100_000, 1_000_000])
    parser.add_argument("--reads", type=int, default=300)
    parser.add_argument("--quick", action="store_true", help="small: does it run, roughly how fast")
    asked_for = parser.parse_args()
    if asked_for.quick:
        asked_for.members, asked_for.reads = [1_000], 20
    os.environ.setdefault("ENGAGE_ENV", "test")
    for members in asked_for.members:
        print(json.dumps(run(members, asked_for.reads), indent=1), flush=True)


if __name__ == "__main__":
    main()
