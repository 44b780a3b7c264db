"""What is next for a partner: one goal chosen out of all that are open, by a stated order.

1. What can still be won comes before what hardly can (see `is_winnable`).
2. What pays (a mission stage, a better rate or a bonus, the next tier) comes before what only ranks
   (the place above).
3. The nearest comes first: the smallest part of its way that is still missing.
4. The one that ends sooner, then the one whose name sorts first.

A better rate and a tier are goals only for who has begun: a newcomer is told the first step, not a
mountain.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from fractions import Fraction

#: A goal is winnable while it takes no more than so many times the pace held until now, or while
#: it takes no more than what anybody can do in a day, every day (`Goal.a_day`).
STRETCH = 3


@dataclass(frozen=True, slots=True)
class Goal:
    """Something ahead of a partner. ``done`` and ``target`` are in ten-thousandths or minor units;
    ``days`` of its time are past (today included) and ``days_left`` remain (today included), None
    where it has no end. ``a_day`` is what anybody can do in a day: one deal, one customer; 0 for
    amounts, which nobody can promise."""

    slug: str
    done: int
    target: int
    days: int
    days_left: int | None
    a_day: int

    @property
    def needed(self) -> int:
        return max(0, self.target - self.done)

    @property
    def missing(self) -> Fraction:
        """The part of the way that is still ahead: 1 at the start, 0 at the end."""
        return Fraction(self.needed, self.target) if self.target > 0 else Fraction(0)


@dataclass(frozen=True, slots=True)
class NextStage(Goal):
    """The open stage ``number`` of a mission; the mission is ``slug``."""

    number: int


@dataclass(frozen=True, slots=True)
class NextEdge(Goal):
    """The running total from which a rule (``slug``) pays better: a band, a milestone, a minimum."""


@dataclass(frozen=True, slots=True)
class NextTier(Goal):
    """The tier above the one that is held; ``slug`` is its name."""


@dataclass(frozen=True, slots=True)
class PlaceAbove(Goal):
    """The member next above on a board (``slug``): ``target`` is its score."""

    name: str


def is_winnable(goal: Goal) -> bool:
    """Whether there is time for it at `STRETCH` times the pace held until now, or step by step.

    Who has done nothing yet has no pace, and everything is open to them.
    """
    if goal.days_left is None:
        return True
    if goal.days_left < 1:
        return False
    if goal.done <= 0 or goal.needed <= goal.a_day * goal.days_left:
        return True
    return goal.needed * max(goal.days, 1) <= STRETCH * goal.done * goal.days_left


def choose(goals: Iterable[Goal]) -> Goal | None:
    """The goal to show; None where nothing is ahead."""
    return min(filter(_is_ahead, goals), key=_order, default=None)


def _is_ahead(goal: Goal) -> bool:
    if isinstance(goal, NextEdge | NextTier) and goal.done <= 0:
        return False
    return goal.needed > 0 and goal.days_left != 0


def _order(goal: Goal) -> tuple[bool, bool, Fraction, bool, int, str]:
    return (
        not is_winnable(goal),
        isinstance(goal, PlaceAbove),
        goal.missing,
        goal.days_left is None,
        goal.days_left or 0,
        goal.slug,
    )
