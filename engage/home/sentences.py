"""What is next, in a reader's words: the arguments of ui/next.html's `next_step`."""

from datetime import datetime
from typing import Any

from flask import url_for as url
from markupsafe import Markup

from engage import periods
from engage.activity import sentences as facts
from engage.home.rules import Goal, NextEdge, NextStage, NextTier, PlaceAbove
from engage.home.service import Here
from engage.incentives import phrases
from engage.leaderboards import sentences as boards
from engage.missions import pages as missions
from engage.missions.service import MissionView
from engage.money import SCALE
from engage.periods import Period
from engage.programmes.models import Programme
from engage.tiers import sentences as tiers
from engage.voice import Voice


def next_step(here: Here, programme: Programme, voice: Voice, now: datetime) -> dict[str, Any]:
    """The one sentence that opens a partner's home, with its bar, its worth and where it leads."""
    goal = here.next
    if isinstance(goal, NextStage):
        return _stage(here.mission(goal.slug), programme, voice, now) or _nothing(here, voice)
    if isinstance(goal, NextEdge):
        return _edge(here, goal, programme, voice, now)
    if isinstance(goal, NextTier):
        return _tier(here, goal, programme, voice, now)
    if isinstance(goal, PlaceAbove):
        return _place(here, goal, programme, voice, now)
    return _nothing(here, voice)


def emphasised(sentence: str, **values: str) -> Markup:
    """A translated sentence with ``<em>`` in it; what is filled in is escaped."""
    return Markup(sentence) % values  # noqa: S704  our own words; Markup escapes the values


def _stage(
    view: MissionView, programme: Programme, voice: Voice, now: datetime
) -> dict[str, Any] | None:
    said = missions.next_step(view, programme, voice, now)
    return said and said | {
        "eyebrow": voice.gettext("Next for you"),
        "href": url("missions.mission", slug=view.mission.slug),
        "cta": voice.gettext("See the mission"),
    }


def _edge(
    here: Here, goal: NextEdge, programme: Programme, voice: Voice, now: datetime
) -> dict[str, Any]:
    ahead = here.rule(goal.slug)
    rule, currency = ahead.rule, programme.currency
    kinds = facts.named(rule.on, voice)
    if rule.per == "amount":
        amount = voice.amount(goal.needed, currency, whole=True)
        more = voice.gettext("%(amount)s more in %(kinds)s", amount=amount, kinds=kinds.many)
    elif rule.per == "quantity":
        num = 1 if goal.needed == SCALE else 2
        shown = voice.quantity(goal.needed)
        more = voice.ngettext("%(shown)s more unit", "%(shown)s more units", num, shown=shown)
    else:
        kind = kinds.one if goal.needed == SCALE else kinds.many
        shown = voice.quantity(goal.needed)
        more = voice.gettext("%(shown)s more %(kind)s", shown=shown, kind=kind)
    pays = voice.pay(ahead.bonus, rule.earn)
    worth = voice.gettext("Worth %(pay)s at once", pay=pays)
    if rate := next((band.rate for band in rule.band if band.start == ahead.edge), None):
        said = phrases.rate_text(rule, rate, currency, voice)
        sentence = emphasised(
            voice.gettext("<em>%(more)s</em> and your rate rises to %(rate)s"), more=more, rate=said
        )
        if rule.bands != "retroactive":
            worth = voice.gettext("From there on every %(kind)s earns more", kind=kinds.one)
    else:
        sentence = emphasised(
            voice.gettext("<em>%(more)s</em> and %(pay)s is yours at once"), more=more, pay=pays
        )
        worth = voice.gettext("Counted %(period)s", period=voice.this(rule.period))
    return _towards(goal, voice) | {
        "sentence": sentence,
        "deadline": _deadline(ahead.period, programme, voice, now),
        "done_text": voice.gettext(
            "%(done)s of %(target)s",
            done=phrases.measured(rule, goal.done, currency, voice),
            target=phrases.measured(rule, goal.target, currency, voice),
        ),
        "left_text": voice.percent_of(goal.done, goal.target),
        "worth": worth,
        "href": url("earnings.rules", _anchor=ahead.slug),
        "cta": voice.gettext("How you earn"),
    }


def _tier(
    here: Here, goal: NextTier, programme: Programme, voice: Voice, now: datetime
) -> dict[str, Any]:
    assert here.tier is not None
    tier, gives = here.tier.tier, tiers.gives(here.tier.tier, voice)
    more = tiers.counted(tier, goal.needed, programme.currency, voice)
    return _towards(goal, voice) | {
        "sentence": emphasised(
            voice.gettext("<em>Another %(more)s</em> and you reach %(tier)s"),
            more=more,
            tier=tier.name,
        ),
        "deadline": _deadline(periods.containing(here.today, tier.period), programme, voice, now),
        "done_text": voice.percent_of(goal.done, goal.target),
        "left_text": tiers.counted(tier, goal.target, programme.currency, voice),
        "worth": gives[0] if gives else None,
        "href": url("earnings.rules", _anchor="tiers"),
        "cta": voice.gettext("All tiers"),
    }


def _towards(goal: Goal, voice: Voice) -> dict[str, Any]:
    """The eyebrow and the bar of a goal."""
    eyebrow = voice.gettext("Next for you")
    return {"eyebrow": eyebrow, "done": max(0, goal.done), "target": goal.target}


def _deadline(
    period: Period, programme: Programme, voice: Voice, now: datetime
) -> tuple[str, str] | None:
    endless = period is periods.ALL
    return None if endless else voice.deadline(period.ends_at(programme.timezone), now)


def _place(
    here: Here, goal: PlaceAbove, programme: Programme, voice: Voice, now: datetime
) -> dict[str, Any]:
    assert here.board is not None
    rule, currency = here.board.rule, programme.currency
    period = rule.windows.running(here.today)

    def score(value: int) -> str:
        return boards.score(rule, value, currency, voice)

    return _towards(goal, voice) | {
        "sentence": emphasised(
            voice.gettext("<em>%(gap)s</em> more to pass %(name)s"),
            gap=boards.between(rule, goal.target, goal.done, here.near.best, currency, voice),
            name=goal.name,
        ),
        "deadline": _deadline(period, programme, voice, now),
        "done_text": score(goal.done),
        "left_text": score(goal.target),
        "href": url("leaderboards.board", board=here.board.model.slug),
        "cta": voice.gettext("See the board"),
    }


def _nothing(here: Here, voice: Voice) -> dict[str, Any]:
    """Honest words where nothing is ahead: not begun, leading, waiting, or all done."""
    upcoming = next((m for m in here.missions if m.window.state == "upcoming"), None)
    mine = next((row for row in here.near.rows if row.member_id == here.partner_id), None)
    if here.board and mine and mine.rank == 1:
        said = voice.gettext("You lead <em>%(board)s</em>"), {"board": here.board.model.name}
        href = url("leaderboards.board", board=here.board.model.slug)
        cta = voice.gettext("See the board")
    elif here.board and not mine and not here.frozen:
        text = voice.gettext("Your first result %(period)s puts you <em>on the board</em>")
        said = text, {"period": voice.this(here.board.rule.period)}
        href, cta = url("earnings.rules"), voice.gettext("How you earn")
    elif upcoming:
        when = {"mission": upcoming.mission.name, "day": voice.day(upcoming.mission.starts)}
        said = voice.gettext("%(mission)s starts on <em>%(day)s</em>"), when
        href = url("missions.mission", slug=upcoming.mission.slug)
        cta = voice.gettext("See the mission")
    else:
        said = voice.gettext("Every goal that is open is <em>reached</em>"), {}
        href, cta = url("missions.index"), voice.gettext("All missions")
    sentence, values = said
    return {
        "quiet": True,
        "eyebrow": voice.gettext("Next for you"),
        "sentence": emphasised(sentence, **values),
        "href": href,
        "cta": cta,
    }
