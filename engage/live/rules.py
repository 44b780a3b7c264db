"""What a message of the bus means, who may hear of it, and how it reads on the wire."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

#: Who hears of a change: every stream of the programme, its managers, the screens on its walls, those
#: who may look at a board that is for some alone (`of_board`), or one partner (by id).
Audience = str | int


class BadMessage(ValueError):
    """A message the bus should not carry; the text names the field and what was expected."""


@dataclass(frozen=True, slots=True)
class Viewer:
    """Who listens: a seat, as the session that opened the stream says, or a screen on a wall."""

    who: str  # one person ("user 3") or screen ("screen 2")
    programme_id: int
    partner_id: int | None
    role: Literal["partner", "manager", "screen"]
    #: The boards for some alone that they may look at, by their slugs.
    boards: frozenset[str] = frozenset()

    def hears(self, programme_id: int, audience: Audience) -> bool:
        """Whether a change of `programme_id` meant for `audience` is this viewer's to know."""
        return programme_id == self.programme_id and audience in self.audiences

    @property
    def audiences(self) -> list[Audience]:
        """All that they belong to."""
        found: list[Audience] = ["everyone", *map(of_board, sorted(self.boards))]
        if self.role != "partner":
            found.append(f"{self.role}s")
        if self.partner_id is not None:
            found.append(self.partner_id)
        return found


def of_board(slug: str) -> str:
    """The audience of a board for some alone."""
    return f"board {slug}"


@dataclass(frozen=True, slots=True)
class Change:
    """Something a page may show has changed: where (`key`), for whom, and the newest `version`."""

    programme_id: int
    audience: Audience
    event: str
    data: Mapping[str, Any]
    version: int = 0

    @property
    def key(self) -> tuple[Any, ...]:
        """What the change is about: of two changes with one key, only the newer matters."""
        about = self.data.get("board") or self.data.get("batch") or self.data.get("what")
        return (self.programme_id, self.audience, self.event, about)


def read(message: bytes | str) -> Change:
    """The change a message of the bus announces; BadMessage when it does not say it properly."""
    try:
        said = json.loads(message)
    except ValueError as error:
        raise BadMessage(f"not JSON: {error}") from error
    if not isinstance(said, dict):
        raise BadMessage("not a JSON object")
    return change(said)


def change(said: Mapping[str, Any]) -> Change:
    """The same of a message that is no text yet."""
    programme = _whole(said, "programme")
    match said.get("topic"):
        case "board":
            board, version = _text(said, "board"), _whole(said, "version")
            data = {"board": board, "version": version}
            audience = "everyone" if said.get("public") else of_board(board)
            return Change(programme, audience, "board", data, version)
        case "partner":
            partner = _whole(said, "partner")
            return Change(programme, partner, "partner", {"partner": partner})
        case "videos":
            # A film that belongs to no batch (a welcome) moves the list of films as well.
            batch = None if said.get("batch") is None else _whole(said, "batch")
            return Change(programme, "managers", "videos", {"batch": batch})
        case "celebration":
            what = _text(said, "what")
            return Change(programme, "screens", "celebration", {"what": what})
        case topic:
            known = "board, partner, videos or celebration"
            raise BadMessage(f"unknown 'topic' {topic!r}: expected {known}")


def _text(said: Mapping[str, Any], field: str) -> str:
    value = said.get(field)
    if not isinstance(value, str) or not value:
        raise BadMessage(f"{field!r} is {value!r}: expected a text")
    return value


def _whole(said: Mapping[str, Any], field: str) -> int:
    value = said.get(field)
    if type(value) is not int:
        raise BadMessage(f"{field!r} is {value!r}: expected a whole number")
    return value


def frame(event: str, data: Mapping[str, Any], mark: str | None = None) -> bytes:
    """One server-sent event. `mark`, when given, is what a client sends back to resume behind it."""
    lines = [] if mark is None else [f"id: {mark}"]
    body = json.dumps(data, ensure_ascii=False, separators=(",", ":"))
    return "\n".join([*lines, f"event: {event}", f"data: {body}", "", ""]).encode()
