"""Who may know a person's password besides themselves, and what follows when they are given more.

A manager hands out the links that choose the first password of their partners' people. Such a person
is **in the care** of that programme: its managers may know the password. Whoever gets anything beyond
it leaves that care, and with it the password, the sessions and the links made until then. Nobody but
an administrator at the terminal gives them a link from there on.
"""

from datetime import datetime
from typing import Any

from sqlalchemy import CompoundSelect, select

from engage.accounts.models import PastSeat, Seat, User
from engage.accounts.rules import new_stamp
from engage.db import db


def _places(user: User) -> set[tuple[int, str]]:
    """(programme id, role) of every seat."""
    rows = db.session.execute(select(Seat.programme_id, Seat.role).where(Seat.user_id == user.id))
    return {(programme_id, role) for programme_id, role in rows}


def sits_only_in(user: User, programme_id: int) -> bool:
    """Whether no other programme knows this person, and they do not administer all of them."""
    return not user.is_admin and {place for place, _role in _places(user)} <= {programme_id}


def is_in_care_of(user: User, programme_id: int) -> bool:
    """Whether they are partners' people of this programme, or nobody's yet, and no more than that."""
    return not user.is_admin and _places(user) <= {(programme_id, "partner")}


def partners_of(user_id: int, since: datetime) -> CompoundSelect[Any]:
    """The ids of partners whom this person sits for, or did at some time since an instant.

    What came up then (a payout, a question) others decide, also once they got up for it.
    """
    past = select(PastSeat.partner_id).where(PastSeat.user_id == user_id, PastSeat.left_at >= since)
    sits = select(Seat.partner_id).where(Seat.user_id == user_id, Seat.partner_id.is_not(None))
    return sits.union(past)


def sat_for(user_id: int, partner_id: int, since: datetime) -> bool:
    """Whether this person was one of the partner's people at any time since an instant."""
    return partner_id in db.session.scalars(partners_of(user_id, since)).all()


def before_a_seat(user: User, programme_id: int, role: str) -> None:
    """Reset a person who is about to leave the care they are in by sitting down in this place."""
    places = _places(user)
    if _is_in_care(user, places) and not (role == "partner" and places == {(programme_id, role)}):
        reset(user)


def before_promotion(user: User) -> None:
    """Reset a person who is about to leave the care they are in by becoming an administrator."""
    if _is_in_care(user, _places(user)):
        reset(user)


def _is_in_care(user: User, places: set[tuple[int, str]]) -> bool:
    return not user.is_admin and len(places) <= 1 and all(role == "partner" for _, role in places)


def reset(user: User) -> None:
    """The password opens nothing any more; sessions and links die."""
    user.password_hash = None
    user.stamp = new_stamp()
    db.session.flush()
