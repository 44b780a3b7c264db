"""One supervisor over the processes of a house: output, readiness, restarts, a clean end."""

import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from rich.console import Console
from rich.text import Text

from engage.services.leash import Leash
from engage.services.stopping import Stop

GRACE = 10.0  # seconds processes have to end well before they are killed
_TICK = 0.1
_HEAD_START = 2.0  # seconds at most that what is waited for has the machine to itself
_PATIENCE = 2.0  # seconds of stopping without a word
_CARE = 1.0  # seconds between two calls of `care`
_LIVES = 5
_WINDOW = 30.0
_REST = 0.1
_COLOURS = ("cyan", "green", "magenta", "yellow", "blue", "bright_cyan", "bright_green")


@dataclass(frozen=True)
class Process:
    """A function run in a process of its own: `target` is `module:function`, `args` its words."""

    name: str
    target: str
    args: tuple[str, ...] = ()
    env: Mapping[str, str] = field(default_factory=dict)
    fds: tuple[int, ...] = ()  # descriptors it inherits
    ready: Callable[[], bool] | None = None  # None: alive is enough
    may_end: bool = False  # ending with status 0 is its success, not a death


class SupervisorError(RuntimeError):
    """The house cannot be kept running; the message says which process and why."""


def rest_before_restart(deaths: Sequence[float], now: float) -> float | None:
    """Seconds to wait before a process that died at these times starts again; None: give up."""
    recent = sum(now - death < _WINDOW for death in deaths)
    if recent >= _LIVES:
        return None
    return float(_REST * 2 ** max(recent - 1, 0))


class _Child:
    """One process through all its lives."""

    def __init__(self, spec: Process, leash: Leash, say: Callable[[str], None]) -> None:
        self.spec = spec
        self.leash = leash
        self.say = say
        self.deaths: list[float] = []
        self.start_at: float | None = 0.0  # None while it lives, and once it has ended well
        self.popen: subprocess.Popen[bytes] | None = None
        self.reader: threading.Thread | None = None

    @property
    def alive(self) -> bool:
        return self.popen is not None and self.popen.poll() is None

    def start(self) -> None:
        words = [str(self.leash.fd), self.spec.target, *self.spec.args]
        self.popen = subprocess.Popen(
            [sys.executable, "-m", "engage.services.leash", *words],
            env={
                **os.environ,
                "PYTHONUNBUFFERED": "1",
                # macOS ends processes that fork after its frameworks were touched; workers do.
                "OBJC_DISABLE_INITIALIZE_FORK_SAFETY": "YES",
                **self.spec.env,
            },
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            pass_fds=(self.leash.fd, *self.spec.fds),
            # Ctrl-C in the terminal reaches the supervisor alone, which passes it on in order.
            start_new_session=True,
        )
        self.start_at = None
        self.reader = threading.Thread(target=self._relay, args=(self.popen,), daemon=True)
        self.reader.start()

    def _relay(self, popen: subprocess.Popen[bytes]) -> None:
        assert popen.stdout is not None
        with popen.stdout:
            for line in popen.stdout:
                self.say(line.decode(errors="replace").rstrip())

    def tend(self, now: float) -> None:
        """Start it when its time has come, note its death. Raises SupervisorError to give up."""
        if self.start_at is not None:
            if now >= self.start_at:
                self.start()
            return
        if self.popen is None or (status := self.popen.poll()) is None:
            return
        self.popen = None
        if status == 0 and self.spec.may_end:
            return
        self.deaths.append(now)
        rest = rest_before_restart(self.deaths, now)
        how = f"signal {signal.Signals(-status).name}" if status < 0 else f"status {status}"
        if rest is None:
            raise SupervisorError(
                f"{self.spec.name} died {_LIVES} times within {_WINDOW:g} seconds, last with "
                f"{how}: its last lines above say why"
            )
        self.say(f"ended with {how}; starting again in {rest:g} s")
        self.start_at = now + rest

    def signal(self, how: signal.Signals) -> None:
        if self.popen is not None and self.popen.poll() is None:
            if how == signal.SIGKILL:
                os.killpg(self.popen.pid, how)  # it leads its group: encoders go with it
            else:
                self.popen.send_signal(how)


class Supervisor:
    """Runs `processes` until SIGINT, SIGTERM or SIGHUP.

    `care` is called about once a second: it keeps what the processes need alive and may raise
    SupervisorError. `console` gets each line of output, marked with its process's name.
    """

    def __init__(
        self,
        processes: Iterable[Process],
        care: Callable[[], object] | None = None,
        console: Console | None = None,
        grace: float = GRACE,
    ) -> None:
        self.console = console or Console(stderr=True, highlight=False)
        self.care = care
        self.grace = grace
        self.leash = Leash()
        self._stop = Stop()
        specs = list(processes)
        width = max((len(spec.name) for spec in specs), default=0)
        self.children = [
            _Child(spec, self.leash, self._voice(spec.name.ljust(width), _COLOURS[n % 7]))
            for n, spec in enumerate(specs)
        ]

    def _voice(self, name: str, colour: str) -> Callable[[str], None]:
        def say(line: str) -> None:
            self.console.print(Text.assemble((f"{name} │ ", colour), line), soft_wrap=True)

        return say

    def run(self, on_ready: Callable[[], None]) -> None:
        """Run until told to stop. `on_ready` is called once, when all are ready for the first time.

        Raises SupervisorError, with everything stopped, if a process cannot be kept alive.
        """
        self._stop.listen()
        try:
            self._watch(on_ready)
        finally:
            self.stop()
            self._stop.leave()

    def _watch(self, on_ready: Callable[[], None]) -> None:
        announced = False
        cared = begun = time.monotonic()
        started = [child for child in self.children if child.spec.ready]
        while not self._stop.wait(_TICK):
            now = time.monotonic()
            for child in started:
                child.tend(now)
            if not announced and all(map(_is_ready, started)):
                announced = started == self.children
                if announced:
                    on_ready()
                started = self.children
            elif now - begun >= _HEAD_START:
                started = self.children
            if self.care is not None and now - cared >= _CARE:
                self.care()
                cared = time.monotonic()

    def stop(self) -> None:
        """Ask every process to end, wait `grace` seconds or until the next signal, then kill."""
        for child in self.children:
            child.signal(signal.SIGTERM)
        begin = time.monotonic()
        told = False
        while busy := [child.spec.name for child in self.children if child.alive]:
            waited = time.monotonic() - begin
            if waited >= self.grace or self._stop.wait(_TICK / 2):
                break
            if waited >= _PATIENCE and not told:
                told = True
                self.console.print(
                    f"waiting up to {self.grace:g} s for {', '.join(busy)}; again to stop now",
                    soft_wrap=True,
                )
        for child in self.children:
            if child.alive:
                child.say("did not end in time: killed")
                child.signal(signal.SIGKILL)
        for child in self.children:
            if child.popen is not None:
                child.popen.wait()
            if child.reader is not None:
                child.reader.join(timeout=1)
        self.leash.close()


def _is_ready(child: _Child) -> bool:
    if child.spec.may_end and child.popen is None and child.start_at is None:
        return True
    return child.alive and (child.spec.ready is None or child.spec.ready())
