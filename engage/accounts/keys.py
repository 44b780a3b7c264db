"""Keys of API clients: made, found by their secret, revoked."""

import hashlib
import hmac
import secrets
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import bindparam, select, update

from engage.accounts.models import ApiKey
from engage.accounts.rules import SCOPES
from engage.accounts.service import Refused
from engage.db import aside, db
from engage.prepared import Prepared
from engage.programmes.models import Programme

_KEY_NOTED_EVERY = timedelta(hours=1)


def add(
    programme: Programme, name: str, scopes: Sequence[str], now: datetime
) -> tuple[ApiKey, str]:
    """A new key and its secret token, which is kept nowhere. Refused: unknown scope, name taken."""
    unknown = sorted(set(scopes) - set(SCOPES))
    if unknown or not scopes:
        what = f"unknown scope {unknown[0]!r}" if unknown else "a key needs a scope"
        raise Refused(f"{what}: choose among {', '.join(SCOPES)}")
    if db.session.scalar(select(ApiKey).filter_by(programme_id=programme.id, name=name)):
        raise Refused(f"programme {programme.slug} already has (or had) a key named {name!r}")
    prefix = f"eng_{secrets.token_hex(4)}"
    token = f"{prefix}_{secrets.token_urlsafe(32)}"
    key = ApiKey(
        programme_id=programme.id,
        name=name,
        prefix=prefix,
        secret_hash=_key_hash(token),
        scopes=" ".join(scope for scope in SCOPES if scope in scopes),
        created_at=now,
    )
    db.session.add(key)
    db.session.flush()
    return key, token


_keys: Any = ApiKey.__table__.c
#: With the time zone that its programme's facts are read in.
_LIVING_KEY = Prepared(
    select(ApiKey.__table__, Programme.timezone)
    .join_from(ApiKey.__table__, Programme.__table__)
    .where(_keys.prefix == bindparam("prefix"), _keys.revoked_at.is_(None))
)


def living(token: str) -> Any | None:
    """The row of the living key whose secret this is, or None."""
    with aside():
        key = _LIVING_KEY.first(prefix=token[:12])
    # Sha256 is enough for 32 random bytes: there is no dictionary to try.
    return key if key and hmac.compare_digest(key.secret_hash, _key_hash(token)) else None


def _key_hash(token: str) -> str:
    return hashlib.sha256(token.encode()).hexdigest()


def is_use_due(key: Any, now: datetime) -> bool:
    """Whether this use is worth a write: "last used" is kept to the hour."""
    return key.last_used_at is None or now - key.last_used_at >= _KEY_NOTED_EVERY


def used(key_id: int, now: datetime) -> None:
    """Note that the key was used."""
    db.session.execute(update(ApiKey).where(ApiKey.id == key_id).values(last_used_at=now))


def of_programme(programme: Programme) -> Sequence[ApiKey]:
    """All keys of a programme, revoked ones too, oldest first."""
    return db.session.scalars(
        select(ApiKey).filter_by(programme_id=programme.id).order_by(ApiKey.id)
    ).all()


def revoke(programme: Programme, name: str, now: datetime) -> ApiKey:
    """The key opens nothing from now on. Refused: no such key, or revoked already."""
    key = db.session.scalar(select(ApiKey).filter_by(programme_id=programme.id, name=name))
    if key is None or key.revoked_at is not None:
        state = "was revoked already" if key else "does not exist"
        raise Refused(f"key {name!r} of programme {programme.slug} {state}")
    key.revoked_at = now
    db.session.flush()
    return key
