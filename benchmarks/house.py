"""A house to be measured, and what the kernel says it used, its database server included."""

import contextlib
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import psutil
from flask import Flask

from benchmarks.lines import PROGRAMME
from engage import clock, create_app, flow, membership
from engage.activity.rules import Report
from engage.config import Settings
from engage.db import db, transaction
from engage.imports import service as imports
from engage.migrations import upgrade
from engage.partners.service import Profile
from engage.programmes import service as programmes
from engage.programmes.file import ProgrammeFile
from engage.programmes.models import Programme
from tests.postgres import Postgres


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
    for child in server.children():  # to the nanosecond: a fact takes a fifth of a clock's tick
        with contextlib.suppress(FileNotFoundError, ProcessLookupError):
            found += int(Path(f"/proc/{child.pid}/schedstat").read_text().split()[0]) / 1e9
    return found


@contextlib.contextmanager
def measured(house: House) -> Iterator[Spent]:
    spent = Spent()
    cpu, server, began = house.cpu(), server_cpu(house.server), time.perf_counter()
    yield spent
    spent.wall, spent.cpu = time.perf_counter() - began, house.cpu() - cpu
    spent.server = server_cpu(house.server) - server


@contextlib.contextmanager
def house(
    postgres: Postgres | None, profiles: list[Profile] | None, file: ProgrammeFile = PROGRAMME
) -> Iterator[House]:
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
                transaction(lambda: programmes.publish(file, now))
                transaction(lambda: membership.enrol(programme(), profiles, now=now))
            db.session.remove()
            yield House(app, Path(made), url, server)
            db.session.remove()
            db.engine.dispose()


def programme() -> Programme:
    return programmes.by_slug(PROGRAMME.slug)


def carry(facts: list[Report]) -> None:
    """As an import does: strides, one commit."""

    def work() -> None:
        for start in range(0, len(facts), imports.STRIDE):
            part = facts[start : start + imports.STRIDE]
            outcome = flow.record(programme(), part, source=imports.SOURCE, now=clock.now())
            assert not outcome.problems, outcome.problems[0]

    transaction(work)
