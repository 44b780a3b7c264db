"""Jobs and processes for the tests of what runs them."""

import os
import signal
import sys
import threading
from pathlib import Path


def note(path: str, word: str) -> None:
    """Append a line to a file."""
    with Path(path).open("a") as file:
        file.write(f"{word}\n")


def hang(path: str) -> None:
    """Write who we are, then never end by ourselves."""
    note(path, str(os.getpid()))
    threading.Event().wait()


def hang_the_first_time(path: str) -> None:
    """Write who we are; the first caller never ends, further ones do."""
    first = not Path(path).exists()
    note(path, str(os.getpid()))
    if first:
        threading.Event().wait()


def ignore_the_end(path: str) -> None:
    """Take no notice of being asked to end."""
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    hang(path)


def die(status: str) -> None:
    print("no bread in the house")
    sys.exit(int(status))


def fail() -> None:
    raise RuntimeError("this one always fails")
