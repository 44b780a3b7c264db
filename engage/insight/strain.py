"""Budgets of rules and missions that are used up, or may be soon, in a manager's words."""

from engage.earnings.reasons import rule_name
from engage.insight.budget import Spending
from engage.voice import ENGLISH, Voice


def told(one: Spending, voice: Voice = ENGLISH) -> str:
    """``Bike points has used up its budget of 40,000 points and pays no more.``"""
    words = {
        "name": one.source.name if one.source.kind == "mission" else rule_name(one.source.slug),
        "budget": voice.pay(one.budget or 0, one.unit),
        "spent": voice.pay(one.spent, one.unit),
        "day": voice.day(one.source.last),
    }
    if one.state == "used" and one.stops:
        return voice.gettext(
            "%(name)s has used up its budget of %(budget)s and pays no more.", **words
        )
    if one.state == "used":
        return voice.gettext(
            "%(name)s has awarded %(spent)s of a budget of %(budget)s, and goes on paying.", **words
        )
    if one.stops:
        return voice.gettext(
            "%(name)s may use up its budget of %(budget)s by %(day)s, and would stop paying.",
            **words,
        )
    return voice.gettext("%(name)s may pass its budget of %(budget)s by %(day)s.", **words)
