"""Where finished films lie: a folder named by the film's key, put there whole by one rename."""

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

FILM, POSTER, CAPTIONS = "film.mp4", "film.jpg", "film.vtt"


def folder(media: Path, key: str) -> Path:
    """The folder of a film; it exists exactly when the film is finished."""
    return media / "films" / key[:2] / key


@contextmanager
def making(media: Path, key: str) -> Iterator[Path]:
    """A folder aside to make the film in; what is left in it is thrown away at the end.

    What earlier, killed makers of the same film left is cleared first.
    """
    aside = media / "making"
    for left in aside.glob(f"{key}.*"):
        shutil.rmtree(left, ignore_errors=True)
    place = aside / f"{key}.{os.getpid()}"
    place.mkdir(parents=True)
    try:
        yield place
    finally:
        shutil.rmtree(place, ignore_errors=True)


def clear(media: Path, before: float) -> None:
    """Throw away what killed makers left, last touched before a time in seconds of the epoch."""
    for left in (media / "making").glob("*"):
        with suppress(FileNotFoundError):  # finished just now
            if left.stat().st_mtime < before:
                shutil.rmtree(left, ignore_errors=True)


def publish(made: Path, target: Path) -> None:
    """Put a whole film in its place. One that is there already is the same film and stays."""
    target.parent.mkdir(parents=True, exist_ok=True)
    try:
        made.rename(target)
    except OSError:
        if not target.is_dir():
            raise


def keys(media: Path) -> Iterator[str]:
    """The keys of all films there are."""
    return (place.name for place in (media / "films").glob("??/*"))


def free(media: Path) -> int:
    """Bytes that there is room for."""
    return shutil.disk_usage(media).free


def remove(media: Path, key: str) -> None:
    """Take a film away, at once for whoever asks; none is no trouble."""
    aside = media / "making" / f"{key}.gone"
    aside.parent.mkdir(parents=True, exist_ok=True)
    with suppress(FileNotFoundError):
        folder(media, key).rename(aside)
    shutil.rmtree(aside, ignore_errors=True)
