"""A process that is told to stop hears it, whenever and in whichever thread it is told."""

import signal
import sys
import threading

from engage.services.stopping import Stop
from tests.waiting import until


def test_a_signal_that_does_not_wake_the_waiting_thread_ends_its_wait() -> None:
    stop, main = Stop(), threading.main_thread().ident
    assert main is not None

    def tell() -> None:
        until(lambda: sys._current_frames()[main].f_code is Stop.wait.__code__)
        signal.pthread_kill(threading.get_ident(), signal.SIGTERM)

    stop.listen()
    try:
        other = threading.Thread(target=tell)
        other.start()
        assert stop.wait(5)
        other.join()
        assert not stop.wait(0), "each counts once"
    finally:
        stop.leave()
