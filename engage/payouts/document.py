"""Payouts as other programs read them: the commands' and the API's one document."""

from datetime import datetime
from typing import Any

from engage.earnings.reasons import because_text
from engage.earnings.service import explained
from engage.money import natural_unit
from engage.partners import service as partners
from engage.partners.models import Partner
from engage.payouts import sentences, service, standing, sums
from engage.payouts.models import Payout, PayoutRun
from engage.programmes.models import Programme


def runs(programme: Programme) -> list[dict[str, Any]]:
    """The programme's runs, newest first. ``amounts`` leaves out what was put back."""
    states = sums.counts(programme.id)
    return [_run(run, states.get(run.id, {})) for run in service.runs(programme.id)]


def _run(run: PayoutRun, states: dict[tuple[str, str], sums.Count]) -> dict[str, Any]:
    payments, amounts = sums.summed(states)
    return {
        "number": run.number,
        "period": run.period,
        "promised_on": run.promised_on.isoformat(),
        "state": sums.run_state(run, payments),
        "payments": sum(payments.values()),
        "by_state": payments,
        "amounts": {unit: natural_unit(amounts[unit], unit) for unit in sorted(amounts)},
    }


def payments(run: PayoutRun) -> list[dict[str, Any]]:
    """Every payment of a run."""
    found = service.payments(run)
    names = partners.names(payout.partner_id for payout in found)
    return [_payment(payout, run, names[payout.partner_id][0]) for payout in found]


def _payment(payout: Payout, run: PayoutRun, partner: str) -> dict[str, Any]:
    return {
        "payment": payout.id,
        "partner": partner,
        "unit": payout.unit,
        "amount": natural_unit(payout.amount, payout.unit),
        "state": service.state(payout, run),
        "held_because": [sentences.hold(why, than, payout.unit) for why, than in payout.holds],
        "earlier": natural_unit(payout.earlier, payout.unit),
        "earlier_because": sentences.parts(payout),
        "paid_at": payout.paid_at.isoformat() if payout.paid_at else None,
        "reference": payout.reference,
        "note": payout.note,
    }


def of_partner(
    programme: Programme, partner: Partner, now: datetime, *, limit: int, before: int | None
) -> list[dict[str, Any]]:
    """A partner's payments, newest first, each with its promise and the late lines in it."""
    found = standing.of_partner(programme, partner.id, now, limit=limit, before=before)
    return [
        _payment(one.payout, one.run, partner.external_id)
        | {
            "run": one.run.number,
            "period": one.run.period,
            "promised_on": one.run.promised_on.isoformat(),
            "days_late": one.late,
            "late_lines": [
                {
                    "fact": entry.fact.external_id if entry.fact else None,
                    "amount": natural_unit(entry.amount, entry.transfer.unit),
                    "occurred_at": entry.transfer.occurred_at,
                    "because": because_text(entry, programme.currency),
                }
                for entry in explained(programme, partner, standing.late_lines(one.payout, one.run))
            ],
        }
        for one in found
    ]
