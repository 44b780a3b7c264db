"""The PostgreSQL of the tests itself: real, quick to copy, and reachable as the house reaches it."""

import pytest
from sqlalchemy import create_engine, text

from tests.postgres import Postgres

pytestmark = pytest.mark.service


def test_a_fresh_database_is_a_copy_of_its_template(postgres: Postgres) -> None:
    url = postgres.create("a_template")
    engine = create_engine(url)
    with engine.begin() as connection:
        connection.execute(text("CREATE TABLE things AS SELECT 7 AS number"))
    engine.dispose()

    with postgres.fresh("a_template") as copy:
        engine = create_engine(copy)
        with engine.begin() as connection:
            assert connection.scalar(text("SELECT number FROM things")) == 7
            connection.execute(text("DROP TABLE things"))
        engine.dispose()
    with postgres.fresh("a_template") as another:
        engine = create_engine(another)
        with engine.begin() as connection:
            assert connection.scalar(text("SELECT number FROM things")) == 7
        engine.dispose()
