"""How a draft did over real facts, as its review draws it."""

from collections.abc import Callable, Mapping
from datetime import date, datetime
from typing import Any

from flask import g
from flask_babel import gettext as _
from flask_babel import ngettext

from engage import periods
from engage.activity import sentences as facts
from engage.console import rule_view
from engage.console.typed_fields import one
from engage.incentives import drafts, jobs, language, terms
from engage.incentives.models import RuleDraft
from engage.incentives.replay import PERIODS
from engage.ledger import budgets
from engage.money import POINTS
from engage.partners import service as partners
from engage.programmes.models import Programme
from engage.voice import Voice


def replay(here: Programme, draft: RuleDraft, raw: Any, voice: Voice) -> dict[str, Any]:
    """How the draft did over real facts, as the review draws it; ``raw`` is what it says now."""
    state = draft.replay
    shown: dict[str, Any] = {
        "draft": draft,
        "options": [(str(count), _periods(here, draft, count)) for count in PERIODS],
        "state": state["state"] if state else None,
        "lost": bool(state and jobs.lost(state, g.now)),
        "done": (state or {}).get("done", 0),
        "total": (state or {}).get("total", 0),
        "periods": (state or {}).get("periods", 4),
        "stale": bool(state and state["definition"] != raw),
    }
    if state and state["state"] == "done":
        shown |= _found(here, draft, state, voice)
    return shown


def _periods(here: Programme, draft: RuleDraft, count: int) -> str:
    """``the last 4 quarters``, by what the draft and the published rule count in."""
    stands = rule_view.published(here, draft)
    kinds = [one(draft.typed, "period"), stands.period if stands else ""]
    kind = max((k for k in kinds if k in periods.KINDS), key=periods.KINDS.index, default="quarter")
    if kind == "all":
        return str(_("All time"))
    said = {
        "day": ngettext("the last day", "the last %(num)d days", count),
        "week": ngettext("the last week", "the last %(num)d weeks", count),
        "month": ngettext("the last month", "the last %(num)d months", count),
        "quarter": ngettext("the last quarter", "the last %(num)d quarters", count),
        "year": ngettext("the last year", "the last %(num)d years", count),
    }
    return str(said[kind])


def _found(
    here: Programme, draft: RuleDraft, state: Mapping[str, Any], voice: Voice
) -> dict[str, Any]:
    named = [
        who for unit in state["units"] for key in ("new", "gone") for who in unit[key]["named"]
    ]
    named += [statement["partner"] for statement in state["statements"]]
    tiers = state.get("tiers") or []
    named += [who for side in tiers for who in side["named"]]
    own = _own_budget(here, draft, state["definition"])
    earns = _earns(here, draft, state["definition"])
    left = {unit: amount for unit, amount in budgets.left(here.id).items() if unit in earns}
    names = {who: text for who, (_id, text) in partners.names(named).items()}
    return {
        "days": voice.days(date.fromisoformat(state["first"]), date.fromisoformat(state["last"])),
        "facts": state["facts"],
        "partners": state["partners"],
        "aside": state["days_left_aside"],
        "tiers": [_named(side, names) for side in tiers],
        "at": voice.moment(datetime.fromisoformat(state["at"])),
        "units": [_unit(unit, names, left, own, voice) for unit in state["units"]],
        "statements": [
            _statement(statement, names, here.currency, voice) for statement in state["statements"]
        ],
    }


def _earns(here: Programme, draft: RuleDraft, raw: Any) -> set[str | None]:
    """The units that the draft and what it replaces pay; others are there for what follows tiers."""
    stands = rule_view.published(here, draft)
    return {raw["earn"] if raw else None, stands.earn if stands else None}


def _unit(
    found: Mapping[str, Any],
    names: Mapping[int, str],
    left: Mapping[str, int],
    own: Mapping[str, int],
    voice: Voice,
) -> dict[str, Any]:
    unit = found["unit"]

    def pay(amount: int, *, sign: bool = False) -> str:
        return voice.pay(amount, unit, sign=sign)

    def row(label: str, present: int, draft: int, *between: str) -> list[str]:
        cells = [voice.pay(amount, unit, whole=False) for amount in (present, draft)]
        more = voice.pay(draft - present, unit, whole=False, sign=True)
        return [label, *between, *cells, more]

    def some(sides: list[int]) -> str:
        shown = voice.number(sides[0])
        return str(ngettext("%(n)s partner", "%(n)s partners", sides[0], n=shown))

    mean = found["draft"] // len(found["periods"])
    return {
        "unit": _("Points") if unit == POINTS else unit,
        "present": pay(found["present"]),
        "draft": pay(found["draft"]),
        "more": pay(found["draft"] - found["present"], sign=True),
        "share": _share(found["present"], found["draft"]),
        "mean": pay(mean),
        "budget": _budget(left.get(unit), mean, unit, voice),
        "own": _budget(own.get(unit), mean, unit, voice),
        "winners": some(found["winners"]),
        "won": pay(found["winners"][1], sign=True),
        "losers": some(found["losers"]),
        "lost": pay(-found["losers"][1], sign=True),
        "same": voice.number(found["same"]),
        "rows": [
            row(voice.period(periods.parse(name)), present, draft)
            for name, present, draft in reversed(found["periods"])
        ],
        "new": _named(found["new"], names),
        "gone": _named(found["gone"], names),
        "segments": [_segment(segment, row, voice) for segment in found["segments"]],
    }


def _segment(
    segment: Mapping[str, Any], row: Callable[..., list[str]], voice: Voice
) -> dict[str, Any]:
    """Who wins and loses by one attribute of partners."""
    return {
        "by": terms.labels(voice).get(f"where.{segment['by']}", segment["by"]),
        "cells": [
            row(
                one["value"],
                one["present"],
                one["draft"],
                voice.number(one["winners"][0]),
                voice.number(one["losers"][0]),
            )
            for one in segment["rows"]
        ],
        "rest": segment["more"],
    }


def _own_budget(here: Programme, draft: RuleDraft, raw: Any) -> dict[str, int]:
    """What the draft may still award of a budget of its own, which is for the life of the rule."""
    rule = language.parse(raw, here.currency, here.timezone) if raw else None
    if rule is None or rule.budget is None:
        return {}
    spent = drafts.awarded(here.id, draft.slug) if draft.slug else {}
    return {rule.earn: rule.budget - spent.get(rule.earn, 0)}


def _budget(left: int | None, mean: int, unit: str, voice: Voice) -> str | None:
    """What the draft means to what a budget may still award; None where that has no limit."""
    if left is None:
        return None
    shown = voice.pay(max(0, left), unit)
    if mean <= 0:
        return str(_("%(left)s are left.", left=shown))
    return str(
        ngettext(
            "%(left)s are left, enough for one such period of the draft alone.",
            "%(left)s are left, enough for %(num)d such periods of the draft alone.",
            max(0, left) // mean,
            left=shown,
        )
    )


def _share(present: int, draft: int) -> str | None:
    """By how many percent more or less the draft costs; None where nothing was paid before."""
    if present <= 0:
        return None
    percent = (draft - present) * 100 // present
    return f"{'+' if percent > 0 else '−' if percent < 0 else ''}{abs(percent)}%"


def _named(found: Mapping[str, Any], names: Mapping[int, str]) -> dict[str, Any]:
    shown = [names[who] for who in found["named"] if who in names]
    return {"count": found["count"], "names": shown, "rest": found["count"] - len(shown)}


def _statement(
    found: Mapping[str, Any], names: Mapping[int, str], currency: str, voice: Voice
) -> dict[str, Any]:
    why = {
        "wins": _("gains most"),
        "loses": _("loses most"),
        "new": _("would newly be paid"),
        "most": _("earns most today"),
        "middle": _("in the middle"),
        "moves": _("moves next"),
    }
    none = voice.gettext("nothing")

    def total(side: Mapping[str, int]) -> str:
        said = [voice.pay(amount, unit, whole=False) for unit, amount in side.items()]
        return voice.all_of(said) or none

    return {
        "name": names.get(found["partner"], "?"),
        "why": why[found["why"]],
        "present": total(found["totals"][0]),
        "draft": total(found["totals"][1]),
        "rows": [
            [
                _event(line, currency, voice),
                *(voice.pay(pay[1], pay[0], whole=False) if pay else "–" for pay in line["pay"]),
            ]
            for line in found["lines"]
        ],
        "more": found["more"],
    }


def _event(line: Mapping[str, Any], currency: str, voice: Voice) -> str:
    """A fact in a line: the day, what, and for how much."""
    said = [
        voice.day(date.fromisoformat(line["day"])),
        facts.title(line["kind"], line["customer"], line["product"], voice),
    ]
    if line["amount"]:
        said.append(voice.amount(line["amount"], currency))
    return " · ".join(said)
