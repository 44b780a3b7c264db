"""Which parts of a ranking a page leads to: everybody, the reader's own, and the one that is looked at."""

from typing import Any

from flask import url_for as url

from engage.leaderboards import league_words, leagues
from engage.leaderboards.models import LeagueDraw
from engage.leaderboards.published import Published
from engage.leaderboards.ranking import Ranking, Row, Scope, last_alone
from engage.leaderboards.view import View, is_inside
from engage.partners.models import Partner
from engage.periods import Period
from engage.voice import Voice

#: What it is called, the scope, and what its value is called where the name does not say it.
_Wanted = tuple[str, Scope | None, str | None]


def named(published: Published, period: Period, scope: Scope, voice: Voice) -> str:
    """``Northwest``, ``Division 2 of 4``."""
    kind, value = scope
    draw = leagues.draw_of(published, period) if kind == leagues.LEAGUE else None
    return league_words.division(int(value), draw, voice) if draw else value


def is_shared(view: View, partner: Partner) -> bool:
    """Whether a partner may show its place in this part of a board elsewhere.

    Not its place in an organisation or a team: it would tell outside where somebody with a pseudonym works.
    """
    kinds = ("region", leagues.LEAGUE)
    return view.scope is None or (view.scope[0] in kinds and is_inside(view, partner))


def may_share(view: View, found: Ranking, mine: Row | None, partner: Partner) -> bool:
    """Whether there is a place to show: not on no public board, nor who is last alone among those ``found``."""
    if (
        mine is None
        or not mine.listed
        or last_alone(found, view.published.rule.tie) == mine.member_id
    ):
        return False
    return is_shared(view, partner)


def offered(view: View, partner: Partner | None, voice: Voice) -> list[dict[str, Any]]:
    """Whole programme, my region, my organisation, my team; and the one that is looked at."""
    if view.published.rule.by != "partner":
        return []
    labels = {
        "region": voice.gettext("My region"),
        "organisation": voice.gettext("My organisation"),
        "team": voice.gettext("My team"),
    }
    wanted: list[_Wanted] = [(voice.gettext("Everyone"), None, None)]
    for kind, label in labels.items():
        if partner is not None and (value := getattr(partner, kind)):
            wanted.append((label, (kind, value), value))
    has_league = view.published.rule.league is not None
    if has_league and (draw := leagues.draw_of(view.published, view.period)):
        wanted += _divisions(view, draw, partner, voice)
    if view.scope not in [scope for _label, scope, _value in wanted] and view.scope:
        wanted.append((view.scope[1], view.scope, None))
    return [
        {
            "label": label,
            "value": value,
            "href": url(
                "leaderboards.board", **view.address(scope="=".join(scope) if scope else None)
            ),
            "current": scope == view.scope,
        }
        for label, scope, value in wanted
    ]


def _divisions(
    view: View, draw: LeagueDraw, partner: Partner | None, voice: Voice
) -> list[_Wanted]:
    """The partner's own division, and the one that is looked at; for managers its neighbours."""
    own = leagues.placed(draw, partner.id).division if partner else None
    looked_at = int(view.scope[1]) if view.scope and view.scope[0] == leagues.LEAGUE else own or 1
    near = {looked_at} if own else {looked_at - 1, looked_at, looked_at + 1}
    return [
        (
            voice.gettext("My division")
            if number == own
            else league_words.division(number, draw, voice),
            (leagues.LEAGUE, str(number)),
            league_words.division(number, draw, voice) if number == own else None,
        )
        for number in sorted(near | {own or looked_at})
        if 1 <= number <= draw.divisions
    ]
