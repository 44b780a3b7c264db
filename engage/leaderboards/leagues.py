"""Leagues: a board's partners in divisions of their like, drawn once for each period and never in silence.

The first draw goes by the results of the period before; from then on, when a period ends, some go up
and as many down by what stood at that moment. What comes later does not draw anew. Who joined since
has no place of its own and counts to the lowest division. Only a manager draws again, with a reason.
"""

from collections.abc import Iterator
from datetime import datetime
from itertools import pairwise

from sqlalchemy import ColumnElement, func, or_, select

from engage import clock
from engage.conditions import addresses
from engage.db import db
from engage.leaderboards import divisions, tally
from engage.leaderboards.divisions import Placed
from engage.leaderboards.models import LeagueDraw, LeaguePlace, Standing
from engage.leaderboards.published import Published
from engage.partners import service as partners
from engage.partners.models import Partner
from engage.periods import Period
from engage.programmes.models import Programme
from engage.rows import insert_rows

#: The scope of a board that is one of its divisions.
LEAGUE = "league"


def draw_of(published: Published, period: Period) -> LeagueDraw | None:
    """The draw that holds in a period; None where there is none (yet)."""
    return _newest(LeagueDraw.board_id == published.model.id, LeagueDraw.period == period.name)


def _newest(*conditions: ColumnElement[bool]) -> LeagueDraw | None:
    found = select(LeagueDraw).where(*conditions).order_by(LeagueDraw.id.desc())
    return db.session.scalar(found.limit(1))


def draws(published: Published) -> list[LeagueDraw]:
    """All draws, newest first: none of them is hidden by a later one."""
    found = select(LeagueDraw).where(LeagueDraw.board_id == published.model.id)
    return list(db.session.scalars(found.order_by(LeagueDraw.id.desc())))


def placed(draw: LeagueDraw, partner_id: int) -> Placed:
    """A partner's division, and how it came there."""
    found = db.session.get(LeaguePlace, (draw.id, partner_id))
    return Placed(found.division, found.came) if found else Placed(draw.divisions)


def inside(draw: LeagueDraw, division: int) -> ColumnElement[bool]:
    """Of a `Partner`: whether it is in that division."""
    places = select(LeaguePlace.partner_id).where(LeaguePlace.draw_id == draw.id)
    known = Partner.id.in_(places.where(LeaguePlace.division == division))
    return or_(known, Partner.id.not_in(places)) if division == draw.divisions else known


def members(
    programme: Programme,
    published: Published,
    draw: LeagueDraw,
    division: int,
    period: Period,
    most: int | None = None,
) -> int:
    """How many are seen to be in a division: with those who joined, without those who left or hide.

    Counted no further than to ``most``, where that is enough to know.
    """
    found = select(Partner.id).where(
        Partner.programme_id == programme.id,
        inside(draw, division),
        Partner.visibility != "hidden",
        or_(Partner.left_on.is_(None), Partner.left_on >= period.last),
        *tally.of_audience(programme, published.rule),
    )
    return db.session.scalar(select(func.count()).select_from(found.limit(most).subquery())) or 0


def zones(
    programme: Programme, published: Published, draw: LeagueDraw, division: int, period: Period
) -> tuple[int, int]:
    """How many of a division go up at the period's end, and how many down, at most."""
    assert published.rule.league
    moves, near = published.rule.league.moves, (division - 1, division, division + 1)
    here, there = (programme, published, draw), range(1, draw.divisions + 1)
    sizes = [members(*here, n, period, 2 * moves) if n in there else 0 for n in near]
    up, down = (divisions.swaps(*pair, moves) for pair in pairwise(sizes))
    return up, down


def turn(programme: Programme, published: Published, now: datetime) -> bool:
    """Draw the running period if nobody did; whether that was done.

    Without any result to go by there is nothing to draw, and it is tried again the next day.
    """
    league = published.rule.league
    today = clock.local_day(now, programme.timezone)
    current = published.rule.windows.running(today)
    if league is None or draw_of(published, current):
        return False
    if _draw(programme, published, current, now):
        return True
    board, tomorrow = published.model, clock.next_day(now, programme.timezone)
    board.turns_at = min(board.turns_at or tomorrow, tomorrow)
    return False


def redraw(programme: Programme, published: Published, reason: str, by: int, now: datetime) -> bool:
    """Draw the running period again by the results before it; False where there are none."""
    current = published.rule.windows.running(clock.local_day(now, programme.timezone))
    return _draw(programme, published, current, now, reason, by)


def _draw(
    programme: Programme,
    published: Published,
    period: Period,
    now: datetime,
    reason: str | None = None,
    by: int | None = None,
) -> bool:
    league = published.rule.league
    before = next(published.rule.windows.over(period.first), None)
    if league is None or before is None:
        return False
    scored, ranked = _field(programme, published, before, period)
    # Periods in which nobody drew (the house stood still) change nothing about who is beside whom.
    last = None
    if reason is None:
        last = _newest(LeagueDraw.board_id == published.model.id, LeagueDraw.period != period.name)
    if not (scored or last):
        return False
    if last:
        where = _divisions(last)
        fields: list[list[int]] = [[] for _ in range(last.divisions)]
        for member in ranked:
            fields[where.get(member, last.divisions) - 1].append(member)
        aside = _hidden(programme)
        found = divisions.move([field for field in fields if field], scored, league, aside)
    else:
        drawn = divisions.draw(ranked, league.size)
        found = {m: Placed(number) for number, members in enumerate(drawn, 1) for m in members}
    # Up and down goes by what stood when the period began, however long after that it is written.
    at = period.starts_at(programme.timezone) if last else now
    basis = "moves" if last else "results"
    draw = LeagueDraw(basis=basis, drawn_at=at, reason=reason, drawn_by=by)
    _write(published, period, found, draw)
    return True


def _write(
    published: Published, period: Period, found: dict[int, Placed], draw: LeagueDraw
) -> None:
    draw.board_id, draw.period = published.model.id, period.name
    draw.divisions = max(placed.division for placed in found.values())
    db.session.add(draw)
    db.session.flush()
    rows = [
        {"draw_id": draw.id, "partner_id": m, "division": placed.division, "came": placed.came}
        for m, placed in found.items()
    ]
    insert_rows(LeaguePlace.__table__, rows)


def _divisions(draw: LeagueDraw) -> dict[int, int]:
    found = select(LeaguePlace.partner_id, LeaguePlace.division)
    rows = db.session.execute(found.where(LeaguePlace.draw_id == draw.id))
    return dict(rows.tuples().all())


def _field(
    programme: Programme, published: Published, before: Period, period: Period
) -> tuple[set[int], list[int]]:
    """Who has a result in the period before, and everybody who takes part, best first.

    Equal results go by who was there first where the board keeps that, then by external id.
    """
    rule = published.rule
    standings = db.session.execute(
        select(Standing.member_id, Standing.order_key, Standing.reached_at).where(
            Standing.board_id == published.model.id,
            Standing.period == before.name,
            Standing.scope == "",
        )
    )
    results = {
        row.member_id: (row.order_key, row.reached_at)
        for row in standings
        if rule.is_enough(rule.order_key(row.order_key))
    }
    who = partners.attributes(programme.id) if rule.audience else {}
    ids = {
        partner_id: external_id
        for partner_id, external_id in _taking_part(programme, period)
        if not rule.audience or addresses(rule.audience, who[partner_id])
    }

    def order(member: int) -> tuple[object, ...]:
        key, reached_at = results.get(member, (0, None))
        return member not in results, key, str(reached_at or ""), ids[member]

    return results.keys() & ids.keys(), sorted(ids, key=order)


def _hidden(programme: Programme) -> set[int]:
    """Who stays off boards, and so takes nobody's place."""
    theirs = Partner.programme_id == programme.id, Partner.visibility == "hidden"
    return set(db.session.scalars(select(Partner.id).where(*theirs)))


def _taking_part(programme: Programme, period: Period) -> Iterator[tuple[int, str]]:
    rows = db.session.execute(
        select(Partner.id, Partner.external_id).where(
            Partner.programme_id == programme.id,
            or_(Partner.left_on.is_(None), Partner.left_on >= period.first),
        )
    )
    return ((row.id, row.external_id) for row in rows)
