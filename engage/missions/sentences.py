"""Missions in plain words: what a stage asks, what is still missing, what it is worth, for whom."""

from collections.abc import Mapping

from engage.activity import sentences as facts
from engage.conditions import Where
from engage.missions.rules import Mission, Stage
from engage.money import SCALE
from engage.voice import ENGLISH, Voice


def task(stage: Stage, currency: str, voice: Voice = ENGLISH) -> str:
    """What a partner must do, without a full stop: ``Close 3 sales in category Bikes``."""
    say = {"facts": _count, "amount": _amount}.get(stage.measure, _things)
    return say(stage, currency, voice) + facts.narrowed(stage.where, voice)


def _number(stage: Stage) -> int:
    """For choosing singular or plural: only exactly one is one."""
    return 1 if stage.target == SCALE else 2


def _count(stage: Stage, currency: str, voice: Voice) -> str:
    n, num, shown = voice.ngettext, _number(stage), voice.quantity(stage.target)
    if stage.on == "sale":
        return n("Close %(shown)s sale", "Close %(shown)s sales", num, shown=shown)
    if stage.on == "deal_registered":
        return n("Register %(shown)s deal", "Register %(shown)s deals", num, shown=shown)
    if stage.on == "deal_won":
        return n("Win %(shown)s deal", "Win %(shown)s deals", num, shown=shown)
    if stage.on == "training_completed":
        return n("Complete %(shown)s training", "Complete %(shown)s trainings", num, shown=shown)
    if stage.on == "certification":
        return n("Earn %(shown)s certification", "Earn %(shown)s certifications", num, shown=shown)
    if stage.on == "login":
        return n("Sign in %(shown)s time", "Sign in %(shown)s times", num, shown=shown)
    return n("Do %(shown)s activity", "Do %(shown)s activities", num, shown=shown)


def _amount(stage: Stage, currency: str, voice: Voice) -> str:
    amount = voice.amount(stage.target, currency, whole=True)
    if stage.on == "sale":
        return voice.gettext("Sell for %(amount)s", amount=amount)
    if stage.on == "deal_registered":
        return voice.gettext("Register deals worth %(amount)s", amount=amount)
    if stage.on == "deal_won":
        return voice.gettext("Win deals worth %(amount)s", amount=amount)
    kinds = facts.named(stage.on, voice).many
    return voice.gettext("Reach %(amount)s in %(kinds)s", amount=amount, kinds=kinds)


def _things(stage: Stage, currency: str, voice: Voice) -> str:
    """So many units, customers or products: sold, or reached with what else is done."""
    num, n, kinds = _number(stage), voice.quantity(stage.target), facts.named(stage.on, voice).many
    said = {"shown": n, "kinds": kinds}
    if stage.measure == "quantity":
        sold = voice.ngettext("Sell %(shown)s unit", "Sell %(shown)s units", num, **said)
        reached = voice.ngettext(
            "Reach %(shown)s unit in %(kinds)s", "Reach %(shown)s units in %(kinds)s", num, **said
        )
    elif stage.measure == "customers":
        sold = voice.ngettext(
            "Sell to %(shown)s customer", "Sell to %(shown)s different customers", num, **said
        )
        reached = voice.ngettext(
            "Reach %(shown)s customer with %(kinds)s",
            "Reach %(shown)s different customers with %(kinds)s",
            num,
            **said,
        )
    else:
        sold = voice.ngettext(
            "Sell %(shown)s product", "Sell %(shown)s different products", num, **said
        )
        reached = voice.ngettext(
            "Reach %(shown)s product with %(kinds)s",
            "Reach %(shown)s different products with %(kinds)s",
            num,
            **said,
        )
    return sold if stage.on == "sale" else reached


def more(stage: Stage, needed: int, currency: str, voice: Voice = ENGLISH) -> str:
    """What is still missing (ten-thousandths): ``2 more sales``, ``$6,210 more in sales``."""
    names = facts.named(stage.on, voice)
    if stage.measure == "amount":
        amount = voice.amount(needed, currency, whole=True)
        return voice.gettext("%(amount)s more in %(kinds)s", amount=amount, kinds=names.many)
    num, shown = 1 if needed == SCALE else 2, voice.quantity(needed)
    if stage.measure == "quantity":
        return voice.ngettext("%(shown)s more unit", "%(shown)s more units", num, shown=shown)
    if stage.measure == "customers":
        return voice.ngettext(
            "%(shown)s more customer", "%(shown)s more customers", num, shown=shown
        )
    if stage.measure == "products":
        return voice.ngettext("%(shown)s more product", "%(shown)s more products", num, shown=shown)
    kind = names.one if num == 1 else names.many
    return voice.gettext("%(shown)s more %(kind)s", shown=shown, kind=kind)


def so_far(stage: Stage, value: int, currency: str, voice: Voice = ENGLISH) -> str:
    """How far it is: ``10 of 12 sales``, ``$13,790 of $20,000``."""
    if stage.measure == "amount":
        done = voice.amount(value, currency, whole=True)
        return voice.gettext(
            "%(done)s of %(target)s",
            done=done,
            target=voice.amount(stage.target, currency, whole=True),
        )
    names = {
        "quantity": voice.ngettext("unit", "units", _number(stage)),
        "customers": voice.ngettext("customer", "customers", _number(stage)),
        "products": voice.ngettext("product", "products", _number(stage)),
    }
    kinds = facts.named(stage.on, voice)
    things = names.get(stage.measure, kinds.one if stage.target == SCALE else kinds.many)
    return voice.gettext(
        "%(done)s of %(target)s %(things)s",
        done=voice.quantity(value),
        target=voice.quantity(stage.target),
        things=things,
    )


def reward(stage: Stage, voice: Voice = ENGLISH) -> str:
    """What reaching it pays: ``500 points and $100``; empty where it is for the honour."""
    return voice.all_of(voice.pay(amount, unit) for unit, amount in reversed(stage.reward))


def audience(where: Where, voice: Voice = ENGLISH) -> str:
    """For whom: ``For partners in region Northwest or Southwest.``"""
    whom = facts.partners(where, voice)
    return voice.gettext("For %(partners)s.", partners=whom or voice.gettext("every partner"))


def budget(limits: Mapping[str, int], voice: Voice = ENGLISH) -> str:
    """Where a mission stops: ``while its budget of $5,000 lasts``; empty where it does not."""
    if not limits:
        return ""
    said = voice.all_of(voice.pay(amount, unit) for unit, amount in limits.items())
    return voice.gettext("while its budget of %(budget)s lasts", budget=said)


def summary(mission: Mission, currency: str, voice: Voice = ENGLISH) -> str:
    """A whole mission in one breath, as its author should read it before it goes live.

    ``Mar 1 – May 31, 2013: Close 3 sales (500 points); Sell for $20,000 ($100). For every partner.``
    and where it stops at a budget: ``Rewards are paid while its budget of $5,000 lasts.``
    """
    steps = []
    for stage in mission.stages:
        worth, what = reward(stage, voice), task(stage, currency, voice)
        steps.append(f"{what} ({worth})" if worth else what)
    said = voice.gettext(
        "%(days)s: %(steps)s. %(audience)s",
        days=voice.days(mission.starts, mission.ends),
        steps="; ".join(steps),
        audience=audience(mission.audience, voice),
    )
    lasts = budget(mission.limits, voice)
    return (
        voice.gettext("%(said)s Rewards are paid %(lasts)s.", said=said, lasts=lasts)
        if lasts
        else said
    )
