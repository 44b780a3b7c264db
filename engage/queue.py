"""Work that nobody waits for: RQ, with JSON arguments and one queue per worker process.

What a job has to do and how far it is lives in rows of the database. A queue only wakes a worker:
losing an entry, or running one twice, must do no harm. Enqueue after the commit, never before.
"""

import redis
from flask import current_app
from rq import Queue, get_current_job
from rq.serializers import JSONSerializer

from engage.config import Settings

#: One worker process serves one of these (RQ loses a job at `kill -9` of one that serves several).
QUEUES = ("default", "videos")

_TIMEOUT = 15 * 60  # seconds a job may run
_KEEP_FAILED = 7 * 24 * 3600


def connection() -> redis.Redis:
    """The Redis client of the current application; it connects when it is first used."""
    app = current_app
    if "engage.redis" not in app.extensions:
        settings: Settings = app.extensions["engage.settings"]
        app.extensions["engage.redis"] = redis.Redis.from_url(
            settings.redis_url, socket_connect_timeout=2, socket_timeout=5, health_check_interval=30
        )
    client: redis.Redis = app.extensions["engage.redis"]
    return client


def enqueue(name: str, function: str, *ids: int | str, at_front: bool = False) -> None:
    """Have a worker of queue `name` call `function` ("engage.videos.jobs.spell") with `ids`.

    Raises redis.RedisError if the queue cannot be reached: the rows still say what is to be done.
    """
    if name not in QUEUES:
        raise ValueError(f"no queue is called {name!r}; there are {', '.join(QUEUES)}")
    queue = Queue(name, connection=connection(), serializer=JSONSerializer)
    queue.enqueue_call(
        function,
        args=ids,
        timeout=_TIMEOUT,
        result_ttl=0,  # results are rows
        failure_ttl=_KEEP_FAILED,
        at_front=at_front,
    )


def nothing_to_do() -> None:
    """Say from inside a job that it found nothing to do: an entry like that is not worth a line."""
    job = get_current_job()
    if job is not None:
        job.meta["idle"] = True


def length(name: str) -> int:
    """How many jobs wait in queue `name`; what a worker is at does not count."""
    return int(Queue(name, connection=connection(), serializer=JSONSerializer).count)
