"""``engage rebuild``: everything derived, worked out again from the facts."""

from collections.abc import Iterable
from datetime import datetime
from typing import Any

import click

from engage import clock, proof
from engage.apart import Apart
from engage.db import db, transaction
from engage.outbox.delivery import deliver
from engage.programmes.models import Programme
from engage.terminal import (
    Refusal,
    counted,
    err,
    inside,
    json_option,
    out,
    print_json,
    programme_option,
    the_programme,
)

#: So many differences are told to people.
MOST_TOLD = 20


@click.command()
@click.option("--check", "check_only", is_flag=True, help="Compare only; exit 1 on a difference.")
@programme_option
@json_option
def rebuild(check_only: bool, programme_slug: str | None, as_json: bool) -> None:
    """Recompute all projections and awards from facts, and name what stood otherwise.

    Balances are worked out from the ledger's lines, all else from facts and rules. Whether those
    are as they were is for "engage ledger verify" to say: ask it first.
    """
    before: proof.Check | None = None
    with inside():
        programme_id = the_programme(programme_slug).id
        with err.status("Comparing with the facts"):
            found = proof.check(db.session.get_one(Programme, programme_id))
        if found.found and not check_only:
            before = found
            with err.status("Writing everything anew from the facts"):
                found = transaction(lambda: _mend(programme_id))
            deliver()
    if as_json:
        said = found._asdict() | {"found": _named(found.found)}
        mended = {"mended": _named(before.found if before else [])}
        print_json(said if check_only else said | mended)
    else:
        _tell(before or found, "mended" if before else "differs")
        verdict = "all as the facts say" if found.ok else counted(found.differences, "difference")
        out.print(
            f"{counted(found.facts, 'fact')}, {counted(found.transfers, 'transfer')}: {verdict}"
        )
        out.print(f"digest {found.digest}", style="dim")
    if not found.ok:
        raise Refusal(
            f"{counted(found.differences, 'difference')} between the facts and what is stored;"
            f" the first: {found.found[0]}"
        )


def _mend(programme_id: int) -> proof.Check:
    """Write everything anew, or nothing where that leaves anything otherwise."""
    programme = db.session.get_one(Programme, programme_id)
    proof.mend(programme, clock.now())
    found = proof.check(programme)
    if not found.ok:
        raise Refusal(
            f"{counted(found.differences, 'difference')} cannot be mended, nothing was changed;"
            f" the first: {found.found[0]}"
        )
    return found


def _tell(found: proof.Check, what: str) -> None:
    for each in found.found[:MOST_TOLD]:
        out.print(f"{what}: {each}", markup=False, soft_wrap=True)
    if found.differences > MOST_TOLD:
        more = found.differences - MOST_TOLD
        out.print(f"and {more} more: --json names up to {proof.MOST_NAMED}")


def _named(found: Iterable[Apart]) -> list[dict[str, Any]]:
    return [
        {
            "table": each.table,
            "row": _plain(each.row),
            "field": each.field,
            "was": _plain(each.stands),
            "is": _plain(each.must),
        }
        for each in found
    ]


def _plain(value: Any) -> Any:
    """A stored value as JSON has it."""
    if isinstance(value, datetime):
        return value.isoformat()
    if isinstance(value, dict):
        return {name: _plain(part) for name, part in value.items()}
    return value
