"""What a partner can still reach, in a film's words: missions, the next step, the rules that pay."""

from collections.abc import Callable
from dataclasses import replace

from engage.activity.sentences import named
from engage.conditions import addresses
from engage.incentives import explain, phrases
from engage.incentives.rules import Rule
from engage.missions import sentences
from engage.missions.service import MissionView, StageView
from engage.partners import service as partners
from engage.studio.values import Stage, Stages
from engage.tiers import sentences as ladder
from engage.tiers.rules import Tier
from engage.videos.snapshot import Told

#: Letters of a rule that fit on the screen.
LONGEST_RULE = 110


def mission_stages(told: Told) -> Stages | None:
    return stages_of(told.mission, told) if told.mission else None


def stages_of(view: MissionView, told: Told) -> Stages:
    current = view.current
    share = min(1.0, max(0.0, current.value / current.stage.target)) if current else 0.0
    return Stages(
        tuple(
            Stage(s.stage.name, s.reached, sentences.reward(s.stage, told.voice))
            for s in view.stages
        ),
        share,
    )


def _ahead(told: Told) -> tuple[MissionView, StageView] | None:
    """The next stage that can still be reached."""
    for view in told.views:
        if view.window.state == "running" and view.current:
            return view, view.current
        if view.window.state == "upcoming" and view.stages:
            return view, view.stages[0]
    return None


def mission_sentence(told: Told) -> str | None:
    ahead = _ahead(told)
    if ahead is None or ahead[0] is not told.mission:
        return None
    view, step = ahead
    return told.voice.gettext(
        "%(task)s by %(day)s.",
        task=sentences.task(step.stage, told.currency, told.voice),
        day=told.voice.day(view.mission.ends),
    )


def mission_reward(told: Told) -> str | None:
    ahead = _ahead(told)
    if ahead is None or ahead[0] is not told.mission:
        return None
    return sentences.reward(ahead[1].stage, told.voice) or None


def next_step(told: Told) -> str:
    ahead = _ahead(told)
    if ahead is None:
        return told.voice.gettext("Your next deal counts from the moment it is recorded.")
    return step_of(*ahead, told)


def step_of(view: MissionView, step: StageView, told: Told) -> str:
    """What is missing to a stage, by when, and what it is worth."""
    worth = sentences.reward(step.stage, told.voice)
    said = {
        "more": sentences.more(step.stage, step.needed, told.currency, told.voice),
        "day": told.voice.day(view.mission.ends),
        "stage": step.stage.name,
        "worth": worth,
    }
    if worth:
        return told.voice.gettext("%(more)s by %(day)s for “%(stage)s”: %(worth)s.", **said)
    return told.voice.gettext("%(more)s by %(day)s for “%(stage)s”.", **said)


def first_step(told: Told) -> str:
    ahead = _ahead(told)
    if ahead is None:
        return told.voice.gettext("Record your first deal: it counts at once.")
    return sentences.task(ahead[1].stage, told.currency, told.voice)


def earn(number: int) -> Callable[[Told], str | None]:
    """The rules that can pay this partner, in words."""

    def read_rule(told: Told) -> str | None:
        mine = rules_for(told)
        return in_short(mine[number - 1], told) if number <= len(mine) else None

    return read_rule


def rules_for(told: Told) -> list[Rule]:
    """The rules in force that can pay this partner."""
    partner_id = told.partner.id
    known = partners.attributes(told.partner.programme_id, [partner_id])[partner_id]
    return [rule for rule in told.teller.rules if addresses(rule.where, known)]


def tier(told: Told) -> str | None:
    """The tier held."""
    held = told.tiers.held if told.tiers else None
    return held.tier if held else None


def tier_path(told: Told) -> Stages | None:
    """The ladder as far as the partner came, and how far the next tier is."""
    stands = told.tiers
    if stands is None or not stands.ahead:
        return None
    following = stands.ahead[0]
    share = min(1.0, following.value / max(1, following.tier.threshold))
    steps = [(one.tier, True) for one in stands.reached] + [(o.tier, False) for o in stands.ahead]

    def asks(tier: Tier) -> str:
        if not tier.threshold:
            return ""
        return ladder.counted(tier, tier.threshold, told.currency, told.voice)

    return Stages(tuple(Stage(one.name, held, asks(one)) for one, held in steps), share)


def tier_step(told: Told) -> str | None:
    """What the next tier asks."""
    stands = told.tiers
    if stands is None or not stands.ahead or not stands.ahead[0].needed:
        return None
    return ladder.needs(stands.ahead[0], told.currency, told.voice)


def in_short(rule: Rule, told: Told) -> str:
    """A rule in one sentence that can be read while it stands on the screen."""
    whole = explain.sentence(rule, told.currency, told.voice)
    if len(whole) <= LONGEST_RULE:
        return whole
    bare = replace(rule.always(), cap=None)
    first = explain.sentence(bare, told.currency, told.voice)
    if len(first) <= LONGEST_RULE or not rule.band:
        return first
    best = max((band.rate for band in rule.band), key=lambda rate: rate.decimal)
    return told.voice.gettext(
        "You earn up to %(rate)s on your %(kinds)s.",
        rate=phrases.rate_text(rule, best, told.currency, told.voice),
        kinds=named(rule.on, told.voice).many,
    )
