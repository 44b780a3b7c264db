from datetime import timedelta

import pytest
from sqlalchemy import event

from engage.accounts import keys, models, service
from engage.accounts.models import User
from engage.accounts.rules import SESSION_LIFETIME
from engage.accounts.service import Refused
from engage.db import db, transaction
from engage.programmes import service as programmes
from tests.conftest import NOW


def test_a_partner_sits_for_their_partner(cast):
    seat = service.seat_for_session(service.session_id(cast.alice.user))
    assert (seat.user.id, seat.role, seat.programme.id, seat.partner.id) == (
        cast.alice.user.id,
        "partner",
        cast.programme.id,
        cast.alice.partner.id,
    )
    assert seat.roles == {"partner"}


def test_an_administrator_sits_as_manager_in_every_programme(cast):
    person = service.signed_in(service.session_id(cast.ada.user))
    assert [seat.programme.slug for seat in person.seats] == ["resellers", "elsewhere"]
    assert all(seat.role == "manager" and seat.partner is None for seat in person.seats)
    assert person.seats[0].roles == {"manager", "admin"}


def test_an_administrators_own_seats_stand_beside(cast):
    service.give_seat(cast.ada.user, cast.programme, cast.alice.partner)
    db.session.commit()
    person = service.signed_in(service.session_id(cast.ada.user))
    sits = [(seat.programme.slug, seat.role) for seat in person.seats]
    assert sorted(sits) == [
        ("elsewhere", "manager"),
        ("resellers", "manager"),
        ("resellers", "partner"),
    ]


def test_the_chosen_seat_is_taken_and_a_choice_that_is_not_theirs_is_not(cast):
    elsewhere = programmes.by_slug("elsewhere")
    service.give_seat(cast.alice.user, elsewhere, None)
    db.session.commit()
    session = service.session_id(cast.alice.user)
    alice = cast.alice.partner.id
    assert service.seat_for_session(session, elsewhere.id).role == "manager"
    assert service.seat_for_session(session, cast.programme.id, alice).partner.id == alice
    assert service.seat_for_session(session, cast.programme.id).partner.id == alice
    rival = service.seat_for_session(session, cast.programme.id, cast.charlie.partner.id)
    assert rival.partner.id == alice
    assert service.seat_for_session(session, 999).programme.id == elsewhere.id


def test_a_stale_disabled_or_forged_session_is_nobodys(cast):
    session = service.session_id(cast.alice.user)
    for text in ("", "1", "x.y", f"{cast.bob.user.id}.{cast.alice.user.stamp}", "٣.x", "9" * 15):
        assert service.signed_in(text) is None
    service.set_disabled(cast.alice.user, NOW)
    db.session.commit()
    assert service.signed_in(session) is None
    assert service.signed_in(service.session_id(cast.alice.user)) is None


def test_a_session_is_no_other_one(cast):
    session = service.session_id(cast.alice.user)
    for text in (session.rpartition(".")[0], session + ".x", session + "x."):
        assert service.signed_in(text) is None


def test_one_session_ends_and_is_forgotten_when_its_cookie_is_dead_anyway(cast):
    session, other = (service.session_id(cast.alice.user) for _ in range(2))
    for _again in range(2):
        service.sign_out(session, NOW)
    db.session.commit()
    assert service.signed_in(session) is None
    assert service.signed_in(other)
    service.forget_sign_outs(NOW + SESSION_LIFETIME)
    assert db.session.query(models.SignedOut).count() == 1
    service.forget_sign_outs(NOW + SESSION_LIFETIME + timedelta(days=1))
    assert db.session.query(models.SignedOut).count() == 0


def test_who_sits_where_is_one_query_and_none_while_nothing_of_it_changes(cast):
    session = service.session_id(cast.ada.user)
    statements = []
    event.listen(db.engine, "before_cursor_execute", lambda *call: statements.append(call[2]))
    for name in ("Ada", "Adele"):
        transaction(
            lambda name=name: setattr(db.session.get_one(User, cast.ada.user.id), "name", name)
        )
        statements.clear()
        first, again = service.signed_in(session), service.signed_in(session)
        assert first is again
        assert first.user.name == name
        assert len([text for text in statements if text.startswith("SELECT")]) <= 1


def test_a_seat_outlives_the_rollback_of_its_reader(cast):
    seat = service.seat_for_session(service.session_id(cast.alice.user))
    db.session.rollback()
    assert seat.partner.name == "Alice Bikes"
    assert seat.programme.slug == "resellers"


def test_nobody_sits_twice_in_the_same_place(cast):
    with pytest.raises(Refused, match="already has a seat for partner A1"):
        service.give_seat(cast.alice.user, cast.programme, cast.alice.partner)
    with pytest.raises(Refused, match="already has a seat as manager"):
        service.give_seat(cast.mia.user, cast.programme, None)


def test_a_new_address_is_kept_in_small_letters(cast):
    user, is_new = service.add_user(" Dora@Example.com", name="Dora", is_admin=False, now=NOW)
    assert (user.email, is_new) == ("dora@example.com", True)
    again, is_new = service.add_user("DORA@example.com", name="", is_admin=False, now=NOW)
    assert (again.id, is_new) == (user.id, False)


def test_a_key_opens_until_it_is_revoked(cast):
    key, token = keys.add(cast.programme, "crm", ["read", "facts:write"], NOW)
    db.session.commit()
    found = keys.living(token)
    assert (found.id, found.scopes) == (key.id, "facts:write read")
    keys.revoke(cast.programme, "crm", NOW)
    db.session.commit()
    assert keys.living(token) is None


def test_a_key_is_not_found_by_its_prefix_alone(cast):
    key, token = keys.add(cast.programme, "crm", ["read"], NOW)
    db.session.commit()
    for text in ("", key.prefix, token[:-1], token + "x", key.prefix + "_wrong"):
        assert keys.living(text) is None


def test_only_the_hash_of_a_key_is_kept(cast):
    key, token = keys.add(cast.programme, "crm", ["read"], NOW)
    kept = [str(getattr(key, column.key)) for column in models.ApiKey.__table__.columns]
    assert not any(token[13:] in text for text in kept)


def test_a_key_needs_known_scopes_and_a_name_of_its_own(cast):
    with pytest.raises(Refused, match="unknown scope 'write'"):
        keys.add(cast.programme, "crm", ["write"], NOW)
    with pytest.raises(Refused, match="needs a scope"):
        keys.add(cast.programme, "crm", [], NOW)
    keys.add(cast.programme, "crm", ["read"], NOW)
    with pytest.raises(Refused, match="already has"):
        keys.add(cast.programme, "crm", ["read"], NOW)


def test_the_use_of_a_key_is_noted_once_an_hour(cast):
    key, _token = keys.add(cast.programme, "crm", ["read"], NOW)
    assert keys.is_use_due(key, NOW)
    keys.used(key.id, NOW)
    db.session.commit()
    assert not keys.is_use_due(key, NOW + timedelta(minutes=59))
    assert keys.is_use_due(key, NOW + timedelta(hours=1))
