"""A programme's colours and logo in its films: what is published in the console (`editions.LOOK`) over
`video_templates/themes/<programme>.toml` at home.

    evergreen = "#7A1F3D"      # the deep colour of the programme
    mint = "#FF8FA3"           # the bright one
    logo = "acme.png"          # beside the file

What is not named is as the house has it. Colours in which words could not be read are a mistake.
"""

import hashlib
import io
import tempfile
import tomllib
from collections.abc import Mapping
from dataclasses import fields, replace
from pathlib import Path
from typing import Any

from flask_babel import gettext as _
from PIL import Image, ImageOps

from engage import config
from engage.db import db
from engage.programmes.models import Programme
from engage.studio.design import Problem, TemplateError
from engage.studio.layers.image import READABLE
from engage.studio.theme import BACKGROUNDS, BadColour, Theme, contrast, palette, rgb
from engage.studio.toml_lines import line_of, locate, unreadable
from engage.videos.models import FilmLogo

HOUSE_THEME = Theme()
COLOURS = tuple(field.name for field in fields(Theme) if field.name != "logo")
PICTURES = (".png", ".jpg", ".jpeg", ".webp")
#: WCAG's least contrast of words, and of large ones in the accent.
WORDS, LARGE = 4.5, 3.0
#: Of an uploaded logo: pixels of the picture that is read, width and height of what is kept of it.
MOST_PIXELS, LOGO = 24_000_000, (1200, 480)


def themes() -> dict[str, Path]:
    """The files there are, by the slug of their programme."""
    folder = config.settings().home_dir / "video_templates" / "themes"
    return {file.stem: file for file in sorted(folder.glob("*.toml"))}


def theme_of(programme: Programme | None, edits: Mapping[str, Any] | None = None) -> Theme:
    """A programme's, with what was edited of it; the house's where it has none.

    :raises TemplateError: with every mistake of its file.
    """
    file = themes().get(programme.slug) if programme else None
    theme, problems = read(file) if file else (HOUSE_THEME, [])
    if problems:
        raise TemplateError(problems)
    if programme is None or not edits:
        return theme
    if "logo" in edits:
        theme = replace(theme, logo=logo_of(programme.id, edits["logo"]))
    return replace(theme, **edits.get("colours", {}))


def logo_of(programme_id: int, digest: str) -> Path | None:
    """An uploaded logo as a file; None for the empty digest (no logo), or where there is none such."""
    row = db.session.get(FilmLogo, (programme_id, digest))
    if row is None:
        return None
    path = config.settings().media_dir / "logos" / f"{digest}.png"
    if not path.is_file():
        path.parent.mkdir(exist_ok=True)
        with tempfile.NamedTemporaryFile(dir=path.parent, suffix=".part", delete=False) as aside:
            aside.write(row.png)
        Path(aside.name).replace(path)
    return path


class BadLogo(ValueError):
    """An upload that is no logo; the message says why."""


def keep_logo(programme_id: int, upload: bytes) -> str:
    """Draw an upload anew, so that nothing but its pixels is kept; its digest.

    :raises BadLogo: it is no picture, or too large.
    """
    try:
        with Image.open(io.BytesIO(upload), formats=READABLE) as opened:
            if opened.width * opened.height > MOST_PIXELS:
                raise BadLogo(
                    _("This picture is larger than %(n)s megapixels.", n=MOST_PIXELS // 10**6)
                )
            drawn = ImageOps.exif_transpose(opened).convert("RGBA")
    except (OSError, SyntaxError, ValueError, Image.DecompressionBombError) as wrong:
        if isinstance(wrong, BadLogo):
            raise
        raise BadLogo(
            _("This is no picture: save the logo as a PNG, JPEG or WebP file.")
        ) from wrong
    drawn.thumbnail(LOGO)
    made = io.BytesIO()
    drawn.save(made, "PNG", optimize=True)
    digest = hashlib.sha256(made.getvalue()).hexdigest()
    if db.session.get(FilmLogo, (programme_id, digest)) is None:
        db.session.add(FilmLogo(programme_id=programme_id, digest=digest, png=made.getvalue()))
        db.session.flush()
    return digest


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
        for ground, word, found in unreadable_in(theme):
            wrong_at(ground, f"{word} on {ground} has a contrast of {found:.1f} to 1",
                     "choose a darker or a lighter colour")  # fmt: skip
    return theme, problems


def unreadable_in(theme: Theme) -> list[tuple[str, str, float]]:
    """Grounds on which ``text`` or ``accent`` cannot be read, with the contrast there is."""
    found = []
    for ground in BACKGROUNDS:
        colours = palette(theme, ground)
        for word, least in (("text", WORDS), ("accent", LARGE)):
            contrasted = contrast(colours.colour(word), colours.background)
            if contrasted < least:
                found.append((ground, word, contrasted))
    return found
