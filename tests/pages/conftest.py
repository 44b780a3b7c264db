"""A served house whose programme runs today, and a Chromium to look at it with."""

from collections.abc import Callable, Iterator
from datetime import timedelta

import pytest
from flask import Flask
from playwright.sync_api import Browser, BrowserContext

from engage import clock
from engage.clock import local_day
from engage.config import Settings
from tests.conftest import PROGRAMME, Cast, Person, publish, record, sale
from tests.live.conftest import chromium
from tests.live.test_served import House
from tests.payouts import examples as payouts

__all__ = ["chromium"]

Visit = Callable[..., BrowserContext]


@pytest.fixture
def house(app: Flask, settings: Settings, cast: Cast, redis_url: str) -> Iterator[House]:
    """The cast's programme with its mission moved to these days, and some sales of today;
    what April 2013 earned is on its way."""
    now = clock.now()
    today = local_day(now, cast.programme.timezone)
    text = PROGRAMME.replace("2013-04-01", str(today - timedelta(days=9)))
    publish(text.replace("2013-05-31", str(today + timedelta(days=20))), now)
    sales = (
        ("t-1", "A1", "2500"),
        ("t-2", "A1", "800"),
        ("t-3", "B1", "900"),
        ("t-4", "C1", "3000"),
    )
    early = now - timedelta(minutes=5)
    record(
        cast.programme,
        *(sale(n, who, amount, today)._replace(occurred_at=early) for n, who, amount in sales),
        now=now,
    )
    payouts.run(cast)
    house = House(app, settings, redis_url)
    yield house
    house.process.kill()
    house.process.wait()


@pytest.fixture
def visit(chromium: Browser, house: House) -> Iterator[Visit]:
    """A browser of its own for a person, with Chromium's options."""
    contexts = []

    def visit(person: Person, **options: object) -> BrowserContext:
        context = chromium.new_context(base_url=house.address, **options)  # type: ignore[arg-type]
        cookies = house.cookies(person).items()
        context.add_cookies([{"name": n, "value": v, "url": house.address} for n, v in cookies])
        contexts.append(context)
        return context

    yield visit
    for context in contexts:
        context.close()
