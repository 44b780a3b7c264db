"""Questions about a line: asked by whose line it is, answered in time, corrected by a line of its own."""

from datetime import timedelta

import pytest
from flask import Flask
from sqlalchemy import select

from engage import clock, flow, proof
from engage.accounts.models import Seat
from engage.db import db, transaction
from engage.disputes import service
from engage.disputes.models import Dispute
from engage.leaderboards.models import Board, Standing
from engage.ledger import service as ledger
from engage.outbox.models import Message
from engage.programmes import service as programmes
from tests.browsing import Browser, browser
from tests.conftest import NOW, PROGRAMME, Cast, publish
from tests.console.conftest import text
from tests.disputes.examples import asked

pytestmark = pytest.mark.usefixtures("april")


@pytest.fixture
def line(cast: Cast) -> int:
    """Alice's 3,500 points."""
    assert cast.alice.partner
    return next(
        one.transfer.id for one in ledger.lines(cast.alice.partner.id) if one.amount == 3_500
    )


QUESTION = {"question": "This order was larger.", "expected": "4,000 points"}


def open_id() -> int:
    db.session.rollback()
    return db.session.scalars(select(Dispute.id).where(Dispute.state == "open")).one()


def test_a_partner_asks_and_both_sides_see_the_deadline(alice: Browser, mia: Browser, line: int):
    assert "answers within 5 working days" in text(alice.get(f"/earnings/{line}"))
    said = text(alice.post(f"/earnings/{line}/ask", data=QUESTION, follow_redirects=True))
    assert "Answer by Apr 17, 2013, 11:59" in said, "Wednesday and five working days, midnight"
    assert "Is something wrong with this line?" not in said
    assert "This order was larger." in text(alice.get("/disputes/"))
    queue = text(mia.get("/console/disputes/"))
    assert "This order was larger. Partner" not in queue
    assert "Alice Bikes" in queue
    assert "+3,500 points" in queue
    page = text(mia.get(f"/console/disputes/{open_id()}"))
    assert "Expected: 4,000 points" in page
    assert "1 question of partners is open." in text(mia.get("/console/"))


def test_the_programme_says_how_many_days_there_are(alice: Browser, line: int):
    publish("[disputes]\nworking_days = 2\n" + PROGRAMME)
    said = text(alice.post(f"/earnings/{line}/ask", data=QUESTION, follow_redirects=True))
    assert "Answer by Apr 12, 2013" in said


def test_one_question_about_a_line_is_open_at_a_time(alice: Browser, line: int):
    alice.post(f"/earnings/{line}/ask", data=QUESTION)
    said = text(alice.post(f"/earnings/{line}/ask", data=QUESTION, follow_redirects=True))
    assert "Your earlier question about this line is still open." in said
    alice.post(f"/disputes/{open_id()}/withdraw")
    assert "Withdrawn" in text(alice.get(f"/earnings/{line}"))
    alice.post(f"/earnings/{line}/ask", data=QUESTION)
    assert open_id()


def test_an_empty_question_is_refused_with_what_was_typed(alice: Browser, line: int):
    answer = alice.post(f"/earnings/{line}/ask", data={"question": " ", "expected": "more"})
    assert answer.status_code == 422
    assert 'value="more"' in answer.text
    assert alice.post(f"/earnings/{line}/ask", data={"question": "x" * 2001}).status_code == 422


def test_an_explanation_is_under_the_line_and_told_once_as_new(
    alice: Browser, mia: Browser, line: int, cast: Cast
):
    alice.post(f"/earnings/{line}/ask", data=QUESTION)
    number = open_id()
    mia.post(f"/console/disputes/{number}", data={"answer": "It was 3,500 on the invoice."})
    assert "A question of yours is answered." in text(alice.get("/earnings/"))
    said = text(alice.get(f"/earnings/{line}"))
    assert "Explained" in said
    assert "New answer" in said
    assert "It was 3,500 on the invoice." in said
    assert "A question of yours is answered." not in text(alice.get("/earnings/"))
    assert cast.alice.partner
    told = db.session.scalars(select(Message.payload).where(Message.topic == "moved")).all()
    assert {"boards": [], "partners": [cast.alice.partner.id]} in told


def score(cast: Cast) -> int:
    """Points of the Northwest this month, on the board that ranks regions by points."""
    db.session.rollback()
    found = select(Standing.score).join(Board).where(Board.slug == "regions")
    return max(db.session.scalars(found.where(Standing.period == "2013-04")))


def test_a_correction_is_a_line_of_its_own_and_counts_everywhere(
    alice: Browser, mia: Browser, line: int, cast: Cast
):
    assert cast.alice.partner
    partner_id, before = cast.alice.partner.id, score(cast)
    alice.post(f"/earnings/{line}/ask", data=QUESTION)
    number = open_id()
    mia.post(f"/console/disputes/{number}", data={"answer": "You are right.", "amount": "500"})
    db.session.rollback()
    assert ledger.balances(partner_id)["points"] == 6_500
    assert score(cast) == before + 500
    said = text(alice.get("/earnings/"))
    assert "Correction" in said
    assert "+500 points" in said
    assert "You are right." in said
    assert "corrected by +500 points" in text(alice.get(f"/earnings/{line}"))
    here = programmes.by_slug("resellers")
    assert proof.check(here).ok
    digest = proof.digest(here)
    transaction(lambda: flow.reconsider(programmes.by_slug("resellers"), now=NOW))
    assert proof.digest(programmes.by_slug("resellers")) == digest, "a rebuild keeps corrections"


@pytest.mark.parametrize(
    "sent",
    [
        {"answer": ""},
        {"answer": "x", "amount": "lots"},
        {"answer": "x", "amount": "1e9"},
        {"answer": "x", "amount": "0"},
    ],
)
def test_an_answer_that_cannot_stand_changes_nothing(
    mia: Browser, cast: Cast, sent: dict[str, str]
):
    number = asked(cast)["dispute_id"]
    assert mia.post(f"/console/disputes/{number}", data=sent).status_code == 422
    assert open_id() == number


def test_two_managers_answer_and_one_of_them_wins(mia: Browser, cast: Cast):
    number = asked(cast)["dispute_id"]
    sent = {"answer": "Ten more.", "amount": "10"}
    mia.post(f"/console/disputes/{number}", data=sent)
    said = text(mia.post(f"/console/disputes/{number}", data=sent, follow_redirects=True))
    assert "Somebody settled this question before you." in said
    assert cast.alice.partner
    assert ledger.balances(cast.alice.partner.id)["points"] == 6_010


def test_a_late_answer_is_shown_as_late_on_both_sides(
    alice: Browser, mia: Browser, cast: Cast, monkeypatch: pytest.MonkeyPatch
):
    asked(cast)
    monkeypatch.setattr(clock, "now", lambda: NOW + timedelta(days=9))
    assert "is late" in text(alice.get("/disputes/"))
    assert "Overdue" in text(mia.get("/console/disputes/"))
    assert "1 is overdue." in text(mia.get("/console/"))


def test_somebody_elses_line_and_question_do_not_exist(app: Flask, cast: Cast, line: int):
    number = asked(cast)["dispute_id"]
    for person in (cast.bob, cast.charlie):
        other = browser(app, person.user)
        assert other.post(f"/earnings/{line}/ask", data=QUESTION).status_code == 404
        assert other.post(f"/disputes/{number}/withdraw").status_code == 404
    otto = browser(app, cast.otto.user)
    assert otto.get(f"/console/disputes/{number}").status_code == 404
    assert otto.post(f"/console/disputes/{number}", data={"answer": "x"}).status_code == 404
    assert not service.queue(programmes.by_slug("elsewhere").id, answered=False, limit=5)


def test_asking_is_limited(alice: Browser, line: int):
    answers = [alice.post(f"/earnings/{line}/ask", data={}).status_code for _ in range(21)]
    assert answers[-1] == 429


LIMITED = PROGRAMME.replace(
    "\n[[rules]]", '\n[payouts]\nsecond_approval_over = { points = "400" }\n\n[[rules]]', 1
)


def second(client: Browser, number: int, seen: str | None = None) -> str:
    if seen is None:
        seen = db.session.scalars(select(Dispute.proposed_at)).one().isoformat()  # type: ignore[union-attr]
    sent = {"seen": seen}
    address = f"/console/disputes/{number}/second"
    return text(client.post(address, data=sent, follow_redirects=True))


def test_a_large_correction_is_proposed_by_one_manager_and_settled_by_another(
    app: Flask, alice: Browser, mia: Browser, cast: Cast, line: int
):
    publish(LIMITED)
    ada = browser(app, cast.ada.user)
    alice.post(f"/earnings/{line}/ask", data=QUESTION)
    number = open_id()
    large = {"answer": "You are right.", "amount": "500"}
    said = text(mia.post(f"/console/disputes/{number}", data=large, follow_redirects=True))
    assert "So much needs another manager" in said
    assert (
        "Correct the line by"
        not in text(mia.get(f"/console/disputes/{number}")).partition("Your")[0]
    )
    assert "Second look" in text(mia.get("/console/disputes/"))
    assert "a second manager looks at the amount" in text(alice.get("/disputes/"))
    assert "Nothing was changed" in second(mia, number)
    assert cast.alice.partner
    assert ledger.balances(cast.alice.partner.id)["points"] == 6_000
    old = db.session.scalars(select(Dispute.proposed_at)).one()
    assert old
    mia.post(f"/console/disputes/{number}", data=large | {"amount": "-450"})
    assert "Proposed by Mia" in text(ada.get(f"/console/disputes/{number}"))
    assert "The line is corrected" in second(ada, number)
    assert "Nothing was changed" in second(ada, number, old.isoformat())
    assert ledger.balances(cast.alice.partner.id)["points"] == 5_550
    assert proof.check(programmes.by_slug("resellers")).ok


def test_small_corrections_of_a_line_that_come_to_much_need_another_manager_too(
    alice: Browser, mia: Browser, cast: Cast, line: int
):
    publish(LIMITED)
    for _ in range(2):
        alice.post(f"/earnings/{line}/ask", data=QUESTION)
        mia.post(f"/console/disputes/{open_id()}", data={"answer": "More.", "amount": "300"})
    assert cast.alice.partner
    assert ledger.balances(cast.alice.partner.id)["points"] == 6_300
    mia.post(f"/console/disputes/{open_id()}", data={"answer": "No more."})
    found = db.session.scalars(select(Dispute).order_by(Dispute.id.desc())).first()
    assert found
    assert (found.state, found.proposed_by) == ("explained", None), "another answer ends a proposal"


def test_a_proposal_that_was_changed_since_it_was_seen_is_not_settled(
    app: Flask, mia: Browser, cast: Cast, monkeypatch: pytest.MonkeyPatch
):
    publish(LIMITED)
    number = asked(cast)["dispute_id"]
    mia.post(f"/console/disputes/{number}", data={"answer": "Yes.", "amount": "500"})
    seen = NOW.isoformat()
    monkeypatch.setattr(clock, "now", lambda: NOW + timedelta(minutes=1))
    mia.post(f"/console/disputes/{number}", data={"answer": "Yes.", "amount": "5000"})
    assert "Nothing was changed" in second(browser(app, cast.ada.user), number, seen)
    assert open_id() == number


def test_what_turns_a_text_around_or_is_not_seen_is_left_out(
    alice: Browser, mia: Browser, line: int
):
    sent = "It was \u202e000,4\u202c points.\r\nTru\u200bly,\x07 \x1b[31mall\u2066 of it."
    alice.post(f"/earnings/{line}/ask", data={"question": sent, "expected": "\u202emore"})
    found = db.session.scalars(select(Dispute)).one()
    assert found.question == "It was 000,4 points.\nTruly, [31mall of it."
    assert found.expected == "more"


def test_nobody_pays_out_what_they_asked_for_themselves(
    app: Flask, cast: Cast, alice: Browser, mia: Browser, line: int
):
    """Alice is made a manager, too: two seats, one person."""
    alice.post(f"/earnings/{line}/ask", data=QUESTION)
    number = open_id()
    seat = Seat(user_id=cast.alice.user.id, programme_id=cast.programme.id, role="manager")
    transaction(lambda: db.session.add(seat))
    answer = {"answer": "It was larger.", "amount": "500"}
    own = alice.post(f"/console/disputes/{number}", data=answer)
    assert own.status_code == 422
    assert "another manager decides" in own.text
    assert open_id() == number
    assert mia.post(f"/console/disputes/{number}", data=answer).status_code == 303
