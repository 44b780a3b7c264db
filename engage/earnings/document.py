"""A statement as other programs read it: the command's and the API's one document."""

from typing import Any

from engage.earnings import reasons, service
from engage.earnings.service import ByRule, Entry
from engage.ledger import service as ledger
from engage.money import natural_unit
from engage.partners.models import Partner
from engage.programmes.models import Programme


def document(programme: Programme, partner: Partner) -> dict[str, Any]:
    """Balances and every line, oldest posting first.

    A mission's reward has ``mission:<slug>/<stage>`` for its rule, and version 0: missions have none.
    So do lines that moved what was earned: their rule is their kind (``payout``, ``redemption``, …)
    and their fact null. The lines of a unit add up to its balance.
    """
    entries = service.entries(programme, partner)
    balances = ledger.balances(partner.id)
    return {
        "partner": partner.external_id,
        "balances": {unit: natural_unit(amount, unit) for unit, amount in sorted(balances.items())},
        "lines": [_line(entry, programme.currency) for entry in reversed(entries)],
    }


def _line(entry: Entry, currency: str) -> dict[str, Any]:
    transfer = entry.transfer
    return {
        "fact": entry.fact.external_id if entry.fact else None,
        "rule": entry.source,
        "version": entry.paid_by.version if isinstance(entry.paid_by, ByRule) else 0,
        "unit": transfer.unit,
        "amount": natural_unit(entry.amount, transfer.unit),
        "occurred_at": transfer.occurred_at.isoformat(),
        "posted_at": transfer.posted_at.isoformat(),
        "because": reasons.because_text(entry, currency),
    }
