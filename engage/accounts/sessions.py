"""Sessions that were ended by signing out: their cookies open nothing, wherever they were copied to.

A session is a signed cookie that the browser keeps, so what ends it has to be kept here, for as long
as its signature could still be good. The person's other devices stay signed in.
"""

from datetime import datetime, timedelta

from sqlalchemy import delete

from engage.accounts.models import SignedOut
from engage.accounts.rules import SESSION_LIFETIME
from engage.db import db

# An answer under way while the person signs out may sign the cookie once more.
_KEPT = SESSION_LIFETIME + timedelta(days=1)


def sign_out(session_id: str, now: datetime) -> None:
    """End this one session (an id of `service.session_id`); a second time changes nothing."""
    token = session_id.rpartition(".")[2]
    db.session.merge(SignedOut(token=token, until=now + _KEPT))
    db.session.flush()


def forget(now: datetime) -> None:
    """Drop the notes of sessions whose time is over."""
    db.session.execute(delete(SignedOut).where(SignedOut.until <= now))
