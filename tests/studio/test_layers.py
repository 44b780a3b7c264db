"""What single layers promise, and what every layer must keep."""

from __future__ import annotations

import subprocess

import pytest
from hypothesis import given
from hypothesis import strategies as st
from imageio_ffmpeg import get_ffmpeg_exe

from engage.studio.layers import KINDS
from engage.studio.layers.avatar import initials
from engage.studio.layers.axis import marked_points
from engage.studio.layers.clip import BadClip
from engage.studio.layers.counter import counted
from engage.studio.layers.progress import reached_share
from engage.studio.layers.qr import modules
from engage.studio.lettering import Style, advance, figures
from engage.studio.plan import plan
from engage.studio.reel import Reel
from engage.studio.template import load
from engage.studio.theme import BACKGROUNDS, Theme, contrast, palette
from engage.studio.values import Point, Series, Stage, Stages
from tests.studio.conftest import transcript, whole

DISPLAYS = [
    "12,480",
    "$1,250.00",
    "1.250,50 €",
    "CHF 1’234.05",
    "12 480",
    "7",
    "0.05 %",
    "۱٬۲۵۰",
    "14th",
]


@pytest.mark.parametrize("display", DISPLAYS)
def test_a_counter_ends_exactly_as_its_number_is_written(display):
    assert counted(display, 1.0) == display


@given(st.sampled_from(DISPLAYS), st.floats(0, 1))
def test_a_counter_keeps_the_style_of_its_number_on_the_way(display, share):
    shown = counted(display, share)
    assert len(shown) <= len(display)
    assert shown[-1] == display[-1] or display[-1].isdecimal()
    assert [c for c in shown if c.isalpha()] == [c for c in display if c.isalpha()]


def test_a_counter_half_way_is_half_the_number():
    assert counted("$1,250.00", 0.5) == "$625.00"
    assert counted("1.250,50 €", 0.0) == "0,00 €"
    assert counted("12,480", 0.01) == "124"


def test_a_counter_never_counts_backwards():
    seen = [int(counted("12,480", k / 50).replace(",", "")) for k in range(51)]
    assert seen == sorted(seen)


@pytest.mark.parametrize(
    ("reached", "share", "filled"),
    [([], 0.5, 0.0), ([1, 0, 0], 0.0, 0.0), ([1, 0, 0], 0.5, 0.25), ([1, 1, 0], 0.0, 0.5), ([1, 1, 1], 0.9, 1.0),
     ([0, 0], 0.8, 0.0), ([1], 0.0, 0.0)],
)  # fmt: skip
def test_the_path_is_filled_as_far_as_the_partner_came(reached, share, filled):
    stages = Stages(tuple(Stage("s", bool(r)) for r in reached), share)
    assert reached_share(stages) == filled


def test_the_latest_of_equally_good_months_the_film_is_about_is_marked():
    points = tuple(Point(m, v, "") for m, v in (("a", 9), ("b", 5), ("c", 5), ("d", 1)))
    assert marked_points(Series(points, since=1), "best") == {2}
    assert marked_points(Series(points), "best") == {0}
    assert marked_points(Series(points), "last") == {3}
    assert marked_points(Series(points), "none") == set()
    assert marked_points(Series((Point("a", 0, "0"),)), "best") == set()


@pytest.mark.parametrize(
    ("name", "letters"),
    [("Ada Lindqvist", "AL"), ("Bo", "B"), ("  ", ""), ("Kestrel & Sons", "KS"), ("élan", "É")],
)
def test_initials_stand_for_a_name(name, letters):
    assert initials(name) == letters


def test_a_qr_code_is_square_and_has_its_three_corners():
    code = modules("https://example.com/home")
    n = len(code)
    assert all(len(row) == n for row in code)
    for row, column in ((0, 0), (0, n - 7), (n - 7, 0)):
        assert all(code[row][column : column + 7])


@pytest.mark.parametrize("background", BACKGROUNDS)
def test_words_can_be_read_on_every_background(background):
    colours = palette(Theme(), background)
    for word, least in (("text", 7.0), ("quiet", 4.5), ("accent", 4.0)):
        assert contrast(colours.colour(word), colours.background) >= least, word
    assert contrast(colours.colour("on-accent"), colours.colour("accent")) >= 4.5


CLIP = """
title = "Clip"
fps = 10
formats = ["16:9"]
[fields]
partner_name = { sample = "Ada" }
[[scenes]]
name = "moving"
seconds = 2.0
  [[scenes.layers]]
  kind = "clip"
  file = "two.mp4"
  enter = "none"
  says = "From red to blue"
  box = { "16:9" = [100, 100, 64, 64] }
"""


@pytest.fixture
def clip(write):
    """Half a second of red, half a second of blue."""
    folder = write(CLIP, "clip")
    colours = [f"color={name}:s=64x64:r=10:d=0.5" for name in ("red", "blue")]
    subprocess.run(
        [get_ffmpeg_exe(), "-v", "error", "-f", "lavfi", "-i", colours[0], "-f", "lavfi", "-i", colours[1],
         "-filter_complex", "concat=n=2", "-pix_fmt", "yuv420p", str(folder / "two.mp4")],
        check=True,
    )  # fmt: skip
    return folder


@pytest.mark.parametrize(
    ("more", "seen"), [("", "rrbbbb"), ("\n  loop = true", "rrbbrb")], ids=["once", "round"]
)
def test_a_clip_plays_and_then_holds_or_goes_round(clip, more, seen):
    file = clip / "template.toml"
    file.write_text(CLIP.replace('file = "two.mp4"', f'file = "two.mp4"{more}'))
    made = plan(load(clip), {"partner_name": "Ada"})
    reel = Reel(made, "16:9", Theme())
    colours = []
    for frame in (0, 3, 6, 9, 12, 17):
        red, _, blue = reel.image(frame).getpixel((132, 132))
        colours.append("r" if red > blue else "b")
    assert "".join(colours) == seen
    assert "From red to blue" in transcript(made)[0]


def test_a_clip_that_is_none_is_named(clip):
    (clip / "two.mp4").write_bytes(b"no film")
    with pytest.raises(BadClip, match=r"two\.mp4"):
        Reel(plan(load(clip), {"partner_name": "Ada"}), "16:9", Theme()).image(0)


def test_every_kind_of_layer_is_used_or_shown_in_the_manual(recap, onboarding):
    from tests.studio.conftest import HOUSE

    manual = (HOUSE / "README.md").read_text(encoding="utf-8")
    for kind, module in KINDS.items():
        assert kind in manual
        for option in module.OPTIONS:
            assert f"`{option}`" in manual or option in manual, (
                f"{kind}.{option} is not in the manual"
            )


@pytest.mark.parametrize("form", ["16:9", "9:16", "1:1"])
def test_a_settled_layer_draws_the_same_at_any_later_time(recap, form):
    made = plan(recap, recap.samples())
    reel = Reel(made, form, Theme())
    for index in range(len(made.scenes)):
        scene = reel._made(index)
        for actor in scene.actors:
            if actor.leaves_at - actor.still_from < 0.1:
                continue
            times = [
                actor.layer.start + actor.still_from + 0.01,
                actor.layer.start + actor.leaves_at - 0.02,
            ]
            drawn = []
            for t in times:
                actor.still = None
                drawn.append(whole(scene.ground, actor.ops(t, scene.size))[0].tobytes())
            assert drawn[0] == drawn[1], (
                f"{made.scenes[index].scene.name}: {actor.layer.kind} still moves"
            )


@pytest.mark.parametrize("text", ["12,480", "$1,250.00", "1.250,50 €"])
def test_a_number_drawn_by_figures_stands_where_the_whole_does(text):
    style = Style("display", 800, 1.1, -0.02)
    pieces = figures(text, style, 120)
    assert [piece for piece, _ in pieces] == list(text)
    for k, (_, at) in enumerate(pieces):
        assert abs(at - advance(text[:k], style, 120)) < 0.1


@pytest.mark.parametrize("text", ["۱٬۲۵۰", "१२३"])
def test_a_number_of_joined_letters_stays_whole(text):
    assert figures(text, Style("display", 800), 120) == [(text, 0.0)]
