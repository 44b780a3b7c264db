"""The templates this house can film: those it brings, and a designer's own in ENGAGE_HOME."""

import hashlib
import json
from collections.abc import Mapping
from contextlib import suppress
from functools import lru_cache
from pathlib import Path
from typing import NamedTuple

from engage import config
from engage.config import HOUSE
from engage.programmes.models import Programme
from engage.studio import template as studio
from engage.studio.edits import Edits, edited
from engage.studio.template import FILE, Template, TemplateError
from engage.studio.theme import Theme
from engage.videos import editions, looks
from engage.videos.editions import LOOK
from engage.videos.triggers import Filmable

BESIDE = ("fonts", "shared", "themes", "words")  # folders that stand among the templates
#: What `card` draws: a template that nobody can order.
CARD = Path("shared", "card")


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
    for place in _places():
        found |= {file.parent.name: file.parent for file in sorted(place.glob(f"*/{FILE}"))}
    return found


def strays() -> list[Path]:
    """Folders among the templates in which there is none."""
    return [
        folder
        for place in _places()
        for folder in sorted(place.glob("[!._]*/"))
        if folder.name not in BESIDE and not (folder / FILE).is_file()
    ]


def _places() -> tuple[Path, Path]:
    home = config.settings().home_dir
    return HOUSE / "video_templates", home / "video_templates"


def load(slug: str, programme: Programme | None = None) -> Offered:
    """One template as a programme published it, in its colours (as shipped, in the house's, if not given).

    :raises UnknownTemplate: there is none of that name; the message lists those there are.
    :raises TemplateError: it, or the programme's theme, has mistakes.
    """
    stands = editions.latest(programme.id) if programme else {}
    return _made(slug, programme, {slug: version.edits for slug, version in stands.items()})


def drafted(slug: str, programme: Programme) -> Offered:
    """One template as its draft, and that of the programme's look, would have it. Raises as `load`."""
    stands = editions.latest(programme.id) | editions.drafts(programme.id)
    return _made(slug, programme, {slug: row.edits for slug, row in stands.items()})


def card(programme: Programme) -> Offered:
    """What stands for a programme's films where they are not to be seen. Raises as `load`."""
    folder = cards()[-1]
    look = editions.latest(programme.id).get(LOOK)
    theme, digest = (
        looks.theme_of(programme, look.edits if look else None),
        studio.template_digest(folder),
    )
    return Offered(_read(folder, digest), theme, _digest(digest, theme, {}))


def cards() -> list[Path]:
    """The folders of the house's card, and of the one at home that stands in for it."""
    return [place / CARD for place in _places() if (place / CARD / FILE).is_file()]


def as_ordered(slug: str, programme: Programme, digest: str) -> Offered | None:
    """The version that a film was ordered with, known by its digest: the one that is published, an
    earlier one, or None where what is shipped has changed since. Raises as `load`."""
    template, folder = shipped(slug)
    versions = [*(version.edits for version in editions.history(programme.id, slug)), {}]
    for look in (*(version.edits for version in editions.history(programme.id, LOOK)), {}):
        theme = looks.theme_of(programme, look)
        for edits in versions:
            if _digest(folder, theme, edits) == digest:
                return Offered(edited(template, edits), theme, digest)
    return None


def _made(slug: str, programme: Programme | None, edits: Mapping[str, Edits]) -> Offered:
    template, folder = shipped(slug)
    theme, mine = looks.theme_of(programme, edits.get(LOOK)), edits.get(slug, {})
    return Offered(edited(template, mine), theme, _digest(folder, theme, mine))


def shipped(slug: str) -> tuple[Template, str]:
    """A template as its folder has it, and the folder's digest. Raises as `load`."""
    known = folders()
    if slug not in known:
        raise UnknownTemplate(f"no template {slug!r}: there are {', '.join(known) or 'none'}")
    digest = studio.template_digest(known[slug])
    return _read(known[slug], digest), digest


def _digest(folder: str, theme: Theme, edits: Edits) -> str:
    """What a film is made by: it changes whenever the film would look or sound otherwise."""
    words = f"{folder} {theme.digest()} {config.settings().narration}"
    if edits:
        words += json.dumps(edits, sort_keys=True, ensure_ascii=False)
    return hashlib.sha256(words.encode()).hexdigest()


@lru_cache(maxsize=32)
def _read(folder: Path, _digest: str) -> Template:
    return studio.load(folder)


def filmable(template: Template) -> Filmable:
    """What a trigger has to know of a template."""
    year = template.fields.get("year")
    return Filmable(tuple(template.formats), template.moment, bool(year and not year.optional))


def filmables() -> dict[str, Filmable]:
    """The templates that have no mistakes, by slug."""
    found = {}
    for slug in folders():
        with suppress(TemplateError):
            found[slug] = filmable(shipped(slug)[0])
    return found


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
