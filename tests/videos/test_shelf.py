"""Films are kept in a folder or a bucket, and whoever asks for them cannot tell which."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from click.testing import CliRunner
from flask import Flask
from obstore.store import MemoryStore

from engage.config import ConfigurationError, Settings
from engage.services.cli import up
from engage.videos import jobs, retention, shelf, shelves
from engage.videos.bucket import Bucket
from engage.videos.shelf import FILM, PARTS, Shelf

from ..browsing import browser
from ..conftest import Cast
from . import s3
from .conftest import Order, film

KEY = "c3" * 32


@pytest.fixture
def listener(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """An S3 on this machine, and what leads to it."""
    with s3.served() as address:
        said = {"ACCESS_KEY_ID": s3.KEY_ID, "SECRET_ACCESS_KEY": "secret", "ENDPOINT": address,
                "REGION": "eu-central-1"}  # fmt: skip
        for name, value in said.items():
            monkeypatch.setenv(f"AWS_{name}", value)
        yield


@pytest.fixture(params=["folder", "bucket", "memory"])
def kept(request: pytest.FixtureRequest, tmp_path: Path) -> Shelf:
    if request.param == "folder":
        return shelf.Folder(tmp_path / "folder")
    if request.param == "memory":
        return Bucket("s3://films", tmp_path, MemoryStore())
    request.getfixturevalue("listener")
    return Bucket("s3://films/house", tmp_path)


def put(kept: Shelf, key: str = KEY, film: bytes = b"film") -> None:
    with kept.making(key) as aside:
        for name in PARTS:
            (aside / name).write_bytes(film if name == FILM else name.encode())
        kept.put(aside, key)


def test_a_film_is_there_whole_once_it_was_put_and_gone_once_it_was_removed(kept: Shelf) -> None:
    kept.prove()
    assert not kept.has(KEY)
    with pytest.raises(FileNotFoundError):
        kept.open(KEY, FILM)
    put(kept, film=bytes(range(100)))
    put(kept, film=bytes(range(100)))
    assert kept.has(KEY)
    assert [*kept.keys()] == [KEY]
    file, size = kept.open(KEY, FILM)
    with file:
        assert size == 100
        file.seek(40)
        assert file.read(3) == bytes([40, 41, 42])
        assert file.read() == bytes(range(43, 100))
        assert file.read(5) == b""
    with kept.at_hand(KEY, FILM) as path:
        assert path.read_bytes() == bytes(range(100))
    kept.remove(KEY)
    kept.remove(KEY)
    assert not kept.has(KEY)
    assert [*kept.keys()] == []


def test_a_film_in_a_bucket_appears_with_its_last_part(listener: None, tmp_path: Path) -> None:
    kept = Bucket("s3://films", tmp_path)
    aside = tmp_path / "half"
    aside.mkdir()
    for name in PARTS[:2]:
        (aside / name).write_bytes(b"x")
    with pytest.raises(FileNotFoundError):
        kept.put(aside, KEY)
    assert not kept.has(KEY)
    assert [*kept.keys()] == [KEY], "what was left is found, and removed by the sweep"


def test_a_rendered_film_is_watched_and_erased_from_a_bucket(
    listener: None, settings: Settings, app: Flask, cast: Cast, order: Order
) -> None:
    app.extensions["engage.settings"] = settings.model_copy(update={"shelf": "s3://films/house"})
    assert cast.alice.partner
    (video_id,) = order(cast.alice.partner.id).to_make
    jobs.render(video_id)
    made = film()
    address = f"/videos/{made.key}/film.mp4"
    assert (made.state, made.failure) == ("done", None)
    names = sorted(path.rpartition("/")[2] for path in s3.S3.objects)
    assert names == sorted(PARTS)
    whole = next(body for path, body in s3.S3.objects.items() if path.endswith(FILM))
    assert made.size == len(whole)
    alice = browser(app, cast.alice.user)
    part = alice.get(address, headers={"Range": "bytes=10-19"})
    assert (part.status_code, part.data) == (206, whole[10:20])
    assert part.headers["Content-Range"] == f"bytes 10-19/{len(whole)}"
    assert alice.get(address).data == whole
    jobs.forget(made.finished_at)
    assert len(s3.S3.objects) == 3
    retention.erase(shelves.of(app.extensions["engage.settings"]), cast.alice.partner.id)
    assert s3.S3.objects == {}
    assert alice.get(address).status_code == 404


@pytest.mark.parametrize(
    ("where", "changed", "said"),
    [
        ("s3://films", {"AWS_ACCESS_KEY_ID": "wrong"}, "lets nobody in with these credentials"),
        ("s3://nothing", {}, "there is no bucket at s3://nothing"),
        ("s3://films", {"AWS_ENDPOINT": "http://127.0.0.1:9"}, "look at its name"),
        ("s3://", {}, "write s3://bucket"),
    ],
)
def test_what_is_wrong_with_a_bucket_is_said_at_the_start_in_one_line(
    listener: None, home: Path, monkeypatch: pytest.MonkeyPatch,
    where: str, changed: dict[str, str], said: str,
) -> None:  # fmt: skip
    for name, value in {**changed, "ENGAGE_SHELF": where, "ENGAGE_HOME": str(home)}.items():
        monkeypatch.setenv(name, value)
    done = CliRunner().invoke(up)
    assert done.exit_code == 1
    assert said in done.stderr
    assert done.stderr.count("\n") == 1


@pytest.fixture
def home(tmp_path: Path) -> Path:
    return tmp_path / "house"


def test_a_folder_that_cannot_be_written_is_refused(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("no folder")
    wrong = Settings(home=tmp_path / "home", shelf=str(tmp_path / "file" / "films"))
    with pytest.raises(ConfigurationError, match="cannot be written"):
        shelves.prove(wrong)
