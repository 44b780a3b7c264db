"""Rules in plain words: what a partner earns in one sentence, and the limits in a second."""

from datetime import date

from engage.activity import sentences as facts
from engage.incentives.rules import DISTINCT, Rate, Rule
from engage.money import POINTS, SCALE
from engage.periods import Moment
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
        pay_text, step = _points_per_amount(rule.rate, voice)
        each = voice.amount(step, currency, whole=True)
    else:
        pay_text, each = _rate_pay(rule.rate, rule.earn, voice), _one(rule, currency, voice)
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
        period=_per(rule.period, voice),
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


def _one(rule: Rule, currency: str, voice: Voice) -> str:
    """One of what the rule counts: ``unit``, ``sale``, ``customer``."""
    return {
        "amount": lambda: voice.amount(SCALE, currency, whole=True),
        "quantity": lambda: voice.gettext("unit"),
        "fact": lambda: facts.named(rule.on, voice).one,
        "customer": lambda: voice.gettext("customer"),
        "product": lambda: voice.gettext("product"),
    }[rule.per]()


def _over(rule: Rule, voice: Voice) -> str:
    """`` over the same quarter last year``; empty where the rule does not pay for growth."""
    if rule.baseline is None:
        return ""
    return " " + voice.gettext("over %(baseline)s", baseline=versus(rule, voice))


def versus(rule: Rule, voice: Voice = ENGLISH) -> str:
    """What growth is measured against: ``the mean of your last 4 quarters``."""
    named = span(rule.period, voice)
    count = rule.baseline.periods if rule.baseline else None
    if count is None:
        return voice.gettext("the same %(period)s last year", period=named)
    if count == 1:
        return voice.gettext("the %(period)s before", period=named)
    return voice.gettext(
        "the mean of your last %(count)s %(periods)s",
        count=count,
        periods=_spans(rule.period, voice),
    )


def milestone_phrases(rule: Rule, currency: str, voice: Voice = ENGLISH) -> list[str]:
    """The milestones one by one: ``$100 once you reach $10,000 in a quarter``."""
    return [
        voice.gettext(
            "%(pay)s once you reach %(at)s %(period)s",
            pay=voice.pay(milestone.pays, rule.earn),
            at=measured(rule, milestone.at, currency, voice),
            period=_in_a(rule, voice),
        )
        for milestone in rule.milestones
    ]


def _in_a(rule: Rule, voice: Voice) -> str:
    """``in a quarter``, ``of growth in a quarter``, ``in all``."""
    if rule.period == "all":
        return voice.gettext("in all")
    named = span(rule.period, voice)
    if rule.baseline:
        return voice.gettext("of growth in a %(period)s", period=named)
    return voice.gettext("in a %(period)s", period=named)


def _points_per_amount(rate: Rate, voice: Voice) -> tuple[str, int]:
    """``1 point`` and the amount it takes: 0.1 points for $1 reads better as 1 point for $10."""
    numerator, denominator = rate.decimal.as_integer_ratio()
    if 0 < numerator < denominator and denominator % numerator == 0:
        return voice.points(1), denominator // numerator * SCALE
    return voice.points(rate.decimal), SCALE


def _rate_pay(rate: Rate, unit: str, voice: Voice) -> str:
    """A rate as pay: ``5 points``, ``$2``, ``$0.005``."""
    if unit == POINTS:
        return voice.points(rate.decimal)
    return voice.amount(int(rate.decimal * SCALE), unit, whole=True, exact=True)


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


def band_phrases(rule: Rule, currency: str, voice: Voice = ENGLISH) -> list[str]:
    """The bands one by one: ``nothing up to $5,000``, ``1% above $5,000``."""
    phrases = []
    marginal = rule.bands == "marginal"
    if rule.band[0].start > 0:
        phrases.append(_up_to(voice.gettext("nothing"), rule, rule.band[0].start, currency, voice))
    for index, band in enumerate(rule.band):
        worth = rate_text(rule, band.rate, currency, voice)
        last = index + 1 == len(rule.band)
        if last and band.start == 0:
            phrases.append(voice.gettext("%(rate)s on all of it", rate=worth))
        elif band.start == 0:
            phrases.append(_up_to(worth, rule, rule.band[1].start, currency, voice))
        elif marginal and not last:
            phrases.append(
                voice.gettext(
                    "%(rate)s between %(start)s and %(end)s",
                    rate=worth,
                    start=measured(rule, band.start, currency, voice),
                    end=measured(rule, rule.band[index + 1].start, currency, voice),
                )
            )
        else:
            start = measured(rule, band.start, currency, voice)
            text = (
                voice.gettext("%(rate)s above %(start)s", rate=worth, start=start)
                if marginal
                else voice.gettext("%(rate)s once you reach %(start)s", rate=worth, start=start)
            )
            phrases.append(text)
    return phrases


def _up_to(worth: str, rule: Rule, end: int, currency: str, voice: Voice) -> str:
    shown = measured(rule, end, currency, voice)
    if rule.bands == "marginal":
        return voice.gettext("%(rate)s up to %(end)s", rate=worth, end=shown)
    return voice.gettext("%(rate)s below %(end)s", rate=worth, end=shown)


def rate_text(rule: Rule, rate: Rate, currency: str, voice: Voice = ENGLISH) -> str:
    """A rate of the rule: ``1%``, ``2 points per $1``, ``$5 per sale``, ``nothing``."""
    if not rate.decimal:
        return voice.gettext("nothing")
    if rule.per == "amount" and rule.earn != POINTS:
        return voice.percent(rate.decimal)
    if rule.per == "amount":
        pay_text, step = _points_per_amount(rate, voice)
        per = voice.amount(step, currency, whole=True)
    else:
        pay_text = _rate_pay(rate, rule.earn, voice)
        per = _one(rule, currency, voice)
    return voice.gettext("%(pay)s per %(per)s", pay=pay_text, per=per)


def measured(rule: Rule, value: int, currency: str, voice: Voice = ENGLISH) -> str:
    """A running total in what the rule counts: ``$5,000``, ``10 units``, ``3 sales``."""
    if rule.per == "amount":
        return voice.amount(value, currency, whole=True, exact=True)
    if rule.per == "fact":
        return facts.counted(rule.on, value, voice)
    num, n = (1 if value == SCALE else 2), voice.quantity(value)
    if rule.per == "customer":
        return voice.ngettext("%(n)s customer", "%(n)s customers", num, n=n)
    if rule.per == "product":
        return voice.ngettext("%(n)s product", "%(n)s products", num, n=n)
    return voice.ngettext("%(n)s unit", "%(n)s units", num, n=n)


def _limits(rule: Rule, currency: str, voice: Voice) -> str:
    parts = []
    if rule.minimum is not None:
        parts.append(
            voice.gettext(
                "only once you reach %(minimum)s %(period)s (from then on all of it counts)",
                minimum=measured(rule, rule.minimum, currency, voice),
                period=_in_a(rule, voice),
            )
        )
    if rule.cap is not None:
        cap = voice.pay(rule.cap, rule.earn)
        parts.append(
            voice.gettext("at most %(cap)s %(period)s", cap=cap, period=_per(rule.period, voice))
        )
    if rule.limit is not None:
        budget = voice.pay(rule.limit, rule.earn)
        parts.append(voice.gettext("while the budget of %(budget)s lasts", budget=budget))
    if whom := facts.partners(rule.where, voice):
        parts.append(voice.gettext("for %(partners)s", partners=whom))
    if rule.within is not None:
        parts.append(
            voice.ngettext(
                "on the day you join",
                "in the first %(num)s days after you join",
                rule.within,
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


def edge(day: date | None, moment: Moment | None, voice: Voice = ENGLISH) -> str:
    """An end of a window: ``Jun 1, 2013``, ``Jun 1, 2013, 9:00 AM (New York)``; empty without one.

    A time is told on the clocks of the programme, which hold for everybody, and not on the reader's.
    """
    if moment:
        return voice.local_moment(moment)
    return voice.day(day) if day else ""


def _per(kind: str, voice: Voice) -> str:
    """``a quarter``, ``in all``."""
    if kind == "all":
        return voice.gettext("in all")
    return voice.gettext("a %(period)s", period=span(kind, voice))


def span(kind: str, voice: Voice) -> str:
    return {
        "day": voice.gettext("day"),
        "week": voice.gettext("week"),
        "month": voice.gettext("month"),
        "quarter": voice.gettext("quarter"),
        "year": voice.gettext("year"),
    }[kind]


def _spans(kind: str, voice: Voice) -> str:
    return {
        "day": voice.gettext("days"),
        "week": voice.gettext("weeks"),
        "month": voice.gettext("months"),
        "quarter": voice.gettext("quarters"),
        "year": voice.gettext("years"),
    }[kind]
