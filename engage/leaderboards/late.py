"""What came after a result was final: which facts, and what they would have changed."""

from typing import Any, NamedTuple

from sqlalchemy import ColumnElement, and_, case, func, or_, select
from sqlalchemy import Row as SqlRow

from engage.activity import service as activity
from engage.activity.models import Fact
from engage.db import db
from engage.leaderboards import ranking, tally
from engage.leaderboards.models import PictureLine, Standing
from engage.leaderboards.published import Published
from engage.leaderboards.ranking import Row
from engage.money import natural
from engage.partners.models import Partner
from engage.periods import Period
from engage.programmes.models import Programme

#: Members and facts that are listed one by one; more are counted.
MOST = 20


class Moved(NamedTuple):
    """A member whose score is another by now: its final line and the one it would have.

    ``is_quiet`` where one of the two is the last (`ranking.last_alone`): its places are told to nobody else.
    """

    name: str
    external_id: str | None
    final: Row | None
    would_be: Row | None
    is_quiet: bool

    @property
    def difference(self) -> int:
        """What came late adds to its score; negative where it takes away."""
        return _score(self.would_be) - _score(self.final)


def _score(row: Row | None) -> int:
    return row.score if row else 0


class AfterClose(NamedTuple):
    """What would be otherwise, the largest differences first, and how many members that concerns."""

    moved: list[Moved]
    members: int


def after_close(programme: Programme, final: Published, period: Period) -> AfterClose:
    """What facts that came behind the cut-off would have changed; ``final`` is seen as it was."""
    members = _differing(final, period)
    if not members:
        return AfterClose([], 0)
    live = final._replace(picture=None)
    (before, last), (after, last_now) = (
        _lines(programme, board, period, members) for board in (final, live)
    )
    found = [
        Moved(
            *(row.name, row.external_id, before.get(member), after.get(member)),
            is_quiet=member in (last, last_now),
        )
        for member in members
        if (row := before.get(member) or after.get(member))
    ]
    found.sort(key=lambda moved: (-abs(moved.difference), moved.name))
    return AfterClose(found[:MOST], len(found))


def _lines(
    programme: Programme, board: Published, period: Period, members: list[int]
) -> tuple[dict[int, Row], int | None]:
    """The members' lines on the board as it was passed in, and which of them is the last."""
    rows = ranking.rows_of(programme, board, period, members)
    found = ranking.ranking(programme, board, period, limit=1, live=True)._replace(rows=rows)
    return {row.member_id: row for row in rows}, ranking.last_alone(found, board.rule.tie)


def _differing(final: Published, period: Period) -> list[int]:
    """Members whose score is not what it was when the picture was taken."""
    assert final.picture
    was, is_now = PictureLine.__table__.c, Standing.__table__.c
    here = and_(
        is_now.board_id == final.model.id,
        is_now.period == period.name,
        is_now.scope == "",
        is_now.member_id == was.member_id,
    )
    of_picture = was.picture_id == final.picture.id
    left = select(was.member_id).outerjoin(Standing.__table__, here)
    changed = left.where(of_picture, func.coalesce(is_now.score, 0) != was.score)
    new = select(is_now.member_id).where(
        is_now.board_id == final.model.id,
        is_now.period == period.name,
        is_now.scope == "",
        is_now.member_id.not_in(select(was.member_id).where(of_picture)),
    )
    return list(db.session.scalars(changed.union(new)))


def facts(
    programme: Programme, final: Published, period: Period, *whose: ColumnElement[bool]
) -> list[SqlRow[Any]]:
    """The facts the board counts that came, or were taken back, after the cut-off; newest first.

    Of all partners, or of those ``whose`` these conditions are. Columns ``external_id``, ``partner`` (external
    id), ``name``, ``kind``, ``day``, ``amount``, ``quantity`` (ten-thousandths), ``came_at``, and ``is_gone``:
    it counted, and does not any more.
    """
    assert final.picture
    at, rule = final.picture.taken_at, final.rule
    gone = and_(Fact.superseded_at >= at, Fact.recorded_at < at)
    # What came late and was replaced again changes nothing.
    came = and_(Fact.recorded_at >= at, Fact.superseded_at.is_(None))
    came_at = case((gone, Fact.superseded_at), else_=Fact.recorded_at).label("came_at")
    statement = (
        select(
            Fact.external_id,
            Partner.external_id.label("partner"),
            Partner.name,
            *(Fact.kind, Fact.day, Fact.amount, Fact.quantity),
            came_at,
            case((gone, True), else_=False).label("is_gone"),
        )
        .join(Partner, Partner.id == Fact.partner_id)
        .where(
            Fact.day.between(period.first, period.last),
            or_(gone, came),
            *activity.meeting(rule.where),
            *tally.whose(programme, rule)(Fact),
            *whose,
        )
        .order_by(came_at.desc(), Fact.id.desc())
        .limit(MOST)
    )
    if rule.on:
        statement = statement.where(Fact.kind == rule.on)
    return list(db.session.execute(statement))


def raw(
    programme: Programme, final: Published, period: Period, viewer: Partner | None = None
) -> dict[str, Any]:
    """What the API and ``engage standings --json`` say of it; scores are decimal strings.

    A ``viewer`` is told no ids of others nor who is last, and its own facts alone; all others those of partners
    who are named on the board: by an amount who goes by another name could be known again.
    """
    has_left = Partner.left_on < period.last
    named = and_(Partner.visibility == "named", has_left.is_not(True))
    return {
        "moved": [
            {
                "partner": None if viewer else moved.external_id,
                "name": moved.name,
                "score": ranking.natural_score(final, _score(moved.final)),
                "score_now": ranking.natural_score(final, _score(moved.would_be)),
                "rank": moved.final.rank if moved.final and is_told else None,
                "rank_now": moved.would_be.rank if moved.would_be and is_told else None,
            }
            for moved in after_close(programme, final, period).moved
            for is_told in [not (viewer and moved.is_quiet)]
        ],
        "facts": [
            {
                "external_id": fact.external_id,
                "partner": fact.partner,
                "kind": fact.kind,
                "day": fact.day.isoformat(),
                "amount": natural(fact.amount, 4),
                "quantity": natural(fact.quantity, 4),
                "came_at": fact.came_at.isoformat(),
                "taken_back": fact.is_gone,
            }
            for fact in facts(
                programme, final, period, Partner.id == viewer.id if viewer else named
            )
        ],
    }
