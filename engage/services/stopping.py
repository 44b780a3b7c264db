"""Being told to stop: SIGINT, SIGTERM and a closed terminal as something a loop can wait for."""

import queue
import signal
from types import FrameType


class Stop:
    """Catches SIGINT, SIGTERM and SIGHUP from `listen` to `leave`, in the main thread."""

    def __init__(self) -> None:
        # The one queue that may be used inside a signal handler while it is being waited on.
        self._heard: queue.SimpleQueue[int] = queue.SimpleQueue()
        self._before: dict[int, object] = {}

    def listen(self) -> None:
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            if number == signal.SIGHUP and signal.getsignal(number) == signal.SIG_IGN:
                continue  # nohup asked for that
            self._before[number] = signal.signal(number, self._hear)

    def leave(self) -> None:
        for number, handler in self._before.items():
            signal.signal(number, handler)  # type: ignore[arg-type]

    def _hear(self, number: int, _frame: FrameType | None) -> None:
        self._heard.put(number)

    def wait(self, seconds: float) -> bool:
        """Wait; True as soon as a signal came, False after `seconds`. Each signal counts once."""
        try:
            self._heard.get(timeout=max(seconds, 0.0))
        except queue.Empty:
            return False
        return True
