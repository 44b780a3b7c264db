"""What a supposition would bring, in a reader's words, the sum first."""

from collections.abc import Iterator
from typing import Any

from engage import formats
from engage.earnings.reasons import rule_name
from engage.earnings.service import ByRule
from engage.incentives.because import because
from engage.insight import misses
from engage.insight.whatif import Gain, Place, StageNow, WhatIf
from engage.missions import sentences as missions
from engage.programmes.models import Programme
from engage.tiers import sentences as tiers
from engage.voice import ENGLISH, Voice


def total(found: WhatIf, voice: Voice = ENGLISH) -> str:
    """``You would earn $240.00 and 12,000 points.``"""
    sums = [voice.pay(amount, unit) for unit, amount in found.sums.items() if amount > 0]
    lost = [voice.pay(-amount, unit) for unit, amount in found.sums.items() if amount < 0]
    if sums and lost:
        return voice.gettext(
            "You would earn %(sums)s and lose %(lost)s.",
            sums=voice.all_of(sums),
            lost=voice.all_of(lost),
        )
    if lost:
        return voice.gettext("You would lose %(lost)s.", lost=voice.all_of(lost))
    if sums:
        return voice.gettext("You would earn %(sums)s.", sums=voice.all_of(sums))
    return voice.gettext("That would earn nothing by itself.")


def line(gain: Gain, currency: str, voice: Voice = ENGLISH) -> dict[str, Any]:
    """What one rule or stage would pay, as ui/ledger.html draws a line; ``sum`` is the arithmetic."""
    said: dict[str, Any] = {
        "amount": voice.pay(gain.amount, gain.unit, whole=False, sign=True),
        "sign": "plus" if gain.amount > 0 else "minus",
    }
    payer = gain.payer
    if isinstance(payer, ByRule):
        found = because(
            payer.rule,
            gain.before,
            gain.after,
            gain.amount,
            gain.period,
            currency,
            voice,
            gain.terms,
        )
        return said | {
            "what": rule_name(payer.slug),
            "when": voice.gettext("Rule, version %(n)s", n=payer.version),
            "why": found.rule,
            # A note says that earlier lines move too: then the steps are not this sum's alone.
            "sum": "" if found.note else found.sum,
        }
    return said | {
        "what": voice.gettext(
            "Stage %(number)s of %(mission)s", number=payer.number, mission=payer.name
        ),
        "when": voice.gettext("Mission"),
        "why": missions.task(payer.stage, currency, voice) + ".",
        "sum": voice.gettext(
            "Reached with %(so_far)s: %(reward)s.",
            so_far=missions.so_far(payer.stage, gain.after, currency, voice),
            reward=missions.reward(payer.stage, voice),
        ),
    }


def moves(found: WhatIf, programme: Programme, voice: Voice = ENGLISH) -> Iterator[str]:
    """What else would change: the tier, stages that fill or are reached, and places on boards."""
    if (tier := found.after.tier) != found.before.tier:
        if tier is None:
            yield voice.gettext("You would hold no tier any more.")
        else:
            yield voice.gettext("You would be in tier %(tier)s.", tier=tier)
    for key, after in found.after.stages.items():
        before = found.before.stages.get(key)
        if before and not before.reached and before != after:
            yield _stage(before, after, programme.currency, voice)
    for slug, place in found.after.places.items():
        if sentence := _place(found.before.places[slug], place, voice):
            yield sentence


def missed(found: WhatIf, programme: Programme, voice: Voice = ENGLISH) -> Iterator[str]:
    """What would pay nothing, by the first condition it misses; last, what the next tier needs."""
    currency = programme.currency
    for miss in found.missed.rules:
        yield misses.of_rule(miss, currency, voice)
    for stage in found.missed.stages:
        yield misses.of_stage(stage, currency, voice)
    if found.after.above:
        yield tiers.needs(found.after.above, currency, voice)


def _stage(before: StageNow, after: StageNow, currency: str, voice: Voice) -> str:
    said = {"number": after.number, "mission": after.mission}
    if after.reached and not before.reached:
        return voice.gettext("You would reach stage %(number)s of %(mission)s.", **said)
    so_far = missions.so_far(after.stage, after.value, currency, voice)
    return voice.gettext(
        "Stage %(number)s of %(mission)s would stand at %(so_far)s.", so_far=so_far, **said
    )


def _place(before: Place, after: Place, voice: Voice) -> str | None:
    """The new place on a board; None where nothing moves."""
    if after.rank is None or before.rank == after.rank:
        return None
    who = {
        "partner": voice.gettext("You"),
        "organisation": voice.gettext("Your organisation"),
        "team": voice.gettext("Your team"),
        "region": voice.gettext("Your region"),
    }[after.rule.by]
    said = {
        "who": who,
        "rank": formats.ordinal(after.rank, voice.locale),
        "ranked": voice.number(after.ranked),
        "board": after.name,
    }
    if before.rank is None:
        return voice.gettext("%(who)s would enter %(board)s: %(rank)s of %(ranked)s.", **said)
    return voice.gettext(
        "%(who)s would be %(rank)s of %(ranked)s on %(board)s, now %(before)s.",
        before=formats.ordinal(before.rank, voice.locale),
        **said,
    )
