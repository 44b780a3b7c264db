"""A film is whole or not there; the same film is the same bytes."""

from __future__ import annotations

import subprocess
import tomllib
from pathlib import Path

import numpy as np
import pytest
from imageio_ffmpeg import get_ffmpeg_exe, read_frames
from PIL import Image

from engage.studio import film, mp4, quick, reference, sound
from engage.studio.template import load
from engage.studio.values import Number
from tests.studio.conftest import HOUSE

DATA = {"partner_name": "Ada Lindqvist", "points": Number(1250, "1,250")}


@pytest.fixture
def made(tiny, tmp_path):
    return film.render(tiny, DATA, tmp_path / "out" / "a.mp4")


def test_a_film_is_what_it_says(made, tiny):
    frames = read_frames(str(made.path))
    about = next(frames)
    pictures = [np.frombuffer(f, np.uint8).reshape(720, 1280, 3) for f in frames]
    assert (made.width, made.height, made.frames, made.duration) == (1280, 720, 18, 1.8)
    assert len(pictures) == 18
    assert about["size"] == (1280, 720)
    assert about["codec"] == "h264"
    assert about["audio_codec"] == "aac"
    wanted = np.asarray(film.frame(tiny, DATA, 1.7)).astype(int)
    assert np.abs(pictures[17].astype(int) - wanted).mean() < 3.0


def test_a_film_starts_fast_and_its_colours_are_tagged(made):
    movie = mp4.inspect(made.path)
    assert movie.faststart
    assert {t.kind for t in movie.tracks} == {"vide", "soun"}
    told = subprocess.run(
        [get_ffmpeg_exe(), "-i", str(made.path)], capture_output=True, text=True, check=False
    )
    assert "yuv420p(tv, bt709, progressive)" in told.stderr


def test_captions_and_poster_come_with_a_film(made):
    assert made.captions.startswith("WEBVTT")
    assert "Hello Ada Lindqvist." in made.captions
    assert "You have 1,250 points." in made.captions
    with Image.open(made.poster, formats=["JPEG"]) as poster:
        assert poster.size == (1280, 720)


def test_the_same_film_is_the_same_bytes(made, tiny, tmp_path):
    again = film.render(tiny, DATA, tmp_path / "b.mp4", cache=tmp_path / "cache")
    other = film.render(
        tiny, {**DATA, "partner_name": "Bo"}, tmp_path / "c.mp4", cache=tmp_path / "cache"
    )
    assert again.path.read_bytes() == made.path.read_bytes()
    assert again.sha256 == made.sha256 != other.sha256


def test_nothing_is_left_beside_a_film(made, tmp_path, monkeypatch):
    assert sorted(p.name for p in made.path.parent.iterdir()) == ["a.jpg", "a.mp4"]


def test_a_film_leaves_nothing_in_the_working_directory(tiny, tmp_path, monkeypatch):
    here = tmp_path / "here"
    here.mkdir()
    monkeypatch.chdir(here)
    film.render(tiny, DATA, tmp_path / "out" / "a.mp4")
    assert list(here.iterdir()) == []


def test_progress_rises_to_the_end(tiny, tmp_path):
    heard: list[float] = []
    film.render(tiny, DATA, tmp_path / "a.mp4", progress=heard.append)
    assert heard == sorted(heard)
    assert heard[0] == 0.0
    assert heard[-1] == 1.0


def test_a_film_called_off_leaves_nothing(tiny, tmp_path):
    out = tmp_path / "out" / "a.mp4"
    with pytest.raises(film.Cancelled):
        film.render(tiny, DATA, out, check_cancelled=lambda: True)
    assert list(out.parent.iterdir()) == []


@pytest.mark.parametrize("way", [quick, reference])
def test_a_broken_film_is_never_published(way, tiny, tmp_path, monkeypatch):
    real = way.write

    def cut_short(reel, path, *others):
        pictures = real(reel, path, *others)
        path.write_bytes(path.read_bytes()[:-2000])
        return pictures

    monkeypatch.setattr(way, "write", cut_short)
    with pytest.raises(mp4.BrokenFilm):
        film.render(tiny, DATA, tmp_path / "out" / "a.mp4", plainly=way is reference)
    assert list((tmp_path / "out").iterdir()) == []


def test_a_film_of_too_few_frames_is_found_out(made):
    with pytest.raises(mp4.BrokenFilm, match="18 frames instead of 20"):
        mp4.verify(made.path, 20, 10, (1280, 720))


@pytest.mark.parametrize("content", [b"", b"no film at all", b"\0\0\0\x10ftypisom\0\0\0\0"])
def test_what_is_no_film_is_found_out(tmp_path, content):
    path = tmp_path / "x.mp4"
    path.write_bytes(content)
    with pytest.raises(mp4.BrokenFilm):
        mp4.inspect(path)


@pytest.mark.parametrize("library", [mp4.av, None], ids=["PyAV", "ffmpeg"])
def test_damaged_pictures_are_found_out(made, library, monkeypatch):
    monkeypatch.setattr(mp4, "av", library)
    mp4.verify(made.path, 18, 10, (1280, 720))
    data = bytearray(made.path.read_bytes())
    start = data.index(b"mdat") + 600
    data[start : start + 800] = bytes(800)
    made.path.write_bytes(data)
    with pytest.raises(mp4.BrokenFilm, match="does not decode"):
        mp4.verify(made.path, 18, 10, (1280, 720))


def test_pictures_that_were_decoded_before_are_held_against_the_file(made):
    pictures = mp4._decoded(made.path)[1]
    mp4.verify(made.path, 18, 10, (1280, 720), pictures)
    with mp4.av.open(made.path) as container:
        picture = bytes([*container.demux(video=0)][5])
    data = made.path.read_bytes()
    other = picture[:-2] + bytes([picture[-2] ^ 1]) + picture[-1:]
    made.path.write_bytes(data.replace(picture, other))
    with pytest.raises(mp4.BrokenFilm, match="does not hold the pictures"):
        mp4.verify(made.path, 18, 10, (1280, 720), pictures)


def test_the_bed_is_as_long_as_the_film_and_faded():
    bed = sound.bed(5.0)
    assert bed.shape == (5 * sound.RATE, 2)
    assert np.abs(bed).max() < 0.99
    assert np.abs(bed[:50]).max() < 0.01
    assert np.abs(bed[-50:]).max() < 0.01


@pytest.mark.parametrize("seconds", [1.8, 24.0])
def test_a_film_is_as_loud_as_a_programme_should_be(tmp_path, seconds):
    music = sound.encoded(seconds, tmp_path)
    assert abs(sound.loudness(["-i", str(music)]) + 16.0) <= 1.0


def example_of_the_manual() -> str:
    manual = (HOUSE / "README.md").read_text(encoding="utf-8")
    return manual.split("```toml\n")[1].split("```")[0]


def test_the_template_of_the_manual_makes_a_film(write, tmp_path):
    text = example_of_the_manual()
    assert tomllib.loads(text)["title"] == "Hello"
    quick = text.replace("fps = 30", "fps = 5")
    template = load(write(quick, "hello"))
    for form in template.formats:
        still = film.still(template, 2.0, tmp_path / f"{form[0]}.png", format=form)
        assert (
            len(np.unique(np.asarray(Image.open(still, formats=["PNG"])).reshape(-1, 3), axis=0))
            > 50
        )
    made = film.render(template, template.samples(), tmp_path / "hello.mp4", format="9:16")
    assert (made.width, made.height, made.duration) == (720, 1280, 6.0)
    assert "Ada Lindqvist, you closed 42 deals." in " ".join(made.captions.split())


def test_the_house_has_its_fonts_and_their_licences():
    fonts = HOUSE / "fonts"
    assert {p.stem for p in fonts.glob("*.ttf")} >= {"Manrope-800", "Inter-400"}
    for licence in ("Manrope-OFL.txt", "Inter-OFL.txt"):
        assert "SIL Open Font License" in (fonts / licence).read_text(encoding="utf-8")


def test_paths_of_a_film_are_made(tiny, tmp_path):
    out = film.still(tiny, 0.7, tmp_path / "deep" / "er" / "still.png", data=DATA)
    assert isinstance(out, Path)
    assert out.is_file()
