"""Killing a process for good: it is sent SIGKILL, by itself, before its n-th statement."""

import os
import signal
from collections.abc import Callable
from multiprocessing.process import BaseProcess

from sqlalchemy import event
from sqlalchemy.engine import Engine

from engage.config import Settings

from .forking import processes
from .houses import opened


def killed(settings: Settings, step: Callable[..., object], *words: object, point: int) -> bool:
    """Run a step in a process that dies before statement ``point``; False: it had fewer, and stands.

    The step is a function of a module, for it is named to the other process.
    """
    process: BaseProcess = processes.Process(target=_run, args=(settings, step, words, point))
    process.start()
    process.join()
    assert process.exitcode in (0, -signal.SIGKILL), "the step failed"
    return process.exitcode != 0


def _run(
    settings: Settings, step: Callable[..., object], words: tuple[object, ...], point: int
) -> None:
    left = point

    def count(*_: object) -> None:
        nonlocal left
        left -= 1
        if left == 0:
            os.kill(os.getpid(), signal.SIGKILL)

    with opened(settings):
        event.listen(Engine, "before_cursor_execute", count)
        step(*words)
        event.remove(Engine, "before_cursor_execute", count)
