"""A run's payments as a file for who makes them."""

from collections.abc import Iterable
from decimal import Decimal

from sqlalchemy import select

from engage import sheets
from engage.db import db
from engage.money import natural_unit
from engage.partners.models import Partner
from engage.payouts.models import Payout, PayoutRun
from engage.payouts.service import PAYABLE, Refused

HEADER = ("payment", "partner", "name", "email", "amount", "currency", "text")


def to_csv(run: PayoutRun, slug: str) -> str:
    """What is left to be paid of a cleared run, one payment a line; no cell is a formula.

    :raises Refused: the run is not cleared.
    """
    if run.cleared_at is None:
        raise Refused("this run is not approved yet: nobody should pay from its file")
    rows = (
        (
            *(payout.id, partner.external_id, partner.name, partner.email or ""),
            *(Decimal(natural_unit(payout.amount, payout.unit)), payout.unit),
            f"{slug} {run.period} {run.number}-{payout.id}",
        )
        for payout, partner in _payable(run)
    )
    return sheets.to_csv(HEADER, rows)


def _payable(run: PayoutRun) -> Iterable[tuple[Payout, Partner]]:
    rows = db.session.execute(
        select(Payout, Partner)
        .join(Partner, Partner.id == Payout.partner_id)
        .where(Payout.run_id == run.id, *PAYABLE)
        .order_by(Partner.external_id, Payout.unit)
    )
    return rows.tuples()
