"""What moves on after it was earned: by its own way, once, and never more than is there."""

import pytest
from flask import Flask
from sqlalchemy import select, text, update
from sqlalchemy.exc import DBAPIError, IntegrityError

from engage import clock, proof
from engage.db import db, transaction
from engage.earnings.document import document
from engage.ledger import service as ledger
from engage.ledger.models import Account, Transfer
from engage.ledger.rules import Move, Overdrawn
from engage.partners import service as partners
from engage.programmes import service as programmes
from engage.programmes.models import Programme
from tests.conftest import NOW, record, sale
from tests.rewards.examples import a_redemption


def partner_id(name: str) -> int:
    found = partners.by_external_id(the_programme().id, name)
    assert found
    return found.id


def the_programme() -> Programme:
    return programmes.by_slug("resellers")


def move(kind: str, partner: str, amount: int, key: str = "", unit: str = "points", **more) -> Move:
    today = clock.local_day(NOW, "America/New_York")
    key = key or f"{kind}:{partner}:{amount}"
    return Move(kind, partner_id(partner), unit, amount, key, NOW, today, **more)


def transfer(*moves: Move) -> None:
    programme_id = the_programme().id
    transaction(lambda: ledger.transfer(programme_id, moves, NOW))


def redeem(partner: str, amount: int, key: str = "") -> Move:
    return move("redemption", partner, amount, key, redemption_id=a_redemption(partner_id(partner)))


def held(partner: str, unit: str = "points") -> dict[str, int]:
    """A partner's accounts of a unit, by kind."""
    db.session.rollback()
    rows = db.session.execute(
        select(Account.kind, Account.balance).where(
            Account.partner_id == partner_id(partner), Account.unit == unit
        )
    )
    return dict(rows.tuples().all())


def test_a_redemption_moves_points_on_and_what_was_earned_stays_earned(house: Flask) -> None:
    before = proof.check(the_programme())
    transfer(redeem("A1", 2000))
    assert held("A1") == {"accrued": 4000, "redeemed": 2000}
    assert ledger.earned_ever(partner_id("A1"))["points"] == 6000
    found = proof.check(the_programme())
    assert found.ok
    assert found.digest != before.digest
    transfer(redeem("A1", -2000))
    assert proof.digest(the_programme()) == before.digest, "called off, as if it had never been"


def test_a_statement_has_a_line_for_it_and_its_lines_add_up_to_the_balance(house: Flask) -> None:
    transfer(redeem("A1", 2000), move("clawback", "A1", 500, reason="Sold to themselves"))
    partner = partners.by_external_id(the_programme().id, "A1")
    found = document(the_programme(), partner)
    points = [line for line in found["lines"] if line["unit"] == "points"]
    assert {line["rule"]: line["amount"] for line in points} == {
        "bike-points": "6000",
        "redemption": "-2000",
        "clawback": "-500",
    }
    assert found["balances"]["points"] == "3500"
    taken = next(line for line in points if line["rule"] == "clawback")
    assert taken["fact"] is None
    assert "Sold to themselves" in taken["because"]


def test_nobody_redeems_more_than_has_accrued_and_nothing_of_the_batch_is_left(
    house: Flask,
) -> None:
    with pytest.raises(Overdrawn, match="2 points less in accrued"):
        transfer(redeem("B1", 100), redeem("A1", 4001), redeem("A1", 2001, "other"))
    assert held("A1") == {"accrued": 6000}
    assert held("B1") == {"accrued": 4000}


def test_the_same_key_is_posted_once(house: Flask) -> None:
    transfer(redeem("A1", 100, "order-7"))
    with pytest.raises(IntegrityError):
        transfer(redeem("A1", 200, "order-7"))
    assert held("A1")["redeemed"] == 100


def test_a_return_after_redeeming_leaves_less_than_nothing_which_later_earnings_fill(
    house: Flask,
) -> None:
    transfer(redeem("A1", 6000))
    record(the_programme(), sale("a-1", "A1", "5000"))
    assert held("A1") == {"accrued": -1000, "redeemed": 6000}
    with pytest.raises(Overdrawn):
        transfer(redeem("A1", 1, "more"))
    record(the_programme(), sale("a-2", "A1", "3000"))
    transfer(redeem("A1", 2000, "after"))
    assert held("A1") == {"accrued": 0, "redeemed": 8000}


def sources(**named: int | str) -> dict[str, int | str]:
    return named


@pytest.mark.parametrize(
    "wrong",
    [
        sources(kind="gift"),
        sources(kind="redemption"),
        sources(kind="payout", redemption_id=1),
        sources(kind="redemption", redemption_id=1, payout_id=1),
        sources(kind="adjustment", dispute_id=1),
        sources(kind="clawback"),
        sources(kind="award"),
    ],
    ids=str,
)
def test_the_database_refuses_a_line_without_the_sources_of_its_kind(
    house: Flask, wrong: dict[str, int | str]
) -> None:
    with pytest.raises(IntegrityError, match="has_its_sources"):
        transaction(lambda: copy_of_a_line(**wrong))


def test_the_database_refuses_to_give_what_is_not_there(house: Flask) -> None:
    def raw() -> None:
        account = db.session.scalar(
            select(Account.id).where(
                Account.kind == "accrued",
                Account.unit == "points",
                Account.partner_id == partner_id("A1"),
            )
        )
        db.session.execute(update(Account).where(Account.id == account).values(balance=-1))
        copy_of_a_line(kind="redemption", redemption_id=1, debit=account)

    with pytest.raises(DBAPIError, match="gives no more than it has"):
        transaction(raw)


def copy_of_a_line(debit: int | None = None, **named: int | str) -> None:
    """Insert a line as SQL would, past the service; without sources but for those named."""
    like = db.session.scalars(select(Transfer).limit(1)).one()
    row = {column.name: getattr(like, column.name) for column in Transfer.__table__.columns}
    accounts = list(db.session.scalars(select(Account.id).order_by(Account.id).limit(2)))
    row |= dict.fromkeys(("fact_id", "rule_version_id", "stage_id"))
    row |= {"id": 10**9, "key": "copy", "debit_id": debit or accounts[0], **named}
    row["credit_id"] = next(account for account in accounts if account != row["debit_id"])
    db.session.execute(Transfer.__table__.insert(), row)


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE accounts SET unit = 'EUR'",
        "UPDATE accounts SET partner_id = NULL",
        "DELETE FROM accounts",
        "UPDATE transfers SET kind = 'reward'",
        "DELETE FROM transfers",
        "UPDATE accounts SET kind = 'payable', balance = -1",
        "UPDATE accounts SET floor = -10 WHERE kind = 'budget'",
    ],
)
def test_the_database_refuses_what_no_ledger_does(house: Flask, statement: str) -> None:
    def work() -> None:
        db.session.execute(text(statement))

    with pytest.raises(DBAPIError):
        transaction(work)
