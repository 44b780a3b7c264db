"""Waiting for something to become true, with a deadline: the tests' only way to pass time."""

import time
from collections.abc import Callable
from typing import TypeVar

T = TypeVar("T")

#: A busy machine takes longer. Only a failure waits for the whole deadline, so this is generous.
PATIENCE = 4


def until(condition: Callable[[], T], seconds: float = 10.0, what: str = "") -> T:
    """The first true value of `condition()`; AssertionError saying `what` after `seconds`.

    `condition` is asked again and again, so it must be cheap and change nothing. An exception it
    raises is the test's failure at once: a condition that may not be askable yet says so by
    returning a false value.
    """
    deadline = time.monotonic() + seconds * PATIENCE
    pause = 0.005
    while True:
        value = condition()
        if value:
            return value
        if time.monotonic() >= deadline:
            name = what or getattr(condition, "__name__", "the condition")
            raise AssertionError(f"not within {seconds:g} s: {name} (last seen: {value!r})")
        time.sleep(pause)
        pause = min(pause * 1.5, 0.1)
