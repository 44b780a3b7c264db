"""A programme's colours and logo in its films: `video_templates/themes/<programme>.toml` at home.

    evergreen = "#7A1F3D"      # the deep colour of the programme
    mint = "#FF8FA3"           # the bright one
    logo = "acme.png"          # beside the file

What is not named is as the house has it. Colours in which words could not be read are a mistake.
"""

import tomllib
from dataclasses import fields, replace
from pathlib import Path

from engage import config
from engage.studio.design import Problem, TemplateError
from engage.studio.theme import BACKGROUNDS, BadColour, Theme, contrast, palette, rgb
from engage.studio.toml_lines import line_of, locate, unreadable

HOUSE_THEME = Theme()
COLOURS = tuple(field.name for field in fields(Theme) if field.name != "logo")
PICTURES = (".png", ".jpg", ".jpeg", ".webp")
#: WCAG's least contrast of words, and of large ones in the accent.
WORDS, LARGE = 4.5, 3.0


def themes() -> dict[str, Path]:
    """The files there are, by the slug of their programme."""
    folder = config.settings().home_dir / "video_templates" / "themes"
    return {file.stem: file for file in sorted(folder.glob("*.toml"))}


def theme_of(programme_slug: str | None) -> Theme:
    """A programme's; the house's where it has none. Raises `TemplateError` with every mistake."""
    file = themes().get(programme_slug or "")
    if file is None:
        return HOUSE_THEME
    theme, problems = read(file)
    if problems:
        raise TemplateError(problems)
    return theme


def read(file: Path) -> tuple[Theme, list[Problem]]:
    """A theme's file, and what is wrong with it."""
    name, problems = f"themes/{file.name}", list[Problem]()
    try:
        text = file.read_text(encoding="utf-8")
        raw = tomllib.loads(text)
    except (UnicodeDecodeError, tomllib.TOMLDecodeError) as wrong:
        return HOUSE_THEME, [unreadable(name, wrong)]
    places = locate(text)

    def wrong_at(key: str, problem: str, remedy: str) -> None:
        problems.append(Problem(name, line_of(places, (key,)), key, problem, remedy))

    theme = HOUSE_THEME
    for key, value in raw.items():
        if key == "logo":
            path = file.parent / str(value)
            if path.parent != file.parent or path.suffix not in PICTURES or not path.is_file():
                wrong_at(key, f"no picture {value!r}", "put a PNG, JPEG or WebP beside the file")
            else:
                theme = replace(theme, logo=path)
        elif key not in COLOURS:
            wrong_at(key, "unknown key", f"use {', '.join(COLOURS)} or logo")
        else:
            try:
                rgb(str(value))
                theme = replace(theme, **{key: value})
            except BadColour as error:
                wrong_at(key, str(error), "write it as #RRGGBB")
    if not problems:
        for ground, word, found in _unreadable(theme):
            wrong_at(ground, f"{word} on {ground} has a contrast of {found:.1f} to 1",
                     "choose a darker or a lighter colour")  # fmt: skip
    return theme, problems


def _unreadable(theme: Theme) -> list[tuple[str, str, float]]:
    found = []
    for ground in BACKGROUNDS:
        colours = palette(theme, ground)
        for word, least in (("text", WORDS), ("accent", LARGE)):
            contrasted = contrast(colours.colour(word), colours.background)
            if contrasted < least:
                found.append((ground, word, contrasted))
    return found
