"""Periodic work of accounts."""

from engage import clock
from engage.accounts import service
from engage.db import transaction


def forget_sign_outs() -> None:
    """Drop notes of sessions that ended by themselves meanwhile."""
    now = clock.now()
    transaction(lambda: service.forget_sign_outs(now))
