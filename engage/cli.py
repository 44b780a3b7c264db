"""The ``engage`` command. Each name is loaded when it is called, so that none waits for the others."""

import os
from importlib import import_module

import click

from engage import loading

#: What there is, in the order of ``engage --help``: name -> (where it is, what it does).
COMMANDS = {
    "demo": ("engage.demo.cli:demo", "A seeded programme, live: the quickest way to see it."),
    "up": ("engage.services.cli:up", "Web, workers and scheduler under one supervisor."),
    "serve": ("engage.services.cli:serve", "The web process alone."),
    "worker": ("engage.services.cli:worker", "A worker for one queue."),
    "scheduler": ("engage.services.cli:scheduler", "The process that starts periodic work."),
    "db": ("engage.migrations.cli:db", "The database schema."),
    "programme": ("engage.programmes.cli:programme", "Publish a programme, or write it back."),
    "import": ("engage.imports.cli:imports", "Partners or facts from a CSV or XLSX file."),
    "standings": ("engage.leaderboards.cli:standings", "A ranking."),
    "statement": (
        "engage.earnings.cli:statement",
        "A partner's ledger, each line with its reason.",
    ),
    "ledger": ("engage.ledger.cli:ledger_", "Verify the ledger against its chain of hashes."),
    "payout": ("engage.payouts.cli:payout", "Collect, approve, export and mark paid."),
    "rebuild": ("engage.rebuild:rebuild", "Recompute everything from facts, or check it."),
    "user": ("engage.accounts.cli:user", "Accounts of people."),
    "api-key": ("engage.accounts.cli:api_key", "Keys of API clients."),
    "video": ("engage.videos.cli:video", "Render one film; check, preview and look at templates."),
}


class _OnDemand(click.Group):
    def list_commands(self, context: click.Context) -> list[str]:
        return list(COMMANDS)

    def get_command(self, context: click.Context, name: str) -> click.Command | None:
        if name not in COMMANDS:
            return None
        module, _, attribute = COMMANDS[name][0].partition(":")
        with loading():
            command: click.Command = getattr(import_module(module), attribute)
        return command

    def format_commands(self, context: click.Context, formatter: click.HelpFormatter) -> None:
        with formatter.section("Commands"):
            formatter.write_dl([(name, what) for name, (_, what) in COMMANDS.items()])


@click.group(cls=_OnDemand, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(package_name="engage")
def main() -> None:
    """engage: incentive programmes in which engagement and pay run on the same data."""
    # What is written (the database, films, files of managers) is for its owner alone.
    os.umask(0o077)
