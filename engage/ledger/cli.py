"""``engage ledger verify``."""

import click

from engage.ledger import books, chain
from engage.terminal import (
    Refusal,
    bar,
    inside,
    json_option,
    out,
    print_json,
    programme_option,
    the_programme,
)


@click.group()
def ledger_() -> None:
    """The ledger's own proof."""


@ledger_.command()
@click.option("--head", metavar="HASH", help="A head noted earlier: it must still be in the chain.")
@programme_option
@json_option
def verify(head: str | None, programme_slug: str | None, as_json: bool) -> None:
    """Check every line against the chain of hashes, and against balances, owners and facts.

    Exit 1 names what was changed, put in or deleted first past the ledger. Keep the head it
    prints outside the database: whoever rewrites all of the chain cannot rewrite your note.
    """
    with inside():
        programme_id = the_programme(programme_slug).id
        with bar("Checking the ledger", chain.count(programme_id)) as progress:
            found = chain.verify(programme_id, progress, head)
        if found.ok and (problem := books.amiss(programme_id)):
            found = found._replace(ok=False, problem=problem)
    if as_json:
        print_json(found._asdict())
    elif found.ok:
        out.print(f"{found.transfers} transfers in {found.links} links: all as they were posted")
        out.print(f"head {found.head}", style="dim")
    if found.problem:
        raise Refusal(found.problem)
