"""How a board in the making is drawn: its fields, its sentence, and its first ten by real facts."""

from collections.abc import Iterable
from dataclasses import replace
from typing import Any

from flask import g, url_for
from flask_babel import gettext as _

from engage import periods
from engage.conditions import PARTNER_ATTRIBUTES
from engage.console.form_view import Words, audience, kinds
from engage.console.typed_fields import NONE, Typed, one
from engage.console.typed_form import Reading
from engage.incentives import terms
from engage.incentives.drafts import known_values
from engage.leaderboards import ranking, rules, sentences, service, windows
from engage.leaderboards.models import Board as Row
from engage.leaderboards.published import Published, windowed
from engage.leaderboards.rules import PERCENT, Board
from engage.missions import service as missions
from engage.money import POINTS, minor_digits
from engage.programmes.models import Programme
from engage.voice import Voice
from engage.web.here import today

#: So many lines of a board in the making are shown.
FIRST = 10


def words(here: Programme, typed: Typed, voice: Voice) -> Words:
    """What the form says beside its fields."""
    named, whom = terms.labels(voice), audience(here, voice)
    columns = {f"columns.{name}": named[f"where.{name}"] for name in PARTNER_ATTRIBUTES}
    return Words(
        titles={
            "what": _("What is measured"),
            "score": _("What makes a score"),
            "when": _("Over which days"),
            "whom": _("Who is ranked"),
            "shown": _("How it is shown"),
        },
        about=whom.about,
        labels=named | whom.labels | _labels() | columns,
        hints=_hints(here),
        choices=_counted(here, voice) | _when(here, voice) | _ranked(_digits(here, typed)),
        columns={"name": _("Name"), "starts": _("First day"), "ends": _("Last day")},
        known=known_values(here) | whom.known | {"columns": list(rules.COLUMNS)},
        required=frozenset(("newcomers", "mean", "days", "best")),
    )


def _labels() -> dict[str, str]:
    return {
        "measure": _("Measured by"),
        "on": _("What counts"),
        "by": _("Who competes"),
        "score": _("A group's score"),
        "floor": _("Divided by at least"),
        "best": _("How many partners"),
        "compare": _("Compared with"),
        "baseline": _("Growth"),
        "mean": _("Periods in the mean"),
        "growth": _("Growth is told"),
        "newcomers": _("For newcomers"),
        "target": _("Target"),
        "own_targets": _("Whose target"),
        "period": _("Counted anew each"),
        "days": _("How many days"),
        "mission": _("Mission"),
        "seasons": _("Seasons"),
        "freeze": _("Frozen before the end for"),
        "final_after": _("Final after the end by"),
        "league.size": _("A league: partners in a division"),
        "league.moves": _("Up and down at the end"),
        "seen_by": _("Who sees the board"),
        "tie": _("Equal scores"),
        "direction": _("Who leads"),
        "minimum": _("Ranked from"),
        "decimals": _("Digits after the point"),
        "columns": _("Told beside the name"),
    }


def _hints(here: Programme) -> dict[str, str]:
    return {
        "where.amount": _("Only those of this size, in %(unit)s.", unit=here.currency),
        "floor": _("So that a group of one or two lucky ones does not win. Blank: by who is active."),
        "mean": _("How many periods before."),
        "newcomers": _("What counts instead for partners who have nothing to compare with."),
        "target": _("To be reached by each partner in a period."),
        "own_targets": _("Partners' own come with their import, in the column target."),
        "days": _("Up to today, 1 to 366; the window moves on at midnight."),
        "seasons": _("In order of their days. Blank lines are left out."),
        "freeze": _("Days and hours such as 3d or 1d 12h. Blank: never."),
        "final_after": _("Such as 5d, or never. What arrives later is told, and moves nothing. Blank: 3 days."),
        "league.size": _("Divisions of alike partners beside the whole ranking. Blank: no league."),
        "league.moves": _("So many of each division change places with the next."),
        "seen_by": _("Only where not everybody is ranked."),
        "minimum": _("Who has less is not ranked. Blank: whoever has anything."),
        "columns": _("Of partners who show their name."),
    }  # fmt: skip


_Choices = dict[str, list[tuple[str, str]]]


def _counted(here: Programme, voice: Voice) -> _Choices:
    """What makes a score, and whose it is."""
    return {
        "measure": [
            ("amount", _("Their amount")),
            ("quantity", _("Their units")),
            ("facts", _("How many they are")),
            ("customers", _("Different customers")),
            ("products", _("Different products")),
            (POINTS, _("Points earned")),
            (here.currency, _("Money earned")),
        ],
        "on": kinds(voice),
        "by": [
            ("partner", _("Partners")),
            ("team", _("Teams")),
            ("organisation", _("Organisations")),
            ("region", _("Regions")),
        ],
        "score": [
            ("sum", _("sum of its partners")),
            ("average", _("average of active ones")),
            ("best", _("sum of its best")),
        ],
        "compare": [
            (NONE, _("nothing")),
            ("baseline", _("earlier periods: growth")),
            ("target", _("a target")),
        ],
        "baseline": [
            ("same period last year", _("over last year")),
            ("mean", _("over the last periods")),
        ],
        "growth": [("difference", _("as a difference")), ("percent", _("in percent"))],
        "own_targets": [(NONE, _("the same for all")), ("true", _("the partner's own"))],
    }


def _when(here: Programme, voice: Voice) -> _Choices:
    """Over which days it counts."""
    spans = terms.spans(voice) | {
        "all": _("never: all time"),
        windows.ROLLING: _("never: the last days"),
        windows.SEASON: _("season"),
        windows.MISSION: _("mission"),
    }
    kinds = (*reversed(periods.KINDS), windows.ROLLING, windows.SEASON, windows.MISSION)
    return {
        "period": [(kind, spans[kind]) for kind in kinds],
        "mission": [(m.model.slug, m.model.name) for m in missions.missions(here)],
    }


def _digits(here: Programme, typed: Typed) -> Iterable[int]:
    """How many digits after the point a score of what is typed may have."""
    measure = one(typed, "measure")
    if one(typed, "compare") == "target" or one(typed, "growth") == PERCENT:
        return range(5)
    if measure in ("amount", here.currency):
        return sorted({0, 2 if measure == "amount" else minor_digits(measure)})
    return range(1 if measure == POINTS else 5)


def _ranked(digits: Iterable[int]) -> _Choices:
    """How scores are ranked, and who sees it."""
    return {
        "seen_by": [("audience", _("who is ranked on it")), ("everyone", _("everybody"))],
        "tie": [
            ("competition", _("share a rank: 1, 1, 3")),
            ("dense", _("share a rank: 1, 1, 2")),
            ("first", _("who was there first")),
        ],
        "direction": [("highest", _("The highest score")), ("lowest", _("The lowest score"))],
        "decimals": [(NONE, _("as many as fit")), *((str(n), str(n)) for n in digits)],
    }


def preview(
    here: Programme, reading: Reading[Board], slug: str | None, voice: Voice
) -> dict[str, Any]:
    """The board in plain words, and who would lead it by the facts that are in."""
    shown: dict[str, Any] = {"slug": slug, "unfinished": len(reading.errors), "said": None}
    if reading.made is None:
        return shown
    # Nothing of it is in the projection, and its period is none that is kept: so facts are counted.
    published = Published(
        Row(slug=slug or "", name=reading.made.name), windowed(here, reading.made)
    )
    rule = published.rule
    period = replace(rule.windows.running(today(here)), kind="part")
    found = ranking.ranking(here, published, period, limit=FIRST, live=True)
    whole = sentences.is_told_whole(rule, found.best)
    return shown | {
        "said": said(here, rule, voice),
        "tells": voice.all_of(_open(here, published)) if rule.freeze else None,
        "ranked": sentences.members(rule, found.ranked, voice),
        "count": found.ranked,
        "first": FIRST,
        "rows": [
            {
                "rank": row.rank,
                "name": row.name,
                "detail": tuple(told for _name, told in row.columns if told),
                "score": sentences.score(rule, row.score, here.currency, voice, whole=whole),
            }
            for row in found.rows
        ],
    }


def _open(here: Programme, freezing: Published) -> list[str]:
    """Boards that would tell how a ``freezing`` one stands, and never freeze by themselves."""
    earning = service.earning(here, g.now)
    return [
        each.model.name
        for each in service.boards(here)
        if each.model.slug != freezing.model.slug
        and each.rule.tells_of(freezing.rule, earning)
        and not each.rule.freeze
    ]


def said(here: Programme, rule: Board, voice: Voice) -> list[str]:
    """What it measures, and how it ranks."""
    running = rule.windows.running(today(here))
    return [
        sentences.measure(rule, running, here.currency, voice),
        sentences.tie(rule, here.currency, voice),
    ]


def listed(here: Programme, found: Iterable[Published], voice: Voice) -> list[dict[str, Any]]:
    """Published boards as the list shows them."""
    return [
        {
            "slug": board.model.slug,
            "name": board.model.name,
            "href": url_for("leaderboards.board", board=board.model.slug),
            "said": said(here, board.rule, voice),
            "period": voice.period(board.rule.windows.running(today(here))),
            "growth": board.rule.baseline is not None,
            "percent": board.rule.unit == PERCENT,
            "closed": not board.rule.is_public,
        }
        for board in found
    ]
