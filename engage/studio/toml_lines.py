"""On which line of a TOML file a key stands: tomllib reads values but forgets places."""

from __future__ import annotations

import re

from engage.studio.design import Problem

Path = tuple[str | int, ...]

_HEADER = re.compile(r"^\s*(\[\[?)\s*([^\]]+?)\s*\]\]?\s*(#.*)?$")
_KEY = re.compile(r"""^\s*("[^"]+"|'[^']+'|[\w-]+)\s*=""")
_QUOTES = ('"""', "'''")


def locate(text: str) -> dict[Path, int]:
    """Line numbers (from 1) of tables and keys: ``("scenes", 1, "layers", 0, "box")`` → 42."""
    places: dict[Path, int] = {(): 1}
    counts: dict[Path, int] = {}
    table: Path = ()
    depth, quote = 0, ""
    for number, line in enumerate(text.split("\n"), start=1):
        if depth == 0 and not quote:
            header = _HEADER.match(line)
            if header:
                words = [w.strip().strip("\"'") for w in header[2].split(".")]
                table = _resolve(words, counts, several=header[1] == "[[")
                places.setdefault(table, number)
                continue
            key = _KEY.match(line)
            if key:
                places[(*table, key[1].strip("\"'"))] = number
        depth, quote = _state(line, depth, quote)
    return places


def _resolve(words: list[str], counts: dict[Path, int], *, several: bool) -> Path:
    path: Path = ()
    for k, word in enumerate(words):
        path = (*path, word)
        last = k == len(words) - 1
        if last and several:
            counts[path] = counts.get(path, -1) + 1
        if path in counts:
            path = (*path, counts[path])
    return path


def _state(line: str, depth: int, quote: str) -> tuple[int, str]:
    """Whether the next line still belongs to a value: open brackets, an open long string."""
    at = 0
    while at < len(line):
        if quote:
            end = line.find(quote, at)
            if end < 0:
                return depth, quote if quote in _QUOTES else ""
            if quote == '"' and line[end - 1] == "\\":
                at = end + 1
                continue
            at, quote = end + len(quote), ""
            continue
        char = line[at]
        if char == "#":
            break
        if char in "\"'":
            quote = next((q for q in _QUOTES if line.startswith(q, at)), char)
            at += len(quote)
            continue
        depth += (char in "[{") - (char in "]}")
        at += 1
    return max(0, depth), quote if quote in _QUOTES else ""


def unreadable(file: str, wrong: Exception) -> Problem:
    """That a file is no TOML, at the line its reader stopped at."""
    place = re.search(r"at line (\d+)", str(wrong))
    line = int(place[1]) if place else 1
    return Problem(file, line, "file", f"cannot be read: {wrong}", "mend the place it names")


def line_of(places: dict[Path, int], path: Path) -> int:
    """The line of a path, or of the nearest table around it."""
    while path not in places and path:
        path = path[:-1]
    return places.get(path, 1)
