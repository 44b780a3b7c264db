"""Many writers at once, and being killed in the middle: what stands is what the facts say."""

import random
import threading
from datetime import date, timedelta

import pytest
from flask import Flask

from engage import proof
from engage.accounts import keys
from engage.activity.rules import Report
from engage.db import db, transaction
from engage.money import natural
from engage.programmes import service as programmes
from tests.batches import in_order, publish_anew
from tests.conftest import NOW, PROFILES, PROGRAMME, record, sale

WRITERS = 8
FACTS = 10_000
#: As many as one request to the API may carry.
AT_ONCE = 1_000


def facts() -> list[Report]:
    dice = random.Random(8)
    return [
        sale(
            f"f-{number}",
            dice.choice(PROFILES).external_id,
            natural(dice.randrange(-20_000, 2_000_000), 2),
            date(2013, 1, 1) + timedelta(days=dice.randrange(98)),
            hour=dice.randrange(5, 24),  # the same day there
            category=dice.choice(["Bikes", "Clothing", None]),
        )
        for number in range(FACTS)
    ]


def shuffled(facts: list[Report], dice: random.Random) -> list[list[Report]]:
    """All facts in any order, every fifth of them twice, in batches as one request may carry."""
    said = [*facts, *dice.sample(facts, len(facts) // 5)]
    dice.shuffle(said)
    return [said[start : start + AT_ONCE] for start in range(0, len(said), AT_ONCE)]


def state(slug: str) -> str:
    db.session.rollback()
    found = proof.check(programmes.by_slug(slug))
    assert found.ok, f"{found.differences} differences"
    assert found.facts == FACTS
    return found.digest


def as_json(report: Report) -> dict[str, str | None]:
    return {
        "external_id": report.external_id,
        "partner": report.partner,
        "kind": report.kind,
        "occurred_at": report.occurred_at.isoformat(),
        "amount": natural(report.amount, 4),
        "currency": report.currency,
        "quantity": natural(report.quantity, 4),
        "product": report.product,
        "category": report.category,
    }


def test_eight_writers_at_once_end_where_one_in_order_does(
    house: Flask, caplog: pytest.LogCaptureFixture
) -> None:
    """Through the API: everybody sends everything that is left in a queue of batches."""
    said = facts()
    ordered = publish_anew(PROGRAMME)
    record(programmes.by_slug(ordered), *in_order(said))
    together = publish_anew(PROGRAMME)
    _, token = transaction(
        lambda: keys.add(programmes.by_slug(together), "crm", ["facts:write"], NOW)
    )
    db.session.remove()
    dice = random.Random(3)
    queue = [batch for _ in range(3) for batch in shuffled(said, dice)]
    answers: list[int] = []

    def write() -> None:
        client = house.test_client()
        while True:
            try:
                batch = queue.pop()
            except IndexError:
                return
            answer = client.post(
                "/api/v1/facts",
                json=[as_json(report) for report in batch],
                headers={"Authorization": f"Bearer {token}"},
            )
            answers.append(answer.status_code)

    with caplog.at_level("INFO", "engage.db"):
        writers = [threading.Thread(target=write) for _ in range(WRITERS)]
        for writer in writers:
            writer.start()
        for writer in writers:
            writer.join()
    assert set(answers) == {200}
    assert len(answers) == 36
    if db.engine.dialect.name == "postgresql":
        assert "transaction conflict" in caplog.text, "nobody had to run again: it proved nothing"
    assert state(together) == state(ordered)
