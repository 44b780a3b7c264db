"""What a single cell may hold: texts and ids, addresses, zones, languages, currencies, kinds."""

import difflib
import re
from collections.abc import Iterable
from datetime import date, datetime, time

from babel import Locale, UnknownLocaleError
from babel.core import get_global

from engage import clock, texts
from engage.activity.problems import Unreadable
from engage.definitions import FACT_KINDS

Cell = str | float | date | datetime

#: What Excel leaves where a formula failed; in a CSV export it looks like text.
SHEET_ERRORS = ("#N/A", "#REF!", "#VALUE!", "#DIV/0!", "#NAME?", "#NUM!", "#NULL!")
#: Stands in for a formula that nothing has computed yet (a file written by a program).
UNCOMPUTED = "#NOT COMPUTED!"

#: Characters of any cell, blanks and all; the columns say less.
LONGEST = 1000


def as_text(cell: Cell) -> str:
    """A cell as a person would type it; a spreadsheet's 676.0 is ``676``."""
    if isinstance(cell, str):
        return cell
    if isinstance(cell, float):
        return str(int(cell)) if cell.is_integer() and abs(cell) < 2**53 else f"{cell:.15g}"
    if isinstance(cell, datetime) and cell.time() == time():
        return cell.date().isoformat()
    return cell.isoformat(sep=" ") if isinstance(cell, datetime) else cell.isoformat()


def clean(text: str) -> str:
    """The text in its composed form (`engage.texts`). Raises Unreadable for characters nobody can
    see, and for novels."""
    if len(text) > LONGEST and not text.isascii():  # first: to compose a novel takes long
        raise Unreadable(f"{len(text)} characters long: shorten it")
    text = texts.composed(text)
    if sign := texts.control(text):
        raise Unreadable(f"a text with an invisible control character ({sign}): delete it")
    if text in SHEET_ERRORS or text == UNCOMPUTED:
        raise Unreadable("what a spreadsheet leaves where a formula failed: put the value there")
    return text


def fitting(text: str, most: int) -> str:
    if len(text) > most:
        raise Unreadable(f"{len(text)} characters long: shorten it to {most}")
    return text


def email(text: str) -> str:
    """An address on the internet: its host has a dot."""
    if not texts.is_email(text) or "." not in text.partition("@")[2]:
        raise Unreadable("not an e-mail address: write one like ada@example.com")
    return text


def zone(text: str) -> str:
    """The IANA name, in its own spelling."""
    name = clock.timezone(text)
    if name is None:
        close = nearest(text, clock.timezones().values())
        near = f" (nearest: {close})" if close else ""
        raise Unreadable(f"not a time zone: write one like Europe/Berlin{near}")
    return name


def locale(text: str) -> str:
    """A language and country as Babel spells it: ``de-DE -> de_DE``."""
    try:
        return str(Locale.parse(text.replace("-", "_")))
    except (ValueError, UnknownLocaleError):
        raise Unreadable("not a language we know: write one like en_US or de_DE") from None


def currency(text: str) -> str:
    code = text.upper()
    if code not in get_global("all_currencies"):
        raise Unreadable("not a currency: write three letters like USD")
    return code


def kind(text: str) -> str:
    name = re.sub(r"[\s-]+", "_", text.casefold())
    if name not in FACT_KINDS:
        raise Unreadable(f"unknown: write one of {', '.join(FACT_KINDS)}")
    return name


def nearest(text: str, names: Iterable[str]) -> str | None:
    """The name that ``text`` was most likely meant to be, if any is near."""
    plain = {"".join(filter(str.isalnum, name.casefold())): name for name in names}
    wanted = "".join(filter(str.isalnum, text.casefold()))
    close = difflib.get_close_matches(wanted, plain, n=1)
    return plain[close[0]] if close else None
