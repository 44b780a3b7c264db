"""One house, one cast for all tests: alice owns, bob is her team-mate, charlie is a rival."""

import itertools
import os
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime
from pathlib import Path

import pytest
from flask import Flask
from hypothesis import HealthCheck, Phase, settings

from engage import clock, flow, membership
from engage.accounts.models import Seat, User
from engage.activity.rules import Report
from engage.config import Settings
from engage.db import db, transaction
from engage.money import scaled
from engage.partners.models import Partner
from engage.partners.service import Profile
from engage.programmes import file as programme_file
from engage.programmes import service as programmes
from engage.programmes.models import Programme

from .browsing import Browser, browser
from .houses import *  # noqa: F403
from .houses import Houses, opened
from .old_houses import *  # noqa: F403
from .postgres import *  # noqa: F403
from .valkey import *  # noqa: F403

# A busy machine is no reason for a test to fail.
# To look for a smaller example of a failure takes up to five minutes: where nobody works on it yet, it
# is told as it was found.
phases = [phase for phase in Phase if not os.getenv("CI") or phase is not Phase.shrink]
settings.register_profile(
    "house", deadline=None, suppress_health_check=[HealthCheck.too_slow], phases=phases
)
settings.load_profile("house")

NOW = datetime(2013, 4, 10, 15, 0, tzinfo=UTC)


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Of several workers some compute while others wait for processes; the long files come early.

    The files that wait are those with a mark; they and the others are taken in turn.
    """
    if not hasattr(config, "workerinput"):
        return
    marks = ("browser", "service", "worker")
    waiting = {item.path for item in items if any(map(item.get_closest_marker, marks))}
    turns = {True: itertools.count(), False: itertools.count()}
    turn = {
        path: next(turns[path in waiting]) for path in dict.fromkeys(item.path for item in items)
    }
    items.sort(key=lambda item: turn[item.path])


PASSWORD = "correct horse battery staple"

PROGRAMME = """
[programme]
slug = "resellers"
name = "Reseller rewards"
timezone = "America/New_York"
currency = "USD"

[[rules]]
slug = "bike-points"
on = "sale"
earn = "points"
per = "amount"
rate = "1"
where = { category = ["Bikes"] }
period = "quarter"
cap = "50000"

[[rules]]
slug = "growth-bonus"
on = "sale"
earn = "USD"
per = "amount"
period = "quarter"
bands = "marginal"
band = [
  { from = "0", rate = "0" }, { from = "5000", rate = "0.01" }, { from = "10000", rate = "0.02" },
]

[[boards]]
slug = "sales"
name = "Sales this quarter"
measure = "amount"
on = "sale"
period = "quarter"
by = "partner"

[[boards]]
slug = "regions"
name = "Points by region"
measure = "points"
period = "month"
by = "region"
tie = "first"

[[missions]]
slug = "spring-sprint"
name = "Spring sprint"
starts = 2013-04-01
ends = 2013-05-31
audience = { region = ["Northwest", "Southwest"] }
[[missions.stages]]
name = "First three deals"
on = "sale"
measure = "facts"
target = "3"
reward = { points = "500" }
[[missions.stages]]
name = "Twenty thousand"
on = "sale"
measure = "amount"
target = "20000"
reward = { USD = "100" }
"""


@pytest.fixture
def settings(tmp_path: Path, houses: Houses, monkeypatch: pytest.MonkeyPatch) -> Settings:
    """Settings of a home of this test's own, on SQLite; no Redis is there unless asked for."""
    for name in ("DATABASE_URL", "REDIS_URL"):
        monkeypatch.delenv(name, raising=False)
    home = tmp_path / "home"
    home.mkdir(mode=0o700)
    (home / "engage.db").write_bytes(houses.file().read_bytes())
    monkeypatch.setenv("ENGAGE_HOME", str(home))
    monkeypatch.setenv("ENGAGE_ENV", "test")
    return Settings()


@pytest.fixture
def app(settings: Settings) -> Iterator[Flask]:
    """The application, inside its context."""
    with opened(settings) as app:
        yield app


@pytest.fixture
def programme(app: Flask, request: pytest.FixtureRequest) -> Programme:
    """The published programme above, without partners (but for the cast, where a test has it)."""
    if "cast" in request.fixturenames:
        found: Programme = request.getfixturevalue("cast").programme
        return found
    return publish(PROGRAMME)


def publish(text: str, now: datetime = NOW) -> Programme:
    """Publish a programme file and let the flow catch up, as ``engage programme load`` does."""

    def work() -> None:
        published = programmes.publish(programme_file.parse(text), now)
        flow.reconsider(published.programme, now=now)

    transaction(work)
    return programmes.by_slug(programme_file.parse(text).slug)


@dataclass
class Person:
    """Somebody of the cast: a log-in, and the partner behind it if there is one."""

    user: User
    partner: Partner | None
    password: str = PASSWORD


@dataclass
class Cast:
    """alice and bob are one team; charlie is a rival from elsewhere; mia manages; ada administers.

    otto manages another programme and must see nothing of this one.
    """

    programme: Programme
    alice: Person
    bob: Person
    charlie: Person
    mia: Person
    ada: Person
    otto: Person


PROFILES = (
    Profile("A1", "Alice Bikes", "alice@example.com", "Rainier Group", "Seattle", "Northwest", "Dealer"),
    Profile("B1", "Bob's Wheels", "bob@example.com", "Rainier Group", "Seattle", "Northwest", "Dealer"),
    Profile("C1", "Charlie & Sons", "charlie@example.com", "Hudson Group", "Albany", "Northeast", "Dealer"),
)  # fmt: skip


NAMES = ("alice", "bob", "charlie", "mia", "ada", "otto")
PARTNER_OF = {"alice": "A1", "bob": "B1", "charlie": "C1"}


def sale(
    external_id: str,
    partner: str,
    amount: str,
    day: date = date(2013, 4, 5),
    *,
    hour: int = 12,
    category: str | None = "Bikes",
    kind: str = "sale",
    customer: str | None = None,
) -> Report:
    """A fact as a test would say it; ``hour`` is UTC."""
    return Report(
        external_id,
        partner,
        kind,
        datetime(day.year, day.month, day.day, hour, tzinfo=UTC),
        day,
        scaled(amount),
        "USD",
        scaled("1"),
        "Road-150",
        category,
        customer,
    )


def record(
    programme: Programme, *reports: Report, source: str = "test", now: datetime = NOW
) -> flow.Outcome:
    """Take facts in and commit."""
    programme_id = programme.id
    return transaction(
        lambda: flow.record(
            db.session.get_one(Programme, programme_id), reports, source=source, now=now
        )
    )


@pytest.fixture(scope="session")
def _password_hash() -> str:
    from argon2 import PasswordHasher

    return PasswordHasher(time_cost=1, memory_cost=8, parallelism=1).hash(PASSWORD)


@pytest.fixture(scope="session")
def _cast_house(houses: Houses, _password_hash: str) -> Path:
    """The SQLite database with the cast in it, made once: every test starts from a copy."""
    return houses.file(lambda: let_in(_password_hash))


@pytest.fixture
def cast(app: Flask, request: pytest.FixtureRequest, _password_hash: str) -> Cast:
    """Everybody, with a few sales: alice 6,000, bob 4,000, charlie 5,000 this quarter."""
    is_sqlite = db.engine.dialect.name == "sqlite"
    if is_sqlite and db.session.query(Programme).first() is None:
        house = request.getfixturevalue("_cast_house")
        db.session.remove()
        db.engine.dispose()
        Path(db.engine.url.database or "").write_bytes(house.read_bytes())
    else:
        let_in(_password_hash)
    return everybody()


def everybody() -> Cast:
    """Those who were let in."""
    users = {user.email.partition("@")[0]: user for user in db.session.query(User)}
    partners = {partner.external_id: partner for partner in db.session.query(Partner)}
    people = {name: Person(users[name], partners.get(PARTNER_OF.get(name, ""))) for name in NAMES}
    return Cast(programmes.by_slug("resellers"), **people)


@pytest.fixture
def april(monkeypatch: pytest.MonkeyPatch) -> None:
    """It is 10 April 2013, 11:00 in New York."""
    monkeypatch.setattr(clock, "now", lambda: NOW)


def _seated(name: str) -> Callable[..., Browser]:
    def sign_in(app: Flask, cast: Cast) -> Browser:
        return browser(app, getattr(cast, name).user)

    return pytest.fixture(name=name)(sign_in)


#: Everybody's browser, signed in, by their names.
alice, bob, charlie, mia, ada, otto = map(_seated, NAMES)


def let_in(password_hash: str) -> None:
    """Publish the programme and let everybody in."""
    publish(PROGRAMME)
    transaction(lambda: membership.enrol(programmes.by_slug("resellers"), PROFILES, now=NOW))
    other = publish(PROGRAMME.replace('"resellers"', '"elsewhere"').replace("Reseller", "Other"))
    ids = {p.external_id: p.id for p in db.session.query(Partner)}
    programme_ids = {"resellers": programmes.by_slug("resellers").id, "elsewhere": other.id}

    def person(name: str, role: str, partner: str | None = None, where: str = "resellers") -> None:
        user = User(
            email=f"{name}@example.com",
            name=name.capitalize(),
            password_hash=password_hash,
            is_admin=role == "admin",
            stamp=os.urandom(8).hex(),
            created_at=NOW,
        )
        db.session.add(user)
        db.session.flush()
        if role != "admin":
            db.session.add(
                Seat(
                    user_id=user.id,
                    programme_id=programme_ids[where],
                    role=role,
                    partner_id=ids[partner] if partner else None,
                )
            )

    def work() -> None:
        for name in NAMES:
            role = {"mia": "manager", "otto": "manager", "ada": "admin"}.get(name, "partner")
            where = "elsewhere" if name == "otto" else "resellers"
            person(name, role, PARTNER_OF.get(name), where)

    transaction(work)
    record(
        programmes.by_slug("resellers"),
        sale("a-1", "A1", "2500"),
        sale("a-2", "A1", "3500", date(2013, 4, 8)),
        sale("b-1", "B1", "4000"),
        sale("c-1", "C1", "5000"),
    )
