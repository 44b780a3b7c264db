"""Passwords: kept as argon2 hashes, checked in equal time, set by their owner or by a signed link."""

import hashlib
import hmac
import secrets
from datetime import datetime, timedelta
from functools import cache

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError
from itsdangerous import BadSignature, URLSafeSerializer
from sqlalchemy import select

from engage.accounts.models import User
from engage.accounts.rules import Weakness, new_stamp, same_email, same_password, weakness
from engage.accounts.service import Refused
from engage.db import db
from engage.texts import is_email

#: OWASP's figures for argon2id: 19 MiB and two passes, so that many sign-ins at once fit in memory.
HASHER = PasswordHasher(time_cost=2, memory_cost=19_456, parallelism=1)
LINK_LIFETIME = timedelta(hours=72)


class WeakPassword(Refused):
    """The new password is too easily guessed, see `weakness`."""

    def __init__(self, why: Weakness) -> None:
        super().__init__(f"the password is {why}")
        self.why = why


class WrongPassword(Refused):
    """The old password, asked for before a change, is not right."""


@cache
def _nobodys_hash() -> str:
    return HASHER.hash(secrets.token_urlsafe(32))


def authenticate(email: str, password: str) -> User | None:
    """The person with this address and password, or None: unknown, wrong and disabled look alike.

    Each of them costs one verification, so the time tells nothing either.
    """
    email = same_email(email)
    user = db.session.scalar(select(User).where(User.email == email)) if is_email(email) else None
    right = _matches(user.password_hash if user else None, password)
    return user if right and user and user.disabled_at is None else None


def _matches(password_hash: str | None, password: str) -> bool:
    nobodys = _nobodys_hash()  # asked for always: making it the first time takes time, too
    try:
        HASHER.verify(password_hash or nobodys, same_password(password))
    except (VerificationError, InvalidHashError):
        return False
    return password_hash is not None


def needs_rehash(user: User) -> bool:
    """Whether the kept hash was made with older parameters than today's."""
    return user.password_hash is not None and HASHER.check_needs_rehash(user.password_hash)


def rehash(user_id: int, password: str) -> None:
    """Keep the (just verified) password under today's parameters; sessions stay."""
    db.session.get_one(User, user_id).password_hash = HASHER.hash(same_password(password))


def set_password(user_id: int, password: str) -> User:
    """Set a new password; every older session and link of this person dies. WeakPassword."""
    user = db.session.get_one(User, user_id)
    why = weakness(password, user.email, user.name)
    if why:
        raise WeakPassword(why)
    user.password_hash = HASHER.hash(same_password(password))
    user.stamp = new_stamp()
    db.session.flush()
    return user


def change_password(user_id: int, old: str, new: str) -> User:
    """`set_password` by somebody who knows the old one; WrongPassword when they do not."""
    if not _matches(db.session.get_one(User, user_id).password_hash, old):
        raise WrongPassword("the current password is not right")
    return set_password(user_id, new)


# --- links that set a password ------------------------------------------------------------------


def password_link(user: User, secret: str, now: datetime) -> str:
    """A signed token that lets its holder set this person's password once, within 72 hours."""
    expires = int((now + LINK_LIFETIME).timestamp())
    return _links(secret).dumps([user.id, _digest(user.stamp), expires])


def user_of_link(token: str, secret: str, now: datetime) -> User | None:
    """Whose password the token sets; None when it is forged, expired or used."""
    try:
        user_id, digest, expires = _links(secret).loads(token)
    except (BadSignature, ValueError, TypeError):
        return None
    user = db.session.get(User, user_id)
    if user is None or user.disabled_at or now.timestamp() >= expires:
        return None
    # Setting the password changes the stamp, which is what makes the link good for one use.
    return user if hmac.compare_digest(digest, _digest(user.stamp)) else None


def _links(secret: str) -> URLSafeSerializer:
    return URLSafeSerializer(
        secret, salt="set-password", signer_kwargs={"digest_method": hashlib.sha256}
    )


def _digest(stamp: str) -> str:
    return hashlib.sha256(stamp.encode()).hexdigest()[:16]
