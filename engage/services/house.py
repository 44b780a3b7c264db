"""A house with everything in it: its lock, its port, its Valkey, and the processes that serve it."""

import json
import logging
import os
import socket
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from engage.config import ConfigurationError, Settings
from engage.services import leash, locks, web
from engage.services.supervisor import Process, Supervisor, SupervisorError
from engage.services.valkey import Valkey, ValkeyError, embedded

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class House:
    """An opened house: this process alone may run its processes. `valkey`: None with REDIS_URL."""

    settings: Settings
    listening: socket.socket
    valkey: Valkey | None

    def run(
        self, extra: Iterable[Process] = (), on_ready: Callable[[], None] | None = None
    ) -> None:
        """Serve until SIGINT or SIGTERM; `on_ready` is called once pages are answered.

        Raises SupervisorError, with everything stopped, if a process cannot be kept alive.
        """
        supervisor = Supervisor([*self.processes(), *extra], care=self._care)
        supervisor.run(on_ready or (lambda: None))

    def processes(self) -> list[Process]:
        """Web, workers and scheduler."""
        trusted = self.settings.hosts
        name = trusted[0].lstrip(".") if trusted else None
        films = self.settings.video_workers
        return [
            Process(
                "web",
                "engage.services.web:serve",
                (str(self.listening.fileno()),),
                fds=(self.listening.fileno(),),
                ready=lambda: web.healthy(self.listening, name),
            ),
            Process("worker", "engage.services.worker:work", ("default",)),
            *(
                Process(
                    f"films {n}" if films > 1 else "films",
                    "engage.services.worker:work",
                    ("videos",),
                )
                for n in range(1, films + 1)
            ),
            Process("scheduler", "engage.services.scheduler:schedule"),
        ]

    def _care(self) -> None:
        try:
            if self.valkey is not None and self.valkey.revive():
                log.warning("Valkey had gone and was started again")
        except (ValkeyError, TimeoutError) as error:
            raise SupervisorError(str(error)) from error


@contextmanager
def open_house(settings: Settings) -> Iterator[House]:
    """Lock the home, take the port, start or adopt Valkey; give all of it back at the end.

    Raises ConfigurationError (it runs already, or the port is taken) or ValkeyError.
    """
    path = settings.home_dir / "up.lock"
    # A supervisor that was killed leaves its note behind, and children that are still going.
    crashed = bool(locks.note(path))
    lock = locks.take(path)
    if lock is None:
        raise ConfigurationError(_runs_already(settings, locks.note(path)))
    try:
        listening = _listen(settings, leash.GRACE + 2 if crashed else 0.0)
        lock.write(json.dumps({"pid": os.getpid(), "address": settings.address}))
        try:
            with embedded(settings) as valkey:
                yield House(settings, listening, valkey)
        finally:
            listening.close()
            lock.write("")
    finally:
        lock.release()


def _runs_already(settings: Settings, note: str) -> str:
    try:
        found = json.loads(note)
        where = f" at {found['address']} (process {found['pid']})"
    except (ValueError, KeyError):
        where = ""  # it has only just begun
    return (
        f"engage runs already{where} on {settings.home_dir}. Another one needs its own ENGAGE_HOME"
    )


def _listen(settings: Settings, patience: float) -> socket.socket:
    deadline = time.monotonic() + patience
    while True:
        try:
            return web.listen(settings.host, settings.port)
        except ConfigurationError:
            if time.monotonic() >= deadline:
                raise
        time.sleep(0.1)
