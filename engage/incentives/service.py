"""The rules of a programme as they read, version by version."""

import json
from functools import lru_cache
from typing import Any

from sqlalchemy import Text, bindparam, cast, select

from engage.incentives import language
from engage.incentives.models import Rule, RuleVersion
from engage.incentives.rules import Version
from engage.incentives.worth import Book
from engage.prepared import Prepared, Question, together
from engage.programmes.models import Programme

_rules: Any = Rule.__table__.c
_versions: Any = RuleVersion.__table__.c
_VERSIONS = Prepared(
    select(
        _rules.id,
        _rules.slug,
        _versions.id,
        _versions.version,
        _versions.valid_from,
        cast(_versions.definition, Text),
        _versions.published_at,
        _versions.reason,
    )
    .join_from(Rule.__table__, RuleVersion.__table__, _versions.rule_id == _rules.id)
    .where(_rules.programme_id == bindparam("programme_id"))
    .order_by(_rules.id, _versions.version),
    tuple,
)


def versions(programme_id: int) -> Question:
    """What `books` asks."""
    return _VERSIONS, {"programme_id": programme_id}


def books(programme: Programme) -> list[Book]:
    """Every rule of the programme, retired ones included: their facts keep their worth."""
    (rows,) = together(versions(programme.id))
    return list(_read(tuple(rows), programme.currency, programme.timezone))


@lru_cache(maxsize=64)
def _read(rows: tuple[tuple[Any, ...], ...], currency: str, timezone: str) -> list[Book]:
    """Books as their rows say. Kept by everything that is in the rows, so they are never old ones."""
    found: dict[int, Book] = {}
    for rule_id, slug, version_id, number, valid_from, definition, published_at, reason in rows:
        raw = json.loads(definition) if definition else None
        rule = None if raw is None else language.parse(raw, currency, timezone)
        book = found.setdefault(rule_id, Book(rule_id, slug, []))
        book.versions.append(Version(version_id, number, valid_from, rule, published_at, reason))
    return list(found.values())
