"""What a partner did in the period, in a film's values: sums, growth, what stands out.

Growth is told where there is some. A fall is no number of a film: it is left out, never dressed up.
"""

import re
from collections.abc import Callable
from datetime import date, timedelta

from babel import Locale, dates

from engage.activity.service import Month
from engage.money import SCALE
from engage.periods import Period
from engage.studio.typeface import missing_script
from engage.studio.values import Number, Point, Ranking, Row, Series
from engage.videos import highlights
from engage.videos.snapshot import Told

MONTHS_SHOWN = 6
#: Of how many months before the period the average is taken, and how few are too few.
AVERAGED, TOO_FEW = 12, 3


def deals(told: Told) -> Number:
    count = sum(month.facts for month in told.in_period)
    return Number(count, told.voice.number(count))


def sales(told: Told) -> Number | None:
    return _money(told, sum(month.amount for month in told.in_period))


def _money(told: Told, amount: int) -> Number | None:
    """Ten-thousandths, rounded to whole units; None where there is nothing."""
    rounded = round(amount / SCALE) * SCALE
    if rounded <= 0:
        return None
    return Number(rounded / SCALE, told.voice.amount(rounded, told.currency, whole=True))


def customers(told: Told) -> Number | None:
    count = highlights.count("customers", told.sales)
    return Number(count, told.voice.number(count)) if count else None


# --- months ---------------------------------------------------------------------------------------


def months(told: Told) -> Series | None:
    """The months up to the period's last one, from the first with a deal on; none before any deal."""
    found = told.history[-max(MONTHS_SHOWN, _months_of(told.teller.told_period)) :]
    if not found:
        return None
    in_money = any(month.amount for month in found)
    since = sum(month.first < told.teller.period.first.replace(day=1) for month in found)
    return Series(tuple(_point(told, month, in_money) for month in found), since)


def whole_months(told: Told) -> Series | None:
    """The months without the one that runs, which would look like a fall; from three on."""
    found = months(told)
    if found and told.teller.last_day == told.teller.today:
        found = Series(found.points[:-1])
    return found if found and len(found.points) >= TOO_FEW else None


def _months_of(period: Period | None) -> int:
    return 12 if period and period.kind in ("year", "all") else 0


def _point(told: Told, month: Month, in_money: bool) -> Point:
    label = dates.format_date(month.first, "LLL", locale=told.voice.locale)
    if not in_money:
        return Point(label, month.facts, told.voice.number(month.facts))
    rounded = round(month.amount / SCALE) * SCALE
    return Point(label, month.amount / SCALE, told.voice.amount(rounded, told.currency, whole=True))


def best_month(told: Told) -> str | None:
    """The name of the best month of all that is known, where it lies in the period."""
    found = [month for month in told.history if month.facts]
    if len(found) < 2 or told.teller.told_period is None:
        return None
    best, second = sorted(found, key=lambda month: (month.amount, month.facts))[:-3:-1]
    value = (best.amount, best.facts)
    after = best.first + timedelta(days=27)
    if value == (second.amount, second.facts) or after < told.teller.period.first:
        return None
    return dates.format_date(best.first, "LLLL", locale=told.voice.locale)


def best_month_runs(told: Told) -> Number | None:
    """1 where the best month is the one that runs, so that it may still grow."""
    name, today = best_month(told), told.teller.today
    running = dates.format_date(today, "LLLL", locale=told.voice.locale)
    return Number(1, "1") if name == running and not told.teller.is_over else None


def _before(told: Told) -> list[Month]:
    first = told.teller.period.first.replace(day=1)
    before = [month for month in told.history if month.first < first][-AVERAGED:]
    return before if len(before) >= TOO_FEW else []


def average(told: Told) -> Number | None:
    """What a month brought before the period, on average: the partner's own baseline."""
    before = _before(told)
    return _money(told, sum(m.amount for m in before) // len(before)) if before else None


def over_average(told: Told) -> Number | None:
    """By how many percent the months of a period that is over were above the average before."""
    before, now = _before(told), told.in_period
    if not before or not now or not told.teller.is_over:
        return None
    usual = sum(m.amount for m in before) // len(before)
    return told.percent(highlights.growth(sum(m.amount for m in now) // len(now), usual))


def active_months(told: Told) -> Number | None:
    """How many months in a row, up to the period's last one, brought a deal; from three on."""
    row = 0
    for month in reversed(told.history):
        if not month.facts:
            break
        row += 1
    return Number(row, told.voice.number(row)) if row >= TOO_FEW else None


# --- against the periods before -------------------------------------------------------------------


def growth(told: Told) -> Number | None:
    """By how many percent the period is above the one before it, also while it still runs; none for
    a newcomer, whose period before was not a whole one."""
    period, joined = told.teller.told_period, told.partner.joined_on
    before = period.previous() if period else None
    if before is None or (joined and joined > before.first):
        return None
    return told.percent(highlights.growth(told.sold(period), told.sold(before)))


def comeback(told: Told) -> Number | None:
    """The growth of a period that follows a dip."""
    period = told.teller.told_period
    before = period.previous() if period else None
    if before is None:
        return None
    sums = told.sold(period), told.sold(before), told.sold(before.previous())
    return told.percent(highlights.comeback(*sums))


# --- what stands out ------------------------------------------------------------------------------


def best_day(what: str) -> Callable[[Told], str | Number | None]:
    """Its ``day`` in words, its ``deals`` or its ``sales``."""

    def read(told: Told) -> str | Number | None:
        best = highlights.best_day(told.sales)
        if best is None or (what == "deals" and best.facts < 2):
            return None
        if what == "day":
            return day_of_week(told, best.day)
        return (
            Number(best.facts, told.voice.number(best.facts))
            if what == "deals"
            else _money(told, best.amount)
        )

    return read


def day_of_week(told: Told, day: date) -> str:
    """``Friday, March 8``: the locale's own order, with the weekday in full."""
    known = Locale.parse(told.voice.locale).datetime_skeletons
    pattern = known[dates.match_skeleton("MMMMEd", known)].pattern
    whole = re.sub("E+|ccc+", "EEEE", pattern)
    return str(dates.format_date(day, whole, locale=told.voice.locale))


def streak_weeks(told: Told) -> Number | None:
    weeks = highlights.weeks_in_a_row(fact.day for fact in told.sales)
    return Number(weeks, told.voice.number(weeks)) if weeks >= highlights.WEEKS_IN_A_ROW else None


def top_category(told: Told) -> str | None:
    found = highlights.shares(told.sales, "category")
    return found[0][0] if len(found) > 1 else None


def top_category_share(told: Told) -> Number | None:
    found = highlights.shares(told.sales, "category")
    whole = sum(amount for _, amount in found)
    return told.percent(found[0][1] * 100 // whole) if len(found) > 1 else None


def top_products(told: Told) -> Ranking | None:
    known = highlights.shares(told.sales, "product")
    found = [(name, amount) for name, amount in known if missing_script(name) is None][:4]
    if len(found) < 2:
        return None
    return Ranking(
        tuple(
            Row(
                k, name, told.voice.amount(round(amount / SCALE) * SCALE, told.currency, whole=True)
            )
            for k, (name, amount) in enumerate(found, 1)
        )
    )
