"""Uploaded files, kept aside under random names until they are taken in; never served back."""

import os
import re
import secrets
from collections.abc import Iterable
from pathlib import Path
from typing import BinaryIO

from engage import config

_NAME = re.compile(r"[0-9a-f]{32}")
_CHUNK = 1024 * 1024


def folder() -> Path:
    """Where they are, readable by the owner of the house alone."""
    path = config.settings().home_dir / "uploads"
    path.mkdir(exist_ok=True, mode=0o700)
    return path


def keep(stream: BinaryIO) -> tuple[str, int]:
    """Write a stream down; its new name and how many bytes it had."""
    name = secrets.token_hex(16)
    handle = os.open(folder() / name, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    size = 0
    with os.fdopen(handle, "wb") as file:
        while chunk := stream.read(_CHUNK):
            file.write(chunk)
            size += len(chunk)
    return name, size


def path_of(name: str) -> Path:
    """The file of that name.

    :raises ValueError: the name is none of ours.
    """
    if not _NAME.fullmatch(name):
        raise ValueError(f"{name!r} names no upload")
    return folder() / name


def forget(name: str | None) -> None:
    """Delete a file; one that is gone already is as good."""
    if name:
        path_of(name).unlink(missing_ok=True)


def forget_all_but(names: Iterable[str], before: float) -> int:
    """Delete files that nobody knows any more and were last written before (Unix time)."""
    known = set(names)
    gone = 0
    for path in folder().iterdir():
        if path.name not in known and path.stat().st_mtime < before:
            path.unlink(missing_ok=True)
            gone += 1
    return gone
