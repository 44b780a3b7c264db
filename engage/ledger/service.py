"""Posting, balances and statements. Transfers are only ever added."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from datetime import date, datetime
from typing import Any, NamedTuple

from sqlalchemy import ColumnElement, Select, func, select, tuple_

from engage.activity.models import Fact
from engage.db import db
from engage.ledger import accounts, chain
from engage.ledger.accounts import Held
from engage.ledger.models import Account, Transfer
from engage.ledger.rules import (
    EARNED,
    GIVEN,
    NEVER_BELOW_ZERO,
    WAYS,
    Difference,
    Move,
    Overdrawn,
    Place,
    Shortfall,
)
from engage.prepared import Question, ahead, together
from engage.rows import drawing, insert, next_ids

#: Ids for so many lines are drawn at least: what is drawn ahead of a fact is enough for most.
_DRAWN = 4


class _Line(NamedTuple):
    """What is posted of a difference or a move: what moves, when, and where it comes from."""

    way: tuple[str, int, str]  # kind, partner, unit
    amount: int
    occurred_at: datetime
    day: date
    terms: Mapping[str, Any] | None
    #: From ``fact_id`` to ``key`` in the order of `chain.COLUMNS`.
    sources: tuple[Any, ...]


def asked(programme_id: int, partner_ids: set[int]) -> list[Question]:
    """What posting to these partners will ask, unless they earn more lines than most."""
    drawn = drawing("transfers", _DRAWN)
    return [accounts.standing(programme_id, partner_ids), chain.newest(programme_id), drawn]


def post(programme_id: int, differences: Sequence[Difference], now: datetime) -> None:
    """Move each difference from the programme's budget to its partner's accrued account."""
    nothing = (None, None, None, None)  # of a payout, a redemption, a question, a reason
    lines = [
        _Line(
            (d.kind, d.partner_id, d.unit),
            d.amount,
            d.occurred_at,
            d.day,
            d.terms,
            (
                *(d.fact_id, d.rule_version_id, d.stage_id, *nothing),
                *(d.period, d.total_before, d.total_after, d.key),
            ),
        )
        for d in differences
    ]
    _write(programme_id, lines, now)


def transfer(programme_id: int, moves: Sequence[Move], now: datetime) -> None:
    """Move what no fact earned: adjustments, payouts, redemptions, expiry, clawbacks.

    :raises Overdrawn: when a payout, redemption or expiry wants more than has accrued.
    """
    lines = [
        _Line(
            (m.kind, m.partner_id, m.unit),
            m.amount,
            m.occurred_at,
            m.day,
            None,
            (
                *(m.fact_id, None, None, m.payout_id, m.redemption_id, m.dispute_id, m.reason),
                *(None, 0, 0, m.key),
            ),
        )
        for m in moves
    ]
    _write(programme_id, lines, now)


def _write(programme_id: int, lines: Sequence[_Line], now: datetime) -> None:
    """Add transfers and move the balances of their accounts."""
    if not lines:
        return
    sums: dict[tuple[str, int, str], int] = defaultdict(int)
    for line in lines:
        sums[line.way] += line.amount
    ways = {way: _ends(*way) for way in sums}
    wanted = {place for ends in ways.values() for place in ends}
    questions = asked(programme_id, accounts.whose(wanted))
    with ahead(*questions):
        ids = next_ids("transfers", max(len(lines), _DRAWN))[: len(lines)]
        stands, last = together(*questions[:2])
    held = accounts.opened(programme_id, stands, wanted)
    moved: dict[Place, int] = defaultdict(int)
    for way, (source, target) in ways.items():
        moved[source] -= sums[way]
        moved[target] += sums[way]
    given = {source for (kind, _, _), (source, _) in ways.items() if kind in GIVEN}
    _refuse_overdrawing(held, moved, given)
    accounts.move({held[place].id: amount for place, amount in moved.items()})
    ends = {way: (held[source].id, held[target].id) for way, (source, target) in ways.items()}
    rows = [
        (
            *(transfer_id, programme_id, way[1], *ends[way], way[2], amount, way[0]),
            *(*sources, occurred_at, now, day, terms),
        )
        for transfer_id, (way, amount, occurred_at, day, terms, sources) in zip(
            ids, lines, strict=True
        )
    ]
    link_id = ids[0]  # that of its first line: there are never more links than lines
    chain.add(link_id, programme_id, rows, now, *last)
    # Last: the database looks at the balances after it.
    insert(Transfer.__table__, (*chain.COLUMNS, "link_id"), [(*row, link_id) for row in rows])


def _ends(kind: str, partner_id: int, unit: str) -> tuple[Place, Place]:
    """The accounts a transfer goes from and to; the budget is nobody's."""
    source, target = ((end, None if end == "budget" else partner_id, unit) for end in WAYS[kind])
    return source, target


def _refuse_overdrawing(
    held: dict[Place, Held], moved: dict[Place, int], given: set[Place]
) -> None:
    """What the database would refuse, said in a reader's words before it does."""
    short = []
    for place, amount in moved.items():
        _, balance, floor = held[place]
        if place in given or place[0] in NEVER_BELOW_ZERO:
            floor = 0
        if floor is not None and amount < 0 and balance + amount < floor:
            short.append(Shortfall(place, floor, floor - balance - amount))
    if short:
        raise Overdrawn(short)


def balances(partner_id: int) -> dict[str, int]:
    """What a partner has accrued and not been paid, by unit, in minor units."""
    here = (Account.partner_id == partner_id, Account.kind == "accrued")
    return by_unit(select(Account.unit, Account.balance).where(*here))


def earned_ever(partner_id: int) -> dict[str, int]:
    """All that a partner earned, wherever it went from there, by unit, in minor units."""
    sums = select(Account.unit, func.sum(Account.balance)).group_by(Account.unit)
    return by_unit(sums.where(Account.partner_id == partner_id))


def earned(partner_id: int, first: date, last: date) -> dict[str, int]:
    """What facts of these days (both included) earned a partner, by unit, in minor units."""
    return posted(
        Transfer.partner_id == partner_id,
        Transfer.day.between(first, last),
        Transfer.kind.in_(EARNED),
    )


def posted(*conditions: ColumnElement[bool]) -> dict[str, int]:
    """What the transfers under ``conditions`` come to, by unit, in minor units."""
    sums = select(Transfer.unit, func.sum(Transfer.amount)).group_by(Transfer.unit)
    return by_unit(sums.where(*conditions))


def by_unit(statement: Select[Any]) -> dict[str, int]:
    """The amounts of rows that are a unit and an amount."""
    return {unit: int(amount) for unit, amount in db.session.execute(statement)}


class Line(NamedTuple):
    """A transfer that changed what a partner has accrued, and the fact behind it if there is one."""

    transfer: Transfer
    fact: Fact | None

    @property
    def amount(self) -> int:
        """What it added, in minor units; below zero what it took."""
        earned = self.transfer.kind in EARNED
        return self.transfer.amount if earned else -self.transfer.amount


def lines(partner_id: int, *, limit: int | None = None, before_id: int | None = None) -> list[Line]:
    """A partner's lines, newest posting first; those of one posting by the day of their facts.

    ``before_id`` is the last line of the page before; one that is not this partner's gives none.
    """
    newest_first = (Transfer.posted_at.desc(), Transfer.occurred_at.desc(), Transfer.id.desc())
    statement = _lines_of(partner_id).order_by(*newest_first).limit(limit)
    if before_id is not None:
        place = (Transfer.posted_at, Transfer.occurred_at, Transfer.id)
        last = db.session.execute(
            select(*place).where(Transfer.id == before_id, Transfer.partner_id == partner_id)
        ).first()
        if last is None:
            return []
        statement = statement.where(tuple_(*place) < tuple(last))
    return [Line(transfer, fact) for transfer, fact in db.session.execute(statement)]


def line(partner_id: int, transfer_id: int) -> Line | None:
    """One of a partner's own lines; None when there is none or it is another's."""
    row = db.session.execute(_lines_of(partner_id).where(Transfer.id == transfer_id)).first()
    return Line(row[0], row[1]) if row else None


def lines_of_closed(
    partner_id: int, unit: str, last: date, after: datetime, until: datetime
) -> list[Line]:
    """What facts up to the day ``last`` earned in lines posted between two instants, oldest first."""
    statement = _lines_of(partner_id).where(
        Transfer.unit == unit,
        Transfer.kind.in_(EARNED),
        Transfer.day <= last,
        Transfer.posted_at > after,
        Transfer.posted_at <= until,
    )
    found = db.session.execute(statement.order_by(Transfer.id))
    return [Line(transfer, fact) for transfer, fact in found]


def lines_of_fact(fact_id: int) -> list[Line]:
    """The lines that a fact made for its partner, in the order they were posted."""
    # By the fact alone: asked for the partner besides, SQLite walks all of the partner's lines.
    statement = select(Transfer, Fact).join(Fact, Fact.id == Transfer.fact_id)
    found = db.session.execute(statement.where(Transfer.fact_id == fact_id))
    lines = [Line(transfer, fact) for transfer, fact in found]
    return sorted(lines, key=lambda line: line.transfer.id)


def _lines_of(partner_id: int) -> Select[tuple[Transfer, Fact]]:
    return (
        select(Transfer, Fact)
        .outerjoin(Fact, Fact.id == Transfer.fact_id)
        .where(Transfer.partner_id == partner_id, Transfer.kind != "paid")
    )
