"""Locks on files. The kernel drops them with their last holder, so a crash never blocks a start."""

import contextlib
import fcntl
import os
import time
from collections.abc import Iterator
from pathlib import Path

_PAUSE = 0.05


class FileLock:
    """A held lock on a file; `release` gives it back, and so does the end of the process.

    A process that inherits `fd` holds the lock too, for as long as it keeps the descriptor open.
    """

    def __init__(self, path: Path, fd: int) -> None:
        self.path = path
        self.fd = fd

    def write(self, text: str) -> None:
        """Leave a note for those who find the lock taken."""
        os.ftruncate(self.fd, 0)
        os.pwrite(self.fd, text.encode(), 0)

    def release(self) -> None:
        if self.fd >= 0:
            os.close(self.fd)
            self.fd = -1


def take(path: Path, *, shared: bool = False, wait: float = 0.0) -> FileLock | None:
    """The lock on `path` (created if need be), or None if others still hold it after `wait` s."""
    fd = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    mode = (fcntl.LOCK_SH if shared else fcntl.LOCK_EX) | fcntl.LOCK_NB
    deadline = time.monotonic() + wait
    while True:
        try:
            fcntl.flock(fd, mode)
            return FileLock(path, fd)
        except BlockingIOError:
            if time.monotonic() >= deadline:
                os.close(fd)
                return None
        except BaseException:
            os.close(fd)
            raise
        time.sleep(_PAUSE)


@contextlib.contextmanager
def held(path: Path, *, wait: float) -> Iterator[FileLock]:
    """Hold the lock on `path` for a block; TimeoutError if others keep it longer than `wait` s."""
    lock = take(path, wait=wait)
    if lock is None:
        raise TimeoutError(f"another process has held {path} for more than {wait:g} s")
    try:
        yield lock
    finally:
        lock.release()


def note(path: Path) -> str:
    """What the holder of `path` wrote there; empty if nobody did."""
    try:
        return path.read_text()
    except FileNotFoundError:
        return ""
