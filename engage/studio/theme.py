"""A programme's colours and logo. Templates name colours by their part, never by their value."""

from __future__ import annotations

import hashlib
from dataclasses import asdict, dataclass
from pathlib import Path

RGB = tuple[int, int, int]


class BadColour(ValueError):
    """Neither a word of the palette nor #RRGGBB."""


def rgb(hexadecimal: str) -> RGB:
    """``#0E7C66`` as three numbers 0..255."""
    digits = hexadecimal.removeprefix("#")
    if len(digits) != 6 or not hexadecimal.startswith("#"):
        raise BadColour(f"{hexadecimal!r} is no colour; write it as #RRGGBB")
    try:
        return int(digits[:2], 16), int(digits[2:4], 16), int(digits[4:], 16)
    except ValueError as wrong:
        raise BadColour(f"{hexadecimal!r} is no colour; write it as #RRGGBB") from wrong


def mix(a: RGB, b: RGB, share: float) -> RGB:
    """``share`` of ``a`` over ``b``."""
    return (
        round(a[0] * share + b[0] * (1 - share)),
        round(a[1] * share + b[1] * (1 - share)),
        round(a[2] * share + b[2] * (1 - share)),
    )


def _luminance(colour: RGB) -> float:
    linear = [c / 3294.6 if c <= 10 else ((c / 255 + 0.055) / 1.055) ** 2.4 for c in colour]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def contrast(a: RGB, b: RGB) -> float:
    """The WCAG contrast ratio of two colours, 1..21."""
    light, dark = sorted((_luminance(a), _luminance(b)), reverse=True)
    return (light + 0.05) / (dark + 0.05)


@dataclass(frozen=True)
class Theme:
    """Colours as ``#RRGGBB``; the defaults are the house's own. ``logo`` is a PNG or None."""

    paper: str = "#F7F4ED"
    card: str = "#FFFFFF"
    ink: str = "#14171F"
    evergreen: str = "#0E7C66"
    mint: str = "#3DDBB0"
    gold: str = "#E9B949"
    silver: str = "#AEB8C2"
    bronze: str = "#C58B5A"
    logo: Path | None = None

    def digest(self) -> str:
        """Changes whenever a film in this theme would look different."""
        words = asdict(self)
        words["logo"] = self.logo.read_bytes().hex() if self.logo else ""
        return hashlib.sha256(repr(sorted(words.items())).encode()).hexdigest()


BACKGROUNDS = ("paper", "card", "mist", "ink", "evergreen", "mint", "gold")
COLOURS = (
    "text", "quiet", "accent", "soft", "line", "panel", "on-accent",
    "paper", "card", "ink", "evergreen", "mint", "gold", "silver", "bronze",
)  # fmt: skip


@dataclass(frozen=True)
class Palette:
    """The colours of one scene: what ``text`` or ``quiet`` mean depends on its background."""

    background: RGB
    words: dict[str, RGB]

    def colour(self, word: str) -> RGB:
        """A palette word or ``#RRGGBB``; raises `BadColour`."""
        if word in self.words:
            return self.words[word]
        if word.startswith("#"):
            return rgb(word)
        raise BadColour(f"no colour is called {word!r}; use {', '.join(COLOURS)} or #RRGGBB")


def palette(theme: Theme, background: str) -> Palette:
    """The palette on a background word or ``#RRGGBB``."""
    ink, paper, mint = rgb(theme.ink), rgb(theme.paper), rgb(theme.mint)
    evergreen = rgb(theme.evergreen)
    grounds = {
        "paper": paper,
        "card": rgb(theme.card),
        "mist": mix(evergreen, paper, 0.10),
        "ink": ink,
        "evergreen": mix(evergreen, ink, 0.42),
        "mint": mint,
        "gold": rgb(theme.gold),
    }
    if background not in grounds and not background.startswith("#"):
        raise BadColour(f"no background is called {background!r}; use {', '.join(grounds)}")
    ground = grounds[background] if background in grounds else rgb(background)
    dark = contrast(paper, ground) > contrast(ink, ground)
    text = paper if dark else ink
    accent = mint if dark else evergreen
    bright = background in ("mint", "gold")
    if bright:  # what stands on them is dark
        accent = mix(evergreen, ink, 0.4)
    words = {
        "text": text,
        "quiet": mix(text, ground, 0.74 if bright else 0.66),
        "accent": accent,
        "soft": mix(accent, ground, 0.16),
        "line": mix(text, ground, 0.14),
        "panel": mix(paper, ground, 0.08) if dark else rgb(theme.card),
        "on-accent": max((ink, paper), key=lambda c: contrast(c, accent)),
    }
    words |= {"paper": paper, "card": rgb(theme.card), "ink": ink, "evergreen": evergreen}
    words |= {"mint": mint, "gold": rgb(theme.gold), "silver": rgb(theme.silver)}
    words["bronze"] = rgb(theme.bronze)
    return Palette(ground, words)
