"""A board in the making: every key of a board as a field of a form, and back.

A new key is one more line in `FIELDS`; how they are typed and read is `typed_fields`'s.
"""

from collections.abc import Callable
from typing import Any

from flask_babel import gettext as _

from engage.console import rules as names
from engage.console.rule_form import as_said, as_typed
from engage.console.typed_fields import AUDIENCE, Field, Typed, one, text
from engage.console.typed_form import Form, Reading
from engage.definitions import DefinitionError
from engage.leaderboards import language, rules, windows
from engage.leaderboards.rules import Board
from engage.voice import Voice
from engage.web.numbers import number


def _is(key: str, *values: str) -> Callable[[Typed], bool]:
    return lambda typed: one(typed, key) in values


def _of_facts(typed: Typed) -> bool:
    return one(typed, "measure") in rules.FACT_MEASURES


def _compares(with_what: str) -> Callable[[Typed], bool]:
    return lambda typed: one(typed, "compare") == with_what


def _of_groups(typed: Typed) -> bool:
    return one(typed, "by") not in ("", "partner")


def _ends(typed: Typed) -> bool:
    return one(typed, "period") not in ("all", windows.ROLLING)


def _may_be_a_league(typed: Typed) -> bool:
    endless = ("all", windows.ROLLING, windows.MISSION)
    return not _of_groups(typed) and one(typed, "period") not in endless


FIELDS = (
    Field("measure", "choice", "what"),
    Field("on", "choice", "what", of=_of_facts),
    Field("where.category", "values", "what", of=_of_facts),
    Field("where.product", "values", "what", of=_of_facts),
    Field("where.customer", "values", "what", of=_of_facts),
    Field("where.amount", "range", "what", of=_of_facts),
    Field("by", "choice", "score"),
    Field("score", "choice", "score", of=_of_groups),
    Field("floor", "count", "score", of=lambda t: _of_groups(t) and one(t, "score") == "average"),
    Field("best", "count", "score", of=lambda t: _of_groups(t) and one(t, "score") == "best"),
    Field("compare", "choice", "score"),
    Field("baseline", "choice", "score", of=_compares("baseline")),
    Field(
        "mean",
        "count",
        "score",
        of=lambda t: _compares("baseline")(t) and one(t, "baseline") == "mean",
    ),
    Field("growth", "choice", "score", of=_compares("baseline")),
    Field("newcomers", "size", "score", of=_compares("baseline")),
    Field("target", "size", "score", of=_compares("target")),
    Field("own_targets", "flag", "score", of=_compares("target")),
    Field("period", "choice", "when"),
    Field("days", "count", "when", of=_is("period", windows.ROLLING)),
    Field("mission", "choice", "when", of=_is("period", windows.MISSION)),
    Field(
        "seasons",
        "rows",
        "when",
        ("slug", "name", "starts", "ends"),
        _is("period", windows.SEASON),
        ("hidden", "text", "date", "date"),
    ),
    Field("freeze", "text", "when", of=_ends),
    Field("final_after", "text", "when", of=_ends),
    Field("league.size", "count", "when", of=_may_be_a_league),
    Field("league.moves", "count", "when", of=_may_be_a_league),
    *(Field(f"audience.{name}", "values", "whom") for name in AUDIENCE),
    Field("audience.joined", "days", "whom"),
    Field("seen_by", "choice", "whom"),
    Field("tie", "choice", "shown"),
    Field("direction", "choice", "shown"),
    Field("minimum", "size", "shown"),
    Field("decimals", "choice", "shown"),
    Field("columns", "values", "shown", of=lambda typed: not _of_groups(typed)),
)
FORM = Form(FIELDS)


def read(typed: Typed, slug: str, currency: str, voice: Voice) -> Reading[Board]:
    """The board that is typed, or what is wrong with it at which input."""
    raw, errors = FORM.raw(typed, voice)
    raw = as_said(raw, errors)
    compared = raw.pop("compare", None)
    if not raw.get("audience"):
        raw.pop("seen_by", None)
    if not _of_groups(typed):
        raw.setdefault("columns", [])
    if (digits := number(raw.get("decimals"))) is not None:
        raw["decimals"] = digits
    for key in ("freeze", "final_after"):
        if raw.get(key, "").isdecimal():
            raw[key] += "d"
    taken: set[str] = {season["slug"] for season in raw.get("seasons", ()) if "slug" in season}
    for season in raw.get("seasons", ()):
        if "slug" not in season:
            season["slug"] = names.slug_of(
                season.get("name", ""), taken | {windows.CURRENT}, "season"
            )
            taken.add(season["slug"])
    if compared == "target" and "target" not in raw and not raw.get("own_targets"):
        errors.setdefault("target", _("Write a target, or choose the partners' own."))
    said = {
        "name": _("Give it a name: partners see it above the ranking."),
        "seasons": _("Write at least one season: its name, its first and its last day."),
        "mission": _("Choose a mission. Where there is none yet, publish one first."),
    }
    raw |= {"slug": slug} | ({"name": name} if (name := text(typed, "name")) else {})
    try:
        board = language.parse(raw, currency)
    except DefinitionError as error:
        return Reading(None, FORM.told(error, typed, said) | errors)
    return Reading(None if errors else board, errors)


def blank() -> Typed:
    """A new one: the amount of this quarter's sales, as most boards are."""
    return {
        "measure": ["amount"],
        "on": ["sale"],
        "by": ["partner"],
        "period": ["quarter"],
        "columns": ["organisation"],
    }


def of_board(board: Board, voice: Voice) -> Typed:
    """A published one, as somebody would have typed it."""
    raw: dict[str, Any] = language.to_json(board)
    typed: Typed = {"name": [raw.pop("name")], "columns": list(board.columns)}
    raw.pop("columns", None)
    if board.baseline or board.is_attainment:
        raw["compare"] = "baseline" if board.baseline else "target"
    return typed | FORM.of_raw(as_typed(raw), voice)
