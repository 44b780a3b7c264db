"""How a reader is spoken to: words of their language, numbers and days as they write them.

Sentences about rules, missions and boards are built by functions that take a `Voice`, so that the
page, the statement on the command line and the film say the same thing. They never look at a request.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

from babel import Locale, dates, lists, numbers

from engage import formats
from engage.money import POINTS
from engage.periods import Moment, Period

_NBSP = "\N{NO-BREAK SPACE}"
#: Where a line may break in a range of days: behind a dash it may even before a no-break space.
_HELD = str.maketrans({" ": _NBSP, "\N{THIN SPACE}": _NBSP, "–": "–\N{WORD JOINER}"})


def _english(text: str, **values: Any) -> str:
    return text % values if values else text


def _english_number(one: str, many: str, num: int, **values: Any) -> str:
    return (one if num == 1 else many) % {"num": num, **values}


@dataclass(frozen=True)
class Voice:
    """A locale, a time zone, and the catalog of its language (`gettext` fills in ``%(name)s``).

    That of who looks at a page is `engage.web.locales.viewer`.
    """

    locale: Locale | str = "en"
    timezone: str = "UTC"
    gettext: Callable[..., str] = _english
    ngettext: Callable[..., str] = _english_number

    def pay(self, amount: int, unit: str, *, whole: bool = True, sign: bool = False) -> str:
        """Minor units of pay as a sentence says them: ``500 points``, ``$400``; signed if asked."""
        mark = "" if not sign or not amount else "+" if amount > 0 else "−"
        size = abs(amount) if sign else amount
        if unit == POINTS:
            return mark + self.points(size)
        return mark + formats.money(size, unit, self.locale, whole=whole)

    def bare(self, amount: int, unit: str, *, whole: bool = True) -> str:
        """The same without the word for points, where a heading has it."""
        return formats.money(amount, unit, self.locale, whole=whole)

    def points(self, count: int | Decimal) -> str:
        whole = count if count == 1 else 2
        return self.ngettext(
            "%(shown)s point", "%(shown)s points", int(whole), shown=self.number(count)
        )

    def amount(self, value: int, currency: str, *, whole: bool = False, exact: bool = False) -> str:
        """Ten-thousandths of a currency: ``$12,400.00``; see `formats.amount`."""
        return formats.amount(value, currency, self.locale, whole=whole, exact=exact)

    def number(self, value: int | Decimal) -> str:
        return formats.number(value, self.locale)

    def read(self, text: str) -> Decimal | None:
        """What a reader typed where a number belongs; None where it is none."""
        return formats.read_number(text, self.locale)

    def typed(self, number: Decimal) -> str:
        """A number as its reader would type it: `read` reads it back."""
        return numbers.format_decimal(
            number, locale=self.locale, decimal_quantization=False, group_separator=False
        )

    def quantity(self, value: int, places: int | None = None) -> str:
        """Ten-thousandths as a plain number: ``125000 -> 12.5``; or with so many digits after the point."""
        return formats.decimal4(value, self.locale, places)

    def percent(self, share: Decimal, places: int | None = None) -> str:
        """An exact share: ``0.015 -> 1.5%``; or with so many digits after the point."""
        if places is None:
            return numbers.format_percent(share, locale=self.locale, decimal_quantization=False)
        whole, zero, sign = (
            Locale.parse(str(self.locale)).percent_formats[None].pattern.rpartition("0")
        )
        digits = f".{'0' * places}" if places else ""
        return numbers.format_percent(share, f"{whole}{zero}{digits}{sign}", self.locale)

    def percent_of(self, part: int, whole: int) -> str:
        """How much of ``whole`` is there, in whole percents, rounded down."""
        return formats.percent(part, whole, self.locale)

    def day(self, day: date) -> str:
        return dates.format_date(day, format="medium", locale=self.locale)

    def moment(self, instant: datetime) -> str:
        return formats.moment(instant, self.locale, self.timezone)

    def local_moment(self, moment: Moment) -> str:
        """A time on the clocks of its own zone, wherever the reader is: ``… 9:00 AM (New York)``.

        Of a time that they show twice it says which one is meant.
        """
        shown = formats.moment(moment.at, self.locale, moment.timezone)
        place = dates.get_timezone_location(moment.timezone, locale=self.locale, return_city=True)
        if moment.is_twice and moment.shown.fold:
            place = self.gettext("%(place)s, the second time that clocks show it", place=place)
        elif moment.is_twice:
            place = self.gettext("%(place)s, the first time that clocks show it", place=place)
        return f"{shown} ({place})"

    def as_of(self, instant: datetime, now: datetime) -> str:
        """The time of day alone where it was today on the reader's clock: ``14:05``."""
        zone = ZoneInfo(self.timezone)
        if instant.astimezone(zone).date() == now.astimezone(zone).date():
            return formats.clock_time(instant, self.locale, self.timezone)
        return self.moment(instant)

    def days(self, first: date, last: date) -> str:
        """``Mar 1 – May 31, 2013``, which no line break parts."""
        said = dates.format_interval(first, last, skeleton="yMMMd", locale=self.locale)
        return said.translate(_HELD)

    def left(self, until: datetime, now: datetime) -> str:
        """``6 days left``, ``5 hours left``, ``ended``; never more than there is."""
        if until <= now:
            return self.gettext("ended")
        count, unit = formats.remaining(until, now)
        if unit == "day":
            return self.ngettext("%(num)s day left", "%(num)s days left", count)
        if unit == "hour":
            return self.ngettext("%(num)s hour left", "%(num)s hours left", count)
        if count:
            return self.ngettext("%(num)s minute left", "%(num)s minutes left", count)
        return self.gettext("less than a minute left")

    def deadline(self, until: datetime, now: datetime) -> tuple[str, str]:
        """An end for ui/next.html's countdown: for the machine, and in words."""
        return formats.utc(until), self.left(until, now)

    def any_of(self, values: Iterable[str]) -> str:
        return lists.format_list(sorted(values), style="or", locale=self.locale)

    def all_of(self, values: Iterable[str]) -> str:
        return lists.format_list(list(values), style="standard", locale=self.locale)

    def period(self, period: Period) -> str:
        """``Q2 2013``, ``May 2013``, ``Week 7, 2013``."""
        if period.label:
            return period.label
        if period.kind == "all":
            return self.gettext("All time")
        if period.kind == "rolling":
            length = (period.last - period.first).days + 1
            day = self.day(period.last)
            return self.ngettext(
                "%(num)s day up to %(day)s", "%(num)s days up to %(day)s", length, day=day
            )
        if period.kind == "day":
            return self.day(period.first)
        if period.kind == "week":
            year, week, _ = period.first.isocalendar()
            return self.gettext("Week %(week)s, %(year)s", week=week, year=year)
        skeleton = {"month": "yMMMM", "quarter": "yQQQ", "year": "y"}[period.kind]
        return str(dates.format_skeleton(skeleton, period.first, locale=self.locale))

    def brief(self, period: Period) -> str:
        """The same of a period that is just over, without its year: ``Q2``, ``May``, ``Week 7``."""
        if period.label:
            return period.label
        if period.kind == "week":
            return self.gettext("Week %(week)s", week=period.first.isocalendar().week)
        if period.kind == "day":
            return str(dates.format_skeleton("MMMd", period.first, locale=self.locale))
        pattern = {"month": "LLLL", "quarter": "QQQ"}.get(period.kind)
        brief = pattern and dates.format_date(period.first, pattern, locale=self.locale)
        return brief or self.period(period)

    def this(self, kind: str) -> str:
        """The running period of a kind: ``this quarter``."""
        return {
            "day": self.gettext("today"),
            "week": self.gettext("this week"),
            "month": self.gettext("this month"),
            "quarter": self.gettext("this quarter"),
            "year": self.gettext("this year"),
            "all": self.gettext("all time"),
            "rolling": self.gettext("today"),
            "mission": self.gettext("in this mission"),
            "season": self.gettext("this season"),
        }[kind]


#: For the command line and whoever has no reader at hand.
ENGLISH = Voice()
