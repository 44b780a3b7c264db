"""Finding members of a board by the name it shows, whatever way of writing it the reader has."""

from typing import Any, NamedTuple

from sqlalchemy import Select, select

from engage.db import db
from engage.leaderboards import ranking
from engage.leaderboards.leagues import LEAGUE
from engage.leaderboards.models import Standing
from engage.leaderboards.ranking import Row
from engage.leaderboards.view import View
from engage.partners.models import Group, Partner
from engage.partners.rules import folded

#: Lines that are shown.
MOST = 20
#: Words that are looked at; more make no name clearer.
_WORDS = 5


class Found(NamedTuple):
    """The best placed lines that were found, and whether there are more of them."""

    rows: list[Row]
    more: bool


def find(view: View, text: str) -> Found:
    """The members whose shown name has every word of ``text`` in it, as everybody may see them.

    Who hides is not found, nor is a name behind a pseudonym: only what is shown is kept to search in.
    """
    words = folded(text).split()[:_WORDS]
    if not words:
        return Found([], False)
    of_partners = view.published.rule.by == "partner"
    ids = _partners(view, words) if of_partners else _groups(view, words)
    rows = ranking.rows_of(view.programme, view.published, view.period, ids, view.scope)
    return Found(rows[:MOST], len(rows) > MOST or len(ids) == ranking.FEW)


def _partners(view: View, words: list[str]) -> list[int]:
    statement: Select[Any] = select(Partner.id).where(
        Partner.programme_id == view.programme.id,
        *(Partner.found_by.contains(word, autoescape=True) for word in words),
    )
    if view.scope and view.scope[0] in ranking.SCOPES:
        statement = statement.where(getattr(Partner, view.scope[0]) == view.scope[1])
    name = view.published.kept_as(view.period)
    if name is None:
        return list(db.session.scalars(statement.limit(ranking.FEW)))
    on_it = (
        Standing.board_id == view.published.model.id,
        Standing.period == name,
        Standing.scope == "",
        Standing.listed,
    )
    position = (Standing.order_key, Standing.reached_at)
    on_board = statement.join(Standing, Standing.member_id == Partner.id).where(*on_it)
    found = on_board.add_columns(*position).limit(ranking.FEW).subquery().c
    best_first = select(found.id).order_by(found.order_key, found.reached_at, found.id)
    if not (view.scope and view.scope[0] == LEAGUE):  # of which some are, that stand lower
        best_first = best_first.limit(MOST + 1)
    return list(db.session.scalars(best_first))


def _groups(view: View, words: list[str]) -> list[int]:
    """Groups are few, and their names are no secret: they are folded as they are looked at."""
    rows = db.session.execute(
        select(Group.id, Group.name).where(
            Group.programme_id == view.programme.id, Group.kind == view.published.rule.by
        )
    )
    names = ((group_id, folded(name)) for group_id, name in rows)
    return [group_id for group_id, name in names if all(word in name for word in words)][
        : ranking.FEW
    ]
