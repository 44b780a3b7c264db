"""Why a ledger line is what it is: the arithmetic that paid, shown again."""

from collections.abc import Mapping
from decimal import Decimal
from typing import Any, NamedTuple

from engage import periods
from engage.incentives.explain import sentence
from engage.incentives.phrases import measured, rate_text, versus
from engage.incentives.rules import Rule, Step, pay, times
from engage.voice import ENGLISH, Voice


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
    terms: Mapping[str, Any] | None = None,
) -> Because:
    """Why a fact that moved the running total from ``before`` to ``after`` was paid ``amount``.

    Where that is not what the step is worth, the line corrects an earlier one, and says so; a line
    that takes everything back has no step (both totals are 0).
    """
    read = sentence(rule, currency, voice)
    if before == after:
        note = voice.gettext("It no longer counts here, so what it had earned is taken back.")
        return Because(read, "", note)
    terms = terms or {}
    worth = pay(rule, after) - pay(rule, before)
    total = _product(rule, before, after, worth, currency, voice) or _difference(
        rule, before, after, worth, period, currency, voice, terms
    )
    if "times" in terms:
        worth = times(rule, Step(before, after, worth), Decimal(terms["times"]))
        total = voice.gettext(
            "%(sum)s With tier %(tier)s you get %(times)s times that: %(pay)s.",
            sum=total if total.endswith(".") else f"{total}.",
            tier=terms["tier"],
            times=voice.number(Decimal(terms["times"])),
            pay=voice.pay(worth, rule.earn, whole=False, sign=True),
        )
    if "left" in terms:
        worth = terms["left"]
        total = voice.gettext(
            "%(sum)s Of the rule's budget %(left)s was left for it.",
            sum=total if total.endswith(".") else f"{total}.",
            left=voice.pay(worth, rule.earn, whole=False),
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
    if (
        rule.baseline
        or rate is None
        or (after - before) * rate.numerator != worth * rate.denominator
    ):
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
    terms: Mapping[str, Any],
) -> str:
    """The running total before and after, and what each is worth by the whole rule."""
    said = {
        "total": _total(rule, before, after, period, currency, voice, terms),
        "paid_before": voice.pay(pay(rule, before), rule.earn, whole=False),
        "paid_after": voice.pay(pay(rule, after), rule.earn, whole=False),
        "worth": voice.pay(worth, rule.earn, whole=False, sign=True),
    }
    if rule.cap is not None and pay(rule, after) == rule.cap:
        return voice.gettext(
            "%(total)s. That is worth %(paid_before)s → %(paid_after)s, the most this rule pays, "
            "so %(worth)s.",
            **said,
        )
    return voice.gettext(
        "%(total)s. That is worth %(paid_before)s → %(paid_after)s, so %(worth)s.", **said
    )


def _total(
    rule: Rule,
    before: int,
    after: int,
    period: str | None,
    currency: str,
    voice: Voice,
    terms: Mapping[str, Any],
) -> str:
    """``Running total in Q2 2013: $900.00 → $1,000.00``; of growth with what it is measured against."""
    baseline = terms.get("baseline", 0)
    said = {
        "period": voice.period(periods.parse(period or "all")),
        "before": _exactly(rule, before + baseline, currency, voice),
        "after": _exactly(rule, after + baseline, currency, voice),
    }
    total = voice.gettext("Running total in %(period)s: %(before)s → %(after)s", **said)
    if rule.baseline is None:
        return total
    against = (
        voice.gettext("stated for newcomers") if terms.get("newcomer") else versus(rule, voice)
    )
    return voice.gettext(
        "%(total)s, less the baseline of %(baseline)s (%(against)s) = growth of %(start)s → %(end)s",
        total=total,
        baseline=_exactly(rule, baseline, currency, voice),
        against=against,
        start=_exactly(rule, before, currency, voice),
        end=_exactly(rule, after, currency, voice),
    )


def _exactly(rule: Rule, value: int, currency: str, voice: Voice) -> str:
    if rule.per == "amount":
        return voice.amount(value, currency, exact=True)
    return measured(rule, value, currency, voice)
