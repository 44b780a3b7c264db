"""``engage statement PARTNER``."""

import click
from rich.table import Table

from engage.earnings.document import document
from engage.money import minor
from engage.terminal import (
    inside,
    json_option,
    out,
    print_json,
    programme_option,
    the_partner,
    the_programme,
)
from engage.voice import ENGLISH


@click.command()
@click.argument("partner")
@programme_option
@json_option
def statement(partner: str, programme_slug: str | None, as_json: bool) -> None:
    """A partner's ledger in the order of its postings, each line with its reason."""
    with inside():
        programme = the_programme(programme_slug)
        found = the_partner(programme, partner)
        document_ = document(programme, found)
        if as_json:
            print_json(document_)
            return
        table = Table(title=f"{found.name} ({found.external_id})", title_justify="left")
        for heading in ("Posted", "When", "Fact", "Rule", "Amount", "Because"):
            table.add_column(heading, overflow="fold")
        for line in document_["lines"]:
            table.add_row(
                line["posted_at"][:10],
                line["occurred_at"][:10],
                line["fact"] or "",
                f"{line['rule']} v{line['version']}" if line["version"] else line["rule"],
                _pay(line["amount"], line["unit"], sign=True),
                line["because"],
            )
        out.print(table)
        said = (_pay(amount, unit) for unit, amount in document_["balances"].items())
        out.print("Balance: " + (", ".join(said) or "nothing yet"))


def _pay(amount: str, unit: str, *, sign: bool = False) -> str:
    return ENGLISH.pay(minor(amount, unit), unit, whole=False, sign=sign)
