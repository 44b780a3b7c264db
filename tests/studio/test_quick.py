"""The quick path shows what the reference path shows, and makes nothing twice."""

from __future__ import annotations

import av
import numpy as np
import pytest

from engage.studio import film, h264, mp4, quick, sound
from engage.studio.edits import edited
from engage.studio.mp4 import BrokenFilm
from engage.studio.plan import plan
from engage.studio.planes import YUV, planes
from engage.studio.reel import Reel
from engage.studio.template import load
from engage.studio.theme import Theme
from engage.studio.values import Number
from tests.studio.conftest import TINY

DATA = {
    "partner_name": "Ada Lindqvist", "points": Number(1250, "1,250"), "programme_name": "Rewards",
}  # fmt: skip

#: A scene that shows nothing of the partner, one that does so after a second and clears before the
#: next comes in, and one that tells of the programme first.
SHARED = (
    TINY.replace(
        "[fields]",
        """[fields]
programme_name = { sample = "Rewards", common = true }
""",
    )
    + """
[[scenes]]
name = "thanks"
seconds = 1.5
background = "paper"
transition = "fade"
transition_seconds = 0.4

  [[scenes.layers]]
  kind = "text"
  text = "Thank you."
  size = 90
  start = 0.2
  box = { "16:9" = [88, 200, 1000, 200], "1:1" = [80, 300, 900, 200] }

[[scenes]]
name = "end"
seconds = 1.6
leave_seconds = 0.2
background = "evergreen"

  [[scenes.layers]]
  kind = "text"
  text = "See you, {partner_name}."
  size = 60
  start = 1.05
  box = { "16:9" = [88, 200, 1000, 200], "1:1" = [80, 300, 900, 200] }

  [[scenes.layers]]
  kind = "shape"
  form = "disc"
  enter = "none"
  box = { "16:9" = [900, 400, 200, 200], "1:1" = [700, 700, 200, 200] }

[[scenes]]
name = "next"
seconds = 1.5
background = "ink"
transition = "push"

  [[scenes.layers]]
  kind = "text"
  text = "{programme_name}"
  size = 60
  start = 0.4
  box = { "16:9" = [88, 200, 1000, 200], "1:1" = [80, 300, 900, 200] }

  [[scenes.layers]]
  kind = "text"
  text = "{partner_name}"
  size = 60
  start = 1.05
  box = { "16:9" = [88, 400, 700, 200], "1:1" = [80, 500, 600, 200] }
"""
)


@pytest.fixture
def shared(write):
    return load(write(SHARED, "shared"))


@pytest.fixture
def drawn(monkeypatch):
    """The runs that were drawn and encoded, not copied."""
    seen = []
    real = quick._made

    def note(reel, run, watch):
        seen.append((reel.plan.scenes[run.scene].scene.name, run.common))
        return real(reel, run, watch)

    monkeypatch.setattr(quick, "_made", note)
    return seen


def decoded(path):
    """The planes of every frame of a film."""
    with av.open(path) as container:
        for frame in container.decode(video=0):
            yield [
                np.frombuffer(p, np.uint8).reshape(p.height, p.line_size)[:, : p.width].astype(int)
                for p in frame.planes
            ]


def test_this_machine_renders_quickly():
    assert quick.works()


@pytest.mark.parametrize("form", ["16:9", "1:1"])
def test_every_frame_is_the_frame_of_the_reference_path(shared, tmp_path, form):
    made = film.render(shared, DATA, tmp_path / "a.mp4", format=form)
    reel = Reel(plan(shared, DATA), form, Theme())
    frames = list(decoded(made.path))
    assert len(frames) == made.frames == 64
    for number, frame in enumerate(frames):
        for shown, wanted in zip(frame, planes(reel.image(number)), strict=True):
            assert np.abs(shown - np.asarray(wanted, int)).mean() < 1.2, number


def test_every_frame_of_the_recap_is_drawn_as_in_the_reference_path(recap):
    made = plan(recap, recap.samples())
    plain, quickly = Reel(made, "16:9", Theme()), Reel(made, "16:9", Theme(), YUV)
    for number in range(0, made.frames, 7):
        wanted = planes(plain.image(number))
        for shown, target in zip(quickly.turn(number)[0], wanted, strict=True):
            away = np.abs(shown.astype(int) - np.asarray(target, int))
            assert away.mean() < 1.0, number


def test_what_shows_nothing_of_the_partner_is_encoded_once(shared, tmp_path, drawn):
    first = film.render(shared, DATA, tmp_path / "a.mp4", cache=tmp_path / "kept")
    assert ("thanks", True) in drawn
    assert ("end", True) in drawn
    drawn.clear()
    other = {**DATA, "partner_name": "Bo"}
    film.render(shared, other, tmp_path / "b.mp4", cache=tmp_path / "kept")
    assert drawn == [
        ("hello", False), ("points", False), ("thanks", False), ("end", False), ("next", False)
    ]  # fmt: skip
    kept = film.render(shared, DATA, tmp_path / "c.mp4", cache=tmp_path / "kept")
    assert kept.sha256 == first.sha256
    film.render(shared, DATA, tmp_path / "d.mp4", cache=tmp_path / "kept", format="1:1")
    assert drawn[-1] == ("next", False)
    assert ("end", True) in drawn


def test_a_transition_is_common_where_neither_scene_shows_the_partner(shared):
    reel = Reel(plan(shared, DATA), "16:9", Theme())
    next_scene = reel.plan.scenes[-1]
    run = next(run for run in quick.runs(reel) if run.first == next_scene.first)
    assert run.common
    assert run.end == next_scene.first + 11


def test_what_a_manager_changed_is_made_anew(shared, tmp_path, drawn):
    film.render(shared, DATA, tmp_path / "a.mp4", cache=tmp_path / "kept")
    drawn.clear()
    changed = edited(shared, {"words": {"en": {"Thank you.": "Well done."}}})
    film.render(changed, DATA, tmp_path / "b.mp4", cache=tmp_path / "kept")
    assert [name for name, common in drawn if common] == ["thanks"]


def test_what_a_common_field_says_is_part_of_what_is_kept(shared, tmp_path, drawn):
    film.render(shared, DATA, tmp_path / "a.mp4", cache=tmp_path / "kept")
    drawn.clear()
    other = {**DATA, "programme_name": "Other"}
    film.render(shared, other, tmp_path / "b.mp4", cache=tmp_path / "kept")
    assert [name for name, common in drawn if common] == ["next"]


def test_all_but_decoration_has_left_in_a_scenes_last_picture(shared):
    reel = Reel(plan(shared, DATA), "16:9", Theme())
    end = reel.plan.scenes[-2]
    shown, last = (reel.pixels(end.first + end.frames - back).astype(int) for back in (4, 1))
    assert np.ptp(shown[200:400, 88:1088], axis=(0, 1)).max() > 30
    assert np.ptp(last[200:400, 88:1088], axis=(0, 1)).max() == 0
    assert np.ptp(last[400:600, 900:1100], axis=(0, 1)).max() > 100


def test_a_changed_template_shares_nothing_with_what_it_was(shared, write, tmp_path, drawn):
    film.render(shared, DATA, tmp_path / "a.mp4", cache=tmp_path / "kept")
    drawn.clear()
    changed = load(write(SHARED.replace("Thank you.", "Well done."), "shared"))
    film.render(changed, DATA, tmp_path / "b.mp4", cache=tmp_path / "kept")
    assert ("thanks", True) in drawn


def test_a_kept_segment_that_was_damaged_is_made_again(shared, tmp_path, drawn):
    first = film.render(shared, DATA, tmp_path / "a.mp4", cache=tmp_path / "kept")
    file = sorted((tmp_path / "kept").glob("*.h264"))[0]
    data = bytearray(file.read_bytes())
    data[-5] ^= 1
    file.write_bytes(data)
    drawn.clear()
    again = film.render(shared, DATA, tmp_path / "b.mp4", cache=tmp_path / "kept")
    assert sum(common for _, common in drawn) == 1
    assert again.sha256 == first.sha256


@pytest.mark.parametrize("broken", [1, 20])  # one that was encoded, one that was held
def test_a_segment_that_does_not_decode_is_never_used(broken):
    encoder = h264.Encoder((64, 48), 10)
    for shade in (60, 120, 180):
        encoder.add(tuple(np.full(v.shape, shade, np.uint8) for v in encoder.views), None)
    for _ in range(40):
        encoder.hold()
    encoder.pictures[broken] = encoder.pictures[broken][:3]
    with pytest.raises(BrokenFilm, match="segment"):
        encoder.segment()


def test_kept_segments_have_a_bound(tmp_path, monkeypatch):
    monkeypatch.setattr(quick, "KEPT", 150)
    for name in ("a", "b", "c"):
        quick._keep(tmp_path / f"{name}.h264", bytes(60))
    assert [p.name for p in tmp_path.iterdir()] == ["c.h264"]


def test_a_film_of_copied_segments_plays_from_the_start_and_has_a_keyframe_at_each_scene(
    shared, tmp_path, drawn
):
    kept = tmp_path / "kept"
    film.render(shared, {**DATA, "partner_name": "Bo"}, tmp_path / "a.mp4", cache=kept)
    drawn.clear()
    made = film.render(shared, DATA, tmp_path / "b.mp4", cache=kept)
    assert not any(common for _, common in drawn)
    assert mp4.inspect(made.path).faststart
    with av.open(made.path) as container:
        video = container.streams.video[0]
        packets = [p for p in container.demux(video) if p.size]
        assert video.codec_context.color_range == 1  # of television
        assert video.codec_context.colorspace == 1  # BT.709
    assert [p.pts for p in packets] == [k * packets[0].duration for k in range(made.frames)]
    keys = {k for k, p in enumerate(packets) if p.is_keyframe}
    assert {s.first for s in plan(shared, DATA).scenes} <= keys
    assert next(decoded(made.path))[0].max() > 16  # not black


def test_held_pictures_are_written_not_encoded(tmp_path, monkeypatch):
    encoder = h264.Encoder((64, 48), 10)
    picture = tuple(np.full(v.shape, 100, np.uint8) for v in encoder.views)
    encoder.add(picture, None)
    for _ in range(40):
        encoder.add(picture, [])
    assert encoder.encoded == 1
    assert encoder.segment().count(h264.MARK) == 41


def test_where_the_libraries_fail_the_plain_path_renders(tiny, tmp_path, monkeypatch):
    def fails():
        raise RuntimeError("an encoder of another kind")

    monkeypatch.setattr(h264, "try_out", fails)
    quick.works.cache_clear()
    try:
        made = film.render(tiny, DATA, tmp_path / "a.mp4")
    finally:
        quick.works.cache_clear()
    plain = film.render(tiny, DATA, tmp_path / "b.mp4", plainly=True)
    assert made.sha256 == plain.sha256


@pytest.mark.parametrize("frames", [473, 480])
def test_sound_that_ends_with_a_part_of_a_packet_behind_the_pictures_is_whole(tmp_path, frames):
    # 473 pictures last 14 samples longer than whole packets of AAC: films of 15.77 s were refused
    encoder = h264.Encoder((64, 48), 30)
    picture = tuple(np.full(v.shape, 100, np.uint8) for v in encoder.views)
    encoder.add(picture, None)
    for _ in range(frames - 1):
        encoder.add(picture, [])
    bed, path = sound.encoded(frames / 30, tmp_path), tmp_path / "film.mp4"
    coded = h264.join(path, [encoder.segment()], (64, 48), 30, bed)
    mp4.verify(path, frames, 30, (64, 48), coded)
