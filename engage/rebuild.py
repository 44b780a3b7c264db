"""``engage rebuild``: everything derived, worked out again from the facts."""

import click

from engage import clock, flow, proof
from engage.db import db, transaction
from engage.outbox.delivery import deliver
from engage.programmes.models import Programme
from engage.terminal import (
    Refusal,
    err,
    inside,
    json_option,
    out,
    print_json,
    programme_option,
    the_programme,
)


@click.command()
@click.option("--check", "check_only", is_flag=True, help="Compare only; exit 1 on a difference.")
@programme_option
@json_option
def rebuild(check_only: bool, programme_slug: str | None, as_json: bool) -> None:
    """Recompute all projections and awards from facts."""
    with inside():
        programme_id = the_programme(programme_slug).id
        if not check_only:
            with err.status("Working everything out again from the facts"):
                transaction(
                    lambda: flow.reconsider(
                        db.session.get_one(Programme, programme_id), now=clock.now()
                    )
                )
            deliver()
        with err.status("Comparing with the facts"):
            found = proof.check(db.session.get_one(Programme, programme_id))
    if as_json:
        print_json(found._asdict())
    else:
        verdict = "all as the facts say" if found.ok else f"{found.differences} differences"
        out.print(f"{found.facts} facts, {found.transfers} transfers: {verdict}")
        out.print(f"digest {found.digest}", style="dim")
    if not found.ok:
        raise Refusal(f"{found.differences} differences between the facts and what is stored")
