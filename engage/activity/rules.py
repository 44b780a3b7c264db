"""Whether a fact can be taken, and what makes two reports of it the same: pure decisions."""

from collections.abc import Iterator
from datetime import date, datetime, timedelta
from typing import NamedTuple

from engage.definitions import FACT_KINDS

#: A clock may be wrong by a little; a sale of next week is a mistake.
AHEAD = timedelta(days=1)


class Report(NamedTuple):
    """A fact as somebody reports it; ``amount`` and ``quantity`` in ten-thousandths."""

    external_id: str
    partner: str
    kind: str
    occurred_at: datetime
    day: date
    amount: int = 0
    currency: str | None = None
    quantity: int = 0
    product: str | None = None
    category: str | None = None
    customer: str | None = None


class Standing(NamedTuple):
    """A fact as it stands in the programme, with what rules may ask of it."""

    id: int
    source: str
    external_id: str
    partner_id: int
    kind: str
    occurred_at: datetime
    day: date
    amount: int
    currency: str | None
    quantity: int
    product: str | None
    category: str | None
    customer: str | None

    @property
    def order(self) -> tuple[datetime, str, str]:
        """Event-time order, ties by external id (and by source, where two use the same one)."""
        return self.occurred_at, self.external_id, self.source

    @property
    def content(self) -> tuple[object, ...]:
        """What a repeated report must equal to be the same fact again."""
        return self[3:6] + self[7:]


class Problem(NamedTuple):
    """Why a report cannot be taken: its position in the batch, the column, and the remedy."""

    position: int
    column: str
    problem: str


def problems(index: int, report: Report, currency: str, now: datetime) -> Iterator[Problem]:
    """What is wrong with one report, apart from its partner (who is looked up)."""
    if report.kind not in FACT_KINDS:
        yield Problem(
            index, "kind", f"{report.kind!r} is unknown: write one of {', '.join(FACT_KINDS)}"
        )
    if report.occurred_at > now + AHEAD:
        yield Problem(
            index,
            "occurred_at",
            f"{report.occurred_at:%Y-%m-%d %H:%M} UTC is in the future: send it when it happened",
        )
    if report.currency not in (None, currency):
        yield Problem(
            index,
            "currency",
            f"{report.currency} is not the programme's {currency}: convert the amount first",
        )
