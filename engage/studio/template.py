"""Templates of films: `load` one, `check` one, all `templates` of a folder, and their digests.

A template is a folder with `template.toml`; what each key means to a designer stands in
`video_templates/README.md`. `load` gives a template or raises `TemplateError` with every mistake;
`check` lists them.
"""

from __future__ import annotations

import hashlib
from collections.abc import Collection
from pathlib import Path

from engage.studio import reading
from engage.studio.design import FILE, Problem, Template, TemplateError

__all__ = [
    "FILE", "Problem", "Template", "TemplateError", "check", "load", "template_digest", "templates",
]  # fmt: skip

STUDIO_VERSION = 8  # raise it when the same template and data would be drawn differently


def load(folder: Path) -> Template:
    """The template of a folder; raises `TemplateError`."""
    template, problems = reading.read(folder)
    if problems or template is None:
        raise TemplateError(problems)
    return template


def check(folder: Path, house: Collection[str] | None = None) -> list[Problem]:
    """Every mistake of one template's folder, in the order of the file; ``house`` as `reading.read`
    takes it."""
    return reading.read(folder, thorough=True, house=house)[1]


def templates(folder: Path) -> dict[str, Template]:
    """All templates below a folder by slug; raises `TemplateError` with the problems of all."""
    found: dict[str, Template] = {}
    problems: list[Problem] = []
    for file in sorted(folder.glob(f"*/{FILE}")):
        try:
            found[file.parent.name] = load(file.parent)
        except TemplateError as wrong:
            problems += wrong.problems
    if problems:
        raise TemplateError(problems)
    return found


def template_digest(folder: Path) -> str:
    """A hash that changes when the template, one of its assets or the studio changes."""
    total = hashlib.sha256(f"studio {STUDIO_VERSION}".encode())
    for path in sorted(p for p in folder.rglob("*") if p.is_file() and not p.name.startswith(".")):
        total.update(path.relative_to(folder).as_posix().encode())
        total.update(hashlib.sha256(path.read_bytes()).digest())
    return total.hexdigest()
