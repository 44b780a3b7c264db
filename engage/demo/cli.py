"""``engage demo``: the quickest way to see it."""

import logging

import click

from engage import clock, create_app
from engage.config import Settings
from engage.db import db
from engage.demo.logins import Login
from engage.demo.seed import Seeded, let_in, seed, seeded
from engage.services import logs
from engage.services.cli import in_one_line
from engage.services.house import open_house
from engage.services.schema import bring_up_to_date
from engage.services.supervisor import Process
from engage.terminal import Whole, counted, err, refuse

#: Fewer would be welcomed one by one (`membership.JOINING`); more are no demo any more.
PARTNERS = Whole(30, 20_000)
LIVE = Process("live", "engage.demo.stream:stream")


@click.command()
@click.option(
    "--partners",
    type=PARTNERS,
    metavar="N",
    help="How many partners the first start makes up (default: 1,000).",
)
@click.option("--no-live", is_flag=True, help="Without the stream of live facts.")
def demo(partners: int | None, no_live: bool) -> None:
    """A seeded programme, live: the quickest way to see it.

    The first start makes a year of it up; every later one goes on from there.
    """
    settings = Settings()
    if settings.production:
        refuse(
            "the demo has log-ins that everybody knows; ENGAGE_ENV=production is no place for it"
        )
    logs.configure(settings)
    logging.getLogger("engage.outbox").setLevel(logging.WARNING)
    with in_one_line(), open_house(settings) as house:
        bring_up_to_date(settings)
        people = _fill(settings, partners)
        house.run(
            extra=() if no_live else (LIVE,),
            on_ready=lambda: _welcome(settings, people, live=not no_live),
        )


def _fill(settings: Settings, partners: int | None) -> list[Login]:
    """Seed the house where it is empty; the log-ins to it."""
    now = clock.now()
    with create_app(settings).app_context():
        try:
            found = seeded()
            if found is None:
                seed(settings, partners or 1_000, now)
            elif partners not in (None, found.partners):
                _note_kept(settings, found)
            return let_in(settings, now)
        finally:
            db.session.remove()
            db.engine.dispose()


def _note_kept(settings: Settings, found: Seeded) -> None:
    err.print(
        f"{counted(found.partners, 'partner')} here since {found.since:%Y-%m-%d}; for another number "
        f"delete {settings.home_dir} or choose another ENGAGE_HOME",
        soft_wrap=True,
    )


def _welcome(settings: Settings, people: list[Login], *, live: bool) -> None:
    """Where to go and who to be."""
    click.echo(f"\nengage is ready: {settings.address}\n")
    for login in people:
        click.echo(f"  {login.role:<9}{login.email:<23}{login.password}   {login.name}")
    watch = f"{settings.address}/leaderboards/sales"
    click.echo(f"\nFacts keep coming: watch {watch}" if live else "")
    click.echo(f"Ctrl-C stops everything; the data stays in {settings.home_dir}\n")
