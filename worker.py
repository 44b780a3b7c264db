"""Run a worker process on one queue (`python worker.py videos`), or the scheduler."""

import sys

from engage.services.cli import scheduler, worker

if __name__ == "__main__":
    (scheduler if sys.argv[1:2] == ["scheduler"] else worker).main(
        [] if sys.argv[1:2] == ["scheduler"] else sys.argv[1:]
    )
