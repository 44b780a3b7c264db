"""People, their seats and API keys: who signed in, where they sit, and how that changes.

Changes flush and never commit; whoever calls runs them in `engage.db.transaction`.
"""

from collections.abc import Sequence
from contextlib import closing
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Literal

from sqlalchemy import delete, select, update
from sqlalchemy.orm import Session

from engage.accounts import glance, models, trust
from engage.accounts.models import User
from engage.accounts.rules import (
    SESSION_LIFETIME,
    new_session_token,
    new_stamp,
    same_email,
)
from engage.db import db
from engage.partners.models import Partner
from engage.programmes.models import Programme
from engage.shelf import Shelf
from engage.texts import is_email


class Refused(ValueError):
    """The change is not allowed; the message says why in one line and nothing was changed."""


@dataclass(frozen=True)
class Seat:
    """Who acts, as what, where. ``partner`` is None for managers.

    An administrator sits as a manager in every programme.
    """

    user: User
    role: Literal["partner", "manager"]
    programme: Programme
    partner: Partner | None

    @property
    def roles(self) -> frozenset[str]:
        """The role of this seat, and ``admin`` where the person is one."""
        return frozenset({self.role, "admin"} if self.user.is_admin else {self.role})

    @property
    def key(self) -> str:
        """Names this seat among those of its user: ``3`` or ``3-17`` (programme, partner)."""
        partner = f"-{self.partner.id}" if self.partner else ""
        return f"{self.programme.id}{partner}"


@dataclass(frozen=True)
class SignedIn:
    """A valid session's person with all their seats, in the order in which they got them."""

    user: User
    seats: tuple[Seat, ...]
    mark: glance.Mark

    def seat(self, programme_id: int | None = None, partner_id: int | None = None) -> Seat | None:
        """The chosen seat; without a (valid) choice the first, a manager's before a partner's."""

        def fit(seat: Seat) -> tuple[bool, bool]:
            partner = seat.partner.id if seat.partner else None
            return (seat.programme.id == programme_id, partner == partner_id)

        return max(self.seats, key=fit, default=None)


_SIGNED_IN = glance.people(User, models.Seat, Programme, Partner)
#: Those who were here last, by what the database has of them.
_KNOWN: Shelf[SignedIn] = Shelf(room=5_000)

# --- sessions -----------------------------------------------------------------------------------


def session_id(user: User) -> str:
    """What a new session keeps of its user: it dies with their stamp, or alone (`sign_out`)."""
    return f"{user.id}.{user.stamp}.{new_session_token()}"


def signed_in(session_id: str) -> SignedIn | None:
    """The person behind a session id and their seats; None when it is no longer good.

    They are snapshots from a session of their own: they outlive every commit and rollback of the
    caller, and changing them changes nothing. Who is as they were at the last look is not read again.
    """
    who = glance.parse(session_id)
    if who is None:
        return None
    with closing(db.engine.raw_connection()) as connection:
        seen = glance.look(connection.driver_connection, db.engine.dialect.name, who)
    if seen is None:
        return None
    return _KNOWN.find(seen.mark) or _read(who)


def _read(who: glance.SessionId) -> SignedIn | None:
    with Session(db.engine) as session:
        # Looked at once more in the very moment they are read: a mark must not name what came later.
        driver = session.connection().connection.driver_connection
        seen = glance.look(driver, db.engine.dialect.name, who)
        rows = session.execute(_SIGNED_IN, who._asdict()).all() if seen else []
    if seen is None or not rows:
        return None
    person = SignedIn(rows[0][0], _seats(rows), seen.mark)
    _KNOWN.keep(seen.mark, person)
    return person


def _seats(rows: Sequence[Any]) -> tuple[Seat, ...]:
    seats: dict[str, Seat] = {}
    for user, row, programme, partner in rows:
        if programme is None:
            continue
        if row is not None and row.programme_id == programme.id:
            seat = Seat(user, row.role, programme, partner)
            seats.setdefault(seat.key, seat)
    for user, _row, programme, _partner in rows:
        if programme is not None and user.is_admin:
            seat = Seat(user, "manager", programme, None)
            seats.setdefault(seat.key, seat)
    return tuple(seats.values())


def seat_for_session(
    session_id: str, programme_id: int | None = None, partner_id: int | None = None
) -> Seat | None:
    """The seat of a session in its chosen programme; None when the session is no longer good."""
    person = signed_in(session_id)
    return person.seat(programme_id, partner_id) if person else None


def saw(user_id: int, now: datetime) -> None:
    """Note that the person was here."""
    db.session.execute(update(User).where(User.id == user_id).values(last_seen_at=now))


def sign_out(session_id: str, now: datetime) -> None:
    """End this one session: its cookie opens nothing, wherever it was copied to.

    It is signed and kept by the browser, so what ends it is kept here, for as long as the signature
    could still be good. The person's other devices stay signed in.
    """
    # An answer under way while the person signs out may sign the cookie once more.
    until = now + SESSION_LIFETIME + timedelta(days=1)
    db.session.merge(models.SignedOut(token=session_id.rpartition(".")[2], until=until))
    db.session.flush()


def forget_sign_outs(now: datetime) -> None:
    """Drop the notes of sessions whose time is over."""
    db.session.execute(delete(models.SignedOut).where(models.SignedOut.until <= now))


def sign_out_everywhere(user_id: int) -> User:
    """End every session of this person."""
    user = db.session.get_one(User, user_id)
    user.stamp = new_stamp()
    db.session.flush()
    return user


# --- people -------------------------------------------------------------------------------------


def add_user(email: str, *, name: str, is_admin: bool, now: datetime) -> tuple[User, bool]:
    """The person with this address (promoted: see `trust`), made where new; and whether new. Refused."""
    email = same_email(email)
    if not is_email(email):
        raise Refused(f"{email!r} is not an e-mail address")
    user = db.session.scalar(select(User).where(User.email == email))
    if user is not None:
        if is_admin and user.is_admin:
            raise Refused(f"{email} is an administrator already")
        if is_admin:
            trust.before_promotion(user)
            user.is_admin = True
        user.name = user.name or name
        return user, False
    user = User(email=email, name=name, is_admin=is_admin, stamp=new_stamp(), created_at=now)
    db.session.add(user)
    db.session.flush()
    return user, True


def give_seat(user: User, programme: Programme, partner: Partner | None) -> models.Seat:
    """Seat the person as a manager, or as one of ``partner``'s people. Refused when they sit there.

    Outside of the one programme whose managers cared for them they need a new password, see `trust`.
    """
    there = select(models.Seat).filter_by(user_id=user.id, programme_id=programme.id)
    there = there.where(models.Seat.partner_id == (partner.id if partner else None))
    if db.session.scalar(there):
        whom = f"for partner {partner.external_id}" if partner else "as manager"
        raise Refused(f"{user.email} already has a seat {whom} in programme {programme.slug}")
    role = "partner" if partner else "manager"
    trust.before_a_seat(user, programme.id, role)
    seat = models.Seat(
        user_id=user.id,
        programme_id=programme.id,
        role=role,
        partner_id=partner.id if partner else None,
    )
    db.session.add(seat)
    db.session.flush()
    return seat


def take_seat(user_id: int, partner: Partner, now: datetime) -> User:
    """The person no longer signs in for ``partner``; sessions and links die. Refused: no seat there."""
    seat = db.session.scalar(select(models.Seat).filter_by(user_id=user_id, partner_id=partner.id))
    if seat is None:
        raise Refused(f"nobody with the number {user_id} has a seat for {partner.external_id}")
    db.session.delete(seat)
    db.session.merge(models.PastSeat(user_id=user_id, partner_id=partner.id, left_at=now))
    return sign_out_everywhere(user_id)


def find_user(email: str) -> User:
    """The person with this address. Refused when there is none."""
    user = db.session.scalar(select(User).where(User.email == same_email(email)))
    if user is None:
        raise Refused(f"nobody has the address {same_email(email)}")
    return user


def change_profile(user_id: int, *, name: str, locale: str | None, timezone: str | None) -> None:
    """Keep what a person says about themselves; None means "as the browser or programme says"."""
    user = db.session.get_one(User, user_id)
    user.name, user.locale, user.timezone = name, locale, timezone
    db.session.flush()


def change_theme(user_id: int, theme: str | None) -> None:
    """Light or dark pages; None follows the device."""
    db.session.get_one(User, user_id).theme = theme
    db.session.flush()


def set_disabled(user: User, since: datetime | None) -> None:
    """Lock a person out from ``since`` on, or (None) let them in again; open sessions die."""
    user.disabled_at = since
    user.stamp = new_stamp()
    db.session.flush()
