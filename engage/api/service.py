"""Requests with an ``Idempotency-Key``: the first is carried out, the same again is answered alike."""

import hashlib
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import delete, select

from engage.api.models import IdempotencyKey
from engage.db import changed, db
from engage.partners.models import Partner

KEPT = timedelta(hours=24)


class KeyReused(ValueError):
    """The key came before with another request."""


def request_hash(path: str, body: bytes) -> str:
    """What makes two requests the same."""
    return hashlib.sha256(path.encode() + b"\0" + body).hexdigest()


def remembered(programme_id: int, key: str, digest: str, now: datetime) -> tuple[int, Any] | None:
    """Status and answer of an earlier request with this key, if there was one.

    :raises KeyReused: it was another request.
    """
    found = db.session.scalar(
        select(IdempotencyKey).where(
            IdempotencyKey.programme_id == programme_id,
            IdempotencyKey.key == key,
            IdempotencyKey.created_at > now - KEPT,
        )
    )
    if found is None:
        return None
    if found.request_hash != digest:
        raise KeyReused(key)
    return found.status, found.answer


def remember(
    programme_id: int, key: str, digest: str, status: int, answer: Any, now: datetime
) -> None:
    """Keep an answer for a day, in the transaction of what it answers."""
    db.session.execute(
        delete(IdempotencyKey).where(
            IdempotencyKey.programme_id == programme_id,
            IdempotencyKey.key == key,
            IdempotencyKey.created_at <= now - KEPT,
        )
    )
    db.session.add(
        IdempotencyKey(
            programme_id=programme_id,
            key=key,
            request_hash=digest,
            status=status,
            answer=answer,
            created_at=now,
        )
    )
    db.session.flush()


def forget(now: datetime) -> int:
    """Drop what is older than a day; how many."""
    return changed(delete(IdempotencyKey).where(IdempotencyKey.created_at <= now - KEPT))


def partner_page(programme_id: int, after: str | None, limit: int) -> list[Partner]:
    """Partners in the order of their external ids, one more than ``limit`` if there are more."""
    statement = select(Partner).where(Partner.programme_id == programme_id)
    if after is not None:
        statement = statement.where(Partner.external_id > after)
    return list(db.session.scalars(statement.order_by(Partner.external_id).limit(limit + 1)))
