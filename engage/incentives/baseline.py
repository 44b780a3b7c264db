"""A partner's own baseline: what growth is measured against, from the facts of earlier periods.

All that partner did then counts, if it is of the rule's kind and meets its conditions on facts; where
the partner belonged then, and whether the rule was published already, does not matter.
"""

from collections import Counter, defaultdict
from collections.abc import Iterable
from itertools import islice
from typing import NamedTuple

from engage import periods
from engage.activity.rules import Standing, adds, concerns
from engage.incentives.rules import Rule
from engage.periods import Period


class Found(NamedTuple):
    """A baseline in ten-thousandths, and whether it is the one stated for newcomers."""

    value: int
    newcomer: bool


class Ground:
    """The facts that baselines of a rule are made of, summed by partner and period."""

    def __init__(self, rule: Rule, facts: Iterable[Standing]) -> None:
        self._rule = rule
        self._totals: dict[tuple[int, str], int] = defaultdict(int)
        net: dict[tuple[int, str], Counter[str]] = defaultdict(Counter)
        for fact in facts:
            if not concerns(rule.on, rule.where, fact):
                continue
            place = fact.partner_id, periods.containing(fact.day, rule.period).name
            self._totals[place] += adds(rule.per, fact, net[place])

    def of(self, partner_id: int, period: Period) -> Found:
        """The baseline of a partner in ``period``: the mean of those periods that hold anything.

        A period in which returns outweigh sales counts as zero.
        """
        assert self._rule.baseline is not None
        found = [
            max(0, self._totals[partner_id, earlier.name])
            for earlier in reach(self._rule, period)
            if (partner_id, earlier.name) in self._totals
        ]
        if not found:
            return Found(self._rule.baseline.newcomers, newcomer=True)
        return Found(sum(found) // len(found), newcomer=False)


def reach(rule: Rule, period: Period) -> list[Period]:
    """The periods that the baseline of ``period`` is taken from, nearest first."""
    if rule.baseline is None:
        return []
    if rule.baseline.periods is None:
        return [period.year_before()]
    return list(islice(period.earlier(), rule.baseline.periods))
