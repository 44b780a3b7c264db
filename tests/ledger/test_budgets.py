"""A programme awards no more than its budget, whoever asks and on either database."""

import pytest
from flask import Flask
from sqlalchemy import func, select, text
from sqlalchemy.exc import IntegrityError

from engage import proof
from engage.activity.models import Fact
from engage.db import db, transaction
from engage.ledger import service as ledger
from engage.ledger.rules import Overdrawn
from engage.programmes import file as programme_file
from engage.programmes import service as programmes
from engage.programmes.models import Programme
from tests.conftest import PROGRAMME, publish, record, sale


def limited(**budget: str) -> str:
    """The programme with a budget; the cast's sales have earned 15,000 points and $10."""
    lines = "".join(f'{unit} = "{amount}"\n' for unit, amount in budget.items())
    return PROGRAMME.replace("[[rules]]", f"[budget]\n{lines}\n[[rules]]", 1)


def the_programme() -> Programme:
    return programmes.by_slug("resellers")


def test_a_batch_that_asks_for_more_is_refused_whole_with_budget_amount_and_remedy(
    house: Flask,
) -> None:
    publish(limited(points="15500", USD="100"))
    before = proof.digest(the_programme())
    with pytest.raises(Overdrawn) as caught:
        record(the_programme(), sale("c-2", "C1", "100"), sale("a-2", "A1", "1000"))
    assert str(caught.value) == (
        "the programme's budget of 15500 points falls short by 600 points: "
        "raise it under [budget] in the programme file, then try again"
    )
    assert db.session.scalar(select(func.count()).select_from(Fact)) == 3
    found = proof.check(the_programme())
    assert found.ok
    assert found.digest == before


def test_the_last_point_of_a_budget_can_be_awarded_and_a_return_gives_room_again(
    house: Flask,
) -> None:
    publish(limited(points="15500"))
    record(the_programme(), sale("a-2", "A1", "500"))
    with pytest.raises(Overdrawn):
        record(the_programme(), sale("b-2", "B1", "1"))
    record(the_programme(), sale("a-2", "A1", "499"))
    record(the_programme(), sale("b-2", "B1", "1"))
    partner = ledger.balances(1)
    assert partner["points"] == 6499


def test_the_database_itself_keeps_the_budget(house: Flask) -> None:
    publish(limited(points="15500"))

    def raw() -> None:
        db.session.execute(
            text("UPDATE accounts SET balance = -15501 WHERE kind = 'budget' AND unit = 'points'")
        )

    with pytest.raises(IntegrityError, match="stands_above_its_floor"):
        transaction(raw)


def test_without_a_budget_there_is_no_limit_and_taking_one_out_of_the_file_lifts_it(
    house: Flask,
) -> None:
    publish(limited(points="15000"))
    with pytest.raises(Overdrawn):
        record(the_programme(), sale("a-2", "A1", "1000"))
    publish(PROGRAMME)
    assert record(the_programme(), sale("a-2", "A1", "1000")).answers == ["new"]


def test_a_budget_below_what_was_awarded_is_refused_with_the_file(house: Flask) -> None:
    with pytest.raises(Overdrawn, match="budget of 14000 points falls short by 1000 points"):
        publish(limited(points="14000"))
    assert programmes.export(the_programme()).budget == {}


def test_the_file_with_a_budget_reads_back_what_it_writes(house: Flask) -> None:
    text_ = limited(points="1000000", USD="2500.50")
    publish(text_)
    described = programme_file.parse(text_)
    assert described.budget == {"points": 1_000_000, "USD": 250_050}
    assert programmes.export(the_programme()) == described
    assert programme_file.parse(programme_file.dump(described)) == described


@pytest.mark.parametrize(
    ("unit", "amount", "says"),
    [
        ("USD", "1.505", "budget.USD: '1.505' does not fit"),
        ("points", "-5", "budget.points: is below zero"),
        ("pounds", "5", "budget.pounds: 'pounds' is no unit"),
        ("USD", "1,5", "budget.USD: '1,5' is not a decimal"),
    ],
)
def test_a_budget_that_cannot_be_is_refused_with_line_key_and_remedy(
    unit: str, amount: str, says: str
) -> None:
    with pytest.raises(programme_file.BadProgrammeFile, match=says) as caught:
        programme_file.parse(limited(**{unit: amount}))
    assert str(caught.value).startswith("line ")
