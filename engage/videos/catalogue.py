"""The templates this house can film: those it brings, and a designer's own in ENGAGE_HOME."""

import hashlib
from functools import lru_cache
from pathlib import Path
from typing import NamedTuple

from engage import config
from engage.config import HOUSE
from engage.programmes.models import Programme
from engage.studio import template as studio
from engage.studio.template import FILE, Template, TemplateError
from engage.studio.theme import Theme
from engage.videos import looks


class UnknownTemplate(LookupError):
    """No template has that name."""


class Offered(NamedTuple):
    """A template that is whole in a programme's colours, and the hash that changes with either (and
    with who reads films aloud)."""

    template: Template
    theme: Theme
    digest: str

    @property
    def slug(self) -> str:
        return self.template.slug


def folders() -> dict[str, Path]:
    """The folders of all templates by slug; one in the home stands in for the house's own."""
    found: dict[str, Path] = {}
    for place in (HOUSE / "video_templates", config.settings().home_dir / "video_templates"):
        found |= {file.parent.name: file.parent for file in sorted(place.glob(f"*/{FILE}"))}
    return found


def load(slug: str, programme: Programme | None = None) -> Offered:
    """One template, in the colours of a programme (the house's if not given).

    :raises UnknownTemplate: there is none of that name; the message lists those there are.
    :raises TemplateError: it, or the programme's theme, has mistakes.
    """
    known = folders()
    if slug not in known:
        raise UnknownTemplate(f"no template {slug!r}: there are {', '.join(known) or 'none'}")
    folder = known[slug]
    digest = studio.template_digest(folder)
    theme = looks.theme_of(programme.slug if programme else None)
    whole = hashlib.sha256(f"{digest} {theme.digest()} {config.settings().narration}".encode())
    return Offered(_read(folder, digest), theme, whole.hexdigest())


@lru_cache(maxsize=32)
def _read(folder: Path, _digest: str) -> Template:
    return studio.load(folder)


def offered(programme: Programme) -> tuple[list[Offered], list[str]]:
    """The templates that can be ordered in a programme, and the slugs of those with mistakes."""
    whole, broken = [], []
    for slug in folders():
        try:
            whole.append(load(slug, programme))
        except TemplateError:
            broken.append(slug)
    # What is ordered by hand comes first; a welcome goes out by itself.
    return sorted(whole, key=lambda film: film.template.moment == "onboarding"), broken
