"""The demo's payouts up to now: every run but the newest was approved and paid in time."""

from datetime import timedelta

from sqlalchemy import select

from engage import clock
from engage.accounts.models import Seat
from engage.db import db
from engage.payouts import service
from engage.programmes.models import Programme

#: What the demo's managers need from a closed period to the bank.
TAKES = timedelta(days=4)


def settle(ours: Programme) -> None:
    """Let the programme's manager clear and pay what is not new; again changes nothing."""
    manager = db.session.scalar(
        select(Seat.user_id).where(Seat.programme_id == ours.id, Seat.role == "manager").limit(1)
    )
    for run in reversed(service.runs(ours.id)[1:]):
        if manager is None or run.cleared_at or not service.payments(run):
            continue
        then = run.collected_at + TAKES
        for payout in service.payments(run):
            if payout.held:
                service.release(run, payout.id, manager, "", then)
        service.approve(run, manager, then)
        day = clock.local_day(then, ours.timezone)
        service.pay(run, manager, f"FERN-{run.period}", then, day)
