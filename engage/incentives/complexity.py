"""A complexity budget: more rules, conditions or units than partners will read, and what to merge."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import replace
from typing import NamedTuple

from engage.incentives.rules import Rule
from engage.voice import ENGLISH, Voice

#: What fits a page that is read in two minutes (people keep about seven things in mind, and read
#: a sentence with more than three conditions twice).
MOST_RULES = 7
MOST_CONDITIONS = 3
MOST_UNITS = 2


class Excess(NamedTuple):
    """``what`` (rules, conditions or units) there are ``size`` of where ``most`` are read.

    ``rule`` is the one that has too many conditions; ``alike`` are rules that could be one.
    """

    what: str
    size: int
    most: int
    rule: str | None = None
    alike: tuple[tuple[str, ...], ...] = ()


def excesses(rules: Sequence[Rule]) -> list[Excess]:
    """Where a programme's rules are over what partners will read; nothing where they are not."""
    found = []
    if len(rules) > MOST_RULES:
        found.append(Excess("rules", len(rules), MOST_RULES, alike=tuple(alike(rules))))
    for rule in rules:
        if (count := conditions(rule)) > MOST_CONDITIONS:
            found.append(Excess("conditions", count, MOST_CONDITIONS, rule.slug))
    units = {rule.earn for rule in rules}
    if len(units) > MOST_UNITS:
        found.append(Excess("units", len(units), MOST_UNITS))
    return found


def conditions(rule: Rule) -> int:
    """What a partner must keep in mind beside the rate: filters, windows, limits."""
    said = (
        rule.within,
        rule.minimum,
        rule.cap,
        rule.baseline,
        rule.milestones or None,
        rule.starts or rule.ends,
    )
    return len(rule.where) + sum(part is not None for part in said)


def alike(rules: Iterable[Rule]) -> list[tuple[str, ...]]:
    """Rules that differ in their filters alone: one rule with more values would say the same."""
    groups: dict[Rule, list[str]] = defaultdict(list)
    for rule in rules:
        groups[replace(rule, slug="", where=())].append(rule.slug)
    return [tuple(slugs) for slugs in groups.values() if len(slugs) > 1]


def warning(excess: Excess, voice: Voice = ENGLISH) -> str:
    """``There are 9 rules; partners read about 7. Could be one: bikes and helmets.``"""
    if excess.what == "conditions":
        return voice.gettext(
            "Rule %(rule)s has %(count)s conditions; partners keep about %(most)s in mind. Drop "
            "what decides little, or let a segment name those on partners.",
            rule=excess.rule,
            count=excess.size,
            most=excess.most,
        )
    if excess.what == "units":
        return voice.gettext(
            "Rules pay in %(count)s units; partners follow about %(most)s.",
            count=excess.size,
            most=excess.most,
        )
    said = voice.gettext(
        "There are %(count)s rules; partners read about %(most)s.",
        count=excess.size,
        most=excess.most,
    )
    merge = "; ".join(voice.all_of(slugs) for slugs in excess.alike)
    if not merge:
        return said
    return voice.gettext("%(said)s Could be one: %(merge)s.", said=said, merge=merge)
