"""What CI makes of a skipped test."""

import subprocess
import sys
from pathlib import Path

import pytest

from engage.config import HOUSE


@pytest.mark.parametrize(
    ("reason", "status", "last_line"),
    [
        ("no Chromium", 1, "1 passed, 1 skipped"),
        (None, 0, "1 passed"),
    ],
)
def test_a_skip_that_could_be_avoided_fails_the_run(
    reason: str | None, status: int, last_line: str, tmp_path: Path
) -> None:
    skipped = f"def test_b():\n    pytest.skip({reason!r})\n" if reason else ""
    (tmp_path / "test_it.py").write_text(f"import pytest\ndef test_a():\n    pass\n{skipped}")
    run = subprocess.run(
        [sys.executable, "-m", "pytest", "-c", "/dev/null", "-q", "-p", "tests.no_skips", tmp_path],
        cwd=HOUSE,
        capture_output=True,
        text=True,
    )
    assert run.returncode == status, run.stdout
    assert run.stdout.splitlines()[-1].startswith(last_line)
    assert ("test_b: Skipped: no Chromium" in run.stdout) == bool(reason)
