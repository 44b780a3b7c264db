"""Rules in force over facts: what each fact is worth, less what stands posted for it."""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from typing import NamedTuple

from sqlalchemy import select

from engage import periods
from engage.activity.rules import Standing
from engage.db import db
from engage.incentives import rules
from engage.incentives.models import Rule, RuleVersion
from engage.incentives.rules import Version
from engage.programmes.models import Programme

Attributes = Mapping[str, str | None]
#: A running total's place: rule, partner, name of the period.
Group = tuple[int, int, str]
Entry = tuple[Standing, Version]


class Book(NamedTuple):
    """A rule of a programme with its versions, oldest first."""

    id: int
    slug: str
    versions: list[Version]


_parsed: dict[tuple[int, str], rules.Rule] = {}


def books(programme: Programme) -> list[Book]:
    """Every rule of the programme, retired ones included: their facts keep their worth."""
    found: dict[int, Book] = {}
    rows = db.session.execute(
        select(Rule.id, Rule.slug, RuleVersion)
        .join(RuleVersion, RuleVersion.rule_id == Rule.id)
        .where(Rule.programme_id == programme.id)
        .order_by(Rule.id, RuleVersion.version)
    )
    for rule_id, slug, version in rows:
        book = found.setdefault(rule_id, Book(rule_id, slug, []))
        rule = None if version.definition is None else _rule(version, programme.currency)
        book.versions.append(Version(version.id, version.version, version.valid_from, rule))
    return list(found.values())


def _rule(version: RuleVersion, currency: str) -> rules.Rule:
    """A version never changes, but test databases reuse ids: the definition is part of the key."""
    key = (version.id, repr(version.definition))
    if key not in _parsed:
        assert version.definition is not None
        _parsed[key] = rules.parse(version.definition, currency)
    return _parsed[key]


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
    if fact.kind != rule.on or not rule.covers(fact.day):
        return False
    return all(
        (partner[name] if name in partner else getattr(fact, name)) in values
        for name, values in rule.where
    )
