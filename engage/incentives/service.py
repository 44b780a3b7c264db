"""The rules of a programme as they read, version by version."""

from sqlalchemy import select

from engage.db import db
from engage.incentives import rules
from engage.incentives.models import Rule, RuleVersion
from engage.incentives.rules import Version
from engage.incentives.worth import Book
from engage.programmes.models import Programme

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
        book.versions.append(
            Version(
                version.id,
                version.version,
                version.valid_from,
                rule,
                version.published_at,
                version.reason,
            )
        )
    return list(found.values())


def _rule(version: RuleVersion, currency: str) -> rules.Rule:
    """A version never changes, but test databases reuse ids: the definition is part of the key."""
    key = (version.id, repr(version.definition))
    if key not in _parsed:
        assert version.definition is not None
        _parsed[key] = rules.parse(version.definition, currency)
    return _parsed[key]
