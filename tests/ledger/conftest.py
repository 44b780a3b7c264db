"""A house on each database, with the cast's sales in it."""

from collections.abc import Iterator

import pytest
from flask import Flask

from engage import membership
from engage.config import Settings
from engage.db import transaction
from engage.programmes import service as programmes
from tests.conftest import NOW, PROFILES, PROGRAMME, publish, record, sale
from tests.houses import Houses


def sold() -> None:
    programme = publish(PROGRAMME)
    transaction(lambda: membership.enrol(programmes.by_slug("resellers"), PROFILES, now=NOW))
    record(
        programme,
        sale("a-1", "A1", "6000"),
        sale("b-1", "B1", "4000"),
        sale("c-1", "C1", "5000"),
    )


@pytest.fixture(params=["sqlite", "postgresql"])
def house(request: pytest.FixtureRequest, settings: Settings, houses: Houses) -> Iterator[Flask]:
    """The programme with three partners: A1 sold 6,000, B1 4,000, C1 5,000 this quarter."""
    with houses.open(request.param, settings, sold) as app:
        yield app
