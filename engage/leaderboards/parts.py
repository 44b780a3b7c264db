"""The parts of a board's page that move with its standings, each made once for every version.

`rows` and `past` are the same for everybody who reads one language on one clock; `me` is the small part
that is one partner's own. Around them stands a frame (leaderboards/board.html) that no fact changes.
"""

from collections.abc import Callable, Hashable, Mapping
from datetime import datetime
from typing import Any, TypeVar

from flask import current_app
from flask import url_for as url
from markupsafe import escape

from engage import formats
from engage.leaderboards import (
    announcements,
    days,
    league_words,
    lines,
    ranking,
    scopes,
    search,
    sentences,
    service,
    steps,
    wording,
)
from engage.leaderboards import view as views
from engage.leaderboards.places import Rows
from engage.leaderboards.view import PAGE, View
from engage.money import POINTS
from engage.partners.models import Partner
from engage.periods import Period
from engage.shelf import VERSION, Piece, Shelf, piece
from engage.voice import Voice

T = TypeVar("T")

#: Parts that are kept, those shown last: a page of fifty rows has 30 KB.
KEPT = 512


def rows(view: View, after: int, now: datetime, voice: Voice, found: Rows = None) -> Piece:
    """The table behind line ``after``: the same for everybody who reads alike, so made once for all."""
    # No stamp tells of what moves behind a freeze.
    as_of = voice.as_of(now if view.live else ranking.as_of(view.published), now)
    stage = announcements.stage(view, now, voice)
    return _shared(
        *("rows", view, (after, as_of, stage), voice),
        lambda: _rows(view, views.page(view, after, rows=found), after, as_of, stage, voice),
    )


def past(view: View, voice: Voice, names: Rows = None) -> Piece:
    """The form that leads to the board's other periods (`views.past_periods`); nothing where there is
    no other."""
    return _shared("past", view, (), voice, lambda: _past(view, voice, names))


def _shared(
    what: str, view: View, more: tuple[Any, ...], voice: Voice, make: Callable[[], Piece]
) -> Piece:
    if view.live:  # moves without a new version
        return make()
    model = view.published.model
    board = (model.id, model.version, model.name, view.period.name, view.scope, view.today)
    boards: Shelf[Piece] = _shelf("engage.boards")
    return boards.get((what, board, more, str(voice.locale)), make)


def _shelf(name: str) -> Any:
    return current_app.extensions.setdefault(name, Shelf(KEPT))


def _lasting(view: View, what: Hashable, make: Callable[[], T]) -> T:
    """What no fact changes, of a day: kept until the board is shaped otherwise."""
    model = view.published.model
    key = (model.id, model.reshaped, view.period.name, view.scope, view.today, what)
    kept: Shelf[tuple[T]] = _shelf("engage.lasting")
    return kept.get(key, lambda: (make(),))[0]


def _yesterday(view: View, found: ranking.Ranking) -> dict[int, int] | None:
    who = frozenset(row.member_id for row in found.rows)
    return _lasting(view, who, lambda: views.ranks_yesterday(view, found))


def _before(view: View, found: ranking.Ranking) -> tuple[Period, dict[int, int]] | None:
    who = frozenset(row.member_id for row in found.rows)
    return _lasting(view, ("before", who), lambda: views.ranks_before(view, found))


def _draw(
    template: str, view: View, voice: Voice, moves: Mapping[str, str] | None = None, **values: Any
) -> Piece:
    """A template by itself, drawn once for all that shows the same but for what ``moves`` (HTML, by name).

    It is told plain values alone (texts, numbers, tuples of them), which are what it is kept under;
    holes for what moves, where there is something to show;
    and where it stands: ``board``, ``address`` (for `url_for`), ``period`` and its ``version``, a mark
    until it is known which. What stands around a page (`engage.web.shell`) is no part's to know.
    """
    values |= {"board": view.slug, "address": view.address(), "period": view.period.name}
    values |= {name: lines.hole(name) for name, html in (moves or {}).items() if html}
    key = (template, str(voice.locale), voice.timezone, _plain(values))

    def make() -> tuple[str, ...]:
        made = current_app.jinja_env.get_template(template).render(version=VERSION, **values)
        return lines.pieces(made)

    drawn: Shelf[tuple[str, ...]] = _shelf("engage.drawn")
    made = lines.filled(drawn.get(key, make), moves or {})
    return piece(made).at(view.published.model.version)


def _plain(value: Any) -> Any:
    if isinstance(value, dict):
        return tuple((name, _plain(part)) for name, part in value.items())
    if isinstance(value, list | tuple):
        return tuple(_plain(part) for part in value)
    return value


def _rows(
    view: View,
    found: ranking.Ranking,
    after: int,
    as_of: str,
    stage: announcements.Said | None,
    voice: Voice,
) -> Piece:
    yesterday = _yesterday(view, found)
    league = league_words.of_view(view, found.ranked, voice)
    first = 0 if after or league else ranking.PODIUM
    latest = _latest_with_rows(view) if not found.ranked else None
    before = _before(view, found)
    shown = wording.shown(view, found, voice, yesterday=yesterday, before=before)
    return _draw(
        *("leaderboards/_rows.html", view, voice),
        moves={"rows": "".join(_with_zones(_lines(shown[first:], "board", voice), league))},
        after=after,
        last=after + len(found.rows),
        podium=shown[:first],
        league=league,
        ranked=sentences.members(view.published.rule, found.ranked, voice),
        total=found.ranked,
        page=PAGE,
        tie=sentences.tie(view.published.rule, view.programme.currency, voice),
        as_of=as_of,
        is_live=view.is_current and not view.is_frozen and not view.live,
        is_over=view.is_over,
        stage=stage,
        late=None if after else announcements.after_close(view, voice),
        latest=(view.to(latest), voice.period(latest)) if latest else None,
        period_name=voice.period(view.period),
    )


def _lines(shown: list[dict[str, Any]], board: str, voice: Voice) -> list[str]:
    return lines.drawn(shown, board, str(voice.locale))


def _with_zones(rows: list[str], league: league_words.Told | None) -> list[str]:
    """The rows of a division with the lines between its zones."""
    for zone in reversed(league.zones if league else ()):
        rows.insert(zone.behind, lines.between(zone.said, zone.icon))
    return rows


def _latest_with_rows(view: View) -> Period | None:
    """The newest other period in which somebody stands on the board; None when there is none."""
    return next(
        (p for p in views.past_periods(view) if p != view.period and p.first < view.today), None
    )


def _past(view: View, voice: Voice, names: Rows) -> Piece:
    periods = views.past_periods(view, names)
    if len(periods) == 1:
        return piece("")
    at = periods.index(view.period)
    return _draw(
        *("leaderboards/_past.html", view, voice),
        periods=[(period.name, _name(view, period, voice)) for period in periods],
        older=view.to(periods[at + 1]) if at + 1 < len(periods) else None,
        newer=view.to(periods[at - 1]) if at else None,
    )


def _name(view: View, period: Period, voice: Voice) -> str:
    name = voice.period(period)
    if period.first <= view.today <= period.last and period.kind != "all":
        return voice.gettext("%(period)s, %(now)s", period=name, now=voice.this(period.kind))
    return name


#: Measures whose facts are listed one by one.
_EXPLAINED = ("amount", "quantity", "facts", POINTS)


def me(
    view: View, member: int, partner: Partner, now: datetime, voice: Voice, rows: Rows = None
) -> Piece:
    """Where ``member`` (``partner``, or its group) stands, with its neighbours, for its eyes alone."""
    if view.is_frozen:
        return _draw(
            "leaderboards/_me.html", view, voice, **announcements.frozen(view, member, voice)
        )
    found = views.near(view, member, rows=rows)
    mine = next((row for row in found.rows if row.member_id == member), None)
    yesterday = _yesterday(view, found)
    before = _before(view, found)
    rule = view.published.rule
    step = None
    if mine is not None:
        had = mine.score
        step = _lasting(view, ("step", member), lambda: steps.usual(view, member, had))
    near = wording.shown(view, found, voice, yesterday=yesterday, before=before, me=member)
    way, ended = _way(view, member, mine, voice)
    return _draw(
        *("leaderboards/_me.html", view, voice),
        moves={
            "near": "".join(_lines(near, "near", voice)),
            "gap": escape(wording.gap_line(view, found, member, voice, step) or ""),
            "stands": escape(_stands(view, found, mine, voice) if mine and mine.listed else ""),
            "way": way,
        },
        to_me=_to(view, mine) if mine and mine.listed else None,
        by=rule.by,
        is_shared=scopes.may_share(view, found, mine, partner),
        is_explained=rule.measure in (*_EXPLAINED, view.programme.currency),
        is_outside=mine is None
        and not (
            views.is_inside(view, partner)
            and service.is_for(view.programme, view.published, partner, now)
        ),
        is_current=view.is_current,
        late=announcements.late_facts(view, voice, partner),
        ended=ended or league_words.came(view, partner, voice),
    )


def _stands(view: View, found: ranking.Ranking, mine: ranking.Row, voice: Voice) -> str:
    return voice.gettext(
        "%(rank)s of %(ranked)s",
        rank=formats.ordinal(mine.rank, voice.locale),
        ranked=sentences.members(view.published.rule, found.ranked, voice),
    )


def _way(view: View, member: int, mine: ranking.Row | None, voice: Voice) -> tuple[str, str | None]:
    """How a member came to its place: day by day in this period (drawn), and where it ended the last one."""
    if view.scope or not view.is_current or mine is None:
        return "", None
    before = next(view.published.rule.windows.over(view.today), None)
    so_far, ended = _lasting(
        view,
        member,
        lambda: (
            days.way(view.published, view.period, member, view.today),
            days.at_end(view.published, before, member) if before else None,
        ),
    )
    ranks = [*so_far, mine.rank]
    said = voice.gettext(
        "Your place at the end of each day, from %(first)s to %(now)s",
        first=formats.ordinal(ranks[0], voice.locale),
        now=formats.ordinal(mine.rank, voice.locale),
    )
    numbers: Any = current_app.jinja_env.get_template("ui/numbers.html").module
    at_end = None
    if before and ended:
        at_end = voice.gettext(
            "%(rank)s when %(period)s ended",
            rank=formats.ordinal(ended, voice.locale),
            period=voice.period(before),
        )
    return numbers.sparkline([-rank for rank in ranks], said), at_end


def found(view: View, text: str, voice: Voice) -> dict[str, Any]:
    """The lines that a search brings, each leading to its place in the table."""
    rows, more = search.find(view, text)
    among = views.page(view, 0, 1)._replace(rows=rows)
    shown = wording.shown(view, among, voice, small=True)
    lines = [line | {"href": _to(view, row)} for line, row in zip(shown, rows, strict=True)]
    return {"text": text, "lines": lines, "more": more}


def _to(view: View, row: ranking.Row) -> str:
    """The address that leads to a member's line in the table, wherever that is by then."""
    return url("leaderboards.board", **view.address(at=row.key))
