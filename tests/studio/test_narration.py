"""A film read aloud waits for its sentences, and its music gives way to them."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from engage.studio import film, mp4, narration, sound
from engage.studio.captions import cues
from engage.studio.design import LONGEST
from engage.studio.narration import Engine, UnknownEngine, engine, mixed, narrated
from engage.studio.plan import plan
from engage.studio.template import load
from engage.studio.values import Number
from tests.studio.conftest import TINY

DATA = {"partner_name": "Ada", "points": Number(1250, "1,250")}
RATE = 8_000


class Tone:
    """Speaks English as a hum of two seconds a sentence."""

    name = "tone 1"

    def speak(self, text, language):
        if language != "en":
            return None
        t = np.arange(2 * RATE) / RATE
        return (0.3 * np.sin(2 * np.pi * 700 * t)).astype(np.float32), RATE


@pytest.fixture
def by() -> Engine:
    return Tone()


@pytest.fixture
def read(tiny, by):
    return narrated(plan(tiny, DATA), by)


def test_scenes_wait_until_their_sentence_is_read(tiny, read):
    for before, after in zip(plan(tiny, DATA).scenes, read.scenes, strict=True):
        assert after.frames >= before.frames
        assert after.spoken_at[0] + 2.0 <= after.frames / read.fps
    assert read.scenes[1].first == read.scenes[0].frames


def test_a_narrated_film_lasts_no_longer_than_films_should_where_holding_on_less_is_enough(
    write, by
):
    text = TINY.replace("seconds = 0.8", "seconds = 40").replace("seconds = 1.0", "seconds = 20")
    template = load(write(text))
    made = narrated(plan(template, DATA), by)
    assert LONGEST - 0.5 < made.duration <= LONGEST
    for scene in made.scenes:  # both gave of what they had, and nothing ends before it is read
        assert scene.spoken_at[-1] + 2.0 <= scene.frames / made.fps
        assert all(la.start + la.duration <= scene.frames / made.fps + 1e-6 for la in scene.layers)
    talkative = replace(plan(template, DATA), scenes=made.scenes * 20)
    assert narrated(talkative, by).duration > LONGEST, "no sentence is cut off for it"


def test_what_stood_to_the_end_of_a_scene_still_does(read):
    for planned in read.scenes:
        for layer in planned.layers:
            assert layer.start + layer.duration == pytest.approx(planned.frames / read.fps, abs=0.1)
            assert layer in planned.scene.layers


def test_captions_are_there_when_a_sentence_is_spoken(read):
    spoken = {
        sentence: planned.first / read.fps + at
        for planned in read.scenes
        for at, sentence in zip(planned.spoken_at, planned.say, strict=True)
    }
    shown = cues(read)
    for sentence, at in spoken.items():
        assert any(sentence in cue.text and abs(cue.start - at) <= 0.5 for cue in shown), sentence


def test_music_gives_way_to_speech_and_the_whole_is_as_loud_as_ever(read, tmp_path):
    sound.encode(mixed(read), tmp_path / "a.m4a")  # raises where it is not
    ducked = mixed(read)
    hum = np.abs(np.fft.rfft(ducked[round(0.7 * sound.RATE) : round(1.7 * sound.RATE), 0]))
    assert hum[700] > 3 * np.delete(hum, range(690, 711)).max()
    assert np.abs(ducked).max() <= 1.0


def test_a_language_it_does_not_speak_has_music_alone(write, by):
    folder = write(TINY)
    (folder / "words").mkdir()
    (folder / "words" / "de.toml").write_text(
        '"Tiny" = "Winzig"\n"Hello {partner_name}." = "Hallo {partner_name}."\n'
        '"You have {points} points." = "Sie haben {points} Punkte."\n'
    )
    from engage.studio.words import told_in

    german = plan(told_in(load(folder), "de"), DATA)
    assert narrated(german, by) == german


def test_a_narrated_film_is_whole_and_lasts_as_long_as_its_plan(tiny, by, read, tmp_path):
    made = film.render(tiny, DATA, tmp_path / "a.mp4", narrator=by)
    mp4.verify(made.path, read.frames, read.fps, (1280, 720))
    assert made.duration == read.duration


def test_an_engine_is_found_by_its_word_or_named_as_missing():
    assert engine(f"{__name__}:Tone").name == "tone 1"
    with pytest.raises(UnknownEngine, match=r"no voice 'no\.such:Thing'"):
        engine("no.such:Thing")
    assert narration.HIBARI == "hibari"
