"""A served house whose programme runs today, and a Chromium to look at it with."""

import functools
from collections.abc import Callable, Iterator
from datetime import date, timedelta
from pathlib import Path

import pytest
from flask import Flask
from playwright.sync_api import Browser, BrowserContext

from engage import clock
from engage.clock import local_day
from engage.config import Settings
from tests.conftest import PROGRAMME, Cast, Person, everybody, let_in, publish, record, sale
from tests.houses import Houses, Prepare
from tests.live.conftest import chromium
from tests.live.test_served import House
from tests.payouts import examples as payouts

__all__ = ["chromium"]

Visit = Callable[..., BrowserContext]


@functools.cache
def _on(today: date, password_hash: str) -> Prepare:
    """The cast's programme with its mission moved to these days, and some sales of today;
    what April 2013 earned is on its way."""

    def prepare() -> None:
        let_in(password_hash)
        cast, now = everybody(), clock.now()
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

    return prepare


@pytest.fixture
def _cast_house(houses: Houses, _password_hash: str) -> Path:
    return houses.file(_on(local_day(clock.now(), "America/New_York"), _password_hash))


@pytest.fixture
def house(app: Flask, settings: Settings, cast: Cast, redis_url: str) -> Iterator[House]:
    """The cast's house of today, served."""
    house = House(app, settings, redis_url)
    yield house
    house.process.kill()
    house.process.join()


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
