"""Being told to stop: SIGINT, SIGTERM and a closed terminal as something a loop can wait for."""

import os
import select
import signal
from types import FrameType


class Stop:
    """Catches SIGINT, SIGTERM and SIGHUP from `listen` to `leave`, in the main thread.

    Each is written to a pipe at the instant it comes, whichever thread it comes to: a handler of
    Python's runs when the main thread gets to it, and one that began to wait just then never did.
    """

    def __init__(self) -> None:
        self._came, self._told = os.pipe()
        os.set_blocking(self._told, False)
        self._before: dict[int, object] = {}
        self._woke = -1

    def listen(self) -> None:
        self._woke = signal.set_wakeup_fd(self._told)
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            if number == signal.SIGHUP and signal.getsignal(number) == signal.SIG_IGN:
                continue  # nohup asked for that
            self._before[number] = signal.signal(number, _nothing_else)

    def leave(self) -> None:
        for number, handler in self._before.items():
            signal.signal(number, handler)  # type: ignore[arg-type]
        signal.set_wakeup_fd(self._woke)
        os.close(self._came)
        os.close(self._told)

    def wait(self, seconds: float) -> bool:
        """Wait; True as soon as a signal came, False after `seconds`. Each signal counts once."""
        came, _, _ = select.select([self._came], [], [], max(seconds, 0.0))
        return bool(came and os.read(self._came, 1))


def _nothing_else(_number: int, _frame: FrameType | None) -> None:
    """That a signal came is written by then."""
