"""What lines lean on and no hash covers: balances, whose they are, and the facts behind them."""

from collections.abc import Iterable, Iterator
from typing import Any

from sqlalchemy import ColumnElement, Select, Subquery, and_, func, or_, select, update
from sqlalchemy.orm import aliased

from engage.activity.models import Fact
from engage.among import among, in_chunks
from engage.apart import Apart
from engage.db import db
from engage.ledger.models import Account, Transfer
from engage.ledger.rules import Difference
from engage.partners.models import Partner
from engage.programmes.models import Programme


def unbalanced(programme_id: int) -> list[Apart]:
    """Accounts whose balance is not the sum of their transfers."""
    credits = _sums(programme_id, Transfer.credit_id.expression)
    debits = _sums(programme_id, Transfer.debit_id.expression)
    total = func.coalesce(credits.c.amount, 0) - func.coalesce(debits.c.amount, 0)
    rows = db.session.execute(
        select(Account.id, Account.kind, Account.unit, Account.partner_id, Account.balance, total)
        .outerjoin(credits, credits.c.id == Account.id)
        .outerjoin(debits, debits.c.id == Account.id)
        .where(Account.programme_id == programme_id, Account.balance != total)
        .order_by(Account.id)
    )
    names = ("id", "kind", "unit", "partner_id")
    return [
        Apart("accounts", dict(zip(names, row, strict=True)), "balance", balance, int(amount))
        for *row, balance, amount in rows
    ]


def settle(programme_id: int) -> None:
    """Make every balance the sum of its transfers again."""
    for wrong in unbalanced(programme_id):
        here = Account.id == wrong.row["id"]
        db.session.execute(update(Account).where(here).values(balance=wrong.must))


def owed(differences: Iterable[Difference]) -> Iterator[Apart]:
    """What stands posted in the place of what facts are owed, by fact and source."""
    for chunk in in_chunks(differences, 500):
        place = (Transfer.fact_id, Transfer.rule_version_id, Transfer.stage_id, Transfer.unit)
        sums = select(*place, func.sum(Transfer.amount)).group_by(*place)
        rows = db.session.execute(sums.where(among(Transfer.fact_id, {d.fact_id for d in chunk})))
        posted = {tuple(row): int(amount) for *row, amount in rows}
        for d in chunk:
            key = (d.fact_id, d.rule_version_id, d.stage_id, d.unit)
            names = ("fact_id", "rule_version_id", "stage_id", "unit")
            row = {name: value for name, value in zip(names, key, strict=True) if value}
            stands = posted.get(key, 0)
            row["partner_id"] = d.partner_id
            yield Apart("transfers", row, "amount", stands, stands + d.amount)


def _sums(programme_id: int, account: ColumnElement[int]) -> Subquery:
    """What transfers move at one of their ends, by account."""
    return (
        select(account.label("id"), func.sum(Transfer.amount).label("amount"))
        .where(Transfer.programme_id == programme_id)
        .group_by(account)
        .subquery()
    )


def amiss(programme_id: int) -> str | None:
    """What is wrong first around the lines of a programme; None where all is as they say."""
    for wrong in unbalanced(programme_id):
        return f"account {wrong.row['id']} says {wrong.stands}, its transfers say {wrong.must}"
    for statement, problem in (*_without_owner(programme_id), *_without_fact(programme_id)):
        if row := db.session.execute(statement.limit(1)).first():
            return problem.format(*row)
    return None


def _without_owner(programme_id: int) -> list[tuple[Select[Any], str]]:
    """Accounts of somebody who is not there, by their ids, and what to say of the first."""
    owner = and_(Partner.id == Account.partner_id, Partner.programme_id == Account.programme_id)
    return [
        (
            # Of any programme: one that was renumbered is asked for by its new number.
            select(Account.programme_id, Account.id)
            .outerjoin(Programme, Programme.id == Account.programme_id)
            .where(Programme.id.is_(None))
            .order_by(Account.id),
            "programme {0}, whose account {1} is, is not there: it was deleted or renumbered",
        ),
        (
            select(Account.partner_id, Account.id)
            .outerjoin(Partner, owner)
            .where(
                Account.programme_id == programme_id,
                Account.partner_id.is_not(None),
                Partner.id.is_(None),
            )
            .order_by(Account.id),
            "partner {0}, whose account {1} is, is not there: it was deleted, renumbered or moved",
        ),
    ]


def _without_fact(programme_id: int) -> list[tuple[Select[Any], str]]:
    """Transfers, and corrected facts, whose fact is not there, by their ids, and what to say."""
    source = and_(Fact.id == Transfer.fact_id, Fact.partner_id == Transfer.partner_id)
    later = aliased(Fact)
    successor = and_(
        later.programme_id == Fact.programme_id,
        later.source == Fact.source,
        later.external_id == Fact.external_id,
        later.superseded_at.is_(None),
    )
    return [
        (
            select(Transfer.fact_id, Transfer.id)
            .outerjoin(Fact, source)
            .where(
                Transfer.programme_id == programme_id,
                Transfer.fact_id.is_not(None),
                or_(Fact.id.is_(None), Fact.programme_id != programme_id),
            )
            .order_by(Transfer.id),
            "fact {0}, which transfer {1} is for, is not there or another's: it was deleted, renumbered or moved",
        ),
        (
            select(Transfer.fact_id, Transfer.id)
            .join(Fact, source)
            .where(
                Transfer.programme_id == programme_id,
                or_(Fact.occurred_at != Transfer.occurred_at, Fact.day != Transfer.day),
            )
            .order_by(Transfer.id),
            "fact {0}, which transfer {1} is for, happened at another time: the fact was changed",
        ),
        (
            select(Fact.id)
            .outerjoin(later, successor)
            .where(
                Fact.programme_id == programme_id,
                Fact.superseded_at.is_not(None),
                later.id.is_(None),
            )
            .order_by(Fact.id),
            "fact {0} is marked as superseded, and none stands in its place: no correction did that",
        ),
    ]
