"""Partners come, choose how others see them, move and leave; what follows from it, in one transaction."""

from collections.abc import Sequence
from datetime import date, datetime

from engage import clock
from engage.activity import held
from engage.flow import readmit, reconsider, tell
from engage.leaderboards import service as leaderboards
from engage.leaderboards.published import Published
from engage.outbox import service as outbox
from engage.partners import choices
from engage.partners import service as partners
from engage.partners.models import Partner
from engage.programmes.models import Programme
from engage.tiers import service as tiers
from engage.videos import naming

#: An import that adds more partners than this is a move from elsewhere, not people joining.
JOINING = 25


def enrol(
    programme: Programme, profiles: Sequence[partners.Profile], *, now: datetime
) -> partners.Admission:
    """Take partners in; who moved to another region, team, organisation or type is paid anew."""
    admission = partners.admit(programme, profiles, now=now)
    if admission.new:
        tiers.rebuild(programme, admission.new)
        known = {profile.external_id for profile in profiles}
        readmit(programme, held.waiting(programme.id, partners=known), now=now)
    if admission.moved:
        if admission.left:  # which pictures tell, too
            _seen_otherwise(programme, admission.left, now)
        reconsider(programme, admission.moved, now=now)
    elif "corrected" in admission.answers:  # a new name stands on the boards, too
        tell(programme, _seen_otherwise(programme, admission.left, now), set(), now)
    if 0 < len(admission.new) <= JOINING:
        outbox.write(programme.id, "joined", {"partners": admission.new}, now)
    return admission


def show(
    programme: Programme, partner: Partner, visibility: str, pseudonym: str | None, *, now: datetime
) -> None:
    """A partner chooses how others see it on boards; they see it so at once.

    :raises choices.BadChoice: naming the field and the remedy.
    """
    choices.show(partner, visibility, pseudonym)
    tell(programme, _seen_otherwise(programme, [partner.id], now), {partner.id}, now)


def part(programme: Programme, partner: Partner, left_on: date | None, *, now: datetime) -> None:
    """A partner left on that day, or None, is back; periods it does not see the end of go without.

    :raises choices.BadChoice: the day has not come yet, or is before it joined.
    """
    choices.part(partner, left_on, clock.local_day(now, programme.timezone))
    tell(programme, _seen_otherwise(programme, [partner.id], now), {partner.id}, now)


def _seen_otherwise(
    programme: Programme, partner_ids: Sequence[int], now: datetime
) -> list[Published]:
    """Others see these partners otherwise from now on, on boards and in films; the boards."""
    naming.withdraw(programme.id, partner_ids, now)
    return leaderboards.relist(programme, partner_ids, now)
