"""Lines of a ranking as they are drawn: what facts change of one goes into what stays of it.

A name and its face are drawn once. Ranks, scores and bars move with every fact, and are put in their places.
"""

import re
from collections.abc import Mapping, Sequence
from functools import lru_cache
from typing import Any

from flask import current_app
from markupsafe import Markup, escape

#: What facts change of a line.
_MOVES = ("rank", "place", "score", "share", "move", "since")
#: Stands around the name of what goes there: in no text that is shown.
_MARK = "\1"


def hole(name: str) -> Markup:
    """Where something of that name goes, in what is drawn without it."""
    return Markup(f"{_MARK}{name}{_MARK}")  # noqa: S704  # no text of anybody


def pieces(drawn: str) -> tuple[str, ...]:
    """What was drawn with holes: texts and, between each two, the name of what goes there."""
    return tuple(re.split(f"{_MARK}([a-z_]+){_MARK}", drawn))


def filled(drawn: Sequence[str], what: Mapping[str, str]) -> str:
    """What was drawn, with ``what`` (HTML) in its holes."""
    return "".join([what[part] if i % 2 else part for i, part in enumerate(drawn)])


def drawn(rows: Sequence[Mapping[str, Any]], board: str, language: str) -> list[str]:
    """Rows, as `wording.shown` has them, drawn as lines of a list of that name."""
    return [_line(tuple(row.items()), board, language) for row in rows]


def between(said: str, icon: str) -> str:
    """What stands between two lines, drawn."""
    return str(_macros().rank_skip({"skip": said, "icon": icon}))


@lru_cache(maxsize=20_000)
def _line(row: tuple[tuple[str, Any], ...], board: str, language: str) -> str:
    said = dict(row)
    if not said.get("share"):
        said.pop("share", None)
    moves = {name: said.pop(name) for name in _MOVES if name in said}
    around = _around(tuple(said.items()), tuple(moves), board, language)
    what = {name: _told(name, value, language) for name, value in moves.items()}
    return filled(around, what)


@lru_cache(maxsize=20_000)
def _around(
    row: tuple[tuple[str, Any], ...], moves: tuple[str, ...], board: str, _language: str
) -> tuple[str, ...]:
    """A line without what moves."""
    said = dict(row) | {name: hole(name) for name in moves}
    return pieces(_macros().rank_row(said, board))


@lru_cache(maxsize=20_000)
def _told(name: str, value: Any, _language: str) -> str:
    """What moves of a line, as the template draws it."""
    drawn = getattr(_macros(), f"rank_{name}", None)
    return str(drawn(value) if drawn else escape(value))


def _macros() -> Any:
    return current_app.jinja_env.get_template("ui/board.html").module
