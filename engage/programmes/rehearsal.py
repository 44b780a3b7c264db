"""What publishing would do to what partners have: worked out from the lines it would post."""

from collections.abc import Iterable
from typing import NamedTuple

from engage.ledger.rules import Difference

_LARGEST = 5


class Side(NamedTuple):
    """How many partners gain, or lose, and how much together (minor units, not below zero)."""

    partners: int
    amount: int


class Rehearsal(NamedTuple):
    """What publishing would do: in words, how many ledger lines, and who gains and loses, by unit.

    ``largest`` are the partners whose balance moves most: id, unit, minor units.
    """

    changes: list[str]
    lines: int
    gains: dict[str, Side]
    losses: dict[str, Side]
    largest: list[tuple[int, str, int]]

    @property
    def partners(self) -> int:
        return sum(side.partners for sides in (self.gains, self.losses) for side in sides.values())

    @property
    def sums(self) -> dict[str, int]:
        """The difference in all, by unit."""
        units = {*self.gains, *self.losses}
        none = Side(0, 0)
        return {
            unit: self.gains.get(unit, none).amount - self.losses.get(unit, none).amount
            for unit in units
        }


def rehearsed(changes: list[str], owed: Iterable[Difference]) -> Rehearsal:
    """Sum up the lines that ``changes`` would post."""
    lines, moved = 0, dict[tuple[str, int], int]()
    for line in owed:
        lines += 1
        place = line.unit, line.partner_id
        moved[place] = moved.get(place, 0) + line.amount
    gains: dict[str, Side] = {}
    losses: dict[str, Side] = {}
    for (unit, _), amount in moved.items():
        if amount:
            sides = gains if amount > 0 else losses
            before = sides.get(unit, Side(0, 0))
            sides[unit] = Side(before.partners + 1, before.amount + abs(amount))
    largest = sorted(moved.items(), key=lambda item: (-abs(item[1]), item[0]))
    return Rehearsal(
        changes,
        lines,
        gains,
        losses,
        [(partner, unit, amount) for (unit, partner), amount in largest[:_LARGEST] if amount],
    )
