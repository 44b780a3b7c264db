"""A question about a line in a reader's words: for both sides the same."""

from datetime import datetime, timedelta
from typing import Any

from engage.disputes.models import Dispute
from engage.voice import Voice

_MINUTE = timedelta(minutes=1)


def shown(dispute: Dispute, unit: str, voice: Voice, now: datetime) -> dict[str, Any]:
    """As templates/disputes/words.html draws it; ``unit`` is that of the line."""
    overdue = dispute.state == "open" and dispute.due_at <= now
    return {
        "id": dispute.id,
        "line": dispute.transfer_id,
        "question": dispute.question,
        "expected": dispute.expected,
        "asked": voice.moment(dispute.asked_at),
        "state": "overdue" if overdue else dispute.state,
        "deadline": voice.deadline(dispute.due_at, now),
        "due": voice.moment(dispute.due_at - _MINUTE),  # midnight reads like the day after
        "answer": dispute.answer,
        "settled": voice.moment(dispute.settled_at) if dispute.settled_at else None,
        "checked": dispute.state == "open" and dispute.proposed_at is not None,
        "correction": voice.pay(dispute.amount, unit, whole=False, sign=True)
        if dispute.amount is not None
        else None,
        "is_new": dispute.answer is not None and dispute.seen_at is None,
    }
