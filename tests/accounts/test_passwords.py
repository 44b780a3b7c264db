from datetime import timedelta

import pytest
from argon2 import PasswordHasher
from hypothesis import given
from hypothesis import strategies as st

from engage.accounts import passwords, rules, service
from engage.accounts.rules import (
    MAX_LENGTH,
    MIN_LENGTH,
    Weakness,
    same_email,
    same_password,
    weakness,
)
from engage.db import db
from engage.texts import is_email
from tests.conftest import NOW, PASSWORD

GOOD = "seven green bicycles"
SECRET = "s" * 32


@pytest.mark.parametrize(
    ("password", "why"),
    [
        ("short", Weakness.SHORT),
        ("x" * 11, Weakness.SHORT),
        ("ab" * 200, Weakness.LONG),
        pytest.param("\ufdfa" * 200, Weakness.LONG, id="letters that are many, composed"),
        ("aaaaaaaaaaaaaa", Weakness.COMMON),
        ("123456789012", Weakness.COMMON),
        ("210987654321", Weakness.COMMON),
        ("qwertyuiopas", Weakness.COMMON),
        ("password1234", Weakness.COMMON),
        ("P@ssw0rd!2024", Weakness.COMMON),
        ("WelcomeAdmin2026", Weakness.COMMON),
        ("19840512-1066", Weakness.COMMON),
        ("AliceMoreau1984", Weakness.PERSONAL),
        ("alice@example.com", Weakness.PERSONAL),
        (GOOD, None),
        ("k7#Qv-p2Zr!mX9", None),
        ("Straße über Köln", None),
        ("alice likes green bicycles", None),
    ],
)
def test_passwords_that_are_guessed_first_are_refused(password, why):
    assert weakness(password, "alice@example.com", "Alice Moreau") == why


@given(st.text(max_size=300))
def test_any_text_is_judged(password):
    why = weakness(password, "a@example.com", "A")
    short = len(password) <= MAX_LENGTH and len(same_password(password)) < MIN_LENGTH
    assert (why is Weakness.SHORT) == short


def test_what_is_too_long_is_not_composed(monkeypatch):
    """Composing takes time by the square of the length: 80,000 marks were minutes."""
    marks = "\u0301\u0327" * 40_000
    monkeypatch.setattr(rules, "unicodedata", None)
    assert same_email(f"{marks}@example.com") == ""
    assert same_password(marks) == marks
    assert weakness(marks) is Weakness.LONG


def test_a_long_address_is_nobodys(cast):
    assert passwords.authenticate(f"alice@example.com{'x' * 400}", PASSWORD) is None
    assert passwords.authenticate(f"alice@example.com{' ' * 400}", PASSWORD)


@pytest.mark.parametrize("address", ["a@example.com", "ö@bücher.example", "a+b@localhost"])
def test_addresses_have_a_name_and_a_host(address):
    assert is_email(address)


@pytest.mark.parametrize("address", ["", "a", "a@", "@b", "a b@c.de", "a@b@c", "a@b..c", "a\0@b.c"])
def test_other_texts_are_no_addresses(address):
    assert not is_email(address)


def test_an_address_is_the_same_in_capitals_and_with_spaces_around():
    assert same_email("  Alice@Example.COM ") == "alice@example.com"


def test_the_right_password_lets_in(cast):
    assert passwords.authenticate(" ALICE@example.com", PASSWORD).id == cast.alice.user.id


def test_unknown_wrong_disabled_and_unset_look_alike(cast):
    cast.bob.user.disabled_at = NOW
    cast.charlie.user.password_hash = None
    db.session.commit()
    for email, password in [
        ("alice@example.com", "wrong password"),
        ("nobody@example.com", PASSWORD),
        ("bob@example.com", PASSWORD),
        ("charlie@example.com", PASSWORD),
        ("alice@example.com\0", PASSWORD),
    ]:
        assert passwords.authenticate(email, password) is None


def test_each_refusal_costs_one_verification(cast, monkeypatch):
    calls = []
    hasher = PasswordHasher(time_cost=1, memory_cost=8, parallelism=1)

    class Counting:
        hash = hasher.hash

        def verify(self, *args):
            calls.append(args)
            return hasher.verify(*args)

    monkeypatch.setattr(passwords, "HASHER", Counting())
    for email in ("alice@example.com", "nobody@example.com", "not an address"):
        passwords.authenticate(email, "wrong password")
    assert len(calls) == 3


def test_accents_may_be_typed_composed_or_not(cast):
    passwords.set_password(cast.alice.user.id, "caf\N{LATIN SMALL LETTER E WITH ACUTE} noir serré")
    typed = "cafe\N{COMBINING ACUTE ACCENT} noir serré"
    assert passwords.authenticate("alice@example.com", typed)


def test_a_hash_of_older_parameters_is_renewed(cast):
    assert passwords.needs_rehash(cast.alice.user)  # the cast's hashes are cheap ones
    passwords.rehash(cast.alice.user.id, PASSWORD)
    assert not passwords.needs_rehash(cast.alice.user)
    assert passwords.authenticate("alice@example.com", PASSWORD)


def test_a_weak_password_is_not_set(cast):
    before = cast.alice.user.password_hash
    with pytest.raises(passwords.WeakPassword, match="shorter than 12"):
        passwords.set_password(cast.alice.user.id, "short")
    assert cast.alice.user.password_hash == before


def test_a_new_password_ends_every_older_session(cast):
    session = service.session_id(cast.alice.user)
    assert service.signed_in(session)
    passwords.set_password(cast.alice.user.id, GOOD)
    db.session.commit()
    assert service.signed_in(session) is None


def test_a_link_is_good_once(cast):
    link = passwords.password_link(cast.alice.user, SECRET, NOW)
    assert passwords.user_of_link(link, SECRET, NOW).id == cast.alice.user.id
    passwords.set_password(cast.alice.user.id, GOOD)
    assert passwords.user_of_link(link, SECRET, NOW) is None


def test_a_link_is_good_for_three_days(cast):
    link = passwords.password_link(cast.alice.user, SECRET, NOW)
    assert passwords.user_of_link(link, SECRET, NOW + timedelta(hours=71, minutes=59))
    assert passwords.user_of_link(link, SECRET, NOW + timedelta(hours=72)) is None


def test_a_link_of_another_key_or_a_locked_out_person_is_not_good(cast):
    link = passwords.password_link(cast.alice.user, SECRET, NOW)
    assert passwords.user_of_link(link, "t" * 32, NOW) is None
    assert passwords.user_of_link(link[:-2], SECRET, NOW) is None
    assert passwords.user_of_link("", SECRET, NOW) is None
    cast.alice.user.disabled_at = NOW
    assert passwords.user_of_link(link, SECRET, NOW) is None
