"""A real Valkey for the tests: one for the session, emptied before each test that asks for it."""

import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest
import redis

from engage.services.valkey import ensure_valkey


@pytest.fixture(scope="session")
def valkey_server() -> Iterator[str]:
    """The address of the session's Valkey, whatever earlier tests left in it."""
    home = Path(tempfile.mkdtemp(prefix="engage-valkey-"))
    valkey = ensure_valkey(home)
    yield valkey.url
    valkey.stop(force=True)
    shutil.rmtree(home)


@pytest.fixture
def redis_url(valkey_server: str) -> str:
    """The address of an empty Valkey."""
    with redis.Redis.from_url(valkey_server) as client:
        client.flushall()
    return valkey_server
