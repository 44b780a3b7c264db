"""Runs and payments as the console shows them."""

from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from datetime import date
from typing import Any

from engage.partners import service as partners
from engage.payouts import rules, sentences, service, sums
from engage.payouts.models import Payout, PayoutRun
from engage.programmes.models import Programme
from engage.voice import Voice


def following(
    programme: Programme, runs: Sequence[PayoutRun], today: date, voice: Voice
) -> dict[str, Any] | None:
    """The period that is collected next, and whether it should have been; None without terms."""
    terms = service.terms_of(programme)
    if terms is None:
        return None
    period = terms.closed(today)
    if runs and runs[0].last_day >= period.last:
        period = terms.following(period)
    promised = terms.promised_on(period.last)
    late = rules.late_by(promised, today)
    return {
        "period": voice.period(period),
        "collected": voice.day(terms.closes_on(period)),
        "promised": voice.day(promised),
        "late": sentences.late(late, voice) if late else None,
        "due": terms.closes_on(period) <= today,
    }


def carried(programme_id: int, voice: Voice) -> list[tuple[str, str, str]]:
    """Who was paid more than is left to them: name, external id, and how much."""
    owing = sums.carried(programme_id)
    names = partners.names(partner_id for partner_id, _unit, _amount in owing)
    return [
        (names[partner_id][1], names[partner_id][0], voice.pay(amount, unit, whole=False))
        for partner_id, unit, amount in owing
    ]


def row(
    run: PayoutRun, states: dict[tuple[str, str], sums.Count], today: date, voice: Voice
) -> dict[str, Any]:
    """A run in one line: how much, and what it waits for."""
    by_state, totals = sums.summed(states)
    still = sum(by_state.get(word, 0) for word in ("held", "waiting", "on_its_way"))
    late = rules.late_by(run.promised_on, today) if still else 0
    return {
        "number": run.number,
        "period": sentences.of_period(run, voice),
        "promised": voice.day(run.promised_on),
        "late": sentences.late(late, voice) if late else None,
        "payments": sum(by_state.values()) - by_state.get("put_back", 0),
        "held": by_state.get("held", 0),
        "open": by_state.get("on_its_way", 0),
        "paid": by_state.get("paid", 0),
        "total": _sums(totals, voice),
        "state": _state(run, by_state, voice),
        "cleared": run.cleared_at is not None,
        "needs_second": run.needs_second,
    }


def _sums(totals: Mapping[str, int], voice: Voice) -> str:
    return voice.all_of(voice.pay(totals[unit], unit, whole=False) for unit in sorted(totals))


def total(run: PayoutRun, payment_ids: Collection[int], voice: Voice) -> str:
    """What these payments of a run come to."""
    totals = Counter[str]()
    for payout in service.payments(run):
        if payout.id in payment_ids:
            totals[payout.unit] += payout.amount
    return _sums(totals, voice)


def _state(run: PayoutRun, by_state: dict[str, int], voice: Voice) -> tuple[str, str]:
    """What a run waits for, and how a badge shows it."""
    word = sums.run_state(run, by_state)
    if word == "done" and "paid" not in by_state:
        return sentences.state("put_back", voice), "success"
    tone = {"empty": "", "done": "success", "on_its_way": "info"}.get(word, "warning")
    return sentences.run_state(word, voice), tone


def run(found: PayoutRun, today: date, voice: Voice) -> dict[str, Any]:
    """A run with its payments: the held ones besides."""
    payments = service.payments(found)
    names = partners.names(payout.partner_id for payout in payments)
    shown = [_payment(payout, found, names, voice) for payout in payments]
    return {
        "run": row(found, sums.counts(found.programme_id).get(found.id, {}), today, voice),
        "held": [payment for payment in shown if payment["word"] == "held"],
        "payments": shown,
        "approved": service.approvers(found),
    }


def _payment(
    payout: Payout, run: PayoutRun, names: dict[int, tuple[str, str]], voice: Voice
) -> dict[str, Any]:
    word = service.state(payout, run)
    external_id, name = names[payout.partner_id]
    return {
        "id": payout.id,
        "name": name,
        "partner": external_id,
        "amount": voice.pay(payout.amount, payout.unit, whole=False),
        "word": word,
        "state": sentences.state(word, voice),
        "holds": [sentences.hold(why, than, payout.unit, voice) for why, than in payout.holds],
        "parts": sentences.parts(payout, voice),
        "reference": payout.reference,
        "note": payout.note,
        "may_return": word in ("held", "waiting", "on_its_way", "paid"),
    }
