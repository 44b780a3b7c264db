"""The rules of a programme as they read, version by version."""

import json
from functools import lru_cache
from typing import Any

from sqlalchemy import Text, bindparam, cast, select

from engage.incentives import language
from engage.incentives.models import Rule, RuleVersion
from engage.incentives.rules import Version
from engage.incentives.worth import Book
from engage.prepared import Prepared
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


def books(programme: Programme, *, proved: bool = False) -> list[Book]:
    """Every rule of the programme, retired ones included: their facts keep their worth.

    To be ``proved`` they are read anew, whichever edition they say they are of.
    """
    read = _read.__wrapped__ if proved else _read
    return list(read(programme.id, programme.edition, programme.currency, programme.timezone))


@lru_cache(maxsize=64)
def _read(programme_id: int, _edition: str, currency: str, timezone: str) -> list[Book]:
    """Books as their rows say, kept by the edition that they are of."""
    found: dict[int, Book] = {}
    rows = _VERSIONS.all(programme_id=programme_id)
    for rule_id, slug, version_id, number, valid_from, definition, published_at, reason in rows:
        raw = json.loads(definition) if definition else None
        rule = None if raw is None else language.parse(raw, currency, timezone)
        book = found.setdefault(rule_id, Book(rule_id, slug, []))
        book.versions.append(Version(version_id, number, valid_from, rule, published_at, reason))
    return list(found.values())
