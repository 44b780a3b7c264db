"""Divisions of a league: who stands beside whom, who goes up and who down. Decided from results alone.

A division is a sequence of members, best first; the first division is the highest.
"""

from collections.abc import Collection, Hashable, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any, NamedTuple, TypeVar

from engage import definitions as read

Member = TypeVar("Member", bound=Hashable)

_KEYS = ("size", "moves")
_SIZES = (4, 200)


@dataclass(frozen=True, slots=True)
class League:
    """Divisions of about ``size``; ``moves`` go up, and as many down, between two neighbours."""

    size: int
    moves: int


def parse(raw: Mapping[str, Any]) -> League:
    """``{ size = 10, moves = 2 }``.

    :raises DefinitionError: naming the key and what to write.
    """
    take = read.Every()
    take(read.known_keys, raw, _KEYS)
    size = take(read.whole, raw, "size", *_SIZES)
    moves = take(read.whole, raw, "moves", 0, size // 2 if size else _SIZES[1])
    return take.settled(League(size, moves))


class Placed(NamedTuple):
    """``division`` from 1; ``came`` is 1 for who went up into it, -1 for who went down, else 0."""

    division: int
    came: int = 0


def draw(ranked: Sequence[Member], size: int) -> list[list[Member]]:
    """As many divisions as are nearest to ``size``, alike to within one, from the best on."""
    count = max(1, (len(ranked) + size // 2) // size)
    each, more = divmod(len(ranked), count)
    ends = [each * n + min(n, more) for n in range(count + 1)]
    return [list(ranked[ends[n] : ends[n + 1]]) for n in range(count)]


def swaps(upper: int, lower: int, moves: int) -> int:
    """How many change places between neighbours of these sizes: nobody is in both zones of one."""
    return min(moves, upper // 2, lower // 2)


def move(
    divisions: Sequence[Sequence[Member]],
    scored: Collection[Member],
    league: League,
    aside: Collection[Member] = (),
) -> dict[Member, Placed]:
    """The divisions of the next period: as many go up as go down between any two neighbours.

    Who has no result (is not among ``scored``) does not go up; who stands ``aside`` stays, and counts for
    nobody's going. The lowest, which newcomers join, is
    drawn into more once it has grown to twice the size; the others are never drawn again.
    """
    found = {
        member: Placed(number) for number, members in enumerate(divisions, 1) for member in members
    }
    taking_part = [[one for one in members if one not in aside] for members in divisions]
    for number, (upper, lower) in enumerate(pairwise(taking_part), 1):
        count = swaps(len(upper), len(lower), league.moves)
        rising = [member for member in lower[:count] if member in scored]
        falling = upper[len(upper) - len(rising) :]
        found |= {member: Placed(number, 1) for member in rising}
        found |= {member: Placed(number + 1, -1) for member in falling}
    last = len(divisions)
    lowest = [m for members in divisions for m in members if found[m].division == last]
    if len(lowest) >= 2 * league.size:
        for number, members in enumerate(draw(lowest, league.size), last):
            found |= {m: Placed(number, found[m].came) for m in members}
    return found
