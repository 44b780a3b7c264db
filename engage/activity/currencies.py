"""Amounts in other currencies: the published rates, and what facts were converted by."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from decimal import Decimal

from sqlalchemy import delete, select

from engage.activity.models import Conversion, CurrencyRate
from engage.activity.rules import Rate, Rates, Report, Standing, Stated
from engage.among import among
from engage.db import db
from engage.programmes.models import Programme
from engage.rows import insert_rows


def worth(
    programme: Programme, reports: Sequence[Report], standing: Mapping[str, Standing]
) -> Callable[[Report], Decimal | None]:
    """What a report's currency is worth in the programme's; nothing is asked where all are in it.

    A fact that stands keeps its rate as long as its amount and day are what they were, so that the
    same report again is the same fact again whatever was published since.
    """
    own = (None, programme.currency)
    one = Decimal(1)
    foreign = [report for report in reports if report.currency not in own]
    if not foreign:
        return lambda report: one
    kept = conversions(
        standing[report.external_id].id for report in foreign if report.external_id in standing
    )
    published = Rates(rates(programme.id))

    def rate(report: Report) -> Decimal | None:
        if report.currency in own:
            return one
        before = standing.get(report.external_id)
        was = kept.get(before.id) if before and before.day == report.day else None
        if was and (was.amount, was.currency) == (report.amount, report.currency):
            return was.rate
        return published.on(report.currency, report.day)

    return rate


def rates(programme_id: int) -> list[Rate]:
    """The published rates of a programme, by currency and day."""
    rows = db.session.scalars(
        select(CurrencyRate)
        .where(CurrencyRate.programme_id == programme_id)
        .order_by(CurrencyRate.currency, CurrencyRate.day)
    )
    return [Rate(row.currency, row.day, Decimal(row.rate)) for row in rows]


def publish_rates(programme_id: int, published: Iterable[Rate]) -> None:
    """Let these be the rates from now on; facts that stand keep the ones they were converted by."""
    db.session.execute(delete(CurrencyRate).where(CurrencyRate.programme_id == programme_id))
    insert_rows(
        CurrencyRate.__table__,
        [
            rate._asdict() | {"programme_id": programme_id, "rate": f"{rate.rate:f}"}
            for rate in published
        ],
    )


def conversions(fact_ids: Iterable[int]) -> dict[int, Stated]:
    """What facts were stated as, by id; only of those that came in another currency."""
    rows = db.session.scalars(select(Conversion).where(among(Conversion.fact_id, fact_ids)))
    return {row.fact_id: Stated(row.amount, row.currency, Decimal(row.rate)) for row in rows}
