"""Who may know a person's password besides themselves, and what follows when they are given more.

A manager hands out the links that choose the first password of their partners' people. Such a person
is **in the care** of that programme: its managers may know the password. Whoever gets anything beyond
it leaves that care, and with it the password, the sessions and the links made until then. Nobody but
an administrator at the terminal gives them a link from there on.
"""

from sqlalchemy import select

from engage.accounts.models import Seat, User
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


def sits_for(user_id: int, partner_id: int) -> bool:
    """Whether this person is one of the partner's people: what is theirs another one decides."""
    seat = select(Seat.id).where(Seat.user_id == user_id, Seat.partner_id == partner_id).limit(1)
    return db.session.scalar(seat) is not None


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
