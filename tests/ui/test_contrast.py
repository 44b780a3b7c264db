"""WCAG 2.2 AA for every pair of colours that the stylesheet puts together, in both themes."""

from __future__ import annotations

import re

import pytest

from tests.ui.conftest import ROOT

SOURCE = (ROOT / "static/css/src/theme.css").read_text()
BASE, PAPER, SUNKEN = "color-base-100", "color-base-200", "color-base-300"
INK = "color-base-content"

# What is written on what. 4.5 to 1.
TEXT = [
    *[(word, ground) for word in (INK, "muted", "link") for ground in (BASE, PAPER, SUNKEN)],
    *[("error-text", ground) for ground in (BASE, PAPER)],
    *[(f"color-{role}-content", f"color-{role}") for role in (
        "primary", "secondary", "neutral", "info", "success", "warning", "error")],
    ("soft-content", "soft"), ("link", "soft"), ("error-text", "soft"), (INK, "soft"),
    ("info-text", "info-soft"), ("warning-text", "warning-soft"), ("error-text", "error-soft"),
    *[(word, ground) for word in ("hero-content", "hero-muted", "hero-accent")
      for ground in ("hero", "hero-lift")],
    *[(word, f"{metal}-soft") for word in (INK, "muted") for metal in ("gold", "silver", "bronze")],
    *[(f"hue-{n}-text", f"hue-{n}") for n in range(8)],
]  # fmt: skip

# What must be told apart without being read: edges of fields, bars, rings, focus. 3 to 1.
SHAPES = [
    *[("line-strong", ground) for ground in (BASE, PAPER)],
    *[("color-primary", ground) for ground in (BASE, PAPER, "soft", "track")],
    *[(f"color-{state}", "track") for state in ("error", "info")],
    *[(metal, BASE) for metal in ("gold", "silver", "bronze")],
    ("hero-accent", "hero-track"),
]


def themes() -> dict[str, dict[str, str]]:
    found = {}
    for block in re.findall(r'@plugin "daisyui/theme" \{(.*?)\n\}', SOURCE, re.S):
        tokens = dict(re.findall(r"--([\w-]+):\s*(#[0-9a-f]{6})\b", block))
        name = re.search(r'name: "(\w+)"', block)
        assert name
        found[name.group(1)] = tokens
    return found


def luminance(colour: str) -> float:
    channels = [int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5)]
    linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in channels]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def contrast(one: str, other: str) -> float:
    low, high = sorted((luminance(one), luminance(other)))
    return (high + 0.05) / (low + 0.05)


def test_both_themes_name_the_same_colours() -> None:
    both = themes()
    assert both.keys() == {"light", "dark"}
    assert both["light"].keys() == both["dark"].keys()


def test_contrast_is_computed_as_wcag_says() -> None:
    assert contrast("#000000", "#ffffff") == pytest.approx(21)
    assert contrast("#777777", "#ffffff") == pytest.approx(4.478, abs=0.001)


@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize(("pairs", "least"), [(TEXT, 4.5), (SHAPES, 3.0)], ids=["text", "shapes"])
def test_colours_that_meet_can_be_told_apart(
    theme: str, pairs: list[tuple[str, str]], least: float
) -> None:
    tokens = themes()[theme]
    weak = {
        f"{word} on {ground}": round(contrast(tokens[word], tokens[ground]), 2)
        for word, ground in pairs
        if contrast(tokens[word], tokens[ground]) < least
    }
    assert weak == {}
