"""Where finished films are kept, each there whole or not at all: what a shelf does, and a folder as one.

Films are made in a folder aside and put on the shelf by one step.
"""

import os
import shutil
import tempfile
from abc import ABC, abstractmethod
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import BinaryIO

FILM, POSTER, CAPTIONS = "film.mp4", "film.jpg", "film.vtt"
PARTS = (CAPTIONS, POSTER, FILM)


class Trouble(OSError):
    """What keeps the films cannot be reached, or did not take one; the message says why."""


class Shelf(ABC):
    """``root``: the folder of this machine in which films are made before they are put."""

    def __init__(self, root: Path) -> None:
        self.root = root

    @contextmanager
    def making(self, key: str) -> Iterator[Path]:
        """A folder aside to make the film in; what is left in it is thrown away at the end.

        What earlier, killed makers of the same film left is cleared first.
        """
        aside = self.root / "making"
        for left in aside.glob(f"{key}.*"):
            shutil.rmtree(left, ignore_errors=True)
        place = aside / f"{key}.{os.getpid()}"
        place.mkdir(parents=True)
        try:
            yield place
        finally:
            shutil.rmtree(place, ignore_errors=True)

    def clear(self, before: float) -> None:
        """Throw away what killed makers left, last touched before a time in seconds of the epoch."""
        for left in (self.root / "making").glob("*"):
            with suppress(FileNotFoundError):  # finished just now
                if left.stat().st_mtime < before:
                    shutil.rmtree(left, ignore_errors=True)

    @contextmanager
    def at_hand(self, key: str, name: str) -> Iterator[Path]:
        """A part of a film as a file of this machine, for as long as it is looked at.

        :raises FileNotFoundError: it is not there.
        """
        file, _size = self.open(key, name)
        with file, tempfile.NamedTemporaryFile(dir=self.root, suffix=Path(name).suffix) as copy:
            shutil.copyfileobj(file, copy)
            copy.flush()
            yield Path(copy.name)

    @abstractmethod
    def has(self, key: str) -> bool:
        """Whether a film is there, whole."""

    @abstractmethod
    def put(self, made: Path, key: str) -> None:
        """Put a whole film in its place. One that is there already is the same film and stays."""

    @abstractmethod
    def open(self, key: str, name: str) -> tuple[BinaryIO, int]:
        """A part of a film to read and seek in, and its size in bytes.

        :raises FileNotFoundError: it is not there.
        """

    @abstractmethod
    def keys(self) -> Iterator[str]:
        """The keys of all films there are."""

    @abstractmethod
    def remove(self, key: str) -> None:
        """Take a film away, at once for whoever asks; none is no trouble."""

    @abstractmethod
    def free(self) -> int | None:
        """Bytes that there is room for; None where nobody can know."""

    @abstractmethod
    def prove(self) -> None:
        """Whether films can be put, read and taken away here.

        :raises Trouble: saying what to mend.
        """


class Folder(Shelf):
    """A folder of each film, named by its key, put there by one rename; it exists exactly when the
    film is finished."""

    def folder(self, key: str) -> Path:
        return self.root / "films" / key[:2] / key

    @contextmanager
    def at_hand(self, key: str, name: str) -> Iterator[Path]:
        yield self.folder(key) / name

    def has(self, key: str) -> bool:
        return self.folder(key).is_dir()

    def put(self, made: Path, key: str) -> None:
        target = self.folder(key)
        target.parent.mkdir(parents=True, exist_ok=True)
        try:
            made.rename(target)
        except OSError:
            if not target.is_dir():
                raise

    def open(self, key: str, name: str) -> tuple[BinaryIO, int]:
        file = (self.folder(key) / name).open("rb")
        return file, os.fstat(file.fileno()).st_size

    def keys(self) -> Iterator[str]:
        return (place.name for place in (self.root / "films").glob("??/*"))

    def remove(self, key: str) -> None:
        aside = self.root / "making" / f"{key}.gone"
        aside.parent.mkdir(parents=True, exist_ok=True)
        with suppress(FileNotFoundError):
            self.folder(key).rename(aside)
        shutil.rmtree(aside, ignore_errors=True)

    def free(self) -> int | None:
        return shutil.disk_usage(self.root).free

    def prove(self) -> None:
        try:
            self.root.mkdir(parents=True, exist_ok=True, mode=0o700)
            with tempfile.TemporaryDirectory(dir=self.root):
                pass
        except OSError as error:
            raise Trouble(
                f"ENGAGE_SHELF: {self.root} cannot be written: {error.strerror}"
            ) from error
