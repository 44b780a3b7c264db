"""Who stands where on a board, in a period, within a scope, as others may see it."""

from collections.abc import Collection, Sequence
from datetime import datetime
from typing import Any, NamedTuple

from flask import current_app

from engage.leaderboards import counted, few, pictures, places, rules
from engage.leaderboards.few import Scope as Scope
from engage.leaderboards.places import Lines
from engage.leaderboards.published import Published
from engage.money import natural, plain
from engage.partners.rules import Seen, public_key, public_name
from engage.periods import Period
from engage.programmes.models import Programme

#: Lines to each side of a member's own.
NEAR = 2
#: So many lines are looked up one by one, before all are counted.
FEW = 200
SCOPES = ("region", "organisation", "team", "type")


class Row(NamedTuple):
    """A ranked member as others may see it; ``is_last`` where nobody is listed behind it.

    ``external_id`` and the board's ``columns`` are a partner's and None where it is not seen by its
    name; a group's external id is its name. Who is not ``listed`` is on no board: the row is for its own
    eyes (and its manager's) and takes nobody's place. ``score`` is as in `rules.Board`. ``key`` stands for it in pages (`public_key`).
    """

    rank: int
    member_id: int
    external_id: str | None
    name: str
    score: int
    columns: tuple[tuple[str, str | None], ...] = ()
    listed: bool = True
    is_last: bool = False
    key: str = ""

    @property
    def organisation(self) -> str | None:
        return dict(self.columns).get("organisation")


class Ranking(NamedTuple):
    """Some rows of a ranking, how many members are ranked in all, and the first one's score."""

    rows: list[Row]
    ranked: int
    best: int = 0

    def among(self, row: Row) -> int:
        """Of how many a row's rank is one: of itself, too, where it is not listed."""
        return self.ranked + (not row.listed)


#: The places that are told of everybody.
PODIUM = 3


def last_alone(found: Ranking, tie: str) -> int | None:
    """The member whose rank nobody reads but itself: the last one below a podium, where it stands there
    alone. Where ranks are dense and its neighbour is not among the rows, it is taken for alone."""
    listed = [row for row in found.rows if row.listed]
    last = next((row for row in listed if row.is_last), None)
    if last is None or found.ranked <= PODIUM or (tie != "dense" and last.rank < found.ranked):
        return None
    return last.member_id if [row.rank for row in listed].count(last.rank) == 1 else None


def ranking(
    programme: Programme,
    published: Published,
    period: Period,
    *,
    scope: Scope | None = None,
    limit: int | None = None,
    after_place: int = 0,
    live: bool = False,
    rows: places.Rows = None,
) -> Ranking:
    """The ranking from its top, or from the line after ``after_place`` on.

    As everybody sees it (`pictures.as_seen`); ``live`` is for managers alone. ``rows`` are those of
    `question_first`, where it was asked already.
    """
    published = pictures.as_seen(programme, published, period, live=live)
    if here := _kept(published, period, scope):
        found = places.page(published, here, after_place, limit, rows)
    elif (among_few := _few(programme, published, period, scope)) is not None:
        found = few.page(published, among_few, after_place, limit)
    else:
        found = counted.page(programme, published, period, scope, after_place, limit)
    return _seen(published, found)


def around(
    programme: Programme,
    published: Published,
    period: Period,
    member_id: int,
    *,
    scope: Scope | None = None,
    reach: int = NEAR,
    live: bool = False,
    rows: places.Rows = None,
) -> Ranking:
    """A member's line and ``reach`` lines on each side; no rows where it has no score.

    ``rows`` are those of `question_around`, where it was asked already.
    """
    published = pictures.as_seen(programme, published, period, live=live)
    near: Lines | None
    if here := _kept(published, period, scope):
        near = places.around(published, here, member_id, reach, rows)
        near = near or places.page(published, here, 0, 0)
    elif (among_few := _few(programme, published, period, scope)) is not None:
        near = few.around(published, among_few, member_id, reach)
        near = near or few.page(published, among_few, 0, 0)
    else:
        near = counted.around(programme, published, period, scope, member_id, reach)
    return _seen(published, near)


def place(
    programme: Programme,
    published: Published,
    period: Period,
    member_id: int,
    *,
    scope: Scope | None = None,
    live: bool = False,
) -> int | None:
    """On which line of the ranking a member stands, from 1; None where it is not listed.

    Those level with it are counted, so it is asked by who follows a link there and not with every rank.
    """
    published = pictures.as_seen(programme, published, period, live=live)
    if here := _kept(published, period, scope):
        return places.place(published, here, member_id)
    if (among_few := _few(programme, published, period, scope)) is not None:
        return few.place(among_few, member_id)
    return counted.place(programme, published, period, scope, member_id)


def rows_of(
    programme: Programme,
    published: Published,
    period: Period,
    member_ids: Collection[int],
    scope: Scope | None = None,
) -> list[Row]:
    """The lines of these members that are listed, on the board as it was passed in."""
    if len(member_ids) <= FEW and (here := _kept(published, period, scope)):
        found = (places.around(published, here, member, 0) for member in member_ids)
        rows = (row for near in found if near for row in _seen(published, near).rows)
        return sorted(row for row in rows if row.listed)
    if (among_few := _few(programme, published, period, scope)) is not None:
        return _seen(published, few.of(published, among_few, member_ids)).rows
    return _seen(published, counted.of(programme, published, period, scope, member_ids)).rows


def question_around(
    published: Published, period: Period, scope: Scope | None, member_id: int, reach: int = NEAR
) -> places.Question | None:
    """What `around` asks, for the driver; None where that is more than one question.

    As long as the rows are the same, and `places.tells_all`, facts have moved nothing that it says.
    """
    here = _kept(published, period, scope)
    return here and places.question_around(published, here, member_id, reach)


def question_first(
    published: Published, period: Period, scope: Scope | None, limit: int
) -> places.Question | None:
    """What `ranking` asks for the first lines, for the driver; None where that is more than one question."""
    here = _kept(published, period, scope)
    return here and places.question_first(published, here, limit)


def _kept(published: Published, period: Period, scope: Scope | None) -> places.Here | None:
    """Where the projection keeps a ranking; None where it does not.

    Scopes that are small by nature it does not, nor those of pictures, which are of everybody.
    """
    name = published.kept_as(period)
    narrowed = scope and (scope[0] not in rules.NARROWED or published.picture)
    if name is None or narrowed:
        return None
    return places.Here(published.model.id, name, "=".join(scope or ()))


def _few(
    programme: Programme, published: Published, period: Period, scope: Scope | None
) -> Sequence[Any] | None:
    """The standings within a scope, in their order; None where they are counted."""
    name = published.kept_as(period)
    if name is None or scope is None or published.rule.by != "partner":
        return None
    return few.members(programme, published, period, name, scope)


def _seen(published: Published, found: Lines) -> Ranking:
    """Lines as others may see them."""
    columns, secret = published.rule.columns, current_app.config["SECRET_KEY"]
    rows = []
    for rank, who, listed, is_last in found.lines:
        name = public_name(who)
        known = who.visibility == "named" or name is None
        rows.append(
            Row(
                rank,
                who.member_id,
                who.external_id if known else None,
                name or who.name,
                int(who.score),
                tuple((name, getattr(who, name) if known else None) for name in columns),
                listed,
                is_last,
                public_key(who.member_id, who, secret),
            )
        )
    return Ranking(rows, found.ranked, found.best)


def key_of(member_id: int, who: Seen) -> str:
    """What stands for a member in pages and addresses that others read."""
    return public_key(member_id, who, current_app.config["SECRET_KEY"])


def natural_score(published: Published, score: int) -> str:
    """A score as a decimal string in natural units or percents; counts without a point."""
    rule = published.rule
    if rule.digits == 4 and rule.unit != "amount":
        return plain(score)
    return natural(score, rule.digits)


def as_of(published: Published) -> datetime:
    """When the standings last changed that are seen; of a picture, when it was taken."""
    return published.known_at or published.model.changed_at
