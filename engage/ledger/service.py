"""Posting, balances and statements. Transfers are only ever added."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from datetime import date, datetime
from typing import NamedTuple

from sqlalchemy import func, select, tuple_

from engage.activity.models import Fact
from engage.db import db, in_chunks, insert_rows, next_ids, upsert_rows
from engage.ledger.models import Account, Transfer
from engage.ledger.rules import Difference


def post(programme_id: int, differences: Sequence[Difference], now: datetime) -> None:
    """Move each difference from the programme's budget to its partner's accrued account."""
    if not differences:
        return
    budgets = _accounts(programme_id, "budget", {(None, d.unit) for d in differences})
    accrued = _accounts(programme_id, "accrued", {(d.partner_id, d.unit) for d in differences})
    moved: dict[int, int] = defaultdict(int)
    rows = []
    ids = next_ids("transfers", len(differences))
    for transfer_id, difference in zip(ids, differences, strict=True):
        debit = budgets[None, difference.unit]
        credit = accrued[difference.partner_id, difference.unit]
        moved[debit] -= difference.amount
        moved[credit] += difference.amount
        row = difference._asdict()
        del row["sequence"]
        row |= {
            "id": transfer_id,
            "programme_id": programme_id,
            "debit_id": debit,
            "credit_id": credit,
            "posted_at": now,
            "key": difference.key,
        }
        rows.append(row)
    insert_rows(Transfer.__table__, rows)
    _move(moved)


def _move(moved: dict[int, int]) -> None:
    """Add to the balances, in the order of their ids so that two writers cannot wait in a ring."""
    table = Account.__table__
    for chunk in in_chunks(sorted(moved)):
        accounts = db.session.execute(select(table).where(table.c.id.in_(chunk))).mappings()
        rows = [dict(account) | {"balance": moved[account["id"]]} for account in accounts]
        upsert_rows(table, sorted(rows, key=lambda row: row["id"]), add=("balance",))


def _accounts(
    programme_id: int, kind: str, wanted: set[tuple[int | None, str]]
) -> dict[tuple[int | None, str], int]:
    """Ids of the accounts for (partner, unit), opened where there is none yet."""
    found: dict[tuple[int | None, str], int] = {}
    of_kind = (Account.programme_id == programme_id, Account.kind == kind)
    columns = select(Account.partner_id, Account.unit, Account.id).where(*of_kind)
    if kind == "budget":
        statements = [columns]
    else:
        partners = {partner_id for partner_id, _ in wanted}
        statements = [columns.where(Account.partner_id.in_(c)) for c in in_chunks(partners)]
    for statement in statements:
        for partner_id, unit, account_id in db.session.execute(statement):
            found[partner_id, unit] = account_id
    missing = sorted(wanted - found.keys(), key=lambda pair: (pair[0] or 0, pair[1]))
    ids = next_ids("accounts", len(missing))
    insert_rows(
        Account.__table__,
        [
            {
                "id": account_id,
                "programme_id": programme_id,
                "kind": kind,
                "partner_id": partner_id,
                "unit": unit,
                "balance": 0,
            }
            for account_id, (partner_id, unit) in zip(ids, missing, strict=True)
        ],
    )
    return found | dict(zip(missing, ids, strict=True))


def balances(partner_id: int) -> dict[str, int]:
    """What a partner has accrued, by unit, in minor units."""
    rows = db.session.execute(
        select(Account.unit, Account.balance).where(
            Account.partner_id == partner_id, Account.kind == "accrued"
        )
    )
    return {row.unit: row.balance for row in rows}


def earned(partner_id: int, first: date, last: date) -> dict[str, int]:
    """What facts of these days (both included) earned a partner, by unit, in minor units."""
    rows = db.session.execute(
        select(Transfer.unit, func.sum(Transfer.amount))
        .where(Transfer.partner_id == partner_id, Transfer.day.between(first, last))
        .group_by(Transfer.unit)
    )
    return {unit: int(amount) for unit, amount in rows}


class Line(NamedTuple):
    """A transfer and the fact behind it."""

    transfer: Transfer
    fact: Fact


def lines(partner_id: int, *, limit: int | None = None, before_id: int | None = None) -> list[Line]:
    """A partner's lines, newest posting first; those of one posting by the day of their facts.

    ``before_id`` is the last line of the page before; one that is not this partner's gives none.
    """
    newest_first = (Transfer.posted_at.desc(), Transfer.occurred_at.desc(), Transfer.id.desc())
    statement = (
        select(Transfer, Fact)
        .join(Fact, Fact.id == Transfer.fact_id)
        .where(Transfer.partner_id == partner_id)
        .order_by(*newest_first)
        .limit(limit)
    )
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
    row = db.session.execute(
        select(Transfer, Fact)
        .join(Fact, Fact.id == Transfer.fact_id)
        .where(Transfer.id == transfer_id, Transfer.partner_id == partner_id)
    ).first()
    return Line(row[0], row[1]) if row else None


def unbalanced(programme_id: int) -> Iterable[tuple[int, int, int]]:
    """Accounts whose balance is not the sum of their transfers: (account, balance, sum)."""
    credits = (
        select(Transfer.credit_id.label("id"), func.sum(Transfer.amount).label("amount"))
        .where(Transfer.programme_id == programme_id)
        .group_by(Transfer.credit_id)
        .subquery()
    )
    debits = (
        select(Transfer.debit_id.label("id"), func.sum(Transfer.amount).label("amount"))
        .where(Transfer.programme_id == programme_id)
        .group_by(Transfer.debit_id)
        .subquery()
    )
    total = func.coalesce(credits.c.amount, 0) - func.coalesce(debits.c.amount, 0)
    rows = db.session.execute(
        select(Account.id, Account.balance, total)
        .outerjoin(credits, credits.c.id == Account.id)
        .outerjoin(debits, debits.c.id == Account.id)
        .where(Account.programme_id == programme_id, Account.balance != total)
    )
    return [(account, balance, int(amount)) for account, balance, amount in rows]
