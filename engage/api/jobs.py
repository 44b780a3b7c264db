"""Periodic work of the API."""

from engage import clock
from engage.api import service
from engage.db import transaction


def forget_keys() -> None:
    """Drop kept answers after a day."""
    now = clock.now()
    transaction(lambda: service.forget(now))
