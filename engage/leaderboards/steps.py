"""What one more fact like those a partner has is worth to its score: a gap is told in facts, too."""

from dataclasses import replace
from typing import NamedTuple

from sqlalchemy import func, select

from engage.activity.models import Fact
from engage.db import db
from engage.leaderboards.rules import PERCENT, Board
from engage.leaderboards.tally import tally
from engage.leaderboards.view import View
from engage.ledger.models import Transfer
from engage.money import SCALE

#: Fewer facts than these tell nothing usual.
FEWEST = 3


class Step(NamedTuple):
    """A fact's ``kind``, and the score that one of them brought on average."""

    kind: str
    score: int

    def to(self, gap: int) -> int:
        """How many of them a gap is."""
        return -(-gap // self.score)


def usual(view: View, partner_id: int) -> Step | None:
    """The mean of a partner's facts in the period; None where there are too few, or none would help."""
    rule = view.published.rule
    if rule.by != "partner" or rule.direction == "lowest" or not view.is_current:
        return None
    kind, count, total = (_facts if rule.counts_facts else _pay)(view, rule, partner_id)
    return Step(kind, total // count) if count >= FEWEST and total >= count else None


def _facts(view: View, rule: Board, partner_id: int) -> tuple[str, int, int]:
    if rule.measure not in ("amount", "quantity") or rule.on is None:
        return "", 0, 0  # counted one by one, or nobody knows how many of them bring one more
    plain = replace(rule, baseline=None, growth=None)
    total = _score(view, plain, partner_id)
    if rule.growth == PERCENT:
        total = _score(view, rule, partner_id) + 100 * SCALE
    none = replace(plain, measure="facts", target=None, own_targets=False)
    return rule.on, _score(view, none, partner_id) // SCALE, total


def _score(view: View, rule: Board, partner_id: int) -> int:
    board = view.published._replace(rule=rule)
    found = db.session.execute(tally(view.programme, board, view.period, members=[partner_id]))
    return next((int(row.score) for row in found), 0)


def _pay(view: View, rule: Board, partner_id: int) -> tuple[str, int, int]:
    """By the kind of fact that earned the most by rules: rewards of missions come once."""
    if not rule.is_plain:
        return "", 0, 0
    total = func.sum(Transfer.amount)
    row = db.session.execute(
        select(Fact.kind, func.count(Transfer.fact_id.distinct()), total)
        .join(Fact, Fact.id == Transfer.fact_id)
        .where(
            Transfer.partner_id == partner_id,
            Transfer.unit == rule.measure,
            Transfer.kind == "award",
            Fact.superseded_at.is_(None),
            Transfer.day.between(view.period.first, view.period.last),
        )
        .group_by(Fact.kind)
        .order_by(total.desc(), Fact.kind)
    ).first()
    return (row[0], row[1], int(row[2])) if row else ("", 0, 0)
