"""Making screens, changing them, and finding the one that an address opens."""

import hashlib
import secrets
from datetime import datetime
from typing import Any

from sqlalchemy import bindparam, select

from engage.db import db
from engage.prepared import Prepared, Question, together
from engage.screens import rules
from engage.screens.models import Screen
from engage.screens.rules import Plan

_SCREENS = (
    select(Screen)
    .where(Screen.programme_id == bindparam("programme_id"), Screen.revoked_at.is_(None))
    .order_by(Screen.id.desc())
)

_screens: Any = Screen.__table__.c
_PLANS = Prepared(
    select(_screens.plan).where(
        _screens.programme_id == bindparam("programme_id"), _screens.revoked_at.is_(None)
    )
)


def _hash(token: str) -> str:
    return hashlib.sha256(token.encode()).hexdigest()


def by_token(token: str) -> Screen | None:
    """The screen an address opens, revoked or not."""
    return db.session.scalar(select(Screen).where(Screen.token_hash == _hash(token)))


def screens(programme_id: int) -> list[Screen]:
    """The programme's screens that are not revoked, the newest first."""
    return list(db.session.scalars(_SCREENS, {"programme_id": programme_id}))


def screen(programme_id: int, screen_id: int) -> Screen | None:
    """One of the programme's screens that is not revoked."""
    return next((one for one in screens(programme_id) if one.id == screen_id), None)


def plans_of(programme_id: int) -> Question:
    """What `celebrate` asks."""
    return _PLANS, {"programme_id": programme_id}


def celebrate(programme_id: int) -> bool:
    """Whether any screen of the programme wants to hear of what there is to celebrate."""
    (plans,) = together(plans_of(programme_id))
    return any(rules.parse(screen.plan).celebrates for screen in plans)


def make(programme_id: int, plan: Plan, *, by: int | None, now: datetime) -> tuple[Screen, str]:
    """A screen, and the token of its address, which nobody can read again."""
    token = secrets.token_urlsafe(24)
    made = Screen(
        programme_id=programme_id,
        token_hash=_hash(token),
        plan=rules.to_json(plan),
        created_at=now,
        created_by=by,
    )
    db.session.add(made)
    db.session.flush()
    return made, token


def change(screen_id: int, plan: Plan) -> None:
    db.session.get_one(Screen, screen_id).plan = rules.to_json(plan)


def move(screen_id: int) -> str:
    """Give a screen a new address; the token of it. The old one leads nowhere from now on."""
    token = secrets.token_urlsafe(24)
    db.session.get_one(Screen, screen_id).token_hash = _hash(token)
    return token


def revoke(screen_id: int, now: datetime) -> None:
    """Turn a screen off for good: its stream ends within a minute, and its address says so."""
    db.session.get_one(Screen, screen_id).revoked_at = now
