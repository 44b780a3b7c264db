"""The door's window: everybody gets the answer to their own question, whatever befell another's."""

import asyncio
from collections.abc import Iterator
from typing import Any

import pytest
from sqlalchemy import text

from engage.config import Settings
from engage.db import as_text, db
from engage.web import window
from tests.houses import Houses

ECHO = text("SELECT CAST(:number AS BIGINT) AS n, CAST(:said AS TEXT), NULL, '100%'")


@pytest.fixture(params=["sqlite", "postgresql"])
def engine(request: pytest.FixtureRequest, settings: Settings, houses: Houses) -> Iterator[Any]:
    with houses.open(request.param, settings):
        yield db.engine


def test_many_ask_at_once_and_each_is_answered(engine: Any):
    async def ask() -> None:
        here, echo = window.onto(engine), as_text(ECHO, engine.dialect.name)
        asked = [{"number": n, "said": f"é{n}"} for n in range(30)]
        found = await asyncio.gather(*(here.ask(echo, one) for one in asked))
        assert found == [[(n, f"é{n}", None, "100%")] for n in range(30)]

    asyncio.run(ask())


def test_after_a_fault_or_who_went_away_the_next_has_its_own_answer(engine: Any):
    async def ask() -> None:
        here, echo = window.onto(engine), as_text(ECHO, engine.dialect.name)
        for _ in range(2):
            with pytest.raises(Exception, match="nowhere"):
                await here.ask("SELECT * FROM nowhere", {})
            gone = asyncio.create_task(here.ask(echo, {"number": 1, "said": "gone"}))
            await asyncio.sleep(0)
            gone.cancel()
            assert await here.ask(echo, {"number": 2, "said": "here"}) == [
                (2, "here", None, "100%")
            ]

    asyncio.run(ask())


def test_what_comes_is_what_the_driver_has(engine: Any):
    values = "CAST('2013-04-10' AS DATE), CAST('2013-04-10 12:00' AS TIMESTAMP), 1 = 1, 2.5, 7"
    asked = as_text(text(f"SELECT {values}"), engine.dialect.name), dict[str, Any]()
    with engine.connect() as connection:
        expected = connection.connection.driver_connection.execute(*asked).fetchall()
    assert asyncio.run(window.onto(engine).ask(*asked)) == expected
