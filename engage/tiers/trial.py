"""Tiers by points as a draft of a rule would move them, and the rules that pay by tier."""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from typing import NamedTuple

from engage.activity.rules import Standing
from engage.incentives.rules import Rule
from engage.incentives.service import books
from engage.incentives.worth import Attributes, Book, Worth, worth
from engage.money import POINTS
from engage.partners import service as partners
from engage.periods import Period
from engage.programmes.models import Programme
from engage.tiers import rules
from engage.tiers.rules import Climb, Ladder
from engage.tiers.service import points_of


class Trial(NamedTuple):
    """What moves with the points of one rule: the ladders, and the other rules that pay points, and
    that follow tiers."""

    ladders: Sequence[Ladder]
    timezone: str
    paying: Sequence[Book]
    following: Sequence[Book]

    def under(
        self, tried: Book | None, facts: Sequence[Standing], who: Mapping[int, Attributes]
    ) -> dict[int, Attributes]:
        """These partners in the tiers that they reach where ``tried`` is in force.

        ``facts`` are all of theirs, in event-time order.
        """
        points = points_of([*self.paying, *([tried] if tried else [])], facts, who)
        theirs: dict[int, list[Standing]] = defaultdict(list)
        for fact in facts:
            theirs[fact.partner_id].append(fact)
        found: dict[int, Attributes] = {}
        for partner, of in who.items():
            spells = rules.spells(self.ladders, theirs[partner], points, self.timezone)
            found[partner] = {**of, "tier": Climb(spells, self.ladders)}
        return found

    def followed(
        self, facts: Sequence[Standing], who: Mapping[int, Attributes], within: Period
    ) -> Iterator[Worth]:
        """What the rules that follow tiers pay for facts of these days."""
        for _, walked in worth(self.following, facts, who):
            yield from (one for one in walked if within.first <= one.fact.day <= within.last)

    def moved(
        self, sides: Sequence[Mapping[int, Attributes]], at: datetime
    ) -> Iterator[tuple[int, bool]]:
        """Who is in another tier on the second side than on the first, and whether it is a higher one."""
        ladder = rules.in_force(self.ladders, at)
        for partner, of in sides[0].items():
            places = [
                ladder.place(side["tier"].at(at)) if ladder else -1
                for side in (of, sides[1][partner])
            ]
            if places[0] != places[1]:
                yield partner, places[1] > places[0]


def trial(programme: Programme, slug: str, sides: Iterable[Rule | None]) -> Trial | None:
    """The trial of a change of the rule ``slug``; None where it moves no tier."""
    ladders = partners.ladders_of(programme)
    every = [tier for ladder in ladders for tier in ladder.tiers]
    if not any(rule and rule.earn == POINTS for rule in sides):
        return None
    if not any(tier.measure == POINTS for tier in every):
        return None
    units = {unit for tier in every for unit, _ in tier.multiplier}
    others = [book for book in books(programme) if book.slug != slug]
    return Trial(
        ladders,
        programme.timezone,
        [book for book in others if book.pays_points],
        [book for book in others if not book.pays_points and book.looks_at_tiers(units)],
    )
