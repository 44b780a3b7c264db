"""What one more fact like those a partner has is worth to its score: a gap is told in facts, too."""

from typing import Any, NamedTuple

from sqlalchemy import Select, func, select

from engage.activity.models import Fact
from engage.activity.service import meeting
from engage.db import db
from engage.leaderboards.rules import PERCENT, Board
from engage.leaderboards.view import View
from engage.ledger.models import Transfer
from engage.money import SCALE

#: Fewer facts than these tell nothing usual.
FEWEST = 3


class Step(NamedTuple):
    """A fact's ``kind``, and the score (as in `rules.Board`) that one of them brought on average."""

    kind: str
    score: int

    def to(self, gap: int) -> int:
        """How many of them a gap is."""
        return -(-gap // self.score)


def usual(view: View, partner_id: int, score: int) -> Step | None:
    """The mean of a partner's facts in the period, with which it has its ``score``; None where there are
    too few, or nobody can say what one more would bring."""
    rule = view.published.rule
    asked = (_facts if rule.counts_facts else _pay)(rule)
    if asked is None or rule.by != "partner" or rule.direction == "lowest" or not view.is_current:
        return None
    source = Fact if rule.counts_facts else Transfer
    row = db.session.execute(
        asked.where(
            source.partner_id == partner_id,
            source.day.between(view.period.first, view.period.last),
            Fact.superseded_at.is_(None),
        )
    ).first()
    if row is None or row.facts < FEWEST:
        return None
    total = int(row.total)
    if rule.unit == PERCENT:  # of which one fact is as large a part as of the sum
        total = score + (100 * SCALE if rule.baseline else 0)
    return Step(row.kind, total // row.facts) if total >= row.facts else None


def _facts(rule: Board) -> Select[Any] | None:
    """Those that the board counts; None where it counts one by one, or what only may be new."""
    if rule.measure not in ("amount", "quantity"):
        return None
    value = getattr(Fact, rule.measure)
    asked = select(Fact.kind, func.count().label("facts"), func.sum(value).label("total"))
    return asked.where(Fact.kind == rule.on, *meeting(rule.where)).group_by(Fact.kind)


def _pay(rule: Board) -> Select[Any] | None:
    """Of the kind that earned the most by rules: rewards of missions come once."""
    if not rule.is_plain:
        return None
    count, total = func.count(Transfer.fact_id.distinct()), func.sum(Transfer.amount)
    return (
        select(Fact.kind, count.label("facts"), total.label("total"))
        .join(Fact, Fact.id == Transfer.fact_id)
        .where(Transfer.unit == rule.measure, Transfer.kind == "award")
        .group_by(Fact.kind)
        .order_by(total.desc(), Fact.kind)
        .limit(1)
    )
