"""The people of the demo: names of many places, all of them made up of a vocabulary of our own."""

import random
import re
import tomllib
from collections.abc import Iterator
from pathlib import Path

from engage.partners.rules import folded

_WORDS = tomllib.loads(Path(__file__).with_name("names.toml").read_text("utf-8"))
FIRST: list[str] = _WORDS["first"].split()
LAST: list[str] = _WORDS["last"].split()
CUSTOMERS: list[str] = _WORDS["customers"].split()
LONG: list[str] = _WORDS["long"]
#: Locale -> (first names, family names).
ELSEWHERE: dict[str, tuple[list[str], list[str]]] = {
    locale: (words["first"].split(), words["last"].split())
    for locale, words in _WORDS["elsewhere"].items()
}


def people(rng: random.Random) -> Iterator[tuple[str, str]]:
    """(name, locale) without end, each name once until they run out; every seventh from elsewhere."""
    taken: set[str] = set()
    for number in range(1, 1_000_000):
        locale = rng.choice(sorted(ELSEWHERE)) if number % 7 == 0 else "en_US"
        first, last = ELSEWHERE.get(locale, (FIRST, LAST))
        name = f"{rng.choice(first)} {rng.choice(last)}"
        if number % 90 == 0 and number // 90 <= len(LONG):
            name, locale = LONG[number // 90 - 1], "en_US"
        for _ in range(20):
            if name not in taken:
                break
            name = f"{rng.choice(first)} {rng.choice(last)}"
        taken.add(name)
        yield name, locale


def plain(text: str) -> str:
    """Small ASCII letters with dots between the words, as an e-mail address has them."""
    return ".".join(re.findall(r"[a-z]+", folded(text)))
