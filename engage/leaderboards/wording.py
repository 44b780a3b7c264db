"""Lines of a ranking in a reader's words: as templates draw them, and what is said of the reader's own."""

from typing import Any

from engage import formats
from engage.activity import sentences as facts
from engage.leaderboards import ranking, sentences
from engage.leaderboards.ranking import Ranking, Row
from engage.leaderboards.steps import Step
from engage.leaderboards.view import View
from engage.money import SCALE
from engage.periods import Period
from engage.voice import Voice


def shown(
    view: View,
    found: Ranking,
    voice: Voice,
    *,
    yesterday: dict[int, int] | None = None,
    before: tuple[Period, dict[int, int]] | None = None,
    me: int | None = None,
    small: bool = False,
) -> list[dict[str, Any]]:
    """Rows as ui/board.html draws them; with ``me``, that one is marked as the reader's.

    ``small`` leaves the bars out. Of who is last (`ranking.last_alone`) neither rank nor movement is told.
    """
    rule, currency = view.published.rule, view.programme.currency
    whole = sentences.is_told_whole(rule, found.best)
    rows = []
    last = ranking.last_alone(found, rule.tie)
    for row in found.rows:
        said: dict[str, Any] = {
            "key": row.key,
            "rank": row.rank,
            "place": formats.ordinal(row.rank, voice.locale),
            "name": row.name,
            "detail": tuple(told for _, told in row.columns if told),
            "score": sentences.score(rule, row.score, currency, voice, whole=whole, bare=True),
            "me": row.member_id == me,
        }
        if row.member_id == me:
            said["you"] = you(view, voice)
        if not small and found.best > 0:
            part = (
                (found.best, row.score) if rule.direction == "lowest" else (row.score, found.best)
            )
            said["share"] = max(0.0, round(part[0] / part[1], 4))  # as exact as it is drawn
        if row.member_id == last != me:  # somebody is always last; nobody else has to read it
            rows.append(said | {"quiet": True})
            continue
        if yesterday is not None:
            said["move"] = _moved(yesterday, row)
        if before is not None:
            moved, period = _moved(before[1], row), voice.brief(before[0])
            since = voice.gettext("since %(period)s", period=period)
            if moved == 0:
                since = voice.gettext("same as %(period)s", period=period)
            said["since"] = (moved, since)
        rows.append(said)
    return rows


def _moved(ranks: dict[int, int], row: Row) -> int | None:
    """How many places a member rose; None where it had none."""
    before = ranks.get(row.member_id)
    return None if before is None else before - row.rank


def you(view: View, voice: Voice) -> str:
    """What marks the reader's own line, shortly: on a board of groups it is the group's."""
    return voice.gettext("You") if view.published.rule.by == "partner" else voice.gettext("Yours")


def moved(view: View, voice: Voice) -> str:
    """What is said aloud when the reader's own line changes its place."""
    return {
        "partner": voice.gettext("You moved from {from} to {to}"),
        "organisation": voice.gettext("Your organisation moved from {from} to {to}"),
        "team": voice.gettext("Your team moved from {from} to {to}"),
        "region": voice.gettext("Your region moved from {from} to {to}"),
    }[view.published.rule.by]


def gap_line(
    view: View, found: Ranking, member_id: int, voice: Voice, step: Step | None = None
) -> str | None:
    """``$1,240 behind Great Bikes: about 2 sales like yours.``, or how safe the lead is; None where
    there is nothing to say. In facts where it is known what a ``step`` is."""
    rule, currency = view.published.rule, view.programme.currency
    mine = next((row for row in found.rows if row.member_id == member_id), None)
    if mine is None:
        return None
    key = rule.order_key(mine.score)
    if not rule.is_enough(mine.score):
        assert rule.minimum is not None
        gap = sentences.between(rule, rule.minimum, mine.score, found.best, currency, voice)
        return voice.gettext("%(gap)s more, and you are ranked.", gap=gap)
    ahead = [row for row in found.rows if rule.order_key(row.score) < key]
    if ahead:
        gap = sentences.between(rule, ahead[-1].score, mine.score, found.best, currency, voice)
        name = ahead[-1].name
        if step is None:
            return voice.gettext("%(gap)s behind %(name)s.", gap=gap, name=name)
        count = step.to(ahead[-1].score - mine.score) * SCALE
        more = facts.counted(step.kind, count, voice)
        return voice.gettext(
            "%(gap)s behind %(name)s: about %(more)s like yours.", gap=gap, name=name, more=more
        )
    behind = next((row for row in found.rows if rule.order_key(row.score) > key), None)
    if mine.rank == 1 and behind:
        gap = sentences.between(rule, mine.score, behind.score, found.best, currency, voice)
        return voice.gettext("In front, %(gap)s ahead of %(name)s.", gap=gap, name=behind.name)
    return None
