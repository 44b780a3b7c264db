"""Log-ins for every role, with passwords of this home alone, kept where only its owner reads."""

import json
import os
import secrets
from datetime import datetime
from pathlib import Path
from typing import NamedTuple

from sqlalchemy import select

from engage.accounts import passwords
from engage.accounts import service as accounts
from engage.accounts.models import Seat
from engage.db import db
from engage.demo.cast import LEAD_NAME
from engage.partners.models import Partner
from engage.programmes.models import Programme

FILE = "demo-logins.json"
#: No letters that look like others: these are typed from a terminal into a phone.
_LETTERS = "abcdefghjkmnpqrstuvwxyz23456789"
PEOPLE = (
    ("partner", "partner@demo.example", LEAD_NAME),
    ("manager", "manager@demo.example", "Jordan Ellery"),
    ("manager", "second@demo.example", "Noor Haddad"),
    ("admin", "admin@demo.example", "Robin Achterberg"),
)


class Login(NamedTuple):
    role: str
    email: str
    name: str
    password: str


def kept(home: Path) -> list[Login]:
    """The log-ins of this home; none where there is no file of them yet."""
    try:
        return [Login(**row) for row in json.loads((home / FILE).read_text("utf-8"))]
    except FileNotFoundError:
        return []


def make(home: Path, known: list[Login]) -> list[Login]:
    """Log-ins for everybody, those ``known`` as they are, written down for the starts to come."""
    of = {login.email: login for login in known}
    made = [of.get(email) or Login(role, email, name, _password()) for role, email, name in PEOPLE]
    if made == known:
        return known
    aside = home / f"{FILE}.new"
    aside.unlink(missing_ok=True)
    with os.fdopen(os.open(aside, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
        json.dump([login._asdict() for login in made], file, indent=2)
    aside.replace(home / FILE)
    return made


def as_it_stands(login: Login) -> Login:
    """The log-in as it works now: whoever chose another password knows it, and nobody else does."""
    if passwords.authenticate(login.email, login.password) is not None:
        return login
    return login._replace(password="(changed since)")  # noqa: S106


def _password() -> str:
    words = ("".join(secrets.choice(_LETTERS) for _ in range(5)) for _ in range(3))
    return "-".join(words)


def admit(
    programme: Programme, partner: Partner, logins: list[Login], *, renewed: bool, now: datetime
) -> None:
    """Let these people in, each in their seat; ``renewed``: their passwords are new ones."""
    for login in logins:
        user, _ = accounts.add_user(login.email, name=login.name, is_admin=False, now=now)
        user.is_admin = login.role == "admin"
        seated = select(Seat.id).filter_by(user_id=user.id, programme_id=programme.id)
        if login.role != "admin" and db.session.scalar(seated) is None:
            accounts.give_seat(user, programme, partner if login.role == "partner" else None)
        if renewed or user.password_hash is None:
            passwords.set_password(user.id, login.password)
