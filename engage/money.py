"""Exact numbers: fact amounts in ten-thousandths, money in minor units, points in whole ones.

No float ever enters. ``SCALE`` is the one factor between a natural number and a stored one for
fact amounts and quantities; ``minor_digits`` says how many digits a unit of pay has after the point
(ISO 4217, by Babel's table; points have none).
"""

from decimal import Decimal, InvalidOperation
from functools import lru_cache

from babel.core import get_global

SCALE = 10_000
POINTS = "points"


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
        raise UnknownUnit(f"{unit!r} is neither 'points' nor an ISO 4217 currency such as USD")
    table = get_global("currency_fractions")
    return int(table.get(unit, table["DEFAULT"])[0])


def scaled(text: str | int | Decimal) -> int:
    """A decimal in natural units as ten-thousandths: ``"12.5" -> 125000``."""
    return _exact(text, 4, "at most four digits after the point")


def minor(text: str | int | Decimal, unit: str) -> int:
    """A decimal in natural units as minor units of ``unit``: ``("1.50", "USD") -> 150``."""
    digits = minor_digits(unit)
    return _exact(text, digits, f"at most {digits} digits after the point in {unit}")


def _exact(text: str | int | Decimal, digits: int, rule: str) -> int:
    try:
        number = Decimal(text).scaleb(digits)
    except InvalidOperation as error:
        raise NotExact(f"{text!r} is not a number: write digits such as 1234.56") from error
    if not number.is_finite() or number != number.to_integral_value():
        raise NotExact(f"{text!r} does not fit: write {rule}")
    return int(number)


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
