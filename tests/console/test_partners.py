"""Partners for their manager: found by what is known of them, shown with their reasons, let in."""

import pytest

from engage.accounts import passwords
from engage.accounts import service as accounts
from engage.accounts.models import Seat, User
from engage.db import db, transaction
from engage.partners.models import Partner
from engage.programmes.models import Programme
from engage.programmes.service import by_slug

from ..browsing import Browser, browser
from ..conftest import NOW, Cast
from .conftest import page, text


def names(mia: Browser, query: str = "") -> list[str]:
    return [a.get_text() for a in page(mia.get(f"/console/partners/{query}")).select(".person a")]


def test_partners_are_in_the_order_of_their_names(mia: Browser):
    assert names(mia) == ["Alice Bikes", "Bob's Wheels", "Charlie & Sons"]


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("?q=alice", ["Alice Bikes"]),
        ("?q=b1", ["Bob's Wheels"]),
        ("?q=CHARLIE@example", ["Charlie & Sons"]),
        ("?q=s+wheels", ["Bob's Wheels"]),
        ("?q=%25", []),
        ("?q=_", []),
        ("?region=Northwest", ["Alice Bikes", "Bob's Wheels"]),
        ("?region=Northwest&q=bob", ["Bob's Wheels"]),
        ("?organisation=Hudson+Group", ["Charlie & Sons"]),
        ("?page=2", []),
    ],
)
def test_partners_are_found_by_words_and_attributes(mia: Browser, query: str, found: list[str]):
    assert names(mia, query) == found


def test_many_partners_come_a_page_at_a_time(mia: Browser, cast: Cast):
    programme_id = cast.programme.id

    def more() -> None:
        for number in range(60):
            db.session.add(
                Partner(
                    programme_id=programme_id,
                    external_id=f"N{number}",
                    name=f"N {number:02}",
                    created_at=NOW,
                )
            )

    transaction(more)
    first = mia.get("/console/partners/?q=N")
    assert "1–50 of" in text(first)
    following = page(first).select_one("a[rel=next]")["href"]
    assert "q=N" in following
    assert len(names(mia, following.removeprefix("/console/partners/"))) >= 10


def test_the_address_decides_on_nothing_but_what_is_looked_for(mia: Browser):
    query = "?page=2&q=alice&endpoint=x&_external=1&_scheme=javascript"
    links = [a["href"] for a in page(mia.get(f"/console/partners/{query}")).select("a[rel=prev]")]
    assert all(link.startswith("/console/partners/?q=alice") for link in links)
    assert links


def test_a_partners_page_shows_standing_earnings_and_why(mia: Browser):
    said = text(mia.get("/console/partners/A1"))
    assert "$6,000" in said
    assert "Bike points, version 1" in said
    assert "Spring sprint" in said
    assert "alice@example.com" in said


def test_an_id_may_hold_any_sign(mia: Browser, cast: Cast):
    odd = "a/b ?#é"
    programme_id = cast.programme.id
    transaction(
        lambda: db.session.add(
            Partner(programme_id=programme_id, external_id=odd, name="Odd", created_at=NOW)
        )
    )
    href = page(mia.get("/console/partners/?q=Odd")).select_one(".person a")["href"]
    assert "Odd" in text(mia.get(href))


def test_another_programmes_partner_is_not_there(otto: Browser):
    assert otto.get("/console/partners/A1").status_code == 404
    assert otto.post("/console/partners/A1", data={"email": "x@example.com"}).status_code == 404
    assert names(otto) == []


def test_a_new_log_in_gets_a_link_that_chooses_a_password(mia: Browser, app, cast: Cast):
    answer = mia.post("/console/partners/A1", data={"email": "new@example.com", "name": "Nina"})
    link = page(answer).select_one(".code-box code").get_text()
    path = "/" + link.split("/", 3)[3]
    stranger = browser(app)
    assert stranger.get(path).status_code == 200
    stranger.post(path, data={"password": "otter maple river 42 lamp"})
    assert "Alice Bikes" in stranger.get("/account", follow_redirects=True).text
    assert stranger.get(path).status_code == 410


def test_a_log_in_without_a_password_can_have_a_new_link(mia: Browser):
    mia.post("/console/partners/A1", data={"email": "new@example.com"})
    db.session.rollback()
    user = db.session.query(User).filter_by(email="new@example.com").one()
    answer = mia.post("/console/partners/A1", data={"renew": str(user.id)})
    assert page(answer).select_one(".code-box")


def test_nobody_gets_a_link_to_an_account_that_is_more_than_a_partners(mia: Browser, cast: Cast):
    def invite() -> None:
        for name, admin in (("root", True), ("boss", False)):
            user = User(email=f"{name}@example.com", is_admin=admin, stamp=name, created_at=NOW)
            db.session.add(user)
            db.session.flush()
            if not admin:
                elsewhere = by_slug("elsewhere").id
                db.session.add(Seat(user_id=user.id, programme_id=elsewhere, role="manager"))

    transaction(invite)
    for name in ("root", "boss"):
        answer = mia.post("/console/partners/A1", data={"email": f"{name}@example.com"})
        assert answer.status_code == 422
        assert "an administrator must seat them" in text(answer)
        user = db.session.query(User).filter_by(email=f"{name}@example.com").one()
        seat(user, cast)  # by an administrator
        again = mia.post("/console/partners/A1", data={"renew": str(user.id)})
        assert again.status_code == 200
        assert page(again).select_one(".code-box") is None


def seat(user: User, cast: Cast) -> None:
    """As the administrator's command seats somebody for alice's partner."""
    user_id, programme_id, partner_id = user.id, cast.programme.id, cast.alice.partner.id
    transaction(
        lambda: accounts.give_seat(
            db.session.get_one(User, user_id),
            db.session.get_one(Programme, programme_id),
            db.session.get_one(Partner, partner_id),
        )
    )


def test_a_manager_can_take_nothing_from_people_of_elsewhere(mia: Browser, app, cast: Cast):
    otto, ada = browser(app, cast.otto.user), browser(app, cast.ada.user)
    for email in ("otto@example.com", "ada@example.com"):
        assert mia.post("/console/partners/A1", data={"email": email}).status_code == 422
    assert otto.get("/account").status_code == ada.get("/account").status_code == 200
    db.session.rollback()
    assert passwords.authenticate("ada@example.com", cast.ada.password)


def test_who_chose_a_password_through_one_programme_gets_into_no_other_with_it(
    otto: Browser, app, cast: Cast
):
    programme_id = by_slug("elsewhere").id
    rival = Partner(programme_id=programme_id, external_id="B-1", name="B", created_at=NOW)
    transaction(lambda: db.session.add(rival))
    answer = otto.post("/console/partners/B-1", data={"email": "victim@example.com"})
    path = "/" + page(answer).select_one(".code-box code").get_text().split("/", 3)[3]
    thief, chosen = browser(app), "otter maple river 42 lamp"
    thief.post(path, data={"password": chosen})
    user = db.session.query(User).filter_by(email="victim@example.com").one()
    seat(user, cast)
    assert thief.get("/account").status_code == 302
    assert passwords.authenticate("victim@example.com", chosen) is None
    again = otto.post("/console/partners/B-1", data={"renew": str(user.id)})
    assert page(again).select_one(".code-box") is None


def test_of_who_is_known_elsewhere_only_the_address_is_shown(mia: Browser, cast: Cast):
    user = cast.otto.user
    user.name, user.last_seen_at = "Otto Secret", NOW
    seat(user, cast)
    said = text(mia.get("/console/partners/A1"))
    assert "otto@example.com" in said
    assert "also known outside of this programme" in said
    assert "Secret" not in said


def test_a_log_in_is_removed_with_its_sessions(mia: Browser, alice: Browser, app, cast: Cast):
    user_id = cast.alice.user.id
    asked = page(mia.get("/console/partners/A1")).select_one(f"#remove-{user_id}")
    assert "alice@example.com" in asked.get_text()
    answer = mia.post("/console/partners/A1", data={"remove": str(user_id)}, follow_redirects=True)
    assert "no longer signs in" in text(answer)
    assert "Nobody signs in for this partner yet" in text(answer)
    assert alice.get("/account").status_code == 302
    assert mia.post("/console/partners/A1", data={"remove": str(user_id)}).status_code == 404


@pytest.mark.parametrize("who", ["bob", "mia", "ada", "otto"])
def test_only_log_ins_of_this_partner_are_removed(mia: Browser, cast: Cast, who: str):
    number = getattr(cast, who).user.id
    assert mia.post("/console/partners/A1", data={"remove": str(number)}).status_code == 404


def test_a_removed_person_who_comes_back_chooses_a_new_password(mia: Browser, cast: Cast):
    mia.post("/console/partners/A1", data={"remove": str(cast.alice.user.id)})
    answer = mia.post("/console/partners/A1", data={"email": "alice@example.com"})
    assert page(answer).select_one(".code-box")
    db.session.rollback()
    assert passwords.authenticate("alice@example.com", cast.alice.password) is None


@pytest.mark.parametrize("number", ["9" * 5000, str(2**63), "-1", "x", "٣"])
def test_numbers_of_nothing_are_not_found(mia: Browser, number: str):
    for name in ("renew", "remove"):
        assert mia.post("/console/partners/A1", data={name: number}).status_code == 404
    assert mia.get(f"/console/partners/?page={number}").status_code == 200


def test_a_person_with_a_password_gets_none(mia: Browser):
    answer = mia.post("/console/partners/A1", data={"email": "charlie@example.com"})
    assert page(answer).select_one(".code-box") is None
    assert "charlie@example.com can sign in for Alice Bikes" in text(answer)


def test_links_are_for_the_people_of_this_partner(mia: Browser, cast: Cast):
    bob = cast.bob.user.id
    assert mia.post("/console/partners/A1", data={"renew": str(bob)}).status_code == 404


@pytest.mark.parametrize("email", ["", "nonsense", "alice@example.com"])
def test_what_cannot_be_a_new_log_in_is_refused_at_its_field(mia: Browser, email: str):
    answer = mia.post("/console/partners/A1", data={"email": email})
    assert answer.status_code == 422
    assert page(answer).select_one("#field-email-error")
