"""Which shelf a house keeps its films on, as `ENGAGE_SHELF` says: a folder of this machine, or a bucket."""

from functools import lru_cache
from pathlib import Path

from engage.config import ConfigurationError, Settings
from engage.videos.shelf import Folder, Shelf, Trouble

BUCKET = "s3://"


def of(settings: Settings) -> Shelf:
    """The shelf of a house."""
    return _of(settings.shelf, settings.media_dir)


@lru_cache(maxsize=8)
def _of(where: str, media: Path) -> Shelf:
    if not where.startswith(BUCKET):
        return Folder(Path(where).expanduser().resolve() if where else media)
    # An extra, and only where films are kept so.
    try:
        from engage.videos.bucket import Bucket
    except ImportError:
        raise ConfigurationError(
            "ENGAGE_SHELF names a bucket and obstore is not installed: pip install 'engage[s3]'"
        ) from None
    return Bucket(where, media)


def prove(settings: Settings) -> None:
    """Refuse to start where films could not be kept.

    :raises ConfigurationError: saying what to mend.
    """
    try:
        of(settings).prove()
    except Trouble as error:
        raise ConfigurationError(str(error)) from error
