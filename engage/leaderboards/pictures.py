"""Boards as they stood: pictures taken where a period freezes and where it becomes final.

A picture is a copy of the standings, taken in the transaction of the first fact (or of the schedule's
turn) behind its instant, before anything is carried into them. So it holds what was known then, however
late it is taken, and readers need no clock: until the next fact the standings are still those of then.
"""

from datetime import datetime

from flask_babel import gettext
from sqlalchemy import insert, literal, or_, select

from engage import clock, periods
from engage.db import db
from engage.leaderboards import language, moments, projection
from engage.leaderboards.models import Board, Picture, PictureLine, Standing
from engage.leaderboards.moments import Stage
from engage.leaderboards.published import Published, windowed
from engage.leaderboards.windows import ROLLING
from engage.periods import Period
from engage.programmes.models import Programme


def as_seen(
    programme: Programme, published: Published, period: Period, *, live: bool = False
) -> Published:
    """The board as it is shown in a period: the one place that decides it for all who read boards.

    Where it is frozen, or final, that is a picture; ``live`` is for managers alone, and reads on.
    Any stretch of days that touches a frozen period is counted as it was known when that froze.
    """
    if live or published.picture:
        return published
    if frozen := _frozen(published.model):
        held = published.rule.windows.called(frozen.period)
        if held.first <= period.last and period.first <= held.last:
            return _through(programme, published, frozen)
    until = published.model.final_until
    over = until and period.last <= until and period.kind == published.rule.period
    if over and (final := final_of(published, period)):
        return _through(programme, published, final)
    return published


def _through(programme: Programme, published: Published, picture: Picture) -> Published:
    rule = windowed(programme, language.parse(picture.definition, programme.currency))
    return published._replace(rule=rule, picture=picture)


def ranked(programme: Programme, published: Published) -> list[Published]:
    """The board as it is seen through each picture that is shown and ranked."""
    frozen = published.model.frozen_id
    shown = or_(Picture.kind == "final", Picture.id == frozen)
    found = select(Picture).where(Picture.board_id == published.model.id, Picture.ranked, shown)
    return [_through(programme, published, picture) for picture in db.session.scalars(found)]


def _frozen(board: Board) -> Picture | None:
    return db.session.get(Picture, board.frozen_id) if board.frozen_id else None


def is_frozen(published: Published) -> bool:
    """Whether its running period is hidden from everybody but managers."""
    return published.model.frozen_id is not None


def hides(published: Published, period: str) -> bool:
    """Whether what changes in a period is not to be seen: nobody is told that there is news.

    Nor of periods to come, which growth will measure against what is hidden.
    """
    frozen, called = _frozen(published.model), published.rule.windows.called
    return frozen is not None and called(period).first >= called(frozen.period).first


def final_of(published: Published, period: Period) -> Picture | None:
    """The final result of a period; None where it is not final, or never will be."""
    return db.session.scalar(
        select(Picture).where(
            Picture.board_id == published.model.id,
            Picture.period == period.name,
            Picture.kind == "final",
        )
    )


def stage(programme: Programme, published: Published, period: Period, now: datetime) -> Stage:
    """Where a period of the board stands, as everybody is told; others than the board's own never close."""
    closes = period.kind == published.rule.period != ROLLING
    picture = as_seen(programme, published, period).picture
    taken = {picture.kind: picture.taken_at} if picture else {}
    return moments.stage(
        period,
        published.rule.final_after if closes else None,
        published.model.opened_at,
        programme.timezone,
        now,
        taken.get("freeze"),
        taken.get("final"),
    )


def turn(programme: Programme, published: Published, now: datetime) -> bool:
    """Take the pictures that are due, and note what is next; whether the board reads differently.

    It was due at ``turns_at``, see `engage.leaderboards.service`.
    """
    board, rule, zone = published.model, published.rule, programme.timezone
    if rule.period == ROLLING:  # its standings move on with the day: `service.turn`
        return False
    due_since = board.turns_at or now
    today = clock.local_day(now, zone)
    current = rule.windows.running(today)
    is_on = current.first <= today <= current.last
    before = (board.frozen_id, board.final_until)
    if (frozen := _frozen(board)) and not (is_on and frozen.period == current.name):
        _show_again(published, frozen)
    coming = [periods.midnight(day, zone) for day in rule.windows.turns(today)]
    over = rule.windows.over(today)
    for period, at in reversed(moments.closings(over, rule.final_after, board.opened_at, zone)):
        if board.final_until and period.last <= board.final_until:
            continue
        if at > now:
            coming.append(at)
            continue
        # A shorter span published since: what was known is what was known then.
        _take(published, period.name, "final", max(at, due_since))
        board.final_until = period.last
    if is_on and (freezes := moments.freezes_at(current, rule.freeze, zone)):
        if freezes > now:
            coming.append(freezes)
        elif not board.frozen_id and not _freezes(board, current.name):
            board.frozen_id = _take(published, current.name, "freeze", max(freezes, due_since)).id
    board.turns_at = min(coming, default=None)
    db.session.flush()
    return (board.frozen_id, board.final_until) != before


def _take(
    published: Published,
    period: str,
    kind: str,
    at: datetime,
    reason: str | None = None,
    by: int | None = None,
) -> Picture:
    board = published.model
    # Or facts that came meanwhile would win, and all of this would have to be done again.
    db.session.refresh(board, ["version"], with_for_update=True)
    picture = Picture(
        board_id=board.id,
        period=period,
        kind=kind,
        taken_at=at,
        definition=board.definition,
        reason=reason,
        taken_by=by,
    )
    db.session.add(picture)
    db.session.flush()
    columns = (Standing.member_id, Standing.score, Standing.reached_at)
    standings = select(literal(picture.id), *columns).where(
        Standing.board_id == board.id, Standing.period == period, Standing.scope == ""
    )
    names = ["picture_id", *(column.key for column in columns)]
    db.session.execute(insert(PictureLine).from_select(names, standings))
    projection.copy(published._replace(picture=picture), period)
    return picture


def _show_again(published: Published, frozen: Picture) -> None:
    projection.forget(published._replace(picture=frozen))
    published.model.frozen_id = None


def _freezes(board: Board, period: str) -> bool:
    """Whether the period was frozen, and may have been lifted since."""
    found = select(Picture.id).where(
        Picture.board_id == board.id, Picture.period == period, Picture.kind == "freeze"
    )
    return db.session.scalar(found.limit(1)) is not None


class Refused(ValueError):
    """It cannot be frozen, or lifted; the message says why."""


def freeze(programme: Programme, published: Published, reason: str, by: int, now: datetime) -> None:
    """Freeze the running period now, until it ends or somebody lifts it.

    :raises Refused: it is frozen already.
    """
    if published.model.frozen_id:
        raise Refused(gettext("This board is frozen already."))
    current = published.rule.windows.running(clock.local_day(now, programme.timezone))
    picture = _take(published, current.name, "freeze", now, reason, by)
    published.model.frozen_id = picture.id


def lift(published: Published, reason: str, by: int, now: datetime) -> None:
    """Show what stands again.

    :raises Refused: it is not frozen.
    """
    frozen = _frozen(published.model)
    if frozen is None:
        raise Refused(gettext("This board is not frozen."))
    frozen.lifted_at, frozen.lift_reason, frozen.lifted_by = now, reason, by
    _show_again(published, frozen)
