"""How the house speaks to its databases: settings, what a new connection is told, and whether it lives."""

import json
import sqlite3
from time import monotonic
from typing import Any

from psycopg import DataError
from psycopg.types.array import ListDumper
from psycopg.types.numeric import Int8BinaryDumper, Int8Dumper
from sqlalchemy import event
from sqlalchemy.engine import Engine
from sqlalchemy.exc import DisconnectionError
from sqlalchemy.pool import Pool


def _dump(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False, sort_keys=True, separators=(",", ":"))


def engine_options(url: str) -> dict[str, Any]:
    """Engine settings for ``url``; how transactions begin is said by `engage.db`."""
    if url.startswith("sqlite"):
        return {"connect_args": {"timeout": 30}, "json_serializer": _dump}
    return {
        "connect_args": {"autocommit": True},
        "pool_size": 10,
        "max_overflow": 20,
        "json_serializer": _dump,
    }


@event.listens_for(Engine, "connect")
def _prepare_sqlite(connection: Any, _record: Any) -> None:
    if not isinstance(connection, sqlite3.Connection):
        return
    # The BEGIN of `engage.db` replaces the driver's, which would come too late for readers.
    connection.isolation_level = None
    for pragma in (
        "journal_mode=WAL",
        "synchronous=NORMAL",
        "foreign_keys=ON",
        "recursive_triggers=ON",  # or REPLACE would delete what triggers keep
        "busy_timeout=30000",
        "cache_size=-65536",
        "mmap_size=268435456",
        "temp_store=MEMORY",
    ):
        connection.execute(f"PRAGMA {pragma}")


#: A connection that was at work so many seconds ago is taken to live still: every request takes
#: several, and asking each time would be a tenth of all that a fact asks.
_FRESH = 5.0


@event.listens_for(Engine, "connect")
def _prepare_psycopg(connection: Any, _record: Any) -> None:
    # Or each size of a number would make another statement to plan and to keep.
    if not isinstance(connection, sqlite3.Connection):
        for dumper in (Int8Dumper, Int8BinaryDumper):
            connection.adapters.register_dumper(int, dumper)
        connection.adapters.register_dumper(list, _Lists)


class _Lists(ListDumper):
    """Lists of whole numbers, and of texts, as PostgreSQL reads them where the statement says of what
    type they are: a fact sends thirty, and psycopg looks for a way to say each of them anew."""

    def get_key(self, obj: list[Any], format: Any) -> Any:
        return self.cls if {*map(type, obj)} in _PLAIN else super().get_key(obj, format)

    def dump(self, obj: list[Any]) -> Any:
        kinds = {*map(type, obj)}
        if kinds == {int}:
            return ("{" + ",".join(map(str, obj)) + "}").encode()
        if kinds != {str}:
            return super().dump(obj)
        said = [text.replace("\\", "\\\\").replace('"', '\\"') for text in obj]
        if "\0" in "".join(obj):
            raise DataError("no text holds U+0000 in PostgreSQL")
        return ('{"' + '","'.join(said) + '"}').encode()


_PLAIN = ({int}, {str})


@event.listens_for(Pool, "checkin")
def _put_back(_connection: Any, record: Any) -> None:
    record.info["put_back"] = monotonic()


@event.listens_for(Pool, "checkout")
def _is_alive(connection: Any, record: Any, _proxy: Any) -> None:
    """Whether the server still knows a connection that lay about; the pool makes another if not."""
    put_back = record.info.get("put_back")
    if isinstance(connection, sqlite3.Connection) or not put_back:
        return
    if monotonic() - put_back > _FRESH:
        try:
            connection.execute("SELECT 1")
            connection.rollback()
        except Exception as error:  # whatever the driver says of a lost connection
            raise DisconnectionError from error
