"""Looking at processes and at what they wrote."""

from pathlib import Path

import psutil


def ended(pid: int) -> bool:
    """Whether a process is no more (or only waits for its parent to notice)."""
    return not psutil.pid_exists(pid) or psutil.Process(pid).status() == psutil.STATUS_ZOMBIE


def lines(path: Path) -> list[str]:
    """The whole lines of a file; none if there is no file."""
    if not path.exists():
        return []
    return [line.strip() for line in path.read_text().splitlines(True) if line.endswith("\n")]
