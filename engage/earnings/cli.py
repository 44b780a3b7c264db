"""``engage statement PARTNER``."""

import click
from rich.table import Table

from engage.earnings.document import document
from engage.partners import service as partners
from engage.terminal import (
    inside,
    json_option,
    out,
    print_json,
    programme_option,
    refuse,
    the_programme,
)


@click.command()
@click.argument("partner")
@programme_option
@json_option
def statement(partner: str, programme_slug: str | None, as_json: bool) -> None:
    """A partner's ledger, each line with its reason."""
    with inside():
        programme = the_programme(programme_slug)
        found = partners.by_external_id(programme.id, partner)
        if found is None:
            refuse(f"there is no partner {partner!r} in programme {programme.slug}")
        document_ = document(programme, found)
        if as_json:
            print_json(document_)
            return
        table = Table(title=f"{found.name} ({found.external_id})", title_justify="left")
        for heading in ("When", "Fact", "Rule", "Amount", "Because"):
            table.add_column(heading, overflow="fold")
        for line in document_["lines"]:
            table.add_row(
                line["occurred_at"][:10],
                line["fact"] or "",
                f"{line['rule']} v{line['version']}" if line["version"] else line["rule"],
                f"{line['amount']} {line['unit']}",
                line["because"],
            )
        out.print(table)
        said = (f"{amount} {unit}" for unit, amount in document_["balances"].items())
        out.print("Balance: " + (", ".join(said) or "nothing yet"))
