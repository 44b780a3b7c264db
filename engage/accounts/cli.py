"""Commands for people and API keys: `engage user …`, `engage api-key …`."""

import sys
from typing import Any

import click
from flask import current_app
from sqlalchemy import select

from engage import clock, config
from engage.accounts import keys, passwords, service
from engage.accounts.models import User
from engage.accounts.rules import ROLES, SCOPES, same_email
from engage.accounts.service import Refused
from engage.db import db, transaction
from engage.programmes import service as programmes
from engage.terminal import inside, json_option, print_json, programme_option, refuse, the_partner


def _say(as_json: bool, document: Any, words: str) -> None:
    if as_json:
        print_json(document)
    else:
        click.echo(words)


# --- people ---------------------------------------------------------------------------------------


@click.group()
def user() -> None:
    """People who sign in."""


@user.command("create")
@click.argument("email")
@click.option("--role", type=click.Choice(ROLES), required=True)
@programme_option
@click.option("--partner", "partner_id", metavar="EXTERNAL_ID", help="Whose results they see.")
@click.option("--name", default="", help="How the person is called.")
@click.option("--password-stdin", is_flag=True, help="Read the password from standard input.")
@json_option
def create_user(
    email: str,
    role: str,
    programme_slug: str | None,
    partner_id: str | None,
    name: str,
    password_stdin: bool,
    as_json: bool,
) -> None:
    """Give EMAIL a place, and make the person where new.

    Without --password-stdin, somebody without a password gets a link to choose one, good once and
    for 72 hours. Who was one partner's log-in until now and becomes more loses the old password: a
    manager may have chosen it.
    """
    if (role == "partner") != (partner_id is not None):
        raise click.UsageError("--partner EXTERNAL_ID belongs to --role partner, and must be there")
    password = sys.stdin.readline().rstrip("\r\n") if password_stdin else None
    with inside(Refused):
        made = transaction(lambda: _placed(email, role, programme_slug, partner_id, name, password))
    _say(as_json, made, _told(made))


def _placed(
    email: str,
    role: str,
    programme_slug: str | None,
    partner_id: str | None,
    name: str,
    password: str | None,
) -> dict[str, Any]:
    before = _stamp(email)
    person, is_new = service.add_user(email, name=name, is_admin=role == "admin", now=clock.now())
    programme = None if role == "admin" else programmes.by_slug(programme_slug)
    if programme:
        partner = the_partner(programme, partner_id) if partner_id else None
        if partner and not person.name:
            person.name = partner.name
        service.give_seat(person, programme, partner)
    reset = not is_new and person.stamp != before
    if password is not None:
        _first_password(person, password)
    return {
        "email": person.email,
        "role": role,
        "programme": programme.slug if programme else None,
        "partner": partner_id,
        "new": is_new,
        "reset": reset,
        "link": None if person.password_hash else _link(person),
    }


def _told(made: dict[str, Any]) -> str:
    place = f"in {made['programme']}" if made["programme"] else "everywhere"
    before = "" if made["new"] else "was here already and is now "
    words = f"{made['email']} {before or 'is '}{made['role']} {place}."
    if made["reset"]:
        words += "\nThe old password was reset, sessions and links ended: a manager may know them."
    if made["link"]:
        words += f"\nTo choose a password, once and within 72 hours:\n{made['link']}"
    return words


def _stamp(email: str) -> str | None:
    return db.session.scalar(select(User.stamp).where(User.email == same_email(email)))


def _first_password(person: User, password: str) -> None:
    """Whoever has this one already keeps it; another is not put in its place."""
    if person.password_hash is None:
        passwords.set_password(person.id, password)
    elif passwords.authenticate(person.email, password) is None:
        raise Refused(f"{person.email} has another password already: leave out --password-stdin")


def _link(person: User) -> str:
    token = passwords.password_link(person, current_app.config["SECRET_KEY"], clock.now())
    return f"{config.settings().address}/set-password/{token}"


@user.command("link")
@click.argument("email")
@json_option
def link_user(email: str, as_json: bool) -> None:
    """A new link with which EMAIL chooses a password; the old one keeps working until then."""
    with inside(Refused):
        person = service.find_user(email)
        if person.disabled_at:
            refuse(f"{person.email} is locked out: engage user enable first")
        link = _link(person)
    _say(as_json, {"email": person.email, "link": link}, link)


@user.command("disable")
@click.argument("email")
def disable_user(email: str) -> None:
    """Lock EMAIL out at once, open sessions included."""
    now = clock.now()
    with inside(Refused):
        transaction(lambda: service.set_disabled(service.find_user(email), now))
    click.echo(f"{email} is locked out.")


@user.command("enable")
@click.argument("email")
def enable_user(email: str) -> None:
    """Let EMAIL in again."""
    with inside(Refused):
        transaction(lambda: service.set_disabled(service.find_user(email), None))
    click.echo(f"{email} may sign in.")


# --- keys -----------------------------------------------------------------------------------------


@click.group("api-key")
def api_key() -> None:
    """Keys of API clients."""


@api_key.command("create")
@click.argument("name")
@click.option(
    "--scope", "scopes", multiple=True, required=True, help=f"One or more of {', '.join(SCOPES)}."
)
@programme_option
@json_option
def create_key(
    name: str, scopes: tuple[str, ...], programme_slug: str | None, as_json: bool
) -> None:
    """Make a key; its secret is shown this once."""
    now = clock.now()
    wanted = [scope for text in scopes for scope in text.replace(",", " ").split()]

    def work() -> dict[str, Any]:
        programme = programmes.by_slug(programme_slug)
        key, token = keys.add(programme, name, wanted, now)
        found = {"name": key.name, "programme": programme.slug, "scopes": key.scopes.split()}
        return {**found, "key": token}

    with inside(Refused):
        made = transaction(work)
    click.echo("Shown this once; only its hash is kept.", err=True)
    _say(as_json, made, made["key"])


@api_key.command("list")
@programme_option
@json_option
def list_keys(programme_slug: str | None, as_json: bool) -> None:
    """All keys of a programme, without their secrets."""
    with inside(Refused):
        rows = [
            {
                "name": key.name,
                "prefix": key.prefix,
                "scopes": key.scopes.split(),
                "created_at": key.created_at.isoformat(),
                "last_used_at": key.last_used_at.isoformat() if key.last_used_at else None,
                "revoked_at": key.revoked_at.isoformat() if key.revoked_at else None,
            }
            for key in keys.of_programme(programmes.by_slug(programme_slug))
        ]
    lines = [_key_line(row) for row in rows]
    _say(as_json, rows, "\n".join(lines) or "There are no keys.")


def _key_line(row: dict[str, Any]) -> str:
    state = "revoked" if row["revoked_at"] else f"last used {row['last_used_at'] or 'never'}"
    return f"{row['name']}  {row['prefix']}…  {' '.join(row['scopes'])}  {state}"


@api_key.command("revoke")
@click.argument("name")
@programme_option
def revoke_key(name: str, programme_slug: str | None) -> None:
    """The key NAME opens nothing from now on."""
    now = clock.now()
    with inside(Refused):
        transaction(lambda: keys.revoke(programmes.by_slug(programme_slug), name, now))
    click.echo(f"Key {name} is revoked.")
