"""Numbers, money and time as a reader of a given locale and time zone writes them.

The functions are pure: stored integers and a locale in, text out. `engage.voice.Voice` knows the
locale and the time zone of a reader.
"""

import math
import re
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from fractions import Fraction
from functools import lru_cache
from zoneinfo import ZoneInfo

from babel import Locale, dates, numbers, units

from engage.money import POINTS, SCALE, minor_digits

_SECONDS = {"day": 86_400, "hour": 3_600, "minute": 60}
# Where a language writes more than a full stop after an ordinal, by the CLDR plural category of
# ordinals. Babel knows the categories but not the endings.
_ORDINALS: dict[str, dict[str, str]] = {
    "en": {"one": "{}st", "two": "{}nd", "few": "{}rd", "other": "{}th"},
    "fr": {"one": "{}er", "other": "{}e"},
    "es": {"other": "{}.º"},
    "it": {"other": "{}º"},
    "pt": {"other": "{}º"},
    "ca": {"one": "{}r", "two": "{}n", "few": "{}t", "other": "{}è"},
    "nl": {"other": "{}e"},
    "sv": {"one": "{}:a", "other": "{}:e"},
    "ja": {"other": "{}位"},
    "zh": {"other": "第{}"},
    "ko": {"other": "{}위"},
}
# CLDR sets a space between a code and its number ("KWD 1.234"), which Babel leaves out.
_CODE_BESIDE_DIGIT = re.compile(r"(?<=[A-Za-z])(?=\d)|(?<=\d)(?=[A-Za-z])")


def number(value: int | Decimal, locale: Locale | str) -> str:
    """A count or an exact decimal with the locale's grouping: ``1234567 -> 1,234,567``."""
    return numbers.format_decimal(value, locale=locale, decimal_quantization=False)


_TYPED = re.compile(r"[-+]?[0-9][0-9.,'’\s]{0,29}|[-+]?[.,][0-9]{1,28}")
_BLANK = re.compile(r"(?<=[0-9])\s(?=[0-9]{3}(?![0-9]))")


def read_number(text: str, locale: Locale | str) -> Decimal | None:
    """A number as its reader types it: ``20,000`` is twenty thousand to one and twenty to another.

    None for anything else: digits are 0 to 9, grouped as the reader groups them or by blanks, and
    there is no exponent.
    """
    written = text.strip().replace("−", "-")
    if not _TYPED.fullmatch(written):
        return None
    try:
        return numbers.parse_decimal(_BLANK.sub("", written), locale=locale, strict=True)
    except numbers.NumberFormatError:
        return None


def decimal4(value: int, locale: Locale | str, places: int | None = None) -> str:
    """A stored fact amount or quantity (ten-thousandths): ``12_345_000 -> 1,234.5``.

    Without ``places`` nothing is lost and nothing padded; with it, exactly that many digits,
    rounded half to even.
    """
    exact = Decimal(value) / SCALE
    if places is None:
        return numbers.format_decimal(exact, locale=locale, decimal_quantization=False)
    pattern = numbers.parse_pattern(Locale.parse(locale).decimal_formats[None].pattern)
    pattern.frac_prec = (places, places)
    return str(pattern.apply(exact, Locale.parse(locale)))


def money(value: int, unit: str, locale: Locale | str, *, whole: bool = False) -> str:
    """Minor units of a currency: ``(40_000, "USD") -> $400.00``; points are grouped and bare.

    ``whole`` drops the digits after the point where they are all zero, for sentences ("$400").
    """
    if unit == POINTS:
        return number(value, locale)
    digits = minor_digits(unit)
    exact = Decimal(value).scaleb(-digits)
    shown = 0 if whole and exact == exact.to_integral_value() else digits
    return _currency(exact, unit, locale, shown, shown)


@lru_cache(maxsize=8192)  # a board says the same scores again in each of its versions
def amount(
    value: int, unit: str, locale: Locale | str, *, whole: bool = False, exact: bool = False
) -> str:
    """A stored fact amount (ten-thousandths) in its currency: ``12_345_000 -> $1,234.50``.

    Rounded half to even to the digits the currency has; ``exact`` shows up to four where they are
    there, ``whole`` none where they are all zero (for sentences).
    """
    number = Decimal(value) / SCALE
    digits = minor_digits(unit)
    if whole and number == number.to_integral_value():
        return _currency(number, unit, locale, 0, 0)
    return _currency(number, unit, locale, digits, max(digits, 4) if exact else digits)


def _currency(value: Decimal, unit: str, locale: Locale | str, least: int, most: int) -> str:
    """``value`` with at least and at most so many digits after the point."""
    pattern = numbers.parse_pattern(Locale.parse(locale).currency_formats["standard"].pattern)
    pattern.frac_prec = (least, most)
    text = pattern.apply(value, Locale.parse(locale), currency=unit, currency_digits=False)
    return _CODE_BESIDE_DIGIT.sub("\N{NO-BREAK SPACE}", text)


def percent(part: int | Decimal, whole: int | Decimal, locale: Locale | str) -> str:
    """How much of ``whole`` is there, in whole percents, rounded down: 999 of 1000 is not 100 %."""
    if not whole:
        return numbers.format_percent(0, locale=locale)
    share = math.floor(Fraction(part) / Fraction(whole) * 100)
    return numbers.format_percent(Decimal(share) / 100, locale=locale)


@lru_cache(maxsize=8192)
def ordinal(value: int, locale: Locale | str) -> str:
    """A rank: ``1st``, ``1er``, ``1.``, ``1.º``."""
    locale = Locale.parse(locale)
    endings = _ORDINALS.get(locale.language, {})
    ending = endings.get(locale.ordinal_form(value)) or endings.get("other", "{}.")
    return ending.format(number(value, locale))


def day(value: date | datetime, locale: Locale | str, tz: str) -> str:
    """A calendar day; an instant is first moved into ``tz``."""
    if isinstance(value, datetime):
        value = value.astimezone(ZoneInfo(tz)).date()
    return dates.format_date(value, format="medium", locale=locale)


def moment(value: datetime, locale: Locale | str, tz: str) -> str:
    """An instant on the viewer's clock, to the minute."""
    return (
        str(dates.get_datetime_format("medium", locale=locale))
        .replace("'", "")
        .replace("{0}", clock_time(value, locale, tz))
        .replace("{1}", day(value, locale, tz))
    )


def clock_time(value: datetime, locale: Locale | str, tz: str) -> str:
    """The time of day alone: ``14:05`` or ``2:05 PM``."""
    return dates.format_time(value.astimezone(ZoneInfo(tz)), format="short", locale=locale)


def remaining(until: datetime, now: datetime) -> tuple[int, str]:
    """What is left as a count of its largest unit (``day``, ``hour``, ``minute``), rounded down.

    Rounded down, because "6 days left" must be true; ``(0, "minute")`` in the last minute and after.
    """
    return _largest_unit(until - now)


def distance(until: datetime, now: datetime, locale: Locale | str) -> str:
    """The same in words, ``6 days``, after "in"; empty once it has come."""
    count, unit = remaining(until, now)
    return units.format_unit(count, f"duration-{unit}", locale=locale) if until > now else ""


def _largest_unit(length: timedelta) -> tuple[int, str]:
    seconds = max(int(length.total_seconds()), 0)
    unit = next((name for name, size in _SECONDS.items() if seconds >= size), "minute")
    return seconds // _SECONDS[unit], unit


def ago(value: datetime, now: datetime, locale: Locale | str) -> str | None:
    """``3 hours ago`` for the last week; None before that (show the date) and for the last minute."""
    passed = now - value
    if not timedelta(minutes=1) <= passed < timedelta(days=7):
        return None
    count, unit = _largest_unit(passed)
    whole = timedelta(seconds=count * _SECONDS[unit])
    return dates.format_timedelta(-whole, threshold=1, add_direction=True, locale=locale)


def utc(value: datetime) -> str:
    """For ``<time datetime="…">``: RFC 3339 in UTC."""
    return value.astimezone(UTC).isoformat(timespec="seconds").replace("+00:00", "Z")


def compact(value: int, currency: str, locale: Locale | str) -> str:
    """Ten-thousandths of a currency, to be read beside others: ``$8.1M``."""
    natural = Decimal(value) / SCALE
    return numbers.format_compact_currency(
        natural, currency, locale=locale, fraction_digits=1 if natural >= 1_000_000 else 0
    )
