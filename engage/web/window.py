"""The door's own way to the database: a connection in the event loop, which no thread has to wait for."""

import asyncio
from collections.abc import Mapping
from typing import Any, Protocol

from psycopg.adapt import Transformer
from psycopg.pq import ExecStatus

from engage.postgres import numbered

Rows = list[tuple[Any, ...]]
#: Seconds until a database that says nothing counts as gone; then Flask answers, or says why not.
_PATIENCE = 5.0


class Window(Protocol):
    """A connection at which one stands alone; after a fault it is another one."""

    dialect: str
    #: Whether it answers in no time: then what is asked beside it may be, too.
    is_near: bool

    async def ask(self, statement: str, values: Mapping[str, Any]) -> Rows:
        """The rows of a statement, as the driver has it and them."""


def onto(engine: Any) -> Window:
    """A window onto what an SQLAlchemy engine connects to."""
    return _Near(engine) if engine.dialect.name == "sqlite" else _Far(engine)


def _own(engine: Any) -> Any:
    """A connection of the driver that no pool knows: nobody else may get it as it is made here."""
    connection = engine.raw_connection()
    driver = connection.driver_connection
    connection.detach()
    return driver


class _Near:
    """SQLite answers where one stands, in microseconds or, where it would have to wait, not at all."""

    dialect, is_near = "sqlite", True

    def __init__(self, engine: Any) -> None:
        self._engine = engine
        self._connection: Any = None

    async def ask(self, statement: str, values: Mapping[str, Any]) -> Rows:
        if self._connection is None:
            self._connection = _own(self._engine)
            self._connection.execute("PRAGMA busy_timeout=0")
        try:
            found: Rows = self._connection.execute(statement, values).fetchall()
        except Exception:
            self._connection.close()
            self._connection = None
            raise
        return found


class _Far:
    """PostgreSQL is heard by the event loop. The way through a thread and back took longer than asking,
    and so does psycopg's own connection for event loops, so libpq is told what to send."""

    dialect, is_near = "postgresql", False

    def __init__(self, engine: Any) -> None:
        self._engine = engine
        self._driver: Any = None
        self._turn = asyncio.Lock()
        #: Of each statement that the connection knows: its name there, and its parameters in order.
        self._known: dict[str, tuple[bytes, tuple[str, ...]]] = {}

    async def ask(self, statement: str, values: Mapping[str, Any]) -> Rows:
        async with self._turn:
            try:
                async with asyncio.timeout(_PATIENCE):
                    if self._driver is None:
                        await self._connect()
                    name, wanted = self._known.get(statement) or await self._prepare(statement)
                    said = [str(values[key]).encode() for key in wanted]
                    return self._read(await self._heard("send_query_prepared", name, said))
            except BaseException:  # an answer that nobody waited for would be the next one's
                if self._driver is not None:
                    self._driver.close()
                self._driver = None
                raise

    async def _connect(self) -> None:
        self._known.clear()
        loop = asyncio.get_running_loop()
        self._driver = await loop.run_in_executor(None, _own, self._engine)

    async def _prepare(self, statement: str) -> tuple[bytes, tuple[str, ...]]:
        """Have it planned once."""
        query, wanted = numbered(statement)
        name = f"door_{len(self._known)}".encode()
        await self._heard("send_prepare", name, query)
        self._known[statement] = name, wanted
        return name, wanted

    async def _heard(self, what: str, *said: Any) -> Any:
        """The server's answer to what is sent."""
        loop, wire = asyncio.get_running_loop(), self._driver.pgconn
        heard: asyncio.Future[None] = loop.create_future()
        getattr(wire, what)(*said)
        loop.add_reader(wire.socket, _hear, wire, heard)
        try:
            await heard
        finally:
            loop.remove_reader(wire.socket)
        answer = None
        while (result := wire.get_result()) is not None:
            answer = result
        if answer is None or answer.status not in (ExecStatus.TUPLES_OK, ExecStatus.COMMAND_OK):
            raise OSError(wire.error_message.decode(errors="replace"))
        return answer

    def _read(self, answer: Any) -> Rows:
        """Values as psycopg itself would have them."""
        reader = Transformer(self._driver)
        reader.set_pgresult(answer)
        rows: Rows = reader.load_rows(0, answer.ntuples, tuple)
        return rows


def _hear(wire: Any, heard: asyncio.Future[None]) -> None:
    """Take in what has come, until it is all there."""
    try:
        wire.consume_input()
        is_all = not wire.is_busy()
    except Exception as error:
        if not heard.done():
            heard.set_exception(error)
        return
    if is_all and not heard.done():
        heard.set_result(None)
