"""Numbers as people write them, read exactly: integers in ten-thousandths, never through a float.

``1.234`` is one thousand and more in Leipzig and one and a bit in Boston. So the decimal mark is
decided once per column, from all its values; where the column leaves both readings open, it is
refused with the way to decide, because a guess would be wrong by a factor of a thousand.
"""

import re
from collections.abc import Iterable
from functools import lru_cache

from babel.core import get_global

from engage import money
from engage.activity.problems import Undecided, Unreadable, shown
from engage.money import LARGEST

DIGITS = 4  # after the point, as engage.money.SCALE has it
EXAMPLE = {".": "1234.56", ",": "1234,56"}

_TOO_EXACT = (
    f"more exact than the {DIGITS} decimals that are kept: round it to {DIGITS} in the file"
)
_PLAIN = re.compile(r"-?[0-9]{1,15}(?:\.[0-9]{1,4})?")
_BARE = re.compile(r"-?(?=[0-9.,]*[0-9])[0-9.,]+")
_SIGNS = r"(?:(?:US|CA|AU|NZ|HK|SG|MX|A|C|R|S)?\$|[€£¥₹₽₩₺₫₪₴₦₱฿]|kr\.?|zł|Kč|Ft|Fr\.)"
_SHAPE = re.compile(
    rf"(?P<open>\()? ?(?P<sign>[-+−])? ?(?P<before>{_SIGNS}|[A-Za-z]{{3}}(?![A-Za-z]))? ?"
    rf"(?P<inner>[-+−])? ?(?P<body>[0-9.,][0-9.,'’ ]*?) ?(?P<trail>-)? ?"
    rf"(?P<after>{_SIGNS}|[A-Za-z]{{3}})? ?(?P<last>-)? ?(?P<close>\))?"
)
_CODES = {"€": "EUR", "£": "GBP", "₹": "INR", "₽": "RUB", "₩": "KRW", "₺": "TRY", "₫": "VND"}
_CODES |= {"₪": "ILS", "₴": "UAH", "₦": "NGN", "₱": "PHP", "฿": "THB", "zł": "PLN", "Kč": "CZK"}
_CODES |= {"US$": "USD", "CA$": "CAD", "C$": "CAD", "AU$": "AUD", "A$": "AUD", "NZ$": "NZD"}
_CODES |= {"HK$": "HKD", "SG$": "SGD", "S$": "SGD", "MX$": "MXN", "R$": "BRL", "Ft": "HUF"}


def _style(decimal: str, group: str) -> re.Pattern[str]:
    """One to three digits and groups of three (or India's groups of two), or bare digits. Nobody
    groups a number that starts with 0, so 0.500 is a half."""
    mark = rf"[{group}'’ ]"
    indian = r"|[1-9][0-9]?(?:,[0-9]{2})+,[0-9]{3}" if group == "," else ""
    return re.compile(
        rf"(?:[1-9][0-9]{{0,2}}(?P<mark>{mark})[0-9]{{3}}(?:(?P=mark)[0-9]{{3}})*{indian}|[0-9]+)?"
        rf"(?:{re.escape(decimal)}(?P<part>[0-9]+))?"
    )


_STYLES = {".": _style(".", ","), ",": _style(",", ".")}


def _shape(text: str) -> tuple[str, bool, str | None] | None:
    """Digits and marks, whether negative, and the currency beside it; None for no number."""
    if _BARE.fullmatch(text):
        return text.lstrip("-"), text[0] == "-", None
    return _dressed(text)


@lru_cache(maxsize=4096)
def _dressed(text: str) -> tuple[str, bool, str | None] | None:
    """A number among signs, brackets, currencies and spaces.

    All kinds of spaces become single plain ones first: France writes 1 234 with a narrow one.
    """
    found = _SHAPE.fullmatch(" ".join(text.split()))
    if not found or bool(found["open"]) != bool(found["close"]):
        return None
    signs = [found[name] for name in ("sign", "inner", "trail", "last", "open") if found[name]]
    marks = [found[name] for name in ("before", "after") if found[name]]
    if len(signs) > 1 or len(marks) > 1 or not any(digit.isdigit() for digit in found["body"]):
        return None
    mark = marks[0] if marks else ""
    if mark.isascii() and mark.isalpha() and len(mark) == 3:
        if mark.upper() not in get_global("all_currencies"):
            return None
        return found["body"], _negative(signs), mark.upper()
    return found["body"], _negative(signs), _CODES.get(mark)


def _negative(signs: list[str]) -> bool:
    return bool(signs) and signs[0] != "+"


def currency_beside(text: str) -> str | None:
    """The ISO code written beside a number where it is plain which: ``"12,50 €" -> "EUR"``; a bare
    ``$`` is not, a dozen countries have one."""
    if _BARE.fullmatch(text):
        return None
    shape = _dressed(text)
    return shape[2] if shape else None


def decide_decimal(values: Iterable[str]) -> str:
    """The decimal mark (``.`` or ``,``) under which every number of a column can be read.

    What is no number in any style is left out (its own row will say so). Raises Undecided where
    both marks fit and would give different numbers, or where neither fits all.
    """
    only: dict[str, str] = {}  # decimal mark -> a value that only this mark explains
    either = ""
    for text in values:
        shape = _shape(text) if not text.isdigit() else None
        if shape is None:
            continue
        fits = [mark for mark, style in _STYLES.items() if style.fullmatch(shape[0])]
        if len(fits) == 1:
            only.setdefault(fits[0], text)
        elif fits and _digits(shape[0], ".") != _digits(shape[0], ","):
            either = either or text
    if len(only) == 2:
        raise Undecided(
            f"holds numbers of two styles, {shown(only['.'])} and {shown(only[','])}: write all in "
            'one style, or say which one counts with [format] decimal = "." or "," in the mapping '
            "file"
        )
    if only:
        return next(iter(only))
    if either:
        dot, comma = (natural(_scaled(either, mark)) for mark in ".,")
        raise Undecided(
            f"can be read in two ways: {shown(either)} is {dot} or {comma}. Say which in the "
            f'mapping file: [format] decimal = "." for {dot}, decimal = "," for {comma}'
        )
    return "."


def scaled(text: str, decimal: str) -> int:
    """A written number as ten-thousandths: ``("1.234,5678", ",") -> 12345678``.

    Raises Unreadable for what is no number in this style, has more than four decimals, or does not
    fit 64 bits.
    """
    if decimal == "." and _PLAIN.fullmatch(text):
        whole, _, part = text.partition(".")
        value = int(whole + part.ljust(DIGITS, "0"))
    else:
        value = _scaled(text, decimal)
    if abs(value) > LARGEST:
        raise Unreadable(f"too large: {natural(LARGEST)} is the most that can be kept")
    return value


def _scaled(text: str, decimal: str) -> int:
    shape = _shape(text)
    if shape is None:
        raise Unreadable(_no_number(text, decimal))
    body, negative, _ = shape
    if not _STYLES[decimal].fullmatch(body):
        raise Unreadable(
            f"not a number with the decimal mark '{decimal}' of this column: write it like "
            f"{EXAMPLE[decimal]}"
        )
    whole, part = _digits(body, decimal)
    if len(whole) > 30:
        return LARGEST + 1
    value = int(whole + _kept(part))
    return -value if negative else value


def _no_number(text: str, decimal: str) -> str:
    if re.fullmatch(r"[-+]?[0-9.,]+[eE][-+]?[0-9]+", text.strip()):
        return (
            "in scientific notation, which has lost digits: give the column a plain number format "
            "and export the file again"
        )
    return f"not a number: write digits such as {EXAMPLE[decimal]}"


def _digits(body: str, decimal: str) -> tuple[str, str]:
    whole, _, part = body.partition(decimal)
    return "".join(filter(str.isdigit, whole)) or "0", part


def _kept(part: str) -> str:
    if part[DIGITS:].strip("0"):
        raise Unreadable(_TOO_EXACT)
    return part[:DIGITS].ljust(DIGITS, "0")


def scaled_cell(value: float) -> int:
    """A number from a spreadsheet's typed cell, as ten-thousandths.

    Such a cell is a binary float, often the result of a formula with its noise. Its shortest decimal
    form is taken, or else its 15 digits (all that the spreadsheet itself shows), or else the nearest
    ten-thousandth if that is less than a billionth away. Raises Unreadable where none of them is
    exact to four decimals, or where the float is too large to hold every unit.
    """
    if not abs(value) < 2**53:
        raise Unreadable("too large for a spreadsheet to keep exactly: store the cell as text")
    for written in (repr(float(value)), f"{value:.15g}"):
        if _PLAIN.fullmatch(written):
            return scaled(written, ".")
    nearest = round(value * money.SCALE)
    if abs(value - nearest / money.SCALE) < 1e-9:
        return nearest
    raise Unreadable(_TOO_EXACT)


def natural(value: int) -> str:
    """Ten-thousandths as people read them, without needless zeros: ``12345000 -> "1234.5"``."""
    return money.natural(value, DIGITS).rstrip("0").rstrip(".")
