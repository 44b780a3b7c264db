"""A worker process: takes jobs from one queue and runs each in a process of its own."""

import contextlib
import importlib
import logging
import os
import resource
import socket
import time

import redis
from flask import Flask
from rq import Queue, Worker
from rq.executions import Execution
from rq.job import Job
from rq.serializers import JSONSerializer

from engage import create_app
from engage.config import Settings
from engage.db import db
from engage.queue import QUEUES
from engage.services import logs
from engage.services.leash import Leash, end_group, follow

log = logging.getLogger(__name__)

#: What the jobs of a queue need and is slow to load: once in the worker, not in each job's process.
_WARM = {"videos": ("engage.studio.film",)}
#: What a job's process may take at most; a film needs a fifth of it.
_MEMORY = {"videos": 1 << 30}
_TROUBLE = 2.0  # seconds between two tries to reach Redis


class JobWorker(Worker):
    """An RQ worker whose jobs run inside the application, and end when the worker does.

    A killed worker must not leave a job running on its own: the sweep that queues the job again
    would find two of them at work.
    """

    def __init__(self, app: Flask, queue: str) -> None:
        settings: Settings = app.extensions["engage.settings"]
        super().__init__(
            [queue],
            name=f"{queue}.{socket.gethostname()}.{os.getpid()}",
            connection=redis.Redis.from_url(settings.redis_url),
            serializer=JSONSerializer,
        )
        self.app = app
        self.leash = Leash()

    def main_work_horse(self, job: Job, queue: Queue) -> None:
        _bound(_MEMORY.get(queue.name))
        self.leash.drop_held()
        follow(self.leash.fd, end_group)
        super().main_work_horse(job, queue)

    def perform_job(self, job: Job, queue: Queue, execution: Execution) -> bool:
        with self.app.app_context():
            for engine in db.engines.values():
                engine.dispose(close=False)  # the parent's connections are the parent's
            begin = time.monotonic()
            well = bool(super().perform_job(job, queue, execution))
            how = "done" if well else "failed"
            level = logging.DEBUG if well and job.meta.get("idle") else logging.INFO
            log.log(level, "%s %s in %.1f s", job.description, how, time.monotonic() - begin)
            return well


def _bound(memory: int | None) -> None:
    """Let this process have so many bytes of its own and no more (Linux counts them)."""
    if memory:
        with contextlib.suppress(OSError, ValueError):
            resource.setrlimit(resource.RLIMIT_DATA, (memory, memory))


def work(queue: str) -> None:
    """Work on `queue` until told to stop: SIGTERM lets the job at hand end, a second one does not.

    Raises ValueError for a queue nobody fills.
    """
    if queue not in QUEUES:
        raise ValueError(f"no queue is called {queue!r}; there are {', '.join(QUEUES)}")
    settings = Settings()
    logs.configure(settings)
    for module in _WARM.get(queue, ()):
        importlib.import_module(module)
    _wait_for_redis(settings.redis_url)
    JobWorker(create_app(settings), queue).work(logging_level="WARNING")


def _wait_for_redis(url: str) -> None:
    """Return once Redis answers: it may be restarting, and dying of that would stop the house."""
    with redis.Redis.from_url(url, socket_connect_timeout=2, socket_timeout=5) as connection:
        while True:
            try:
                connection.ping()
                return
            except (redis.ConnectionError, redis.TimeoutError) as error:
                log.warning("Redis does not answer, trying again: %s", error)
            time.sleep(_TROUBLE)
