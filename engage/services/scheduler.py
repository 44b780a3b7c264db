"""The scheduler process."""

import logging

import redis

from engage import create_app
from engage.config import Settings
from engage.schedule import Scheduler
from engage.services import logs
from engage.services.stopping import Stop

log = logging.getLogger(__name__)

_TROUBLE = 2.0  # seconds between two tries to reach Redis


def schedule() -> None:
    """Run periodic work, or stand by for whoever does, until told to stop."""
    settings = Settings()
    logs.configure(settings)
    app = create_app(settings)
    connection = redis.Redis.from_url(
        settings.redis_url, socket_connect_timeout=2, socket_timeout=5
    )
    scheduler = Scheduler(app, connection)
    stop = Stop()
    stop.listen()
    wait = 0.0
    while not stop.wait(wait):
        try:
            wait = scheduler.turn()
        except redis.RedisError as error:
            log.warning("Redis does not answer, trying again: %s", error)
            wait = _TROUBLE
    try:
        scheduler.step_down()
    except redis.RedisError as error:
        log.warning("the lead ends by itself in %g s: %s", scheduler.lease, error)
