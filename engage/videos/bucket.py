"""Films in an S3-compatible bucket, through obstore: credentials and endpoint as AWS's tools read them.

An object appears whole or not at all; a film's own file is put last and taken away first, so that a film
is there exactly when it is. Addresses stay the house's: it asks for each range itself, so that whoever
may no longer watch a film cannot, and no other host is let into the pages.
"""

import io
import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import timedelta
from pathlib import Path
from typing import BinaryIO, cast

import obstore
from obstore.exceptions import BaseError, PermissionDeniedError, UnauthenticatedError
from obstore.store import ObjectStore, from_url

from engage.config import ConfigurationError
from engage.videos.shelf import FILM, PARTS, Shelf, Trouble

#: What prefixes and the probe are called in the bucket.
FILMS, PROBE = "films", "engage-probe"
KINDS = {".mp4": "video/mp4", ".jpg": "image/jpeg", ".vtt": "text/vtt"}
_RETRY = {"max_retries": 2, "retry_timeout": timedelta(seconds=10)}


def _client() -> dict[str, object]:
    """How it is asked; without encryption where the operator named an address without it."""
    endpoint = os.environ.get("AWS_ENDPOINT") or os.environ.get("AWS_ENDPOINT_URL") or ""
    plain = endpoint.startswith("http://")
    return {"timeout": "30s", "connect_timeout": "5s", "allow_http": plain}


@contextmanager
def _told(where: str) -> Iterator[None]:
    """Tell trouble of the bucket as ours; what is not there is not there."""
    try:
        yield
    except FileNotFoundError:
        raise
    except (PermissionDeniedError, UnauthenticatedError) as error:
        raise Trouble(
            f"ENGAGE_SHELF: {where} lets nobody in with these credentials: set AWS_ACCESS_KEY_ID and "
            f"AWS_SECRET_ACCESS_KEY of who may read, write and delete there ({_short(error)})"
        ) from error
    except BaseError as error:
        raise Trouble(
            f"ENGAGE_SHELF: {where} does not answer as a bucket: look at its name, AWS_REGION and "
            f"AWS_ENDPOINT ({_short(error)})"
        ) from error


def _short(error: Exception) -> str:
    """The first line of what a library says, without the debris behind it."""
    return str(error).strip().splitlines()[0][:200]


class Bucket(Shelf):
    """Films under ``s3://bucket/prefix``; ``store`` is another one of obstore's, for tests."""

    def __init__(self, where: str, root: Path, store: ObjectStore | None = None) -> None:
        super().__init__(root)
        self.where = where
        try:
            self._store = store or from_url(where, retry_config=_RETRY, client_options=_client())  # type: ignore[call-overload]
        except (BaseError, ValueError) as error:
            raise ConfigurationError(
                f"ENGAGE_SHELF={where}: write s3://bucket or s3://bucket/prefix ({_short(error)})"
            ) from error

    def _path(self, key: str, name: str) -> str:
        return f"{FILMS}/{key[:2]}/{key}/{name}"

    def _size(self, key: str, name: str) -> int:
        with _told(self.where):
            return int(obstore.head(self._store, self._path(key, name))["size"])

    def has(self, key: str) -> bool:
        try:
            return self._size(key, FILM) > 0
        except FileNotFoundError:
            return False

    def put(self, made: Path, key: str) -> None:
        for name in PARTS:
            file = made / name
            attributes = {"Content-Type": KINDS[file.suffix]}
            with _told(self.where):
                obstore.put(self._store, self._path(key, name), file, attributes=attributes)
            if self._size(key, name) != file.stat().st_size:
                self.remove(key)
                raise Trouble(f"{self.where} did not keep all of {name}")

    def open(self, key: str, name: str) -> tuple[BinaryIO, int]:
        size = self._size(key, name)
        return cast(BinaryIO, _Object(self, self._path(key, name), size)), size

    def read(self, path: str, start: int, end: int) -> bytes:
        with _told(self.where):
            return bytes(obstore.get_range(self._store, path, start=start, end=end))

    def keys(self) -> Iterator[str]:
        seen = ""
        with _told(self.where):
            for chunk in obstore.list(self._store, FILMS):
                for one in chunk:
                    key = one["path"].split("/")[-2]
                    if key != seen:
                        yield key
                    seen = key

    def remove(self, key: str) -> None:
        with _told(self.where):
            for name in reversed(PARTS):
                with suppress(FileNotFoundError):
                    obstore.delete(self._store, self._path(key, name))

    def free(self) -> int | None:
        return None

    def prove(self) -> None:
        try:
            with _told(self.where):
                obstore.put(self._store, PROBE, b"engage")
                obstore.get(self._store, PROBE)
                obstore.delete(self._store, PROBE)
        except FileNotFoundError as error:
            raise Trouble(
                f"ENGAGE_SHELF: there is no bucket at {self.where}: make it, or mend its name"
            ) from error


class _Object(io.RawIOBase):
    """An object of a bucket as a file: what is asked for is fetched, and nothing else."""

    def __init__(self, bucket: Bucket, path: str, size: int) -> None:
        self._bucket, self._path, self._size, self._at = bucket, path, size, 0

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True

    def tell(self) -> int:
        return self._at

    def seek(self, offset: int, whence: int = io.SEEK_SET) -> int:
        self._at = {io.SEEK_SET: 0, io.SEEK_CUR: self._at, io.SEEK_END: self._size}[whence] + offset
        return self._at

    def read(self, size: int = -1) -> bytes:
        end = self._size if size < 0 else min(self._at + size, self._size)
        if end <= self._at:
            return b""
        found = self._bucket.read(self._path, self._at, end)
        self._at += len(found)
        return found
