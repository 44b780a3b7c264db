"""Texts as people type and paste them: composed, trimmed, and without signs that nobody can see."""

import re
import unicodedata

_BREAKS = re.compile(r"[\t\n\r\v\f\u0085\u2028\u2029 ]+")
#: Of no width, or a letter's room with nothing in it: they come along when people copy.
_EMPTY = re.compile("[\u200b\ufeff\u00ad\u2060-\u2064\u115f\u1160\u3164\uffa0\u2800]")
_EMAIL = re.compile(r'[^@\s,;:<>()"]+@[^@\s,;:<>()".]+(\.[^@\s,;:<>()".]+)*')
#: Or turn the text around, or are no character at all, which no workbook can hold.
_CONTROL = re.compile("[\x00-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069\ufdd0-\ufdef\ufffe\uffff]")
#: Marks on one letter: no script's words have more, and with many of them a name covers the page.
_MARKS = 5


def composed(text: str) -> str:
    """Trimmed, one space where there were blanks or line breaks, no tower of marks on a letter, in
    Unicode's composed form: what looks the same is the same, and what looks like nothing is nothing.
    Takes time by the square of the length."""
    if text.isascii() and text.isprintable() and "  " not in text:
        return text.strip()
    text = _BREAKS.sub(" ", _lowered(_EMPTY.sub("", unicodedata.normalize("NFC", text)))).strip()
    is_seen = control(text) or any(unicodedata.category(sign)[0] in "LNPS" for sign in text)
    return text if is_seen else ""


def _lowered(text: str) -> str:
    kept, marks = [], 0
    for sign in text:
        marks = marks + 1 if unicodedata.combining(sign) else 0
        if marks <= _MARKS:
            kept.append(sign)
    return "".join(kept)


def control(text: str) -> str | None:
    """The first character nobody can see, such as ``U+202E``; None where there is none."""
    found = _CONTROL.search(text)
    return f"U+{ord(found[0]):04X}" if found else None


def visible(text: str) -> str:
    """The text with such characters written out, for a terminal that would obey them."""
    return _CONTROL.sub(lambda found: f"\\u{ord(found[0]):04x}", text)


def capital(text: str) -> str:
    """The text as a heading or a sentence begins: ``sales -> Sales``."""
    return text[:1].upper() + text[1:]


def is_email(text: str) -> bool:
    """Whether it has the shape of an address; only a message to it can tell more."""
    return len(text) <= 254 and text.isprintable() and bool(_EMAIL.fullmatch(text))


def legible(text: str) -> str:
    """Prose, composed and trimmed, without what nobody can see or what turns it around; its line
    breaks stay."""
    lines = unicodedata.normalize("NFC", text.replace("\r\n", "\n").replace("\t", " ")).split("\n")
    return "\n".join(_CONTROL.sub("", _EMPTY.sub("", line)) for line in lines).strip()
