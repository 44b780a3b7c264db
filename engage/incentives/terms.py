"""A rule term by term, so that two versions can be laid side by side and what differs is named."""

from collections.abc import Callable, Mapping
from typing import Any

from engage.activity import sentences as facts
from engage.incentives import explain, language, phrases
from engage.incentives.rules import Rule
from engage.money import POINTS
from engage.voice import ENGLISH, Voice


def labels(voice: Voice = ENGLISH) -> dict[str, str]:
    """What each key of a rule is called, in the order in which they are asked for."""
    _ = voice.gettext
    return {
        "on": _("What counts"),
        "per": _("Measured by"),
        "earn": _("Paid in"),
        "bands": _("How it pays"),
        "rate": _("Rate"),
        "band": _("Bands"),
        "period": _("Counted anew each"),
        "cap": _("At most"),
        "budget": _("Budget"),
        "at_budget": _("When it is used up"),
        "starts": _("First day"),
        "ends": _("Last day"),
        "baseline": _("What is growth"),
        "mean": _("Periods in the mean"),
        "newcomers": _("For newcomers"),
        "minimum": _("At least"),
        "milestones": _("Milestones"),
        "within": _("Days after joining"),
        "where.category": _("Category"),
        "where.product": _("Product"),
        "where.customer": _("Customer"),
        "where.amount": _("Amount"),
        "where.region": _("Region"),
        "where.type": _("Type"),
        "where.organisation": _("Organisation"),
        "where.team": _("Team"),
        "where.segment": _("Segment"),
        "where.tier": _("Tier"),
        "where.joined": _("Joined"),
    }


def measures(voice: Voice = ENGLISH) -> dict[str, str]:
    """What a rule may measure, in words."""
    _ = voice.gettext
    return {
        "amount": _("their amount"),
        "quantity": _("their units"),
        "fact": _("how many they are"),
        "customer": _("different customers"),
        "product": _("different products"),
    }


def spans(voice: Voice = ENGLISH) -> dict[str, str]:
    """The periods in which a rule begins anew, in words."""
    _ = voice.gettext
    return {
        "day": _("day"),
        "week": _("week"),
        "month": _("month"),
        "quarter": _("quarter"),
        "year": _("year"),
        "all": _("never: all time is one period"),
    }


def at_budget(voice: Voice = ENGLISH) -> dict[str, str]:
    """What happens where the budget of a rule or mission is used up, in words."""
    _ = voice.gettext
    return {"warn": _("it goes on, and managers are warned"), "stop": _("it stops paying")}


def terms(rule: Rule, currency: str, voice: Voice = ENGLISH) -> dict[str, str]:
    """Every term of the rule in words, by its key; conditions one by one (``where.region``)."""
    raw = language.to_json(rule)
    flat = {key: value for key, value in raw.items() if key not in ("slug", "where")}
    flat |= {f"where.{name}": values for name, values in raw.get("where", {}).items()}
    said = _sayings(rule, currency, voice)
    return {
        key: said[key](value) if key in said else _plainly(value, voice)
        for key, value in flat.items()
    }


def _sayings(rule: Rule, currency: str, voice: Voice) -> Mapping[str, Callable[[Any], str]]:
    _ = voice.gettext
    among: Any = dict(rule.where)

    def measured(value: int) -> str:
        return phrases.measured(rule, value, currency, voice)

    bands = {
        "marginal": _("in bands: each rate for its part"),
        "retroactive": _("in bands: the rate reached counts from the start"),
    }
    return {
        "on": lambda value: facts.named(value, voice).many,
        "per": lambda value: measures(voice).get(value, value),
        "earn": lambda value: _("points") if value == POINTS else value,
        "bands": lambda value: bands[value],
        "rate": lambda _value: (
            phrases.rate_text(rule, rule.rate, currency, voice) if rule.rate else ""
        ),
        "band": lambda _value: voice.all_of(phrases.band_phrases(rule, currency, voice)),
        "period": lambda value: spans(voice)[value],
        "cap": lambda _value: voice.pay(rule.cap or 0, rule.earn),
        "budget": lambda _value: voice.pay(rule.budget or 0, rule.earn),
        "at_budget": lambda value: at_budget(voice)[value],
        "baseline": lambda value: (
            _("what is above the same period last year")
            if value == language.LAST_YEAR
            else _("what is above the mean of the last %(n)s periods", n=value.split()[3])
        ),
        "newcomers": lambda _value: measured(rule.baseline.newcomers if rule.baseline else 0),
        "minimum": lambda _value: measured(rule.minimum or 0),
        "milestones": lambda _value: voice.all_of(phrases.milestone_phrases(rule, currency, voice)),
        "within": lambda value: voice.ngettext("%(num)s day", "%(num)s days", value),
        "where.amount": lambda _value: facts.sized(among["amount"], currency, voice),
        "where.joined": lambda _value: facts.joined(among["joined"], voice),
        "starts": lambda _value: phrases.edge(rule.starts, rule.opens, voice),
        "ends": lambda _value: phrases.edge(rule.ends, rule.closes, voice),
    }


def _plainly(value: Any, voice: Voice) -> str:
    if isinstance(value, list) and all(isinstance(one, str) for one in value):
        return voice.any_of(value)
    return str(value)


def compared(
    before: Rule | None, after: Rule | None, currency: str, voice: Voice = ENGLISH
) -> dict[str, Any]:
    """Two versions of a rule in words (None where there is none), and where there are both what
    ``differs``: (label, before, after), None where the term is not there."""
    said = [explain.sentence(rule, currency, voice) if rule else None for rule in (before, after)]
    old, new = (terms(rule, currency, voice) if rule else {} for rule in (before, after))
    named = labels(voice)
    keys = [*named, *sorted({*old, *new} - {*named})]
    return {
        "before": said[0],
        "after": said[1],
        "differs": [
            (named.get(key, key), old.get(key), new.get(key))
            for key in keys
            if old and new and old.get(key) != new.get(key)
        ],
    }
