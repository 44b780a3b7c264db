"""However many want the last piece at once, there is one; and no point is spent twice."""

import threading
from collections.abc import Callable, Iterator

import pytest
from flask import Flask
from sqlalchemy import select

from engage import membership, proof
from engage.accounts.models import User
from engage.config import Settings
from engage.db import db, transaction
from engage.ledger import service as ledger
from engage.partners.models import Partner
from engage.programmes import service as programmes
from engage.rewards import service
from engage.rewards.models import Reward
from engage.rewards.rules import Offer
from tests.conftest import NOW, PROFILES, PROGRAMME, publish, record, sale
from tests.houses import Houses
from tests.rewards.examples import a_reward

WRITERS = 6


@pytest.fixture(params=["sqlite", "postgresql"])
def house(request: pytest.FixtureRequest, settings: Settings, houses: Houses) -> Iterator[Flask]:
    with houses.open(request.param, settings) as app:
        yield app


@pytest.fixture
def partners(house: Flask) -> list[int]:
    """Three partners; the first has 300 points, the others plenty."""
    programme = publish(PROGRAMME)
    transaction(lambda: membership.enrol(programmes.by_slug("resellers"), PROFILES, now=NOW))
    record(programme, sale("a", "A1", "300"), sale("b", "B1", "9000"), sale("c", "C1", "9000"))
    for name in "xy":  # who redeems, and who hands out
        user = User(email=name, name=name, is_admin=False, stamp="s", created_at=NOW)
        transaction(lambda user=user: db.session.add(user))
    return list(db.session.scalars(select(Partner.id).order_by(Partner.external_id)))


def at_once(house: Flask, tries: list[Callable[[], object]]) -> list[str]:
    """Run every try in a thread of its own; how each ended."""
    ended: list[str] = []
    ready = threading.Barrier(len(tries))

    def run(work: Callable[[], object]) -> None:
        with house.app_context():
            ready.wait()
            try:
                transaction(work)
                ended.append("open")
            except service.Refused as refusal:
                ended.append(refusal.standing.state)
            finally:
                db.session.remove()

    threads = [threading.Thread(target=run, args=(work,)) for work in tries]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    db.session.rollback()
    return sorted(ended)


def redeem(partner_id: int, reward_id: int, key: str) -> Callable[[], object]:
    return lambda: service.redeem(
        programmes.by_slug("resellers"), partner_id, reward_id, key=key, by=1, now=NOW
    )


@pytest.mark.service
def test_nothing_is_given_twice_however_many_ask_at_once(house: Flask, partners: list[int]):
    alice, bob, charlie = partners
    last_two = a_reward(Offer("Bell", "", 10, stock=2))
    wanting = [redeem((bob, charlie)[n % 2], last_two, f"s{n}") for n in range(WRITERS)]
    assert at_once(house, wanting) == ["open", "open"] + ["sold_out"] * (WRITERS - 2)
    assert db.session.get_one(Reward, last_two).stock == 0

    dear = a_reward(Offer("Lamp", "", 100))
    spending = [redeem(alice, dear, f"p{n}") for n in range(WRITERS)]
    assert at_once(house, spending) == ["open"] * 3 + ["short"] * (WRITERS - 3)
    assert ledger.balances(alice)["points"] == 0

    one_each = a_reward(Offer("Seat", "", 1, per_partner=1))
    again = [redeem(bob, one_each, f"l{n}") for n in range(WRITERS)]
    assert at_once(house, again) == ["limit"] * (WRITERS - 1) + ["open"]

    twice = [redeem(charlie, dear, "same") for _ in range(WRITERS)]
    before = ledger.balances(charlie)["points"]
    assert at_once(house, twice) == ["open"] * WRITERS, "one form, one redemption"
    assert ledger.balances(charlie)["points"] == before - 100

    order = service.of_partner(charlie, 1)[0].id
    outcomes: list[bool] = []

    def settle(change: Callable[[], bool]) -> Callable[[], object]:
        return lambda: outcomes.append(change())

    here = programmes.by_slug("resellers").id
    at_once(
        house,
        [
            settle(lambda: service.fulfil(here, order, "", by=2, now=NOW)),
            *(
                settle(
                    lambda: service.cancel(
                        programmes.by_slug("resellers"), order, "", by=1, now=NOW
                    )
                )
                for _ in range(WRITERS - 1)
            ),
        ],
    )
    found = service.of_partner(charlie, 1)[0]
    given_back = 100 if found.state == "cancelled" else 0
    assert ledger.balances(charlie)["points"] == before - 100 + given_back
    assert proof.check(programmes.by_slug("resellers")).ok
