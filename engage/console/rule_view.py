"""How a rule in the making is drawn: its fields, its sentence, what differs, and how it was tried."""

from collections.abc import Mapping
from datetime import date, datetime
from typing import Any

from flask import g, url_for
from flask_babel import gettext as _
from flask_babel import ngettext

from engage import periods
from engage.activity import sentences as facts
from engage.console import service
from engage.console.rule_form import FORM, Reading
from engage.console.typed_form import NONE, Errors, Typed, Words, one
from engage.definitions import FACT_KINDS
from engage.earnings.reasons import rule_name
from engage.incentives import complexity, drafts, explain, jobs, language, publishing, terms
from engage.incentives.models import RuleDraft
from engage.incentives.replay import PERIODS
from engage.incentives.rules import Rule
from engage.ledger import budgets
from engage.money import POINTS
from engage.programmes.models import Programme
from engage.voice import Voice


def parts(here: Programme, typed: Typed, errors: Errors, voice: Voice) -> list[dict[str, Any]]:
    """The form, part by part, with what is wrong at each field."""
    about = {"whom": _("Nothing chosen means everybody. Of several lists, a partner must fit all.")}
    words = Words(
        titles={
            "what": _("What counts"),
            "pays": _("What it pays"),
            "whom": _("For whom"),
            "limits": _("When, and how much at most"),
        },
        about=about,
        labels=terms.labels(voice),
        hints=_hints(here),
        choices=_choices(here, voice),
        columns=_columns(),
        known=drafts.known_values(here),
        required=frozenset(("newcomers", "mean")),
        optional=frozenset(("milestones",)),
    )
    return FORM.drawn(typed, errors, words)


def _choices(here: Programme, voice: Voice) -> dict[str, list[tuple[str, str]]]:
    def said(kind: str) -> str:
        many = facts.named(kind, voice).many
        return many[:1].upper() + many[1:]

    return {
        "on": [(kind, said(kind)) for kind in FACT_KINDS],
        "per": [(key, terms.measures(voice)[key]) for key in language.MEASURES],
        "earn": [(POINTS, _("Points")), (here.currency, here.currency)],
        "bands": [
            (NONE, _("One rate for all of it")),
            ("marginal", _("Bands: each rate for its part")),
            ("retroactive", _("Bands: the rate reached counts from the start")),
        ],
        "period": [(kind, terms.spans(voice)[kind]) for kind in reversed(periods.KINDS)],
        "at_budget": [
            (NONE if key == "warn" else key, said) for key, said in terms.at_budget(voice).items()
        ],
        "baseline": [
            (NONE, _("All of it counts")),
            ("same period last year", _("What is above the same period last year")),
            ("mean", _("What is above the mean of the last periods")),
        ],
    }


def _hints(here: Programme) -> dict[str, str]:
    zone = here.timezone.replace("_", " ")
    return {
        "rate": _(
            "For one unit of what is measured: 1.5 points, or 2% of an amount. Blank where "
            "milestones alone pay."
        ),
        "band": _("From how much on which rate holds. Blank lines are left out."),
        "milestones": _("A bonus once that much is reached, once for each partner and period."),
        "where.amount": _("Only those of this size, in %(unit)s.", unit=here.currency),
        "where.joined": _("Only partners who joined between these days."),
        "within": _("Only so many days from the day a partner joined. Blank: always."),
        "mean": _("How many periods before."),
        "newcomers": _("What has to be topped by partners who have nothing to compare with."),
        "minimum": _("Below it nothing is paid, from it on everything counts. Blank: none."),
        "cap": _("For one partner and period. Blank: no limit."),
        "budget": _("For all partners together, as long as the rule is there. Blank: no limit."),
        "at_budget": _("Where it stops, what happened first is paid first."),
        "starts": _(
            "Without a time from the beginning of the day, on the clocks of %(zone)s. Blank: as soon "
            "as it is published.",
            zone=zone,
        ),
        "ends": _(
            "The last day counts, too: to its end, or to that time. Blank: until further notice."
        ),
    }


def _columns() -> dict[str, str]:
    return {"from": _("From"), "rate": _("Rate"), "at": _("Once reached"), "pays": _("Pays")}


# --- in words -------------------------------------------------------------------------------------


def preview(here: Programme, draft: RuleDraft, reading: Reading, voice: Voice) -> dict[str, Any]:
    """The draft in plain words, beside what is published."""
    stands = published(here, draft)
    return {
        "draft": draft,
        "sentence": explain.sentence(reading.rule, here.currency, voice) if reading.rule else None,
        "before": explain.sentence(stands, here.currency, voice) if stands else None,
        "differs": terms.differing(stands, reading.rule, here.currency, voice)
        if stands and reading.rule
        else [],
        "unfinished": len(reading.errors),
        "warnings": warnings(here, voice, reading.rule),
    }


def warnings(here: Programme, voice: Voice, draft: Rule | None = None) -> list[str]:
    """Where the programme, with the draft in it, asks partners to read more than they will."""
    standing = {rule.slug: rule for rule in publishing.current(here)}
    if draft:
        standing[draft.slug] = draft
    found = complexity.excesses(list(standing.values()))
    return [
        complexity.warning(excess, voice)
        for excess in found
        if not (draft and excess.rule) or excess.rule == draft.slug
    ]


def published(here: Programme, draft: RuleDraft) -> Rule | None:
    """What the draft would replace; None where it is new or the rule is retired."""
    last = publishing.latest(here, draft.slug) if draft.slug else None
    if last is None or last.definition is None:
        return None
    return language.parse(last.definition, here.currency, here.timezone)


def name(draft: RuleDraft) -> str:
    """What the rule of a draft is called."""
    return rule_name(draft.slug) if draft.slug else one(draft.typed, "name") or _("New rule")


def listed(found: Any, voice: Voice) -> list[dict[str, Any]]:
    """Drafts as the page of the rules lists them."""
    return [
        {
            "name": name(draft),
            "what": _("Retires the rule")
            if draft.retires
            else _("Changes version %(n)s", n=draft.base)
            if draft.slug
            else _("New rule"),
            "changed": voice.moment(draft.changed_at),
            "href": url_for(
                "console_drafts.review" if draft.retires else "console_drafts.draft",
                draft_id=draft.id,
            ),
        }
        for draft in found
    ]


# --- tried over real facts ------------------------------------------------------------------------


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
    stands = published(here, draft)
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
    left, own = budgets.left(here.id), _own_budget(here, draft, state["definition"])
    names = {who: text for who, (_id, text) in service.names(named).items()}
    return {
        "days": voice.days(date.fromisoformat(state["first"]), date.fromisoformat(state["last"])),
        "facts": voice.number(state["facts"]),
        "partners": voice.number(state["partners"]),
        "aside": state["days_left_aside"],
        "at": voice.moment(datetime.fromisoformat(state["at"])),
        "units": [_unit(unit, names, left, own, voice) for unit in state["units"]],
        "statements": [
            _statement(statement, names, here.currency, voice) for statement in state["statements"]
        ],
    }


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

    count = len(found["periods"])
    labels = {
        "region": _("Region"),
        "type": _("Type"),
        "organisation": _("Organisation"),
        "team": _("Team"),
        "tier": _("Tier"),
        "segment": _("Segment"),
    }
    return {
        "unit": _("Points") if unit == POINTS else unit,
        "present": pay(found["present"]),
        "draft": pay(found["draft"]),
        "more": pay(found["draft"] - found["present"], sign=True),
        "share": _share(found["present"], found["draft"]),
        "mean": pay(found["draft"] // count),
        "budget": _budget(left.get(unit), found["draft"] // count, unit, voice),
        "own": _budget(own.get(unit), found["draft"] // count, unit, voice),
        "winners": ngettext(
            "%(n)s partner",
            "%(n)s partners",
            found["winners"][0],
            n=voice.number(found["winners"][0]),
        ),
        "won": pay(found["winners"][1], sign=True),
        "losers": ngettext(
            "%(n)s partner",
            "%(n)s partners",
            found["losers"][0],
            n=voice.number(found["losers"][0]),
        ),
        "lost": pay(-found["losers"][1], sign=True),
        "same": voice.number(found["same"]),
        "rows": [
            row(voice.period(periods.parse(name)), present, draft)
            for name, present, draft in reversed(found["periods"])
        ],
        "new": _named(found["new"], names),
        "gone": _named(found["gone"], names),
        "segments": [
            {
                "by": labels.get(segment["by"], segment["by"]),
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
            for segment in found["segments"]
        ],
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
            *([_event(line, currency, voice), *_pays(line, voice)] for line in found["lines"]),
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


def _pays(line: Mapping[str, Any], voice: Voice) -> list[str]:
    return [voice.pay(pay[1], pay[0], whole=False) if pay else "–" for pay in line["pay"]]
