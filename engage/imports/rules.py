"""What becomes of an uploaded file and of a run that went silent."""

from datetime import timedelta

#: A file nobody took in is forgotten after so long.
KEPT = timedelta(days=1)
#: A file up to so many bytes is worked on while its owner waits for the answer (under a second).
AT_ONCE = 512 * 1024
#: A run that ended its worker this often is not tried again by itself.
ATTEMPTS = 3
#: A run that has told nothing for so long is taken for dead.
SILENCE = timedelta(seconds=45)
#: A run that nobody began for so long has been forgotten by the queue.
FORGOTTEN = timedelta(minutes=1)

BUSY = ("checking", "importing")
#: From which states a check or an import may begin.
READY = ("uploaded", "checked", "failed")
