"""Tiers in plain words: what each asks and gives, where a partner stands, what keeps it and is next."""

from datetime import datetime, timedelta
from typing import Any

from engage import periods
from engage.activity import sentences as facts
from engage.incentives.phrases import span
from engage.money import POINTS, SCALE
from engage.partners import service as partners
from engage.partners.models import Partner
from engage.programmes.models import Programme
from engage.tiers import rules, service
from engage.tiers.rules import Outlook, Spell, Tier
from engage.voice import ENGLISH, Voice

#: How long a lost tier is told of.
_TOLD = timedelta(days=30)


def counted(tier: Tier, value: int, currency: str, voice: Voice = ENGLISH) -> str:
    """A value in what the tier counts: ``$5,000 of sales in category Bikes``, ``500 points``."""
    if tier.measure == POINTS:
        return voice.points(value // SCALE)
    assert tier.on is not None
    where = facts.narrowed(tier.where, voice, currency)
    if tier.measure == "facts":
        return facts.counted(tier.on, value, voice) + where
    num, n = (1 if value == SCALE else 2), voice.quantity(value)
    size = {
        "amount": lambda: voice.amount(value, currency, whole=True, exact=True),
        "quantity": lambda: voice.ngettext("%(n)s unit", "%(n)s units", num, n=n),
        "customers": lambda: voice.ngettext("%(n)s customer", "%(n)s customers", num, n=n),
        "products": lambda: voice.ngettext("%(n)s product", "%(n)s products", num, n=n),
    }[tier.measure]()
    what = facts.named(tier.on, voice).many + where
    return voice.gettext("%(size)s of %(what)s", size=size, what=what)


def asks(tier: Tier, currency: str, voice: Voice = ENGLISH) -> str:
    """``$5,000 of sales in a quarter. Kept for 30 days after it.``"""
    if tier.threshold == 0:
        return voice.gettext("Everybody begins here.")
    size = counted(tier, tier.threshold, currency, voice)
    if tier.period == "all":
        return voice.gettext("%(size)s in all.", size=size)
    said = {"size": size, "period": span(tier.period, voice)}
    if not tier.grace:
        return voice.gettext("%(size)s in a %(period)s; held until the %(period)s ends.", **said)
    kept = voice.ngettext("%(num)s day", "%(num)s days", tier.grace)
    return voice.gettext(
        "%(size)s in a %(period)s; held until the %(period)s ends and %(kept)s longer.",
        kept=kept,
        **said,
    )


def gives(tier: Tier, voice: Voice = ENGLISH) -> list[str]:
    """What it multiplies, and the perks as they are written."""
    return [*multiplies(tier, voice), *tier.perks]


def multiplies(tier: Tier, voice: Voice = ENGLISH) -> list[str]:
    """``1.5 times the points that rules pay, beyond their limits, too``"""
    return [
        voice.gettext(
            "%(times)s times the %(what)s that rules pay, beyond their limits, too",
            times=voice.number(times),
            what=voice.gettext("points") if unit == POINTS else voice.gettext("money"),
        )
        for unit, times in tier.multiplier
    ]


def told(tier: Tier, currency: str, voice: Voice = ENGLISH) -> str:
    """``Gold: $50,000 of sales in a year; held until the year ends. 2 times the points …``"""
    asked = voice.gettext("%(tier)s: %(asks)s", tier=tier.name, asks=asks(tier, currency, voice))
    given = voice.all_of(gives(tier, voice))
    return f"{asked} {given[:1].upper()}{given[1:]}." if given else asked


def standing(
    programme: Programme, partner: Partner, now: datetime, voice: Voice = ENGLISH
) -> dict[str, Any] | None:
    """Where a partner stands: the tier, since when, what keeps it, what the next one needs, history.

    None where the programme has no tiers now.
    """
    found = service.standpoint(programme, partner.id, now)
    if found is None:
        return None
    held = found.held
    return {
        "lost": _lost(found, now, voice),
        "name": held.tier if held else None,
        "said": _said(held, voice),
        "keeps": _keeps(found.reached[-1], voice) if found.reached else None,
        "next": needs(found.ahead[0], programme.currency, voice)
        if found.ahead
        else voice.gettext("There is no tier above it."),
        "history": [
            (
                voice.moment(spell.since) if spell.since else voice.gettext("From the start"),
                spell.tier or voice.gettext("No tier"),
            )
            for spell in reversed(found.climb.spells)
            if spell.since is None or spell.since <= now
        ],
    }


def _lost(found: service.Standpoint, now: datetime, voice: Voice) -> str | None:
    """That a higher tier was lost not long ago; the way back is what the next one needs."""
    ladder = rules.in_force(found.climb.ladders, now)
    _, was = rules.fallen(ladder, found.climb.spells, now) if ladder else (None, None)
    held = found.held
    if not was or held is None or held.since is None or now - held.since > _TOLD:
        return None
    return voice.gettext("You were %(tier)s until %(day)s.", tier=was, day=voice.moment(held.since))


def _said(held: Spell | None, voice: Voice) -> str:
    if held is None or held.tier is None:
        return voice.gettext("You have no tier yet.")
    if held.since is None:
        return voice.gettext("You are %(tier)s.", tier=held.tier)
    return voice.gettext(
        "You are %(tier)s since %(day)s.", tier=held.tier, day=voice.moment(held.since)
    )


def _keeps(here: Outlook, voice: Voice) -> str | None:
    if here.until is None or here.until >= periods.LAST_DAY - timedelta(days=1):
        return None
    return voice.gettext(
        "As things stand you keep it until %(day)s. Reach it again by then and it stays.",
        day=voice.day(here.until),
    )


def needs(ahead: Outlook, currency: str, voice: Voice = ENGLISH) -> str:
    """``You need another $3,000 of sales to reach Gold by Jun 30, 2013.``"""
    tier = ahead.tier
    missing = counted(tier, ahead.needed, currency, voice)
    if ahead.last == periods.LAST_DAY:
        return voice.gettext(
            "You need another %(missing)s to reach %(tier)s.", missing=missing, tier=tier.name
        )
    return voice.gettext(
        "You need another %(missing)s to reach %(tier)s by %(day)s.",
        missing=missing,
        tier=tier.name,
        day=voice.day(ahead.last),
    )


def ladder(programme: Programme, now: datetime, voice: Voice = ENGLISH) -> list[dict[str, Any]]:
    """The tiers as they read now, the highest first."""
    found = rules.in_force(partners.ladders_of(programme), now)
    return [
        {
            "name": tier.name,
            "asks": asks(tier, programme.currency, voice),
            "gives": gives(tier, voice),
        }
        for tier in reversed(found.tiers if found else ())
    ]
