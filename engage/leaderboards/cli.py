"""``engage standings BOARD``."""

import click
from rich.table import Table

from engage import clock, periods
from engage.leaderboards import announcements, document, pictures, ranking, sentences
from engage.leaderboards.narrowing import NoSuchView
from engage.leaderboards.view import View
from engage.terminal import (
    Whole,
    inside,
    json_option,
    out,
    print_json,
    programme_option,
    the_programme,
)
from engage.voice import ENGLISH, Voice


@click.command()
@click.argument("board")
@click.option(
    "--period",
    metavar="P",
    help="2013, 2013-Q1, 2013-02, 2013-W07, 2013-02-14, all, current, or a season.",
)
@click.option("--scope", metavar="ATTRIBUTE=VALUE", help="Narrow it, as region=Northwest.")
@click.option("--top", type=Whole(1, 10**9), metavar="N", help="The first N lines only.")
@programme_option
@json_option
def standings(
    board: str,
    period: str | None,
    scope: str | None,
    top: int | None,
    programme_slug: str | None,
    as_json: bool,
) -> None:
    """A ranking."""
    with inside(document.UnknownBoard, periods.UnknownPeriod, NoSuchView):
        programme = the_programme(programme_slug)
        now = clock.now()
        today = clock.local_day(now, programme.timezone)
        published = document.board_of(programme, board)
        chosen = document.period_of(programme, published, period, now)
        narrowed = document.scope_of(programme, published, chosen, scope)
        found = ranking.ranking(programme, published, chosen, scope=narrowed, limit=top)
        if as_json:
            print_json(document.document(programme, published, chosen, found, now))
            return
        seen = pictures.as_seen(programme, published, chosen)
        table = Table(title=f"{published.model.name}, {chosen.name}", title_justify="left")
        for heading, side in (("Rank", "right"), ("Partner", "left"), ("Score", "right")):
            table.add_column(heading, justify=side)  # type: ignore[arg-type]
        for row in found.rows:
            said = sentences.score(seen.rule, row.score, programme.currency)
            table.add_row(str(row.rank), row.name, said)
        out.print(table)
        out.print(
            f"{found.ranked} ranked. {sentences.tie(published.rule, programme.currency, ENGLISH)}",
            style="dim",
        )
        voice = Voice(timezone=programme.timezone)
        if stage := announcements.stage(View(programme, seen, chosen, None, today), now, voice):
            out.print(stage[1], style="dim")
