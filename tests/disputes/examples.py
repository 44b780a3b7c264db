"""A question that alice asked about her newest line."""

from typing import Any

from sqlalchemy import select

from engage.db import db, transaction
from engage.disputes import service
from engage.disputes.models import Dispute
from engage.ledger.models import Transfer
from engage.programmes import service as programmes

from ..conftest import NOW, Cast


def asked(cast: Cast) -> dict[str, Any]:
    """The address's values of alice's open question: ``dispute_id``."""
    partner_id, user_id = cast.alice.partner.id, cast.alice.user.id  # type: ignore[union-attr]

    def work() -> int:
        known = db.session.scalar(
            select(Dispute.id).where(Dispute.partner_id == partner_id, Dispute.state == "open")
        )
        if known is not None:
            return known
        lines = select(Transfer).where(Transfer.partner_id == partner_id)
        line = db.session.scalars(lines.order_by(Transfer.id)).first()
        assert line
        here = programmes.by_slug("resellers")
        return service.ask(here, line, "Why so little?", None, by=user_id, now=NOW).id

    return {"dispute_id": transaction(work)}
