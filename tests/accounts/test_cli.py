import json

import click
import pytest
from click.testing import CliRunner

from engage.accounts import keys, passwords, service
from engage.accounts.cli import api_key, user
from engage.accounts.models import ApiKey, User
from engage.db import db
from tests.browsing import browser
from tests.conftest import PASSWORD

GOOD = "seven green bicycles"


@pytest.fixture
def engage(app):
    """Run a command as an operator would; what the test read before is forgotten."""
    group = click.Group("engage", {command.name: command for command in (user, api_key)})

    def run(*words, stdin=None):
        db.session.commit()
        result = CliRunner().invoke(group, words, input=stdin)
        if result.exception and not isinstance(result.exception, SystemExit):
            raise result.exception
        return result

    return run


def in_resellers(*words):
    return (*words, "--programme", "resellers")


def test_a_new_person_gets_a_link_that_works(engage, app, cast):
    words = in_resellers(
        "user", "create", "Dora@Example.com", "--role", "partner", "--partner", "A1"
    )
    made = json.loads(engage(*words, "--json").stdout)
    assert {**made, "link": None} == {
        "email": "dora@example.com",
        "role": "partner",
        "programme": "resellers",
        "partner": "A1",
        "new": True,
        "reset": False,
        "link": None,
    }
    client = browser(app)
    path = "/" + made["link"].split("/", 3)[3]
    assert client.post(path, data={"password": GOOD}).status_code == 302
    assert "Alice Bikes" in client.get("/account").text


def test_a_password_from_standard_input_is_set_and_no_link_shown(engage, cast):
    words = in_resellers("user", "create", "dora@example.com", "--role", "manager")
    result = engage(*words, "--password-stdin", stdin=GOOD + "\n")
    assert result.exit_code == 0
    assert "http" not in result.stdout
    assert passwords.authenticate("dora@example.com", GOOD)


def test_a_known_person_gets_another_partner_and_keeps_their_password(engage, cast):
    words = in_resellers("user", "create", "alice@example.com", "--role", "partner")
    result = engage(*words, "--partner", "B1")
    assert (result.exit_code, "http" in result.stdout) == (0, False)
    assert "alice@example.com was here already and is now partner" in result.stdout
    assert passwords.authenticate("alice@example.com", cast.alice.password)


@pytest.mark.parametrize("role", ["manager", "admin"])
def test_a_partners_log_in_that_becomes_more_needs_a_new_password(engage, cast, role):
    session = service.session_id(cast.alice.user)
    words = ("user", "create", "alice@example.com", "--role", role)
    result = engage(*(words if role == "admin" else in_resellers(*words)))
    assert f"alice@example.com was here already and is now {role}" in result.stdout
    assert "password was reset" in result.stdout
    assert "/set-password/" in result.stdout
    assert service.signed_in(session) is None
    assert passwords.authenticate("alice@example.com", cast.alice.password) is None


def test_a_manager_whose_password_only_they_can_know_keeps_it(engage, cast):
    result = engage("user", "create", "mia@example.com", "--role", "admin")
    assert (result.exit_code, "reset" in result.stdout) == (0, False)
    assert passwords.authenticate("mia@example.com", cast.mia.password).is_admin


def test_one_person_is_partner_and_manager(engage, cast):
    engage(*in_resellers("user", "create", "alice@example.com", "--role", "manager"))
    person = service.signed_in(service.session_id(cast.alice.user))
    assert [seat.role for seat in person.seats] == ["partner", "manager"]


def test_an_administrator_needs_no_programme(engage, cast):
    result = engage("user", "create", "dora@example.com", "--role", "admin", "--name", "Dora")
    assert result.exit_code == 0
    assert db.session.query(User).filter_by(email="dora@example.com").one().is_admin


def test_who_is_here_gets_the_seat_with_the_password_they_have(engage, cast):
    words = ("mia@example.com", "--role", "partner", "--partner", "A1", "--password-stdin")
    result = engage(*in_resellers("user", "create", *words), stdin=PASSWORD + "\n")
    assert result.exit_code == 0, result.stderr
    assert {seat.role for seat in cast.mia.user.seats} == {"manager", "partner"}


@pytest.mark.parametrize(
    ("words", "stdin", "reason"),
    [
        (
            ("alice@example.com", "--role", "partner", "--partner", "A1"),
            None,
            "already has a seat for partner A1",
        ),
        (("mia@example.com", "--role", "manager"), None, "already has a seat as manager"),
        (("ada@example.com", "--role", "admin"), None, "is an administrator already"),
        (("d@example.com", "--role", "partner", "--partner", "Z9"), None, "no partner 'Z9'"),
        (("not an address", "--role", "manager"), None, "is not an e-mail address"),
        (("d@example.com", "--role", "manager", "--password-stdin"), "short", "shorter than 12"),
        (
            ("mia@example.com", "--role", "partner", "--partner", "A1", "--password-stdin"),
            GOOD,
            "has another password already",
        ),
    ],
)
def test_what_cannot_be_is_refused_in_one_line_and_changes_nothing(
    engage, cast, words, stdin, reason
):
    before = (db.session.query(User).count(), len(cast.bob.user.seats))
    result = engage(*in_resellers("user", "create", *words), stdin=stdin)
    assert result.exit_code == 1
    assert reason in result.stderr
    assert result.stderr.startswith("refused: ")
    assert len(result.stderr.strip().splitlines()) == 1
    assert (db.session.query(User).count(), len(cast.bob.user.seats)) == before


@pytest.mark.parametrize(
    "words",
    [
        ("--role", "partner"),
        ("--role", "manager", "--partner", "A1"),
        ("--role", "owner"),
        (),
    ],
)
def test_wrong_usage_is_told_from_refusal(engage, cast, words):
    assert engage(*in_resellers("user", "create", "d@example.com", *words)).exit_code == 2


def test_of_several_programmes_one_has_to_be_named(engage, cast):
    result = engage("user", "create", "d@example.com", "--role", "manager")
    assert (result.exit_code, "--programme" in result.stderr) == (1, True)


def test_without_a_programme_there_is_no_place_to_give(engage, app):
    result = engage("user", "create", "d@example.com", "--role", "manager")
    assert (result.exit_code, "no programme yet" in result.stderr) == (1, True)


def test_a_lost_password_is_mended_by_a_new_link(engage, app, cast):
    link = engage("user", "link", "alice@example.com").stdout.strip()
    path = "/" + link.split("/", 3)[3]
    assert browser(app).post(path, data={"password": GOOD}).status_code == 302
    assert passwords.authenticate("alice@example.com", GOOD)
    assert engage("user", "link", "nobody@example.com").exit_code == 1


def test_a_person_is_locked_out_at_once_and_let_in_again(engage, app, cast):
    client = browser(app, cast.alice.user)
    assert engage("user", "disable", "alice@example.com").exit_code == 0
    assert client.get("/account").status_code == 302
    assert engage("user", "link", "alice@example.com").exit_code == 1
    assert engage("user", "enable", "alice@example.com").exit_code == 0
    assert browser(app, cast.alice.user).get("/account").status_code == 200


def test_a_keys_secret_is_shown_once(engage, cast):
    create = in_resellers("api-key", "create", "crm", "--scope", "facts:write", "--scope", "read")
    made = json.loads(engage(*create, "--json").stdout)
    assert made["scopes"] == ["facts:write", "read"]
    assert keys.living(made["key"]).name == "crm"
    listed = engage(*in_resellers("api-key", "list", "--json")).stdout
    assert made["key"] not in listed
    assert json.loads(listed)[0]["prefix"] == made["key"][:12]


def test_a_key_is_revoked_by_name(engage, cast):
    engage(*in_resellers("api-key", "create", "crm", "--scope", "read,facts:write"))
    assert engage(*in_resellers("api-key", "revoke", "crm")).exit_code == 0
    assert db.session.query(ApiKey).one().revoked_at is not None
    again = engage(*in_resellers("api-key", "revoke", "crm"))
    assert (again.exit_code, "was revoked already" in again.stderr) == (1, True)


def test_an_unknown_scope_is_refused_with_those_there_are(engage, cast):
    result = engage(*in_resellers("api-key", "create", "crm", "--scope", "everything"))
    assert (result.exit_code, "facts:write, partners:write, read" in result.stderr) == (1, True)
    engage(*in_resellers("api-key", "create", "crm", "--scope", "read"))
    again = engage(*in_resellers("api-key", "create", "crm", "--scope", "read"))
    for refused in (result, again):
        assert (refused.exit_code, refused.stderr[:9]) == (1, "refused: ")


def test_without_a_schema_the_remedy_is_named(engage, app):
    with db.engine.begin() as connection:
        connection.exec_driver_sql("DROP TABLE seats")
        connection.exec_driver_sql("DROP TABLE users")
    result = engage("user", "create", "d@example.com", "--role", "admin")
    assert (result.exit_code, "engage db upgrade" in result.stderr) == (1, True)
