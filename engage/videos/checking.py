"""What `engage video check` finds: mistakes of templates, themes and words, and what is worth a note."""

from collections import Counter
from collections.abc import Iterable, Iterator
from pathlib import Path

from sqlalchemy import select

from engage.db import db
from engage.partners.models import Partner
from engage.studio import narration
from engage.studio import template as studio
from engage.studio.design import LONGEST, SHORTEST
from engage.studio.plan import plan
from engage.studio.template import Problem
from engage.studio.typeface import HAN, missing_script
from engage.videos import catalogue, editions, fields, languages, looks


def problems(folders: Iterable[Path]) -> list[Problem]:
    """Every mistake of these templates and of folders in which there is none, of all programmes'
    themes and of the house's words."""
    found = [problem for folder in folders for problem in problems_of(folder)]
    beside = (*catalogue.strays(), *catalogue.cards())
    found += [problem for folder in beside for problem in studio.check(folder)]
    found += [problem for file in looks.themes().values() for problem in looks.read(file)[1]]
    return found + languages.faults()


def notes(folders: Iterable[Path]) -> Iterator[str]:
    """What is no mistake and yet worth knowing."""
    yield from _lengths(folders)
    yield from _names_without_a_font()


def problems_of(folder: Path) -> list[Problem]:
    """The mistakes of a template, and the fields it needs that no film of this house knows."""
    found = studio.check(folder, fields.FIELDS)
    if folder.name == editions.LOOK:
        found.append(Problem(f"{folder.name}/{studio.FILE}", 1, "file", "this name is the console's",
                             "call the folder otherwise"))  # fmt: skip
    return found


def _lengths(folders: Iterable[Path]) -> Iterator[str]:
    """Templates whose samples make a film shorter or longer than films should be."""
    for folder in folders:
        made = plan(template := studio.load(folder), template.samples())
        silent, aloud = made.duration, narration.least(made)
        if not SHORTEST <= silent <= LONGEST:
            yield f"note: {folder.name} lasts {silent:.0f} s with its samples: {SHORTEST} to {LONGEST} s are watched"
        if aloud > LONGEST:
            yield (
                f"note: {folder.name} takes {aloud:.0f} s to be read aloud, more than {LONGEST}:"
                " say less, or take out a scene"
            )


def _names_without_a_font() -> Iterator[str]:
    """The scripts of partners' names that no font here draws."""
    scripts = Counter(map(missing_script, db.session.scalars(select(Partner.name))))
    for script, count in sorted((s, n) for s, n in scripts.items() if s):
        package = "fonts-noto-cjk" if script in HAN else "fonts-noto-core"
        yield (
            f"note: no font here draws {script} ({count} of the partners' names): install"
            f" {package}; until then films show the Latin part of a name or the e-mail"
        )
