"""Rules in plain words: what a partner earns in one sentence, and the limits in a second."""

from engage.activity import sentences as facts
from engage.incentives.phrases import (
    band_phrases,
    edge,
    in_a,
    measured,
    milestone_phrases,
    one,
    per_period,
    points_per_amount,
    rate_pay,
    span,
    versus,
)
from engage.incentives.rules import DISTINCT, Rule
from engage.money import POINTS
from engage.voice import ENGLISH, Voice


def sentence(rule: Rule, currency: str, voice: Voice = ENGLISH) -> str:
    """What a partner earns by the rule, in one sentence, and its limits in a second.

    ``You earn 1 point for every $1 of sales in category Bikes. At most 50,000 points a quarter.``
    """
    first = _banded(rule, currency, voice) if rule.bands else _linear(rule, currency, voice)
    if rule.milestones and (rule.rate or rule.bands):
        extra = voice.all_of(milestone_phrases(rule, currency, voice))
        first = voice.gettext("%(first)s; and %(extra)s", first=first, extra=extra)
    limits = _limits(rule, currency, voice)
    return f"{first}. {limits}" if limits else f"{first}."


# --- what is earned -------------------------------------------------------------------------------


def _linear(rule: Rule, currency: str, voice: Voice) -> str:
    """``You earn 1.5% of the amount of every sale``; milestones alone begin with ``You earn``, too."""
    if rule.rate is None:
        pieces = voice.all_of(milestone_phrases(rule, currency, voice))
        what = _all_of_it(rule, currency, voice)
        return voice.gettext("With %(what)s you earn %(pieces)s", what=what, pieces=pieces)
    if rule.per == "amount" and rule.earn != POINTS:
        share = voice.percent(rule.rate.decimal)
        if rule.baseline:
            return voice.gettext(
                "You earn %(share)s of the growth of your %(what)s%(over)s",
                share=share,
                what=_what(rule, currency, voice),
                over=_over(rule, voice),
            )
        return voice.gettext(
            "You earn %(share)s of the amount of every %(kind)s%(where)s",
            share=share,
            kind=facts.named(rule.on, voice).one,
            where=facts.narrowed(rule.where, voice, currency),
        )
    if rule.per == "amount":
        pay_text, step = points_per_amount(rule.rate, voice)
        each = voice.amount(step, currency, whole=True)
    else:
        pay_text, each = rate_pay(rule.rate, rule.earn, voice), one(rule, currency, voice)
    if rule.baseline:
        return voice.gettext(
            "You earn %(pay)s for every %(each)s by which your %(what)s grow%(over)s",
            pay=pay_text,
            each=each,
            what=_what(rule, currency, voice),
            over=_over(rule, voice),
        )
    if rule.per == "fact":
        where = facts.narrowed(rule.where, voice, currency)
        return voice.gettext(
            "You earn %(pay)s for every %(kind)s%(where)s", pay=pay_text, kind=each, where=where
        )
    said = {"pay": pay_text, "each": each, "what": _what(rule, currency, voice)}
    if rule.per not in DISTINCT:
        return voice.gettext("You earn %(pay)s for every %(each)s of your %(what)s", **said)
    return voice.gettext(
        "You earn %(pay)s for every different %(each)s of your %(what)s, once %(period)s",
        period=per_period(rule.period, voice),
        **said,
    )


def _what(rule: Rule, currency: str, voice: Voice) -> str:
    """``sales in category Bikes``."""
    named = facts.named(rule.on, voice).many
    return named + facts.narrowed(rule.where, voice, currency)


def _all_of_it(rule: Rule, currency: str, voice: Voice) -> str:
    """``your sales in category Bikes``, or their growth."""
    what = _what(rule, currency, voice)
    if rule.baseline is None:
        return voice.gettext("your %(what)s", what=what)
    return voice.gettext("the growth of your %(what)s%(over)s", what=what, over=_over(rule, voice))


def _over(rule: Rule, voice: Voice) -> str:
    """`` over the same quarter last year``; empty where the rule does not pay for growth."""
    if rule.baseline is None:
        return ""
    return " " + voice.gettext("over %(baseline)s", baseline=versus(rule, voice))


def _banded(rule: Rule, currency: str, voice: Voice) -> str:
    what = _all_of_it(rule, currency, voice)
    pieces = voice.all_of(band_phrases(rule, currency, voice))
    if rule.period == "all":
        first = voice.gettext("On all %(what)s you earn %(pieces)s", what=what, pieces=pieces)
    elif rule.baseline:
        first = voice.gettext("On %(what)s you earn %(pieces)s", what=what, pieces=pieces)
    else:
        first = voice.gettext(
            "On %(what)s of each %(period)s you earn %(pieces)s",
            what=what,
            period=span(rule.period, voice),
            pieces=pieces,
        )
    if rule.bands == "retroactive" and len(rule.band) > 1:
        return voice.gettext("%(first)s: the rate you reach counts from the start", first=first)
    return first


def _limits(rule: Rule, currency: str, voice: Voice) -> str:
    parts = []
    if rule.minimum is not None:
        parts.append(
            voice.gettext(
                "only once you reach %(minimum)s %(period)s (from then on all of it counts)",
                minimum=measured(rule, rule.minimum, currency, voice),
                period=in_a(rule, voice),
            )
        )
    if rule.cap is not None:
        cap = voice.pay(rule.cap, rule.earn)
        parts.append(
            voice.gettext(
                "at most %(cap)s %(period)s", cap=cap, period=per_period(rule.period, voice)
            )
        )
    if rule.limit is not None:
        budget = voice.pay(rule.limit, rule.earn)
        parts.append(voice.gettext("while the budget of %(budget)s lasts", budget=budget))
    if whom := facts.partners(rule.where, voice):
        parts.append(voice.gettext("for %(partners)s", partners=whom))
    if rule.within is not None:
        parts.append(
            voice.ngettext(
                "on the day you join", "in the first %(num)s days after you join", rule.within
            )
        )
    first, last = edge(rule.starts, rule.opens, voice), edge(rule.ends, rule.closes, voice)
    if first and last:
        parts.append(voice.gettext("from %(first)s to %(last)s", first=first, last=last))
    elif first:
        parts.append(voice.gettext("from %(first)s on", first=first))
    elif last:
        parts.append(voice.gettext("until %(last)s", last=last))
    text = ", ".join(parts)
    if rule.baseline:
        newcomers = voice.gettext(
            "with nothing to compare, what is above %(newcomers)s counts as growth",
            newcomers=measured(rule, rule.baseline.newcomers, currency, voice),
        )
        text = f"{text}; {newcomers}" if text else newcomers
    return f"{text[:1].upper()}{text[1:]}." if text else ""
