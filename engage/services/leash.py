"""A child ends with its supervisor, even one that was killed and could not say goodbye.

The supervisor holds the writing end of a pipe, each child the reading end. Nobody ever writes:
the kernel closes the writing end however the supervisor ends, and the children read that as the
end of the file. Unlike Linux's parent-death signal this works on every Unix.

As a program (`python -m engage.services.leash FD module:function ARG…`) it is how the supervisor
starts its children: the function runs on the leash without knowing of it.
"""

import os
import pkgutil
import signal
import sys
import threading
import time
from collections.abc import Callable

GRACE = 3.0  # seconds a child has to end well once its supervisor is gone


class Leash:
    """The supervisor's end. Give `fd` to a child (`pass_fds`) and let it `follow` it."""

    def __init__(self) -> None:
        self.fd, self._held = os.pipe()

    def drop_held(self) -> None:
        """In a forked child: close the copy of the supervisor's end, or the pipe never ends."""
        os.close(self._held)

    def close(self) -> None:
        os.close(self._held)
        os.close(self.fd)


def follow(fd: int, end: Callable[[], None]) -> None:
    """Call `end` from a thread of its own once the supervisor behind `fd` is gone."""

    def watch() -> None:
        os.read(fd, 1)
        end()

    threading.Thread(target=watch, name="leash", daemon=True).start()


def end_gently() -> None:
    """Ask this process to stop as a supervisor would, and insist after a while."""
    os.kill(os.getpid(), signal.SIGTERM)
    time.sleep(GRACE)
    end_group()


def end_group() -> None:
    """End this process and all of its process group (encoders it started) at once."""
    if os.getpgrp() == os.getpid():
        os.killpg(0, signal.SIGKILL)
    os.kill(os.getpid(), signal.SIGKILL)


def main(argv: list[str]) -> None:
    fd, target, *arguments = argv
    follow(int(fd), end_gently)
    pkgutil.resolve_name(target)(*arguments)


if __name__ == "__main__":
    main(sys.argv[1:])
