"""The demo's programme file, its days filled in: four quarters of facts, and a mission under way."""

import re
from datetime import date, timedelta
from pathlib import Path

from engage import periods
from engage.programmes import file as programme_file
from engage.programmes.file import ProgrammeFile

SLUG = "fernlight"
FILE = Path(__file__).with_name("programme.toml")
#: Where the missions of the file stand, in days from the first start.
_DAYS = {
    "past_starts": -110,
    "past_ends": -50,
    "sprint_starts": -27,
    "sprint_ends": 21,
    "next_starts": 24,
    "next_ends": 80,
}
#: Stage of the running mission at which the demo's partner is met: that many customers of the twelve.
DOORS_OPENED = 9


def described(today: date) -> ProgrammeFile:
    """The programme as it is published on the first start, ``today`` in its time zone."""
    days = {name: str(today + timedelta(days=distance)) for name, distance in _DAYS.items()}
    text = re.sub(r"\{(\w+)\}", lambda found: days[found[1]], FILE.read_text("utf-8"))
    return programme_file.parse(text)


def first_day(today: date) -> date:
    """The first of four quarters, the running one included."""
    quarter = periods.containing(today, "quarter")
    for _ in range(3):
        quarter = periods.containing(quarter.first - timedelta(days=1), "quarter")
    return quarter.first


def sprint_starts(today: date) -> date:
    return today + timedelta(days=_DAYS["sprint_starts"])
