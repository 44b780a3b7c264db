"""Houses on either database: one is prepared once a session, every test starts from a copy of it."""

import contextlib
import sqlite3
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from jinja2.bccache import Bucket, BytecodeCache
from sqlalchemy import event
from sqlalchemy.engine import Engine
from werkzeug.routing import Rule

from engage import create_app
from engage.config import Settings
from engage.db import db
from engage.migrations import upgrade

from .postgres import Postgres


class _Route(Rule):
    """A route compiled once for all the applications of a test run: nine tenths of making one."""

    _known: dict[object, tuple[Any, ...]] = {}

    def compile(self) -> None:
        key = (self.rule, *map(repr, (self.defaults, self.subdomain, self.merge_slashes)))
        if key not in self._known:
            super().compile()
            built = (self._build.__func__, self._build_unknown.__func__)
            self._known[key] = self._parts, self._trace, self._converters, self.arguments, *built
        self._parts, self._trace, self._converters, self.arguments, *built = self._known[key]
        self._build, self._build_unknown = (one.__get__(self) for one in built)


class _Templates(BytecodeCache):
    """Templates compiled once for all the applications of a test run."""

    def __init__(self) -> None:
        self._code: dict[str, bytes] = {}

    def load_bytecode(self, bucket: Bucket) -> None:
        if bucket.key in self._code:
            bucket.bytecode_from_string(self._code[bucket.key])

    def dump_bytecode(self, bucket: Bucket) -> None:
        self._code[bucket.key] = bucket.bytecode_to_string()


Flask.url_rule_class = _Route
_templates = _Templates()


@event.listens_for(Engine, "connect")
def _keep_nothing(connection: Any, _record: Any) -> None:
    """No house of this process has to outlive the machine."""
    if isinstance(connection, sqlite3.Connection):
        connection.execute("PRAGMA synchronous=OFF")


#: What makes a house out of an empty one, inside its application.
Prepare = Callable[[], object]


@contextlib.contextmanager
def opened(settings: Settings) -> Iterator[Flask]:
    """The application, inside its context, its connections closed afterwards."""
    app = create_app(settings)
    app.jinja_env.bytecode_cache = _templates
    with app.app_context():
        yield app
        db.session.remove()
        db.engine.dispose()


@dataclass
class Houses:
    """Files and template databases, by what prepared them."""

    folder: Path
    postgres: Callable[[], Postgres]
    _files: dict[Prepare, Path] = field(default_factory=dict)
    _templates: dict[Prepare, str] = field(default_factory=dict)

    def file(self, prepare: Prepare = upgrade) -> Path:
        """The SQLite database that ``prepare`` made of a migrated, empty one."""
        if prepare not in self._files:
            home = self.folder / f"home_{len(self._files)}"
            home.mkdir()
            made = home / "engage.db"
            if prepare is not upgrade:
                made.write_bytes(self.file().read_bytes())
            with opened(Settings(home=home, env="test")):
                prepare()
            self._files[prepare] = made
        return self._files[prepare]

    def template(self, prepare: Prepare = upgrade) -> str:
        """The name of the PostgreSQL database that ``prepare`` made of a migrated, empty one."""
        if prepare not in self._templates:
            base = "template0" if prepare is upgrade else self.template()
            name = f"house_{len(self._templates)}"
            address = self.postgres().create(name, base)
            chosen = Settings(home=self.folder, env="test")
            with opened(chosen.model_copy(update={"database": address})):
                prepare()
            self._templates[prepare] = name
        return self._templates[prepare]

    @contextlib.contextmanager
    def settings(
        self, kind: str, settings: Settings, prepare: Prepare = upgrade
    ) -> Iterator[Settings]:
        """``settings`` with a copy on SQLite or PostgreSQL, as ``kind`` says."""
        if kind == "sqlite":
            (settings.home_dir / "engage.db").write_bytes(self.file(prepare).read_bytes())
            yield settings
            return
        with self.postgres().fresh(self.template(prepare)) as address:
            yield settings.model_copy(update={"database": address})

    @contextlib.contextmanager
    def open(self, kind: str, settings: Settings, prepare: Prepare = upgrade) -> Iterator[Flask]:
        """The application on a copy, inside its context."""
        with self.settings(kind, settings, prepare) as chosen, opened(chosen) as app:
            yield app


@pytest.fixture(scope="session")
def houses(tmp_path_factory: pytest.TempPathFactory, request: pytest.FixtureRequest) -> Houses:
    """The session's prepared houses; PostgreSQL starts where one is asked for."""
    folder = tmp_path_factory.mktemp("houses")
    return Houses(folder, lambda: request.getfixturevalue("postgres"))


@pytest.fixture(scope="module", params=["sqlite", "postgresql"])
def house(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory, houses: Houses
) -> Iterator[Flask]:
    """An empty house that all examples of a module share, each in a programme of its own."""
    chosen = Settings(home=tmp_path_factory.mktemp("house"), env="test")
    with houses.open(request.param, chosen) as app:
        yield app


@pytest.fixture
def on_postgres(
    settings: Settings, houses: Houses, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Flask]:
    """The application of a test's own home on PostgreSQL, which commands find by the environment."""
    with houses.settings("postgresql", settings) as chosen:
        monkeypatch.setenv("DATABASE_URL", chosen.database)
        with opened(Settings()) as app:
            yield app
