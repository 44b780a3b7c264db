"""A house as an early release left it: its schema at revision 0002 and one line of the ledger in it."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import text

from engage.config import Settings
from engage.db import db
from engage.migrations import upgrade

from .houses import opened

__all__ = ["old_house"]

_ROWS = """
INSERT INTO programmes (id, slug, name, timezone, currency, created_at)
  VALUES (1, 'resellers', 'R', 'UTC', 'USD', '2013-01-01 00:00:00');
INSERT INTO partners (id, programme_id, external_id, name, created_at)
  VALUES (1, 1, 'A1', 'Alice', '2013-01-01 00:00:00');
INSERT INTO accounts (id, programme_id, kind, partner_id, unit, balance)
  VALUES (1, 1, 'budget', NULL, 'points', -5), (2, 1, 'accrued', 1, 'points', 5);
INSERT INTO rules (id, programme_id, slug) VALUES (1, 1, 'bike-points');
INSERT INTO rule_versions (id, rule_id, version, published_at) VALUES (1, 1, 1, '2013-01-01 00:00:00');
INSERT INTO facts (id, programme_id, source, external_id, partner_id, kind, occurred_at, day, amount,
  quantity, recorded_at) VALUES (1, 1, 'x', 'f', 1, 'sale', '2013-01-01 00:00:00', '2013-01-01', 5, 1,
  '2013-01-01 00:00:00');
INSERT INTO transfers (id, programme_id, partner_id, debit_id, credit_id, unit, amount, fact_id,
  rule_version_id, period, occurred_at, day, total_before, total_after, posted_at, key)
  VALUES (1, 1, 1, 1, 2, 'points', 5, 1, 1, '2013', '2013-01-01 00:00:00', '2013-01-01', 0, 5,
  '2013-01-01 00:00:00', 'rule:1:1:0')
"""


@pytest.fixture(params=["sqlite", "postgresql"])
def old_house(tmp_path: Path, request: pytest.FixtureRequest) -> Iterator[None]:
    """Inside its application, before any later migration, on each database."""
    chosen = Settings(home=tmp_path, env="test")
    if request.param == "postgresql":
        address = request.getfixturevalue("postgres_url")
        chosen = chosen.model_copy(update={"database": address})
    with opened(chosen):
        upgrade("0002")
        for statement in _ROWS.split(";\n"):
            db.session.execute(text(statement))
        db.session.commit()
        yield
