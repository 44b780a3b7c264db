"""Jobs and processes for the tests of what runs them."""

import os
import signal
import subprocess
import sys
import threading
from pathlib import Path

from flask import current_app
from sqlalchemy import text

from engage.db import db
from engage.queue import enqueue, nothing_to_do


def note(path: str, word: str) -> None:
    """Append a line to a file."""
    with Path(path).open("a") as file:
        file.write(f"{word}\n")


def find_nothing() -> None:
    nothing_to_do()


def hang(path: str) -> None:
    """Write who we are, then never end by ourselves."""
    note(path, str(os.getpid()))
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


def encode(path: str) -> None:
    """A job with a program of its own, as an encoder is: writes both process ids, then hangs."""
    note(path, str(os.getpid()))
    with subprocess.Popen(["sleep", "3600"]) as encoder:
        note(path, str(encoder.pid))


def count(path: str) -> None:
    """Write the name of the application this runs in, and of the database's engine."""
    with db.engine.connect() as connection:
        note(path, f"{current_app.name} {connection.execute(text('SELECT 42')).scalar()}")


def sweep() -> None:
    """Queue again what is not done: periodic work, told by the environment what that is."""
    path = os.environ["ENGAGE_TEST_PATH"]
    if "done" not in Path(path).read_text():
        enqueue("default", "tests.services.jobs.done_the_second_time", path)


def done_the_second_time(path: str) -> None:
    """The first caller never ends; any later one writes "done"."""
    first = not Path(path).exists()
    note(path, str(os.getpid()))
    if first:
        threading.Event().wait()
    note(path, "done")


def wait_at(gate: str, path: str) -> None:
    """Wait until something is written to the pipe `gate`."""
    with Path(gate).open() as opened:
        opened.readline()
    note(path, "passed")
