"""What a screen shows and celebrates: pure decisions."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from engage.definitions import Mistake

ORIENTATIONS = ("auto", "wide", "tall")
THEMES = ("dark", "light")
#: Seconds that a slide stands, at least and at most.
SHORTEST, LONGEST = 5, 600
LONGEST_NAME = 80
#: Lines of a board: more cannot be read from six metres.
LINES = 12
#: Places that are celebrated.
TOP = 3


@dataclass(frozen=True, slots=True)
class Plan:
    """What a screen shows: slugs of boards and missions, each for ``seconds``, and how it looks.

    ``auto`` stands as the screen does; ``tall`` is turned on a screen that does not turn itself.
    """

    name: str
    boards: tuple[str, ...] = ()
    missions: tuple[str, ...] = ()
    seconds: int = 20
    orientation: str = "auto"
    theme: str = "dark"
    celebrates: bool = True
    sound: bool = False


def read(
    typed: Mapping[str, str], boards: Sequence[str], missions: Sequence[str]
) -> tuple[Plan, list[Mistake]]:
    """A plan from the fields of its form, with what is wrong with it."""
    mistakes: list[Mistake] = []
    name, seconds = typed.get("name", "").strip(), typed.get("seconds", "").strip()
    if not 0 < len(name) <= LONGEST_NAME:
        mistakes.append(Mistake("name", "name"))
    whole = int(seconds) if seconds.isascii() and seconds.isdecimal() and len(seconds) < 5 else 0
    if not SHORTEST <= whole <= LONGEST:
        mistakes.append(Mistake("seconds", "seconds"))
    if not boards and not missions:
        mistakes.append(Mistake("boards", "nothing"))
    for field, known in (("orientation", ORIENTATIONS), ("theme", THEMES)):
        if typed.get(field) not in known:
            mistakes.append(Mistake(field, "choice"))
    plan = Plan(
        name,
        tuple(boards),
        tuple(missions),
        whole,
        typed.get("orientation", ""),
        typed.get("theme", ""),
        "celebrates" in typed,
        "sound" in typed,
    )
    return plan, mistakes


def to_json(plan: Plan) -> dict[str, Any]:
    """The mapping that ``parse`` reads back to an equal plan."""
    return asdict(plan)


def parse(raw: Mapping[str, Any]) -> Plan:
    return Plan(**{**raw, "boards": tuple(raw["boards"]), "missions": tuple(raw["missions"])})


def lines(ranked: int) -> int:
    """How many of so many ranked members a screen shows: never the last, but for a podium."""
    return min(LINES, ranked if ranked <= TOP else ranked - 1)


def risen(before: Sequence[int], after: Sequence[int], movers: Collection[int]) -> int | None:
    """The first of the top places whose member rose to it by what it did; None where nobody did.

    Both are members from the first place on. Who only moved up because somebody went (hid, was
    corrected) is none of the ``movers``.
    """
    place = {member: index for index, member in enumerate(before)}
    for index, member in enumerate(after):
        if member in movers and place.get(member, len(before) + TOP) > index:
            return member
    return None
