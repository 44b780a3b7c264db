"""A league in words: how it was drawn, who goes up and down, and how many have no result yet."""

from typing import NamedTuple

from engage.leaderboards import leagues
from engage.leaderboards.models import LeagueDraw
from engage.leaderboards.view import View
from engage.partners.models import Partner
from engage.voice import Voice


class Zone(NamedTuple):
    """A line between rows: it stands behind so many of them."""

    behind: int
    icon: str
    said: str


class Told(NamedTuple):
    """What is said of one division."""

    lines: list[str]
    zones: list[Zone]


def division(number: int, draw: LeagueDraw, voice: Voice) -> str:
    """``Division 2 of 4``."""
    return voice.gettext("Division %(number)s of %(all)s", number=number, all=draw.divisions)


def of_view(view: View, ranked: int, voice: Voice) -> Told | None:
    """What to say of the division that is looked at, of whom ``ranked`` have a result."""
    draw = leagues.draw_of(view.published, view.period) if view.scope else None
    if draw is None or view.scope is None or view.scope[0] != leagues.LEAGUE:
        return None
    number = int(view.scope[1])
    here = view.programme, view.published, draw, number, view.period
    size, (up, down) = leagues.members(*here), leagues.zones(*here)
    up = up if number > 1 else 0
    down = down if number < draw.divisions else 0
    n = voice.ngettext
    zones = []
    # A period that is over went by what stood then, which need not be what stands here.
    if up and ranked and not view.is_over:
        best = n("The best goes up", "The best %(num)d go up", up)
        zones.append(Zone(min(up, ranked), "arrow-up", best))
    if down and ranked > size - down and not view.is_over:
        last = n(
            "The last of %(all)s goes down",
            "The last %(num)d of %(all)s go down",
            down,
            all=voice.number(size),
        )
        zones.append(Zone(size - down, "arrow-down", last))
    return Told(_lines(view, draw, size, ranked, up, down, voice), zones)


def _lines(
    view: View, draw: LeagueDraw, size: int, ranked: int, up: int, down: int, voice: Voice
) -> list[str]:
    n, without = voice.ngettext, size - ranked
    count = n("%(num)d partner is in this division", "%(num)d partners are in this division", size)
    if view.is_over:
        told = _went(up, down, voice)
        none = n("%(num)d had no result", "%(num)d had no result", without)
    else:
        told = _goes(up, down, view.scope == (leagues.LEAGUE, str(draw.divisions)), voice)
        none = n("%(num)d has no result yet", "%(num)d have no result yet", without)
    if without > 0:
        count = voice.gettext("%(count)s, %(none)s", count=count, none=none)
    return [drawn(view, draw, voice.moment(draw.drawn_at), voice), *told, f"{count}."]


def _goes(up: int, down: int, is_lowest: bool, voice: Voice) -> list[str]:
    n, moves, said = voice.ngettext, [], []
    if up:
        moves.append(n("the best one goes up", "the best %(num)d go up", up))
    if down:
        moves.append(n("the last one goes down", "the last %(num)d go down", down))
    if moves:
        said.append(voice.gettext("When the period ends, %(moves)s.", moves=voice.all_of(moves)))
    if up:
        said.append(voice.gettext("Who has no result does not go up."))
    if is_lowest:
        said.append(voice.gettext("Who joins in between starts here, in the lowest division."))
    return said


def _went(up: int, down: int, voice: Voice) -> list[str]:
    n, moves = voice.ngettext, []
    if up:
        moves.append(n("the best one went up", "the best %(num)d went up", up))
    if down:
        moves.append(n("the last one went down", "the last %(num)d went down", down))
    if not moves:
        return []
    told = voice.all_of(moves)
    return [voice.gettext("When the period ended, %(moves)s by what stood then.", moves=told)]


def drawn(view: View, draw: LeagueDraw, when: str, voice: Voice) -> str:
    """Where the divisions come from; a draw that somebody asked for says why."""
    if draw.reason:
        return voice.gettext(
            "Drawn anew on %(when)s by the results of the period before. The reason: %(reason)s",
            when=when,
            reason=draw.reason,
        )
    if draw.basis == "moves":
        return voice.gettext(
            "The divisions of the period before, with who went up and who went down by what stood "
            "on %(when)s. Results that came later change nothing.",
            when=when,
        )
    return voice.gettext(
        "Drawn on %(when)s by the results of the period before: you stand beside partners like you.",
        when=when,
    )


def came(view: View, partner: Partner, voice: Voice) -> str | None:
    """How a partner came into the division that is looked at; None where it stayed, or is in another."""
    kind, number = view.scope or ("", "")
    draw = leagues.draw_of(view.published, view.period) if kind == leagues.LEAGUE else None
    placed = leagues.placed(draw, partner.id) if draw else None
    if placed is None or str(placed.division) != number:
        return None
    if placed.came > 0:
        return voice.gettext("You went up into this division.")
    if placed.came < 0:
        return voice.gettext("You went down into this division.")
    return None
