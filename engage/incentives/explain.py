"""Rules in plain words, and why a ledger line is what it is: the arithmetic that paid, shown again."""

from typing import NamedTuple

from engage import periods
from engage.activity import sentences as facts
from engage.incentives.rules import Rate, Rule, pay
from engage.money import POINTS, SCALE
from engage.voice import ENGLISH, Voice


def sentence(rule: Rule, currency: str, voice: Voice = ENGLISH) -> str:
    """What a partner earns by the rule, in one sentence, and its limits in a second.

    ``You earn 1 point for every $1 of sales in category Bikes. At most 50,000 points a quarter.``
    """
    first = _linear(rule, currency, voice) if rule.rate else _banded(rule, currency, voice)
    limits = _limits(rule, voice)
    return f"{first} {limits}" if limits else first


# --- what is earned -------------------------------------------------------------------------------


def _linear(rule: Rule, currency: str, voice: Voice) -> str:
    assert rule.rate is not None
    names = facts.named(rule.on, voice)
    where = facts.narrowed(rule.where, voice)
    if rule.per == "fact":
        return voice.gettext(
            "You earn %(pay)s for every %(kind)s%(where)s.",
            pay=_rate_pay(rule.rate, rule.earn, voice),
            kind=names.one,
            where=where,
        )
    if rule.per == "quantity":
        return voice.gettext(
            "You earn %(pay)s for every unit of your %(kinds)s%(where)s.",
            pay=_rate_pay(rule.rate, rule.earn, voice),
            kinds=names.many,
            where=where,
        )
    if rule.earn != POINTS:
        return voice.gettext(
            "You earn %(share)s of the amount of every %(kind)s%(where)s.",
            share=voice.percent(rule.rate.decimal),
            kind=names.one,
            where=where,
        )
    pay_text, step = _points_per_amount(rule.rate, voice)
    return voice.gettext(
        "You earn %(pay)s for every %(step)s of your %(kinds)s%(where)s.",
        pay=pay_text,
        step=voice.amount(step, currency, whole=True),
        kinds=names.many,
        where=where,
    )


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
    names = facts.named(rule.on, voice)
    what = names.many + facts.narrowed(rule.where, voice)
    pieces = voice.all_of(band_phrases(rule, currency, voice))
    if rule.period == "all":
        first = voice.gettext("On all your %(what)s you earn %(pieces)s", what=what, pieces=pieces)
    else:
        first = voice.gettext(
            "On your %(what)s of each %(period)s you earn %(pieces)s",
            what=what,
            period=span(rule.period, voice),
            pieces=pieces,
        )
    if rule.bands == "retroactive" and len(rule.band) > 1:
        return voice.gettext("%(first)s: the rate you reach counts from the start.", first=first)
    return f"{first}."


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
        per = voice.gettext("unit") if rule.per == "quantity" else facts.named(rule.on, voice).one
    return voice.gettext("%(pay)s per %(per)s", pay=pay_text, per=per)


def measured(rule: Rule, value: int, currency: str, voice: Voice = ENGLISH) -> str:
    """A running total in what the rule counts: ``$5,000``, ``10 units``, ``3 sales``."""
    if rule.per == "amount":
        return voice.amount(value, currency, whole=True, exact=True)
    if rule.per == "fact":
        return facts.counted(rule.on, value, voice)
    num = 1 if value == SCALE else 2
    return voice.ngettext("%(n)s unit", "%(n)s units", num, n=voice.quantity(value))


def _limits(rule: Rule, voice: Voice) -> str:
    parts = []
    if rule.cap is not None:
        cap = voice.pay(rule.cap, rule.earn)
        parts.append(
            voice.gettext("at most %(cap)s in all", cap=cap)
            if rule.period == "all"
            else voice.gettext(
                "at most %(cap)s a %(period)s", cap=cap, period=span(rule.period, voice)
            )
        )
    if whom := facts.partners(rule.where, voice):
        parts.append(voice.gettext("for %(partners)s", partners=whom))
    if rule.starts and rule.ends:
        parts.append(
            voice.gettext(
                "from %(first)s to %(last)s",
                first=voice.day(rule.starts),
                last=voice.day(rule.ends),
            )
        )
    elif rule.starts:
        parts.append(voice.gettext("from %(first)s on", first=voice.day(rule.starts)))
    elif rule.ends:
        parts.append(voice.gettext("until %(last)s", last=voice.day(rule.ends)))
    text = ", ".join(parts)
    return f"{text[:1].upper()}{text[1:]}." if text else ""


def span(kind: str, voice: Voice) -> str:
    return {
        "day": voice.gettext("day"),
        "week": voice.gettext("week"),
        "month": voice.gettext("month"),
        "quarter": voice.gettext("quarter"),
        "year": voice.gettext("year"),
    }[kind]


# --- why a line is what it is ---------------------------------------------------------------------


class Because(NamedTuple):
    """Why a line is what it is. ``sum`` is the arithmetic, ``note`` says why it is a correction."""

    rule: str
    sum: str
    note: str | None

    @property
    def text(self) -> str:
        """All of it in running words."""
        return " ".join(part for part in self if part)


def because(
    rule: Rule,
    before: int,
    after: int,
    amount: int,
    period: str | None,
    currency: str,
    voice: Voice = ENGLISH,
) -> Because:
    """Why a fact that moved the running total from ``before`` to ``after`` was paid ``amount``.

    Where that is not what the step is worth, the line corrects an earlier one, and says so; a line
    that takes everything back has no step (both totals are 0).
    """
    read = sentence(rule, currency, voice)
    if before == after:
        note = voice.gettext("It no longer counts here, so what it had earned is taken back.")
        return Because(read, "", note)
    worth = pay(rule, after) - pay(rule, before)
    total = _product(rule, before, after, worth, currency, voice) or _difference(
        rule, before, after, worth, period, currency, voice
    )
    if amount == worth:
        return Because(read, total, None)
    note = voice.gettext(
        "%(before)s stood posted; an earlier fact came in late or was corrected, "
        "and that makes the difference of %(difference)s.",
        before=voice.pay(worth - amount, rule.earn, whole=False),
        difference=voice.pay(amount, rule.earn, whole=False, sign=True),
    )
    return Because(read, total, note)


def _product(
    rule: Rule, before: int, after: int, worth: int, currency: str, voice: Voice
) -> str | None:
    """``$1,250.00 × 1% = $12.50`` where the fact alone explains its pay; None otherwise."""
    rate = rule.rate
    if rate is None or (after - before) * rate.numerator != worth * rate.denominator:
        return None
    measure = measured(rule, after - before, currency, voice)
    if rule.per == "amount":
        measure = voice.amount(after - before, currency, exact=True)
    return voice.gettext(
        "%(measure)s × %(rate)s = %(pay)s",
        measure=measure,
        rate=rate_text(rule, rate, currency, voice),
        pay=voice.pay(worth, rule.earn, whole=False),
    )


def _difference(
    rule: Rule,
    before: int,
    after: int,
    worth: int,
    period: str | None,
    currency: str,
    voice: Voice,
) -> str:
    """The running total before and after, and what each is worth by the whole rule."""
    said = {
        "period": voice.period(periods.parse(period or "all")),
        "before": _exactly(rule, before, currency, voice),
        "after": _exactly(rule, after, currency, voice),
        "paid_before": voice.pay(pay(rule, before), rule.earn, whole=False),
        "paid_after": voice.pay(pay(rule, after), rule.earn, whole=False),
        "worth": voice.pay(worth, rule.earn, whole=False, sign=True),
    }
    if rule.cap is not None and pay(rule, after) == rule.cap:
        return voice.gettext(
            "Running total in %(period)s: %(before)s → %(after)s. That is worth %(paid_before)s → "
            "%(paid_after)s, the most this rule pays, so %(worth)s.",
            **said,
        )
    return voice.gettext(
        "Running total in %(period)s: %(before)s → %(after)s. That is worth %(paid_before)s → "
        "%(paid_after)s, so %(worth)s.",
        **said,
    )


def _exactly(rule: Rule, value: int, currency: str, voice: Voice) -> str:
    if rule.per == "amount":
        return voice.amount(value, currency, exact=True)
    return measured(rule, value, currency, voice)
