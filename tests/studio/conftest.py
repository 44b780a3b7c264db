"""What the studio's tests share: the two house templates and a tiny one that renders in a moment."""

from __future__ import annotations

import functools
from collections.abc import Callable, Sequence
from pathlib import Path

import pytest
from PIL import Image

from engage.studio.canvas import Op
from engage.studio.painter import PILLOW, Medium
from engage.studio.plan import Plan, shown
from engage.studio.template import Template, load, templates

HOUSE = Path(__file__).resolve().parents[2] / "video_templates"

TINY = """
title = "Tiny"
fps = 10
formats = ["16:9", "1:1"]

[fields]
partner_name = { sample = "Ada", max_chars = 60 }
points = { sample = "1,250", unit = "points", optional = true }

[[scenes]]
name = "hello"
seconds = 0.8
background = "ink"
say = "Hello {partner_name}."

  [[scenes.layers]]
  kind = "text"
  text = "{partner_name}"
  by = "word"
  font = "display"
  size = 90
  floor = 30
  enter = "none"
  box = { "16:9" = [88, 200, 1000, 200], "1:1" = [80, 300, 900, 200] }

[[scenes]]
name = "points"
seconds = 1.0
when = "points > 0"
transition = "wipe"
transition_seconds = 0.3
say = "You have {points} points."

  [[scenes.layers]]
  kind = "counter"
  value = "{points}"
  over = 0.5
  enter = "rise"
  enter_seconds = 0.3
  box = { "16:9" = [88, 200, 1000, 200], "1:1" = [80, 300, 900, 200] }
"""


def whole(ground: Image.Image, ops: Sequence[Op], medium: Medium = PILLOW) -> list[Image.Image]:
    """A frame drawn from nothing, plane by plane: what a painter must equal."""
    planes = [plane.copy() for plane in medium.planes(ground)]
    for op in ops:
        for plane, ink in zip(planes, medium.inks(op), strict=True):
            plane.paste(ink.paint, ink.box, ink.mask)
    return planes


def transcript(plan: Plan) -> list[str]:
    """The film in words: one paragraph per scene, what is said and then what is only shown."""
    out = []
    for planned in plan.scenes:
        words = " ".join(planned.say)
        for _layer, text in shown(plan, planned):
            if text not in words:
                words += ("" if not words else " " if words[-1] in ".!?…" else ". ") + text
        if words:
            out.append(words)
    return out


@functools.cache
def house_templates() -> dict[str, Template]:
    """All films of the house, read once."""
    return templates(HOUSE)


@pytest.fixture
def write(tmp_path: Path) -> Callable[[str], Path]:
    """Puts a template.toml into a folder of its own and gives the folder."""

    def put(text: str, slug: str = "tiny") -> Path:
        folder = tmp_path / "templates" / slug
        folder.mkdir(parents=True, exist_ok=True)
        (folder / "template.toml").write_text(text, encoding="utf-8")
        return folder

    return put


@pytest.fixture
def tiny(write: Callable[[str], Path]) -> Template:
    return load(write(TINY))


@pytest.fixture(scope="session")
def recap() -> Template:
    return load(HOUSE / "recap")


@pytest.fixture(scope="session")
def onboarding() -> Template:
    return load(HOUSE / "onboarding")
