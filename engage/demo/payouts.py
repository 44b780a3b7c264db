"""The demo's payouts up to now: every run but the newest was approved and paid in time.

Of the last of them what was held is still looked at, and late by now.
"""

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
    seated = select(Seat.user_id).where(Seat.programme_id == ours.id, Seat.role == "manager")
    managers = db.session.scalars(seated.order_by(Seat.id)).all()
    runs = [run for run in service.runs(ours.id)[1:] if not run.cleared_at]
    for run in reversed(runs):
        if not managers or not service.payments(run):
            continue
        manager, then = managers[0], run.collected_at + TAKES
        held = [payout for payout in service.payments(run) if payout.held]
        if run is not runs[0] or len(held) == len(service.payments(run)):
            for payout in held:
                service.release(run, payout.id, manager, "", then)
        for yes in managers[: 1 + run.needs_second]:
            service.approve(run, yes, then)
        day = clock.local_day(then, ours.timezone)
        service.pay(run, manager, f"FERN-{run.period}", then, day)
