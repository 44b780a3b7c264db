"""What sentences about rules are made of: rates, bands, milestones, totals, ends of windows."""

from datetime import date

from engage.activity import sentences as facts
from engage.incentives.rules import Rate, Rule
from engage.money import POINTS, SCALE
from engage.periods import Moment
from engage.voice import ENGLISH, Voice


def one(rule: Rule, currency: str, voice: Voice) -> str:
    """One of what the rule counts: ``unit``, ``sale``, ``customer``."""
    return {
        "amount": lambda: voice.amount(SCALE, currency, whole=True),
        "quantity": lambda: voice.gettext("unit"),
        "fact": lambda: facts.named(rule.on, voice).one,
        "customer": lambda: voice.gettext("customer"),
        "product": lambda: voice.gettext("product"),
    }[rule.per]()


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
            period=in_a(rule, voice),
        )
        for milestone in rule.milestones
    ]


def in_a(rule: Rule, voice: Voice) -> str:
    """``in a quarter``, ``of growth in a quarter``, ``in all``."""
    if rule.period == "all":
        return voice.gettext("in all")
    named = span(rule.period, voice)
    if rule.baseline:
        return voice.gettext("of growth in a %(period)s", period=named)
    return voice.gettext("in a %(period)s", period=named)


def points_per_amount(rate: Rate, voice: Voice) -> tuple[str, int]:
    """``1 point`` and the amount it takes: 0.1 points for $1 reads better as 1 point for $10."""
    numerator, denominator = rate.decimal.as_integer_ratio()
    if 0 < numerator < denominator and denominator % numerator == 0:
        return voice.points(1), denominator // numerator * SCALE
    return voice.points(rate.decimal), SCALE


def rate_pay(rate: Rate, unit: str, voice: Voice) -> str:
    """A rate as pay: ``5 points``, ``$2``, ``$0.005``."""
    if unit == POINTS:
        return voice.points(rate.decimal)
    return voice.amount(int(rate.decimal * SCALE), unit, whole=True, exact=True)


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
        pay_text, step = points_per_amount(rate, voice)
        per = voice.amount(step, currency, whole=True)
    else:
        pay_text = rate_pay(rate, rule.earn, voice)
        per = one(rule, currency, voice)
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


def edge(day: date | None, moment: Moment | None, voice: Voice = ENGLISH) -> str:
    """An end of a window: ``Jun 1, 2013``, ``Jun 1, 2013, 9:00 AM (New York)``; empty without one.

    A time is told on the clocks of the programme, which hold for everybody, and not on the reader's.
    """
    if moment:
        return voice.local_moment(moment)
    return voice.day(day) if day else ""


def per_period(kind: str, voice: Voice) -> str:
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
