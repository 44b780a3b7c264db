"""``engage ledger verify``."""

import click

from engage.incentives import evidence
from engage.ledger import books, chain
from engage.terminal import (
    Refusal,
    bar,
    counted,
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
    """Check every line against the chain of hashes, and what it names against the line: balances,
    owners, the fact it is for and the rule version it is by.

    Exit 1 names what was changed, put in or deleted first past the ledger. Keep the head it
    prints outside the database: whoever rewrites all of the chain cannot rewrite your note.
    Facts that no line is for, missions and standings are for "engage rebuild --check" to say.
    """
    with inside():
        programme = the_programme(programme_slug)
        with bar("Checking the lines", chain.count(programme.id)) as progress:
            found = chain.verify(programme.id, progress, head)
        if found.ok and (problem := books.amiss(programme.id)):
            found = found._replace(ok=False, problem=problem)
        if found.ok:
            with bar("Checking what they name", None) as progress:
                if wrong := evidence.contradiction(programme, progress):
                    found = found._replace(ok=False, **wrong._asdict())
    if as_json:
        print_json(found._asdict())
    elif found.ok:
        out.print(
            f"{counted(found.transfers, 'transfer')} in {counted(found.links, 'link')}: all as they were "
            "posted, and as their facts and rules say",
            soft_wrap=True,
        )
        out.print("What no line is for: engage rebuild --check", style="dim")
        out.print(f"head {found.head}", style="dim")
    if found.problem:
        raise Refusal(found.problem)
