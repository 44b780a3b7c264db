"""The quick way of drawing equals drawing every frame from nothing."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from engage.studio.canvas import Canvas, Sprite
from engage.studio.painter import PILLOW, Painter
from engage.studio.plan import plan
from engage.studio.planes import YUV, planes
from engage.studio.reel import Reel
from engage.studio.theme import Theme
from engage.studio.typeface import MissingScript
from tests.studio.conftest import house_templates, whole

SPRITES = [
    Sprite(Image.linear_gradient("L").resize((20, 30)), (200, 40, 90)),
    Sprite(Image.new("L", (9, 9), 180), (5, 9, 250)),
]
op = st.tuples(st.integers(0, 2), st.integers(-20, 70), st.integers(-20, 50), st.floats(0, 1))


def drawn(ops) -> Canvas:
    canvas = Canvas((64, 48))
    for which, x, y, alpha in ops:
        if which == 2:
            canvas.fill(x, y, 17, 5, (0, 90, 0), alpha)
        else:
            canvas.paste(SPRITES[which], x, y, alpha)
    return canvas


GROUND = Image.linear_gradient("L").resize((64, 48)).convert("RGB")


@settings(max_examples=60, deadline=None)
@given(st.lists(st.lists(op, max_size=6), min_size=2, max_size=5), st.sampled_from([PILLOW, YUV]))
def test_redrawing_only_what_moved_gives_the_same_pixels(frames, medium):
    painter = Painter(GROUND, medium)
    for ops in frames:
        recorded = drawn(ops).ops
        painter.paint(recorded)
        for plane, wanted in zip(painter.picture, whole(GROUND, recorded, medium), strict=True):
            assert np.array_equal(plane, np.asarray(wanted))


@settings(max_examples=60, deadline=None)
@given(st.lists(op, max_size=6))
def test_planes_show_what_pillow_shows(ops):
    """Luma within what rounding in eight bits costs; colour too, but where edges cross in a pixel."""
    recorded = drawn(ops).ops
    shown = whole(GROUND, recorded, YUV)
    pairs = zip(shown, planes(whole(GROUND, recorded)[0]), strict=True)
    away = [np.abs(np.asarray(a, int) - np.asarray(b, int)) for a, b in pairs]
    assert away[0].max() <= 8
    assert all(plane.mean() < 1.5 for plane in away)


def test_a_held_frame_costs_nothing():
    painter = Painter(Image.new("RGB", (64, 48)))
    assert painter.paint(drawn([(0, 3, 3, 1.0)]).ops)
    assert not painter.paint(drawn([(0, 3, 3, 1.0)]).ops)


@pytest.mark.parametrize(("form", "until"), [("16:9", 900), ("9:16", 310), ("1:1", 310)])
def test_any_frame_alone_is_the_frame_of_the_film(recap, form, until):
    made = plan(recap, recap.samples())
    asked = {s.first + k for s in made.scenes for k in (0, 5, 40)}
    film = Reel(made, form, Theme())
    for number in range(min(until, made.frames)):
        pixels = film.pixels(number)
        if number in asked:
            assert np.array_equal(pixels, Reel(made, form, Theme()).pixels(number)), number


def test_the_first_picture_is_not_black(recap, onboarding):
    for template in (recap, onboarding):
        pixels = Reel(plan(template, template.samples()), "16:9", Theme()).pixels(0)
        assert pixels.max() > 30


def test_the_first_picture_of_a_standing_has_something_on_it():
    status = house_templates()["status"]
    first = Reel(plan(status, status.samples()), "16:9", Theme()).image(0).convert("RGB")
    assert len(first.getcolors(1 << 20)) > 1


def test_a_text_without_a_font_is_refused_before_drawing(tiny):
    with pytest.raises(MissingScript) as refused:
        Reel(plan(tiny, {"partner_name": "Ada \U000f0000"}), "16:9", Theme())
    assert refused.value.script


def test_a_format_the_template_has_not_is_refused(tiny):
    with pytest.raises(ValueError, match="no format '9:16'"):
        Reel(plan(tiny, tiny.samples()), "9:16", Theme())
