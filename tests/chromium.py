"""The Chromium that browser tests drive: the one present, else Debian's, else none, and why.

As a program (`python -m tests.chromium`) it installs Debian's where that is allowed.
"""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

_NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
_MAC = ("Google Chrome.app/Contents/MacOS/Google Chrome", "Chromium.app/Contents/MacOS/Chromium")

ABSENT = (
    "no Chromium: install chromium or Google Chrome, or set CHROMIUM to the program's path "
    "(Debian, Ubuntu, as root: apt-get install chromium)"
)


def find() -> str | None:
    """The path of the program: $CHROMIUM, or the first one installed."""
    if chosen := os.environ.get("CHROMIUM"):
        return chosen
    for name in _NAMES:
        if found := shutil.which(name):
            return found
    for place in _MAC:
        if (program := Path("/Applications") / place).exists():
            return str(program)
    return None


def executable() -> str:
    """The path for playwright's `executable_path`; skips the test where there is none."""
    found = find()
    if found is None:
        pytest.skip(ABSENT)
    return found


def install() -> None:
    """Install Debian's if none is present, we are root and apt is there."""
    apt = shutil.which("apt-get")
    if find() or apt is None or os.geteuid() != 0:
        return
    sys.stderr.write("chromium: installing Debian's for the browser tests (a minute or two)\n")
    quiet = {"stdout": subprocess.PIPE, "stderr": subprocess.STDOUT, "text": True}
    environment = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
    for words in (["update"], ["install", "--yes", "--no-install-recommends", "chromium"]):
        done = subprocess.run([apt, "-qq", *words], env=environment, check=False, **quiet)  # type: ignore[call-overload]
        if done.returncode:
            sys.stderr.write(f"{done.stdout[-2000:]}\nchromium: browser tests will be skipped\n")
            return


if __name__ == "__main__":
    install()
    if not find():
        sys.stderr.write(f"chromium: browser tests will be skipped: {ABSENT}\n")
