"""What is chosen for one partner: how others see it on boards, and that it left."""

from datetime import date

from flask_babel import gettext
from sqlalchemy import select

from engage.activity import cells
from engage.activity.problems import Unreadable
from engage.db import db
from engage.partners import rules
from engage.partners.models import Partner
from engage.partners.rules import VISIBILITIES

MOST_PSEUDONYM = 40


class BadChoice(ValueError):
    """What was chosen cannot be: ``field`` and, in words, why and what to do instead."""

    def __init__(self, field: str, problem: str) -> None:
        super().__init__(problem)
        self.field = field


def show(partner: Partner, visibility: str, pseudonym: str | None) -> None:
    """How others see a partner on boards from now on; a pseudonym is kept for another time.

    :raises BadChoice: the pseudonym is missing, or somebody else's name.
    """
    try:
        wanted = cells.clean(pseudonym or "") or None
    except Unreadable as error:
        raise BadChoice(
            "pseudonym", gettext("Choose another name: this one cannot be read.")
        ) from error
    if visibility not in VISIBILITIES:
        raise BadChoice("visibility", gettext("Choose one of the three."))
    if visibility == "pseudonym" and wanted is None:
        raise BadChoice("pseudonym", gettext("Write the name that others see."))
    if wanted and len(wanted) > MOST_PSEUDONYM:
        problem = gettext("Write at most %(most)s characters.", most=MOST_PSEUDONYM)
        raise BadChoice("pseudonym", problem)
    if wanted and _is_somebodys(partner, wanted):
        raise BadChoice("pseudonym", gettext("Somebody here has that name: choose another one."))
    partner.visibility, partner.pseudonym = visibility, wanted
    partner.found_by = rules.found_by(partner.name, visibility, wanted)
    db.session.flush()


def _is_somebodys(partner: Partner, wanted: str) -> bool:
    """Whether another partner of the programme is known by this name, in any letters that look alike.

    Compared here: SQLite knows no small letter of Ä.
    """
    others = db.session.execute(
        select(Partner.name, Partner.pseudonym).where(
            Partner.programme_id == partner.programme_id, Partner.id != partner.id
        )
    )
    return any(name and rules.alike(name, wanted) for names in others for name in names)


def cannot_leave(left_on: date | None, joined_on: date | None, today: date) -> str | None:
    """Why that day cannot be a partner's last one, and what to do; None where it can."""
    if left_on and left_on > today:
        return str(gettext("That day has not come yet: say so when they have left."))
    if left_on and joined_on and left_on < joined_on:
        return str(gettext("That is before they joined: check both days."))
    return None


def part(partner: Partner, left_on: date | None, today: date) -> None:
    """Write down a partner's last day, or take it back.

    :raises BadChoice: the day has not come yet, or is before the partner joined.
    """
    if reason := cannot_leave(left_on, partner.joined_on, today):
        raise BadChoice("left_on", reason)
    partner.left_on = left_on
    db.session.flush()


def by_public_key(programme_id: int, key: str, secret: str) -> Partner | None:
    """The partner for whom a key stands (`rules.public_key`), as long as it is shown as it was then."""
    is_id = key.isascii() and key.isdigit() and len(key) < 10
    asked = Partner.id == int(key) if is_id else Partner.visibility == "pseudonym"
    seen = select(Partner.id, Partner.name, Partner.visibility, Partner.pseudonym)
    for one in db.session.execute(seen.where(Partner.programme_id == programme_id, asked)):
        if rules.public_key(one.id, one, secret) == key:
            return db.session.get(Partner, one.id)
    return None
