"""The accounts of a programme and its partners: as they stand, opened where there is none yet, and moved."""

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from sqlalchemy import bindparam, select

from engage.among import among
from engage.ledger.models import Account
from engage.ledger.rules import Place
from engage.prepared import Prepared, Question, together
from engage.rows import add_to, insert_rows, next_ids

_accounts: Any = Account.__table__.c
_HELD = select(
    *(_accounts[name] for name in ("kind", "partner_id", "unit", "id", "balance", "floor"))
)
#: A partner's are found by the partner: SQLite would go through the whole programme's.
_STANDING = Prepared(
    _HELD.where(
        _accounts.programme_id == bindparam("programme_id"), _accounts.partner_id.is_(None)
    ).union_all(
        _HELD.where(
            among(_accounts.partner_id, "partner_ids"),
            _accounts.programme_id + 0 == bindparam("programme_id"),
        )
    )
)


class Held(NamedTuple):
    """An account as it stands before a posting."""

    id: int
    balance: int = 0
    floor: int | None = None


def standing(programme_id: int, partner_ids: set[int]) -> Question:
    """The accounts of these partners and of nobody, for `opened`."""
    return _STANDING, {"programme_id": programme_id, "partner_ids": partner_ids}


def held(programme_id: int, wanted: set[Place]) -> dict[Place, Held]:
    """Accounts (and others of their partners), opened where there is none yet."""
    (rows,) = together(standing(programme_id, whose(wanted)))
    return opened(programme_id, rows, wanted)


def whose(wanted: set[Place]) -> set[int]:
    return {partner_id for _, partner_id, _ in wanted if partner_id is not None}


def opened(programme_id: int, rows: Sequence[Any], wanted: set[Place]) -> dict[Place, Held]:
    """The accounts in rows of `standing`, and those that are ``wanted`` and not among them."""
    found = {(kind, partner_id, unit): Held(*held) for kind, partner_id, unit, *held in rows}
    missing = sorted(wanted - found.keys(), key=lambda place: (place[0], place[1] or 0, place[2]))
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
                "floor": None,
            }
            for account_id, (kind, partner_id, unit) in zip(ids, missing, strict=True)
        ],
    )
    return found | dict(zip(missing, map(Held, ids), strict=True))


def move(moved: Mapping[int, int]) -> None:
    """Add to the balances, in the order of their ids so that two writers cannot wait in a ring."""
    add_to(Account.__table__, "balance", sorted(moved.items()))
