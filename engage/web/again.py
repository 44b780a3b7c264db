"""What a view says of an answer that may be given again; `engage.web.door` gives it, before Flask.

A page is a frame with parts in it. The frame stands as long as its reader is who they were (the rows of
`accounts.glance`), nothing but facts changed the board, and an instant named by the view has not come;
parts stand as long as the version of the board that is shown does (`web.shown`). Nothing else may decide on either, or the door would show
what is no longer so: what a page shows beside, such as a message that is read once, keeps it from the
door by the cookie it sets.
"""

import re
from collections.abc import Callable, Hashable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, NamedTuple

from flask import Flask, Response, current_app, g, request, session
from flask.ctx import RequestContext
from markupsafe import Markup
from werkzeug.wrappers import Response as AnyResponse

from engage import clock
from engage.accounts import glance
from engage.accounts.glance import Mark, Moved, SessionId
from engage.db import db
from engage.leaderboards.models import Board
from engage.leaderboards.published import Published
from engage.shelf import Piece, Shelf
from engage.web.security import conditional

#: Where the door leaves a list in the ASGI scope, for what may be given again.
SLOT = "engage.again"
_COLUMNS = tuple(Board.__table__.columns.keys())
#: Rows as the driver brings them.
Rows = Sequence[Any] | None
#: Makes a part for the board as it is by then, from the rows of its question.
Make = Callable[[Published, Rows], Piece]


def init_app(app: Flask) -> None:
    app.jinja_env.globals["part"] = hole


def hole(name: str) -> Markup:
    """Where the part of that name goes: ``{{ part("rows") }}``. No text holds what marks it."""
    return Markup("\0{}\0").format(name)


@dataclass(frozen=True)
class Part:
    """What makes a part of an answer, and when that need not be done though facts moved the board.

    ``shared`` names what is the same for all who are told so, at one version of a board. ``question`` is
    a statement for the driver (and its parameters): facts change the part only where they change its
    rows, where these are not all that it says (``tells_all``), or what it says ``beside`` them of the
    board (`Moved`, or its row).
    """

    make: Make
    shared: Hashable | None = None
    question: tuple[str, Any] | None = None
    tells_all: Callable[[Sequence[Any]], bool] = bool
    beside: Callable[[Any], Hashable] = lambda _board: None


class Made(NamedTuple):
    """A piece, and the rows that it is made from (None where they are not all of it) with what stands
    ``beside`` them."""

    piece: Piece
    rows: Rows = None
    beside: Hashable = None


#: What stands of a part by now, else the rows to make it from where its question was asked already.
Stands = Made | Rows


@dataclass(frozen=True)
class Again:
    """An answer, who got it, and how its parts are made when the board has moved on.

    ``version`` is the one they show: facts that came since it was shown may be in some of them.
    """

    who: SessionId
    mark: Mark
    board: Published
    until: datetime
    endpoint: str
    #: The frame and, where they stand in it, the parts.
    layout: tuple[bytes | Part, ...]
    #: What the parts made, in their order, of the board at a version.
    made: tuple[Made, ...]
    version: int
    is_conditional: bool
    #: The same of the board as it is by now, to be shown as that version; what stands is not made.
    renew: Callable[["Again", Moved, int, Sequence[Stands]], "Again"]

    @property
    def body(self) -> bytes:
        pieces = iter(self.made)
        return b"".join(
            part if isinstance(part, bytes) else next(pieces).piece.body for part in self.layout
        )

    @property
    def alike(self) -> Hashable:
        """What it shares with the answers of others."""
        return self.board.model.id, *(part.shared for part, _ in self.parts if part.shared)

    @property
    def parts(self) -> Iterator[tuple[Part, Made]]:
        return zip((p for p in self.layout if isinstance(p, Part)), self.made, strict=True)


def page(
    frame: str, parts: Mapping[str, Part], published: Published, until: datetime
) -> AnyResponse:
    """An answer of ``frame`` with ``parts`` in their holes."""
    texts = re.split(f"\0({'|'.join(parts)})\0", frame)
    layout: list[bytes | Part] = [parts[t] if i % 2 else t.encode() for i, t in enumerate(texts)]
    return Response(_noted(layout, published, until).body)


def fragment(part: Part, published: Published, until: datetime) -> AnyResponse:
    """An answer of one part, which who has it already is not sent again (304)."""
    noted = _noted([part], published, until, is_conditional=True)
    return conditional(Response(noted.body), noted.made[0].piece.digest)


def _noted(
    layout: list[bytes | Part], published: Published, until: datetime, is_conditional: bool = False
) -> Again:
    noted = Again(
        who=glance.parse(session["_user_id"]),  # type: ignore[arg-type]  # it let its person in
        mark=g.mark,
        board=published,
        until=min(until, clock.next_day(g.now, "UTC")),  # when the session is moved on
        endpoint=request.endpoint or "",
        layout=tuple(layout),
        made=tuple(_made(part, published) for part in layout if isinstance(part, Part)),
        version=published.model.version,
        is_conditional=is_conditional,
        renew=_renewing(current_app._get_current_object()),  # type: ignore[attr-defined]
    )
    if (slot := request.environ.get("asgi.scope", {}).get(SLOT)) is not None:
        slot.append(noted)
    return noted


def _made(part: Part, published: Published, rows: Rows = None) -> Made:
    if part.question and not part.shared and rows is None:  # what is shared may be there already
        driver: Any = db.session.connection().connection.driver_connection
        rows = driver.execute(*part.question).fetchall()
    is_all = rows is not None and part.tells_all(rows)
    return Made(part.make(published, rows), rows if is_all else None, part.beside(published.model))


def _at(board: Published, moved: Moved) -> Published:
    """The board after facts moved it, made once for all who see it so."""
    boards: Shelf[Published] = current_app.extensions.setdefault("engage.published", Shelf(256))

    def make() -> Published:
        columns = {name: getattr(board.model, name) for name in _COLUMNS}
        columns |= {"version": moved.version, "changed_at": moved.changed_at}
        return board._replace(model=Board(**columns))

    return boards.get((board.model.id, moved), make)


def _renewing(app: Flask) -> Callable[[Again, Moved, int, Sequence[Stands]], Again]:
    """Makes parts anew in a request like this one, without the hooks that stand before views.

    Who asks was let in by them, and is who they were.
    """
    environ = {name: text for name, text in request.environ.items() if isinstance(text, str)}
    person = {name: g.get(name) for name in ("user", "seat", "seats", "mark", "api_key")}

    def renew(noted: Again, moved: Moved, version: int, stands: Sequence[Stands]) -> Again:
        nobody = app.session_interface.make_null_session(
            app
        )  # no part reads it: signatures take time
        with RequestContext(app, environ, session=nobody):
            g.now = clock.now()
            for name, value in person.items():
                setattr(g, name, value)
            board = _at(noted.board, moved)
            made = tuple(
                found if isinstance(found, Made) else _made(part, board, found)
                for (part, _), found in zip(noted.parts, stands, strict=True)
            )
            return replace(noted, board=board, made=made, version=version)

    return renew
