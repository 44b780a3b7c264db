"""Run a worker process on one queue (`python worker.py videos`), or the scheduler."""

import os
import sys

from engage.services.cli import scheduler, worker

if __name__ == "__main__":
    os.umask(0o077)
    (scheduler if sys.argv[1:2] == ["scheduler"] else worker).main(
        [] if sys.argv[1:2] == ["scheduler"] else sys.argv[1:]
    )
