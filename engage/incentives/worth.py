"""What facts are worth by the rules, worked out from the facts alone: nothing is read or written.

The flow posts the difference to it, a draft rule is tried by it: there is one way to be paid.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import NamedTuple

from engage import periods
from engage.activity.rules import Standing
from engage.incentives import rules
from engage.incentives.rules import Step, Version

Attributes = Mapping[str, str | None]
#: A running total's place: rule, partner, name of the period.
Group = tuple[int, int, str]
Entry = tuple[Standing, Version]


class Book(NamedTuple):
    """A rule of a programme with its versions, oldest first."""

    id: int
    slug: str
    versions: list[Version]


class Worth(NamedTuple):
    """A fact, the rule version in force at its event time, and what it made there."""

    fact: Standing
    version: Version
    step: Step


def worth(
    shelf: Iterable[Book], facts: Sequence[Standing], attributes: Mapping[int, Attributes]
) -> Iterator[tuple[Group, list[Worth]]]:
    """Every group that ``facts`` (all of their periods, in event-time order) make, walked whole."""
    for book in shelf:
        for group, entries in placed(book, facts, attributes).items():
            yield group, walk(0, entries)


def placed(
    book: Book, facts: Iterable[Standing], attributes: Mapping[int, Attributes]
) -> dict[Group, list[Entry]]:
    """The facts a rule pays for, by group, in the order given."""
    groups: dict[Group, list[Entry]] = defaultdict(list)
    kinds = {version.rule.on for version in book.versions if version.rule}
    single = book.versions[0] if len(book.versions) == 1 else None
    for fact in facts:
        if fact.kind not in kinds:
            continue
        version = (
            single
            if single and single.valid_from is None
            else rules.in_force(book.versions, fact.occurred_at)
        )
        rule = version.rule if version else None
        if version is None or rule is None or not applies(rule, fact, attributes[fact.partner_id]):
            continue
        period = periods.containing(fact.day, rule.period).name
        groups[book.id, fact.partner_id, period].append((fact, version))
    return groups


def applies(rule: rules.Rule, fact: Standing, partner: Attributes) -> bool:
    """Whether the rule (in force) pays for the fact of that partner."""
    return missed(rule, fact, partner) is None


def missed(rule: rules.Rule, fact: Standing, partner: Attributes) -> str | None:
    """The key of the first condition that keeps the rule from paying for the fact; None: it pays."""
    if fact.kind != rule.on:
        return "on"
    if not rule.covers(fact.day):
        return "starts" if rule.starts and fact.day < rule.starts else "ends"
    for name, values in rule.where:
        if (partner[name] if name in partner else getattr(fact, name)) not in values:
            return name
    return None


def walk(start: int, entries: Iterable[Entry]) -> list[Worth]:
    """Take the facts of a group in turn, from a running total on."""
    entries = list(entries)
    measured = (
        (version.rule, version.rule.measure(fact.amount, fact.quantity))
        for fact, version in entries
        if version.rule
    )
    return [
        Worth(*entry, step)
        for entry, step in zip(entries, rules.steps(start, measured), strict=True)
    ]
