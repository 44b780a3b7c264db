"""What is wrong with a template so far, and the reading of single values that finds it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from engage.studio.template import FILE, Problem
from engage.studio.toml_lines import Path as Place
from engage.studio.toml_lines import line_of


class Findings:
    """Collects problems; every reading method gives a usable value even where it found one."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.file = f"{folder.name}/{FILE}"
        self.problems: list[Problem] = []
        self.places: dict[Place, int] = {}

    def wrong(self, path: Place, problem: str, remedy: str) -> None:
        name = ""
        for step in path:
            name += f"[{step + 1}]" if isinstance(step, int) else f".{step}" if name else step
        self.problems.append(
            Problem(self.file, line_of(self.places, path), name or "file", problem, remedy)
        )

    def known(self, raw: Mapping[str, Any], keys: Iterable[str], path: Place) -> None:
        for key in raw:
            if key not in keys:
                self.wrong((*path, key), f"unknown key {key!r}", f"use {either(keys)}")

    def word(
        self,
        raw: Mapping[str, Any],
        key: str,
        path: Place,
        default: str,
        *,
        required: bool = False,
    ) -> str:
        value = raw.get(key, default)
        if not isinstance(value, str) or (required and not value.strip()):
            self.wrong((*path, key), "a text is missing here", f'write {key} = "…"')
            return default
        return value

    def choice(
        self,
        raw: Mapping[str, Any],
        key: str,
        path: Place,
        words: Iterable[str],
        default: str,
    ) -> str:
        value = raw.get(key, default)
        if value != default and value not in tuple(words):
            self.wrong((*path, key), f"{value!r} is not possible", f"use {either(words)}")
            return default
        return str(value)

    def number(
        self, raw: Mapping[str, Any], key: str, path: Place, default: float,
        low: float, high: float, *, required: bool = False,
    ) -> float:  # fmt: skip
        value = raw.get(key, default)
        if required and key not in raw:
            self.wrong((*path, key), f"{key} is missing", f"write {key} = {default}")
        elif not numeric(value) or not low <= value <= high:
            self.wrong(
                (*path, key),
                f"{value!r} is not possible",
                f"give a number from {low:g} to {high:g}",
            )
            return default
        return float(value)


def numeric(value: Any) -> bool:
    return isinstance(value, (int, float)) and not isinstance(value, bool)


def either(words: Iterable[str]) -> str:
    return ", ".join(words) or "nothing"
