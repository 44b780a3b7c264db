"""Why a fact earned nothing, in plain words."""

from datetime import date, datetime

from engage import periods
from engage.activity import sentences as facts
from engage.conditions import Where
from engage.earnings.reasons import rule_name
from engage.incentives import phrases
from engage.incentives.rules import DISTINCT
from engage.insight.whynot import RuleMiss, StageMiss
from engage.missions import sentences as missions
from engage.voice import ENGLISH, Voice


def of_rule(miss: RuleMiss, currency: str, voice: Voice = ENGLISH) -> str:
    """``Bike points asks for sales in category Bikes; this one is Clothing.``"""
    rule, name = miss.rule, rule_name(miss.slug)
    if miss.key == "on":
        return voice.gettext(
            "%(rule)s pays for %(kinds)s; this is a %(kind)s.",
            rule=name,
            kinds=facts.named(rule.on, voice).many,
            kind=facts.named(str(miss.has), voice).one,
        )
    if miss.step is not None:
        return _counted(miss, currency, voice)
    if miss.key == "credit":
        return _credit(name, voice)
    if miss.key in ("before", "retired"):
        when = voice.moment(miss.since) if miss.since else ""
        if miss.key == "before":
            return voice.gettext(
                "%(rule)s is in force from %(when)s on; this was before.", rule=name, when=when
            )
        return voice.gettext("%(rule)s was retired on %(when)s.", rule=name, when=when)
    if miss.key in ("starts", "ends"):
        assert isinstance(miss.has, date)
        begins = miss.key == "starts"
        day, moment = (rule.starts, rule.opens) if begins else (rule.ends, rule.closes)
        if moment and isinstance(miss.has, datetime):
            was = voice.local_moment(moment._replace(at=miss.has))
        else:
            was = voice.day(miss.has)
        said = {"rule": name, "edge": phrases.edge(day, moment, voice), "day": was}
        if begins:
            return voice.gettext("%(rule)s pays from %(edge)s on; this was on %(day)s.", **said)
        return voice.gettext("%(rule)s paid until %(edge)s; this was on %(day)s.", **said)
    if miss.key == "within":
        said = {"rule": name, "days": voice.number(rule.within or 0)}
        if not isinstance(miss.has, date):
            return voice.gettext(
                "%(rule)s pays in the first %(days)s days after joining; yours is not known.",
                **said,
            )
        return voice.gettext(
            "%(rule)s pays in the first %(days)s days after joining; you joined on %(day)s.",
            day=voice.day(miss.has),
            **said,
        )
    return _condition(name, rule.where, rule.on, miss.key, miss.has, currency, voice)


def _credit(what: str, voice: Voice) -> str:
    return voice.gettext("%(what)s counts no credits: money back is no further result.", what=what)


def _condition(
    what: str, where: Where, on: str, key: str, has: object, currency: str, voice: Voice
) -> str:
    """The condition ``key`` that the fact or its partner misses, and what it has there."""
    wanted = tuple(pair for pair in where if pair[0] == key)
    if partners := facts.partners(wanted, voice):
        said = {"what": what, "partners": partners}
        if isinstance(has, date):
            return voice.gettext(
                "%(what)s is for %(partners)s; you joined on %(day)s.", day=voice.day(has), **said
            )
        if not isinstance(has, str):  # none, or several: segments
            return voice.gettext("%(what)s is for %(partners)s, which you are not.", **said)
        return voice.gettext("%(what)s is for %(partners)s; yours is %(has)s.", has=has, **said)
    which = facts.named(on, voice).many + facts.narrowed(wanted, voice, currency)
    said = {"what": what, "which": which}
    if has is None:
        return voice.gettext("%(what)s asks for %(which)s; this one does not say.", **said)
    shown = voice.amount(has, currency, exact=True) if isinstance(has, int) else has
    return voice.gettext("%(what)s asks for %(which)s; this one is %(has)s.", has=shown, **said)


def _counted(miss: RuleMiss, currency: str, voice: Voice) -> str:
    """The rule counts the fact, and a limit of it left nothing to pay."""
    rule, step = miss.rule, miss.step
    assert step is not None

    name, period = rule_name(miss.slug), voice.period(periods.parse(miss.period or "all"))
    if miss.key == "cap":
        return voice.gettext(
            "%(rule)s had already paid you the most it pays in %(period)s: %(cap)s.",
            rule=name,
            period=period,
            cap=voice.pay(rule.cap or 0, rule.earn),
        )
    if miss.key == "nothing":
        if rule.per in DISTINCT:
            return voice.gettext(
                "%(rule)s counts every %(thing)s once, and this one was counted before.",
                rule=name,
                thing=voice.gettext("customer")
                if rule.per == "customer"
                else voice.gettext("product"),
            )
        return voice.gettext("%(rule)s counts this, but it adds nothing to your total.", rule=name)
    if miss.key == "budget":
        return voice.gettext("%(rule)s counts this, but its budget was used up.", rule=name)
    if miss.key == "step":
        return voice.gettext(
            "%(rule)s counts this: it was less than %(one)s and goes towards your next.",
            rule=name,
            one=voice.pay(1, rule.earn, whole=False),
        )
    if miss.key == "baseline":
        return voice.gettext(
            "%(rule)s pays what is above your own baseline; in %(period)s you were still "
            "%(missing)s below it with this.",
            rule=name,
            period=period,
            missing=phrases.measured(rule, -step.after, currency, voice),
        )
    return _below(miss, currency, voice)


def _below(miss: RuleMiss, currency: str, voice: Voice) -> str:
    """The total has not come to what the rule pays from."""
    rule, step = miss.rule, miss.step
    assert step is not None
    name, period = rule_name(miss.slug), voice.period(periods.parse(miss.period or "all"))
    edge = {
        "minimum": rule.minimum or 0,
        "band": next((band.start for band in rule.band if band.rate.numerator), 0),
        "milestone": next((m.at for m in rule.milestones if m.at > step.after), None),
    }[miss.key]
    if edge is None:
        return voice.gettext(
            "%(rule)s had paid its last milestone in %(period)s.", rule=name, period=period
        )
    return voice.gettext(
        "%(rule)s pays from %(edge)s on; in %(period)s you stood at %(stood)s with this.",
        rule=name,
        edge=phrases.measured(rule, edge, currency, voice),
        period=period,
        stood=phrases.measured(rule, step.after, currency, voice),
    )


def of_stage(miss: StageMiss, currency: str, voice: Voice = ENGLISH) -> str:
    """``Stage 2 of Spring sprint counts this: you stand at $6,000 of $20,000.``"""
    model, stage = miss.mission.model, miss.stage
    if miss.key == "window":
        assert isinstance(miss.has, date)
        return voice.gettext(
            "%(mission)s counts %(days)s; this was on %(day)s.",
            mission=model.name,
            days=voice.days(model.starts, model.ends),
            day=voice.day(miss.has),
        )
    if stage is None:
        return _condition(
            model.name, miss.mission.audience, "", miss.key, miss.has, currency, voice
        )
    name = voice.gettext("Stage %(number)s of %(mission)s", number=miss.number, mission=model.name)
    if miss.key == "credit":
        return _credit(name, voice)
    if miss.key == "budget":
        return voice.gettext("%(stage)s was reached, but the budget was used up.", stage=name)
    if miss.key != "counts":
        return _condition(name, stage.where, stage.on, miss.key, miss.has, currency, voice)
    if miss.reached:
        return voice.gettext("%(stage)s counts this; another result reached it.", stage=name)
    so_far = missions.so_far(stage, miss.value, currency, voice)
    return voice.gettext(
        "%(stage)s counts this: you stand at %(so_far)s.", stage=name, so_far=so_far
    )
