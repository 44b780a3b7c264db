"""Exact numbers: fact amounts in ten-thousandths, money in minor units, points in whole ones.

No float ever enters. ``SCALE`` is the one factor between a natural number and a stored one for
fact amounts and quantities; ``minor_digits`` says how many digits a unit of pay has after the point
(ISO 4217, by Babel's table; points have none).
"""

import re
from decimal import Decimal
from functools import lru_cache

from babel.core import get_global

SCALE = 10_000
#: The most one fact, target or reward may be, in its smallest step (a hundred billion in a fact's
#: ten-thousandths), so that sums of thousands of them still fit 64 bits.
LARGEST = 10**15
_MOST_FIGURES = 15
_LONGEST = 60
_WRITTEN = re.compile(r" *[-+]?(?:[0-9]+(?:\.[0-9]+)?|\.[0-9]+) *")
POINTS = "points"


#: Metals, baskets and tests: ISO 4217 gives them a code and no minor unit.
WITHOUT_MINOR_UNIT = frozenset(
    ["XAG", "XAU", "XBA", "XBB", "XBC", "XBD", "XDR", "XPD", "XPT", "XSU", "XTS", "XUA", "XXX"]
)


class UnknownUnit(ValueError):
    """The unit is neither ``points`` nor a currency of ISO 4217."""


class NotExact(ValueError):
    """The number has more digits after the point than its unit keeps."""


@lru_cache(maxsize=256)
def minor_digits(unit: str) -> int:
    """Digits after the point of ``unit``: 0 for points and JPY, 2 for USD, 3 for KWD."""
    if unit == POINTS:
        return 0
    if unit not in get_global("all_currencies"):
        raise UnknownUnit(f"{unit!r} is no unit: write points, or an ISO 4217 currency such as USD")
    if unit in WITHOUT_MINOR_UNIT:
        raise UnknownUnit(f"ISO 4217 knows no minor unit of {unit!r}: write a currency such as USD")
    table = get_global("currency_fractions")
    return int(table.get(unit, table["DEFAULT"])[0])


def is_plain(text: str) -> bool:
    """Whether a text is a number as the whole house writes it: digits 0 to 9, a sign, one point. No
    exponent, nothing between the digits."""
    return _WRITTEN.fullmatch(text) is not None


def scaled(text: str | int | Decimal) -> int:
    """A decimal in natural units as ten-thousandths: ``"12.5" -> 125000``."""
    return _exact(text, 4, "at most four digits after the point")


def minor(text: str | int | Decimal, unit: str) -> int:
    """A decimal in natural units as minor units of ``unit``: ``("1.50", "USD") -> 150``."""
    digits = minor_digits(unit)
    return _exact(text, digits, f"at most {digits} digits after the point in {unit}")


def _exact(text: str | int | Decimal, digits: int, rule: str) -> int:
    """Whole steps of 10^-digits. Sizes are looked at first: huge numbers are slow to convert."""
    said = repr(str(text)) if len(str(text)) <= _LONGEST else f"'{str(text)[:20]}…'"
    number = Decimal(text) if not isinstance(text, str) or is_plain(text) else Decimal("NaN")
    if not number.is_finite():
        raise NotExact(f"{said} is not a number: write digits such as 1234.56")
    if not number:
        return 0
    sign, figures, exponent = number.as_tuple()
    assert isinstance(exponent, int)  # only what is not finite has a letter here
    if number.adjusted() + digits > _MOST_FIGURES:
        raise NotExact(f"{said} is too large: at most {natural(LARGEST, digits)}")
    if len(figures) > _LONGEST:
        raise NotExact(f"{said} does not fit: write {rule}")
    value: int = int("".join(map(str, figures)))
    shift = exponent + digits
    if shift >= 0:
        value *= 10**shift
    else:
        value, rest = divmod(value, 10 ** min(-shift, _LONGEST + 1))
        if rest:
            raise NotExact(f"{said} does not fit: write {rule}")
    if value > LARGEST:
        raise NotExact(f"{said} is too large: at most {natural(LARGEST, digits)}")
    return -value if sign else value


def natural(value: int, digits: int) -> str:
    """A stored integer as a decimal string with exactly ``digits`` places."""
    sign, value = ("-", -value) if value < 0 else ("", value)
    if not digits:
        return f"{sign}{value}"
    whole, part = divmod(value, 10**digits)
    return f"{sign}{whole}.{part:0{digits}d}"


def natural_unit(value: int, unit: str) -> str:
    """Minor units as a decimal string in natural units: ``(150, "USD") -> "1.50"``."""
    return natural(value, minor_digits(unit))


def plain(value: int) -> str:
    """Ten-thousandths as a decimal without needless zeros: ``200000 -> "20"``."""
    return natural(value, 4).rstrip("0").rstrip(".")


def shortest(number: Decimal) -> str:
    """A decimal without exponent and without needless zeros."""
    text = f"{number:f}"
    return text.rstrip("0").rstrip(".") if "." in text else text
