"""Payouts on the pages: of the managers who clear them, and of the partner who waits for them."""

import csv
import io
import re
from datetime import date, timedelta

import pytest
from flask import Flask

from engage import clock
from engage.accounts import service as accounts
from engage.accounts.models import Seat, User
from engage.db import db, transaction
from engage.partners.models import Partner
from engage.payouts import routes, service
from engage.programmes import service as programmes
from tests.api.conftest import caller
from tests.browsing import Browser, browser
from tests.conftest import Cast, publish, record, sale
from tests.console.conftest import text

from .conftest import JUNE, MAY, PAYING

LOW = PAYING.replace('review_over = { USD = "500" }', 'review_over = { USD = "9" }').replace(
    'second_approval_over = { USD = "600" }', 'second_approval_over = { USD = "5" }'
)


@pytest.fixture(autouse=True)
def may(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(clock, "now", lambda: MAY)


@pytest.fixture
def mia(app: Flask, cast: Cast) -> Browser:
    publish(LOW)
    return browser(app, cast.mia.user)


@pytest.fixture
def max_(app: Flask, cast: Cast) -> Browser:
    """Another manager of the programme."""
    user = User(email="max@example.com", name="Max", stamp="max", created_at=MAY)
    db.session.add(user)
    db.session.flush()
    db.session.add(Seat(user_id=user.id, programme_id=cast.programme.id, role="manager"))
    db.session.commit()
    return browser(app, user)


def payout_id(number: int = 1) -> int:
    db.session.rollback()
    run = service.run_of(programmes.by_slug("resellers").id, number)
    assert run
    return service.payments(run)[0].id


def test_a_run_goes_from_collected_to_paid_by_two_managers(
    mia: Browser, max_: Browser, app: Flask, cast: Cast
) -> None:
    assert "Collect April 2013 now" in text(mia.get("/console/payouts/"))
    mia.post("/console/payouts/collect")
    said = text(mia.get("/console/payouts/1"))
    assert "More than $9.00, the limit for one payment" in said
    assert "two managers have to approve it" in said
    page = f"/console/payouts/1/payments/{payout_id()}"
    mia.post(page, data={"do": "release", "note": "checked"})
    assert "Managers needed 2" in text(mia.get("/console/payouts/1/approve"))
    mia.post("/console/payouts/1/approve")
    assert mia.get("/console/payouts/1/payments.csv").status_code == 404
    again = mia.post("/console/payouts/1/approve", follow_redirects=True)
    assert "needs another manager" in text(again)
    max_.post("/console/payouts/1/approve")
    assert "Approved by Mia, Max" in text(mia.get("/console/payouts/1"))
    rows = list(csv.reader(io.StringIO(mia.get("/console/payouts/1/payments.csv").text[1:])))
    assert rows[1][1:6] == ["A1", "Alice Bikes", "alice@example.com", "10.00", "USD"]
    assert "1 payment paid?" in text(mia.get("/console/payouts/1/pay"))
    assert mia.post("/console/payouts/1/pay", data={"reference": " "}).status_code == 422
    mia.post("/console/payouts/1/pay", data={"reference": "SEPA 77"})
    assert "SEPA 77" in text(mia.get("/console/payouts/1"))
    assert "SEPA 77" in text(browser(app, cast.alice.user).get("/earnings/"))


def test_a_partner_reads_when_the_money_comes_and_when_it_is_late(
    mia: Browser, max_: Browser, app: Flask, cast: Cast, monkeypatch: pytest.MonkeyPatch
) -> None:
    alice = browser(app, cast.alice.user)
    assert "$10.00 is confirmed and will be paid by May 15, 2013." in text(alice.get("/"))
    mia.post("/console/payouts/collect")
    mia.post(f"/console/payouts/1/payments/{payout_id()}", data={"do": "release"})
    for manager in (mia, max_):
        manager.post("/console/payouts/1/approve")
    assert "$10.00 is on its way to you by May 15, 2013." in text(alice.get("/"))
    assert "On its way by May 15, 2013." in text(alice.get("/earnings/"))
    monkeypatch.setattr(clock, "now", lambda: MAY + timedelta(days=16))
    assert "was promised by May 15, 2013 and is 3 days late" in text(alice.get("/"))
    assert "3 days late" in text(mia.get("/console/payouts/"))
    assert "3 days late" in text(alice.get("/earnings/"))
    mia.post("/console/payouts/1/pay", data={"reference": "SEPA 77"})
    monkeypatch.setattr(clock, "now", lambda: MAY + timedelta(days=60))
    said = text(alice.get("/earnings/payouts/"))
    assert "reference SEPA 77. Promised by May 15, 2013, so it was 3 days late." in said
    (one,) = caller(app, "resellers", "read")("GET", "/partners/A1/payouts").json["payments"]
    assert (one["state"], one["days_late"]) == ("paid", 3)


def test_a_period_that_nobody_collected_is_late_for_both_sides(
    mia: Browser, alice: Browser, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(clock, "now", lambda: MAY + timedelta(days=16))
    assert "3 days late" in text(alice.get("/"))
    assert "Partners were promised this: 3 days late." in text(mia.get("/console/payouts/"))


def test_every_payment_is_listed_a_page_at_a_time(
    mia: Browser, alice: Browser, cast: Cast, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(routes, "_PAGE", 1)
    mia.post("/console/payouts/collect")
    monkeypatch.setattr(clock, "now", lambda: JUNE)
    record(programmes.by_slug("resellers"), sale("a-9", "A1", "9000", date(2013, 5, 20)), now=JUNE)
    mia.post("/console/payouts/collect")
    page = alice.get("/earnings/payouts/")
    assert "May 2013" in text(page)
    assert "April 2013" not in text(page)
    older = re.search(r'rel="next" href="([^"]+)"', page.text)
    assert older
    assert "April 2013" in text(alice.get(older[1]))


def test_what_is_put_back_needs_a_reason_that_the_partner_reads(
    mia: Browser, app: Flask, cast: Cast
) -> None:
    mia.post("/console/payouts/collect")
    page = f"/console/payouts/1/payments/{payout_id()}"
    assert mia.post(page, data={"do": "back"}).status_code == 422
    mia.post(page, data={"do": "back", "note": "The bank details are old"})
    said = text(browser(app, cast.alice.user).get("/earnings/"))
    assert "Not paid: The bank details are old. It comes with the next payout." in said


def test_a_payment_lists_the_late_lines_in_it_and_a_statements_line_leads_to_its_run(
    mia: Browser, app: Flask, cast: Cast, monkeypatch: pytest.MonkeyPatch
) -> None:
    mia.post("/console/payouts/collect")
    late = sale("a-late", "A1", "1000", date(2013, 4, 20))
    record(programmes.by_slug("resellers"), late, now=MAY + timedelta(days=1))
    monkeypatch.setattr(clock, "now", lambda: JUNE)
    mia.post("/console/payouts/collect")
    said = text(mia.get(f"/console/payouts/2/payments/{payout_id(2)}"))
    assert "Late and corrected" in said
    assert "a-late" in said
    assert "Late and corrected" not in text(mia.get(f"/console/payouts/1/payments/{payout_id(1)}"))
    assert "a-1" not in said
    alice = browser(app, cast.alice.user)
    mine = alice.get("/earnings/")
    assert "Payout of April 2013" in text(mine)
    assert 'href="/earnings/payouts/1"' in mine.text
    assert "Late and corrected" in text(alice.get("/earnings/payouts/2"))
    assert "a-late" in text(alice.get("/earnings/payouts/2"))
    assert "Late and corrected" not in text(alice.get("/earnings/payouts/1"))
    assert browser(app, cast.charlie.user).get("/earnings/payouts/2").status_code == 404
    first, second = caller(app, "resellers", "read")("GET", "/partners/A1/payouts").json[
        "payments"
    ][::-1]
    assert (first["run"], first["late_lines"]) == (1, [])
    assert [line["fact"] for line in second["late_lines"]] == ["a-late"]
    assert 'href="/console/payouts/2"' in mia.get("/console/partners/A1").text


def test_no_cell_of_the_file_is_a_formula(mia: Browser, max_: Browser, cast: Cast) -> None:
    def rename() -> None:
        partner = db.session.query(Partner).filter_by(external_id="A1").one()
        partner.name = "=HYPERLINK(1)"

    transaction(rename)
    mia.post("/console/payouts/collect")
    mia.post(f"/console/payouts/1/payments/{payout_id()}", data={"do": "release"})
    for manager in (mia, max_):
        manager.post("/console/payouts/1/approve")
    rows = list(csv.reader(io.StringIO(mia.get("/console/payouts/1/payments.csv").text[1:])))
    assert rows[1][2] == "'=HYPERLINK(1)"


def test_a_programme_without_terms_says_how_to_begin(app: Flask, cast: Cast) -> None:
    mia = browser(app, cast.mia.user)
    assert "This programme pays nothing out" in text(mia.get("/console/payouts/"))
    answer = mia.post("/console/payouts/collect", follow_redirects=True)
    assert "write [payouts] in its file" in text(answer)


def test_another_programmes_run_does_not_exist(mia: Browser, app: Flask, cast: Cast) -> None:
    mia.post("/console/payouts/collect")
    assert browser(app, cast.otto.user).get("/console/payouts/1").status_code == 404
    assert mia.post("/console/payouts/1/payments/999", data={"do": "release"}).status_code == 404


def test_the_api_tells_runs_and_payments(mia: Browser, app: Flask, cast: Cast) -> None:
    mia.post("/console/payouts/collect")
    crm = caller(app, "resellers", "read")
    (run,) = crm("GET", "/payouts").json["runs"]
    assert (run["period"], run["state"], run["amounts"]) == ("2013-04", "waiting", {"USD": "10.00"})
    (one,) = crm("GET", "/payouts/1").json["payments"]
    assert (one["partner"], one["amount"], one["state"]) == ("A1", "10.00", "held")
    assert crm("GET", "/payouts/2").status_code == 404
    assert caller(app, "elsewhere", "read")("GET", "/payouts").json == {"runs": []}


def test_nobody_approves_releases_or_puts_back_what_is_their_own(
    mia: Browser, max_: Browser, cast: Cast
) -> None:
    mia.post("/console/payouts/collect")
    assert cast.alice.partner
    own = Seat(user_id=cast.mia.user.id, programme_id=cast.programme.id, role="partner")
    own.partner_id = cast.alice.partner.id
    db.session.add(own)
    db.session.commit()
    yours = "A payment of this run is yours: another manager approves it."
    for address in ("/console/payouts/1", "/console/payouts/1/approve"):
        found = mia.get(address)
        assert yours in text(found)
        assert "Approve it" not in text(found)
        assert yours not in text(max_.get(address))
    assert yours in text(mia.post("/console/payouts/1/approve", follow_redirects=True))
    one = f"/console/payouts/1/payments/{payout_id()}"
    for do in ("release", "back"):
        said = mia.post(one, data={"do": do, "note": "Fine."}, follow_redirects=True)
        assert "This payment is yours: another manager decides on it." in text(said)
    max_.post("/console/payouts/1/approve")
    assert yours in text(mia.post("/console/payouts/1/approve", follow_redirects=True)), (
        "nor second"
    )
    max_.post(one, data={"do": "back", "note": "Wait."})
    mia.post("/console/payouts/1/approve")
    db.session.rollback()
    run = service.run_of(cast.programme.id, 1)
    assert run
    assert run.cleared_at, "nothing of it is hers any more"


def test_who_sat_for_a_partner_when_a_payout_was_collected_decides_nothing_of_it_having_got_up(
    app: Flask, mia: Browser, cast: Cast
) -> None:
    partner, mias = cast.alice.partner, cast.mia.user
    assert partner
    transaction(lambda: accounts.give_seat(mias, cast.programme, partner))
    transaction(lambda: accounts.take_seat(mias.id, partner, MAY - timedelta(days=1)))
    mia = browser(app, mias)
    mia.post("/console/payouts/collect")
    assert "Approve it" in text(mia.get("/console/payouts/1/approve")), "she got up before"
    transaction(lambda: accounts.give_seat(mias, cast.programme, partner))
    transaction(lambda: accounts.take_seat(mias.id, partner, clock.now()))
    mia = browser(app, mias)
    assert "Approve it" not in text(mia.get("/console/payouts/1/approve"))
    yours = "A payment of this run is yours: another manager approves it."
    assert yours in text(mia.post("/console/payouts/1/approve", follow_redirects=True))
    one = f"/console/payouts/1/payments/{payout_id()}"
    said = mia.post(one, data={"do": "release", "note": "Fine."}, follow_redirects=True)
    assert "This payment is yours: another manager decides on it." in text(said)
