"""From accrued to paid: collected once, looked at, cleared by enough people, paid once."""

from datetime import date, timedelta

import pytest
from flask import Flask
from sqlalchemy import func, select, text
from sqlalchemy.exc import DBAPIError, IntegrityError

from engage import proof
from engage.db import db, transaction
from engage.earnings.document import document
from engage.ledger import chain
from engage.ledger.models import Account, Transfer
from engage.outbox.models import Message
from engage.partners import service as partners
from engage.payouts import collecting, jobs, service, standing, sums
from engage.payouts.models import Payout, PayoutRun
from engage.programmes import file as programme_file
from engage.programmes import service as programmes
from tests.conftest import NOW, PROGRAMME, publish, record, sale

from .conftest import (
    JUNE,
    LAST_OF_APRIL,
    MAY,
    PAYING,
    approve,
    collect,
    pay,
    put_back,
    release,
    the_programme,
    the_run,
)


def partner_id(name: str) -> int:
    found = partners.by_external_id(the_programme().id, name)
    assert found
    return found.id


def held(name: str, unit: str = "USD") -> dict[str, int]:
    """A partner's accounts of a unit that are not empty, by kind."""
    db.session.rollback()
    rows = db.session.execute(
        select(Account.kind, Account.balance).where(
            Account.partner_id == partner_id(name), Account.unit == unit, Account.balance != 0
        )
    )
    return dict(rows.tuples().all())


def payment(name: str, number: int = 1) -> Payout:
    run = the_run(number)
    return next(p for p in service.payments(run) if p.partner_id == partner_id(name))


def states(number: int = 1) -> dict[str, str]:
    run = the_run(number)
    names = {partner_id(name): name for name in ("A1", "B1", "C1")}
    return {names[p.partner_id]: service.state(p, run) for p in service.payments(run)}


def test_a_closed_period_is_collected_and_points_stay_for_rewards(house: Flask) -> None:
    run = collect()
    assert (run.last_day, run.promised_on) == (LAST_OF_APRIL, date(2013, 5, 15))
    assert held("A1") == {"payable": 1000}
    assert held("A1", "points") == {"accrued": 6000}
    assert {(p.amount, p.earlier) for p in service.payments(run)} == {
        (1000, 0),
        (21000, 0),
        (61000, 0),
    }
    assert proof.check(the_programme()).ok


def test_what_the_running_period_earned_waits_for_its_own_run(house: Flask) -> None:
    record(the_programme(), sale("a-2", "A1", "4000", date(2013, 5, 1)), now=MAY)
    collect()
    assert held("A1") == {"payable": 1000, "accrued": 4000}


def test_a_period_is_collected_once_by_hand_or_by_schedule(
    house: Flask, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("engage.clock.now", lambda: MAY)
    jobs.collect()
    jobs.collect()
    assert transaction(lambda: collecting.collect(the_programme(), MAY)) is None
    assert db.session.scalar(select(func.count()).select_from(PayoutRun)) == 1


def test_grace_days_let_late_facts_into_their_own_run(house: Flask) -> None:
    publish(PAYING.replace("promised_days", "grace_days = 3\npromised_days"))
    collected = transaction(lambda: collecting.collect(the_programme(), MAY))
    assert collected is None, "April is open until the 3rd of May"
    assert held("A1") == {"accrued": 1000}
    run = collect(MAY + timedelta(days=2))
    assert run.period == "2013-04"


def test_an_unusual_payment_is_held_with_its_reason_and_the_others_go_on(house: Flask) -> None:
    collect()
    assert payment("C1").holds == [["limit", 50000]]
    approve(1, 1)
    approve(1, 2)
    assert pay(1) == 2
    assert states() == {"A1": "paid", "B1": "paid", "C1": "held"}
    release(1, payment("C1").id)
    assert pay(1, "wire-2") == 1
    assert held("C1") == {"paid": 61000}


def test_over_the_limit_two_managers_who_are_not_the_same_clear_a_run(house: Flask) -> None:
    assert collect().needs_second
    with pytest.raises(service.Refused, match="not approved yet"):
        pay(1)
    assert approve(1, 1) is False
    with pytest.raises(service.Refused, match="another manager"):
        approve(1, 1)
    assert approve(1, 2) is True
    with pytest.raises(service.Refused, match="cleared already"):
        approve(1, 1)


def test_below_the_limit_one_is_enough(house: Flask) -> None:
    publish(PAYING.replace('second_approval_over = { USD = "600" }', ""))
    assert not collect().needs_second
    assert approve(1, 1) is True


def test_the_database_itself_wants_two(house: Flask) -> None:
    collect()
    for change in (
        "cleared_at = collected_at",
        "approved_by = 1, approved_at = collected_at, cleared_at = collected_at",
        "approved_by = 1, approved_at = collected_at, seconded_by = 1",
    ):
        with pytest.raises(IntegrityError):
            transaction(lambda: db.session.execute(text(f"UPDATE payout_runs SET {change}")))  # noqa: B023
    with pytest.raises(DBAPIError):
        transaction(lambda: db.session.execute(text("UPDATE payouts SET amount = 1, fresh = 1")))
    with pytest.raises(DBAPIError):
        transaction(lambda: db.session.execute(text("DELETE FROM payouts")))


def test_a_late_fact_of_a_paid_period_comes_with_the_next_run_as_such(house: Flask) -> None:
    collect()
    record(the_programme(), sale("a-late", "A1", "1000", date(2013, 4, 20)), now=MAY)
    record(the_programme(), sale("a-may", "A1", "2000", date(2013, 5, 20)), now=JUNE)
    collect(JUNE)
    found = payment("A1", 2)
    assert (found.fresh, found.earlier) == (2000, 1000)


def test_a_return_after_the_payout_is_taken_off_the_next_one(house: Flask) -> None:
    collect()
    approve(1, 1)
    approve(1, 2)
    pay(1)
    record(the_programme(), sale("b-1", "B1", "10000", category="Clothing"), now=MAY)
    assert held("B1") == {"accrued": -16000, "paid": 21000}
    assert sums.carried(the_programme().id) == [(partner_id("B1"), "USD", -16000)]
    record(the_programme(), sale("b-2", "B1", "15000", date(2013, 5, 20)), now=JUNE)
    collect(JUNE)
    found = payment("B1", 2)
    assert (found.fresh, found.earlier, found.amount) == (30000, -16000, 14000)
    assert ["taken_back", 16000] in found.holds


def test_who_has_less_than_nothing_is_not_paid_and_the_rest_is_carried_on(house: Flask) -> None:
    collect()
    approve(1, 1)
    approve(1, 2)
    pay(1)
    record(the_programme(), sale("b-1", "B1", "10000", category="Clothing"), now=MAY)
    collect(JUNE)
    assert states(2) == {}
    assert held("B1") == {"accrued": -16000, "paid": 21000}


def test_a_payment_put_back_is_accrued_again_and_comes_with_the_next_run(house: Flask) -> None:
    collect()
    put_back(1, payment("A1").id)
    assert held("A1") == {"accrued": 1000}
    with pytest.raises(service.Refused, match="put back already"):
        put_back(1, payment("A1").id)
    approve(1, 1)
    approve(1, 2)
    assert pay(1) == 1
    collect(JUNE)
    assert (payment("A1", 2).fresh, payment("A1", 2).earlier) == (0, 1000)


def test_a_payment_that_the_bank_returned_is_not_paid_any_more(house: Flask) -> None:
    collect()
    approve(1, 1)
    approve(1, 2)
    pay(1)
    put_back(1, payment("A1").id, "account closed")
    assert held("A1") == {"accrued": 1000}
    assert states()["A1"] == "put_back"
    assert proof.check(the_programme()).ok
    found = document(the_programme(), partners.by_external_id(the_programme().id, "A1"))
    money = [(line["rule"], line["amount"]) for line in found["lines"] if line["unit"] == "USD"]
    assert money == [("growth-bonus", "10.00"), ("payout", "-10.00"), ("payout", "10.00")]
    assert "account closed" in found["lines"][-1]["because"]


def test_one_payment_can_be_paid_by_itself_and_only_once(house: Flask) -> None:
    collect()
    approve(1, 1)
    approve(1, 2)
    assert pay(1, payout_id=payment("A1").id) == 1
    with pytest.raises(service.Refused, match="nothing of this"):
        pay(1, payout_id=payment("A1").id)
    assert pay(1) == 1
    with pytest.raises(service.Refused, match="nothing of this"):
        pay(1)
    assert held("A1") == {"paid": 1000}


def test_paid_needs_a_reference(house: Flask) -> None:
    collect()
    approve(1, 1)
    approve(1, 2)
    with pytest.raises(service.Refused, match="reference"):
        pay(1, "  ")


def test_partners_are_told_when_their_money_leaves_and_when_it_is_paid(house: Flask) -> None:
    collect()
    approve(1, 1)
    approve(1, 2)
    pay(1)
    told = db.session.scalars(
        select(Message.payload).where(Message.topic == "payout").order_by(Message.id)
    ).all()
    assert [len(payload["partners"]) for payload in told] == [3, 2]


def test_a_partner_sees_where_the_money_is_at_every_step(house: Flask) -> None:
    def money(now=MAY) -> standing.Standing:
        db.session.rollback()
        (found,) = standing.standings(the_programme(), partner_id("A1"), now)
        return found

    assert money(NOW)[1:6] == (1000, 0, 0, 0, None), "April runs"
    assert money()[1:7] == (0, 1000, 0, 0, date(2013, 5, 15), 0), "April is closed"
    collect()
    assert money()[1:7] == (0, 1000, 0, 0, date(2013, 5, 15), 0)
    approve(1, 1)
    approve(1, 2)
    assert money()[1:7] == (0, 0, 1000, 0, date(2013, 5, 15), 0)
    assert money(MAY + timedelta(days=20)).late == 7
    pay(1)
    assert money(MAY + timedelta(days=20))[1:7] == (0, 0, 0, 1000, None, 0)


def test_every_step_is_in_the_chain_and_the_facts_give_the_same(house: Flask) -> None:
    collect()
    approve(1, 1)
    approve(1, 2)
    pay(1)
    assert chain.verify(the_programme().id, lambda done: None).ok
    assert proof.check(the_programme()).ok
    kinds = db.session.execute(
        select(Transfer.kind, func.count())
        .where(Transfer.unit == "USD")
        .group_by(Transfer.kind)
        .order_by(Transfer.kind)
    )
    assert [tuple(row) for row in kinds] == [("award", 3), ("paid", 2), ("payout", 3)]


def test_terms_are_written_back_as_they_were_read(house: Flask) -> None:
    described = programme_file.parse(PAYING)
    assert programmes.export(the_programme()) == described
    assert programme_file.parse(programme_file.dump(described)) == described


def test_without_terms_nothing_is_paid_out(house: Flask) -> None:
    publish(PAYING.replace(PAYING[PAYING.index("[payouts]") : PAYING.index("[[rules]]")], ""))
    with pytest.raises(service.Refused, match=r"write \[payouts\]"):
        transaction(lambda: collecting.collect(the_programme(), MAY))
    assert standing.standings(the_programme(), partner_id("A1"), MAY) == []


def test_an_empty_table_of_terms_is_refused_with_its_remedy() -> None:
    with pytest.raises(programme_file.BadProgrammeFile, match=r"payouts: is empty: write period"):
        programme_file.parse(PROGRAMME + "\n[payouts]\n")
