"""The shape of what is owed: a difference between what a fact is worth and what stands posted."""

from datetime import date, datetime
from typing import NamedTuple


class Difference(NamedTuple):
    """An amount (minor units) to post for a fact, and where it comes from.

    Exactly one of ``rule_version_id`` and ``stage_id`` is set. ``sequence`` counts the lines already
    posted for the same fact and source, which makes the transfer's key unique.
    """

    partner_id: int
    unit: str
    amount: int
    fact_id: int
    rule_version_id: int | None
    stage_id: int | None
    period: str | None
    occurred_at: datetime
    day: date
    total_before: int
    total_after: int
    sequence: int = 0

    @property
    def key(self) -> str:
        """The idempotency key of its transfer."""
        if self.stage_id is not None:
            return f"stage:{self.stage_id}:{self.unit}:{self.fact_id}:{self.sequence}"
        return f"rule:{self.rule_version_id}:{self.fact_id}:{self.sequence}"


class Posted(NamedTuple):
    """What stands posted for a fact and source: the sum, and how many lines made it."""

    amount: int
    lines: int


NOTHING_POSTED = Posted(0, 0)
