"""``{field}`` in a template's words: exact field names, nothing else is evaluated.

Not `str.format`: no attributes, no indices, no format specs, so a template can reach nothing but
the text of a field. Two braces stand for one: ``{{`` and ``}}``.
"""

from __future__ import annotations

import re
from collections.abc import Mapping

_PIECE = re.compile(r"\{\{|\}\}|\{([a-z][a-z0-9_]*)\}|[{}]")


class BadPlaceholder(ValueError):
    """A brace that is no placeholder, with the text it stands in."""


def names(text: str) -> list[str]:
    """The fields a text asks for, in order; raises `BadPlaceholder` on anything else in braces."""
    for brace in lone(text):
        raise BadPlaceholder(f"a lone {brace!r} in {text!r}")
    return asked(text)


def asked(text: str) -> list[str]:
    """The fields a text asks for, in order, whatever else is wrong with it."""
    return [piece.group(1) for piece in _PIECE.finditer(text) if piece.group(1)]


def lone(text: str) -> list[str]:
    """The braces of a text that are no placeholders."""
    return [p.group() for p in _PIECE.finditer(text) if not p.group(1) and len(p.group()) == 1]


def fill(text: str, words: Mapping[str, str]) -> str:
    """The text with every placeholder replaced; a missing field is a `KeyError` with its name.

    A full stop behind words that end with one ("Acme Inc.") is theirs already."""

    def swap(piece: re.Match[str]) -> str:
        if not piece.group(1):
            return piece.group()[0]
        word, behind = words[piece.group(1)], text[piece.end() : piece.end() + 2]
        stops = word.endswith(".") and behind[:1] == "." and behind != ".."
        return word[:-1] if stops else word

    return _PIECE.sub(swap, text)


def only(text: str) -> str | None:
    """The field of a text that is nothing but one placeholder."""
    piece = _PIECE.fullmatch(text.strip())
    return piece.group(1) if piece else None
