"""What changed about the tiers, from when and why: told beside the changes of the rules."""

from collections.abc import Iterable
from datetime import datetime
from typing import Literal, NamedTuple

from sqlalchemy import select

from engage.accounts.models import User
from engage.db import db
from engage.partners import service as partners
from engage.programmes.models import Programme
from engage.tiers.rules import Ladder, Tier
from engage.tiers.sentences import asks, gives
from engage.voice import ENGLISH, Voice


class Change(NamedTuple):
    """A published version of the tiers; ``before`` is how they read until it begins.

    ``by`` is the name of who published it (None: the command line).
    """

    number: int
    ladder: Ladder
    before: tuple[Tier, ...]
    published_at: datetime
    why: str | None
    by: str | None

    @property
    def kind(self) -> Literal["new", "changed", "retired"]:
        """``new``, ``changed`` or ``retired``, as the changes of rules."""
        if not self.before:
            return "new"
        return "changed" if self.ladder.tiers else "retired"


def changes(programme: Programme) -> list[Change]:
    """Every version of the tiers, newest first."""
    publishers = {version["by"] for version in programme.tiers if version.get("by")}
    names = dict(
        db.session.execute(select(User.id, User.name).where(User.id.in_(publishers))).tuples().all()
    )
    found: list[Change] = []
    before: tuple[Tier, ...] = ()
    pairs = zip(programme.tiers, partners.ladders_of(programme), strict=True)
    for number, (version, ladder) in enumerate(pairs, 1):
        said = version.get("published")
        published = datetime.fromisoformat(said) if said else None
        at = published or ladder.valid_from or programme.created_at
        by = names.get(version.get("by") or 0)
        found.append(Change(number, ladder, before, at, version.get("why"), by))
        before = ladder.tiers
    return found[::-1]


def told(change: Change, currency: str, voice: Voice = ENGLISH) -> dict[str, str | None]:
    """The tiers that read differently, before and after; None where there was or is none."""

    def said(tiers: Iterable[Tier]) -> str | None:
        return " ".join(_tier(tier, currency, voice) for tier in tiers) or None

    after = change.ladder.tiers
    gone = None if not change.before else voice.gettext("There is no such tier any more.")
    return {
        "before": said(tier for tier in change.before if tier not in after),
        "after": said(tier for tier in after if tier not in change.before) or gone,
    }


def _tier(tier: Tier, currency: str, voice: Voice) -> str:
    """``Gold: $50,000 of sales in a year; held until the year ends. 2 times the points …``"""
    asked = voice.gettext("%(tier)s: %(asks)s", tier=tier.name, asks=asks(tier, currency, voice))
    given = voice.all_of(gives(tier, voice))
    return f"{asked} {given[:1].upper()}{given[1:]}." if given else asked
