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
    line = _Sum(rule, before, after, pay(rule, after) - pay(rule, before), currency, voice)
    worth, total = line.worth, line.product() or line.difference(period, terms)
    if "times" in terms:
        worth = times(rule, Step(before, after, worth), Decimal(terms["times"]))
        total = voice.gettext(
            "%(sum)s With tier %(tier)s you get %(times)s times that: %(pay)s.",
            sum=total if total.endswith(".") else f"{total}.",
            tier=terms["tier"],
            times=voice.number(Decimal(terms["times"])),
            pay=line.pay(worth, sign=True),
        )
    if "left" in terms:
        worth = terms["left"]
        total = voice.gettext(
            "%(sum)s Of the rule's budget %(left)s was left for it.",
            sum=total if total.endswith(".") else f"{total}.",
            left=line.pay(worth),
        )
    if amount == worth:
        return Because(read, total, None)
    note = voice.gettext(
        "%(before)s stood posted; an earlier fact came in late or was corrected, "
        "and that makes the difference of %(difference)s.",
        before=line.pay(worth - amount),
        difference=line.pay(amount, sign=True),
    )
    return Because(read, total, note)


class _Sum(NamedTuple):
    """A step of a running total, and what it is ``worth`` by the rule alone."""

    rule: Rule
    before: int
    after: int
    worth: int
    currency: str
    voice: Voice

    def pay(self, amount: int, *, sign: bool = False) -> str:
        return self.voice.pay(amount, self.rule.earn, whole=False, sign=sign)

    def exactly(self, value: int) -> str:
        if self.rule.per == "amount":
            return self.voice.amount(value, self.currency, exact=True)
        return measured(self.rule, value, self.currency, self.voice)

    def product(self) -> str | None:
        """``$1,250.00 × 1% = $12.50`` where the fact alone explains its pay; None otherwise."""
        rate, moved = self.rule.rate, self.after - self.before
        if self.rule.baseline or rate is None:
            return None
        if moved * rate.numerator != self.worth * rate.denominator:
            return None
        return self.voice.gettext(
            "%(measure)s × %(rate)s = %(pay)s",
            measure=self.exactly(moved),
            rate=rate_text(self.rule, rate, self.currency, self.voice),
            pay=self.pay(self.worth),
        )

    def difference(self, period: str | None, terms: Mapping[str, Any]) -> str:
        """The running total before and after, and what each is worth by the whole rule."""
        said = {
            "total": self.total(period, terms),
            "paid_before": self.pay(pay(self.rule, self.before)),
            "paid_after": self.pay(pay(self.rule, self.after)),
            "worth": self.pay(self.worth, sign=True),
        }
        if self.rule.cap is not None and pay(self.rule, self.after) == self.rule.cap:
            return self.voice.gettext(
                "%(total)s. That is worth %(paid_before)s → %(paid_after)s, the most this rule pays, "
                "so %(worth)s.",
                **said,
            )
        return self.voice.gettext(
            "%(total)s. That is worth %(paid_before)s → %(paid_after)s, so %(worth)s.", **said
        )

    def total(self, period: str | None, terms: Mapping[str, Any]) -> str:
        """``Running total in Q2 2013: $900.00 → $1,000.00``; of growth with what it is measured
        against."""
        voice, baseline = self.voice, terms.get("baseline", 0)
        total = voice.gettext(
            "Running total in %(period)s: %(before)s → %(after)s",
            period=voice.period(periods.parse(period or "all")),
            before=self.exactly(self.before + baseline),
            after=self.exactly(self.after + baseline),
        )
        if self.rule.baseline is None:
            return total
        newcomer = terms.get("newcomer")
        return voice.gettext(
            "%(total)s, less the baseline of %(baseline)s (%(against)s) = growth of %(start)s → %(end)s",
            total=total,
            baseline=self.exactly(baseline),
            against=voice.gettext("stated for newcomers") if newcomer else versus(self.rule, voice),
            start=self.exactly(self.before),
            end=self.exactly(self.after),
        )
