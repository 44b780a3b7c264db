"""``engage payout …``: the console's steps for the command line."""

from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from typing import Any

import click
from rich.table import Table
from sqlalchemy import select

from engage import clock, periods
from engage.accounts.models import Seat, User
from engage.accounts.rules import same_email
from engage.db import db, transaction
from engage.money import minor
from engage.outbox.delivery import deliver
from engage.payouts import collecting, document, export, sentences, service
from engage.payouts.models import PayoutRun
from engage.programmes.models import Programme
from engage.terminal import (
    Whole,
    counted,
    inside,
    json_option,
    out,
    print_json,
    programme_option,
    refuse,
    the_partner,
    the_programme,
)
from engage.voice import ENGLISH

_by = click.option("--by", required=True, metavar="EMAIL", help="The manager whose step it is.")
_run = click.argument("number", type=Whole(1, 10**9), metavar="RUN")


@click.group()
def payout() -> None:
    """Pay partners what they earned."""


@payout.command("list")
@programme_option
@json_option
def list_(programme_slug: str | None, as_json: bool) -> None:
    """Every run with its sums."""
    with inside():
        found = document.runs(the_programme(programme_slug))
    if as_json:
        print_json({"runs": found})
        return
    table = Table(title="Payouts", title_justify="left")
    for heading in ("Run", "Period", "Promised by", "State", "Payments", "Sum"):
        table.add_column(heading)
    for run in found:
        sums = ", ".join(_pay(amount, unit) for unit, amount in run["amounts"].items())
        period = ENGLISH.period(periods.parse(run["period"]))
        state = sentences.run_state(run["state"])
        number, payments = str(run["number"]), str(run["payments"])
        table.add_row(number, period, run["promised_on"], state, payments, sums)
    out.print(table)


@payout.command()
@_run
@programme_option
@json_option
def show(number: int, programme_slug: str | None, as_json: bool) -> None:
    """One run with every payment."""
    with inside():
        programme = the_programme(programme_slug)
        found = document.payments(_the_run(programme, number))
    if as_json:
        print_json({"run": number, "payments": found})
        return
    table = Table(title=f"Payout {number}", title_justify="left")
    for heading in ("Payment", "Partner", "Amount", "State", "Because", "Reference"):
        table.add_column(heading, overflow="fold")
    for one in found:
        amount = _pay(one["amount"], one["unit"])
        why = "; ".join([*one["held_because"], *filter(None, [one["earlier_because"]])])
        state, reference = sentences.state(one["state"]), one["reference"] or ""
        table.add_row(str(one["payment"]), one["partner"], amount, state, why, reference)
    out.print(table)


def _pay(amount: str, unit: str) -> str:
    return ENGLISH.pay(minor(amount, unit), unit, whole=False)


def _the_run(programme: Programme, number: int) -> PayoutRun:
    found = service.run_of(programme.id, number)
    if found is None:
        refuse(f"there is no payout {number} in programme {programme.slug}")
    return found


def _manager(programme: Programme, email: str) -> int:
    """The id of a manager of the programme, or of an administrator."""
    user = db.session.scalar(select(User).where(User.email == same_email(email)))
    seated = user and db.session.scalar(
        select(Seat.id).where(
            Seat.user_id == user.id, Seat.programme_id == programme.id, Seat.role == "manager"
        )
    )
    if user is None or user.disabled_at or not (seated or user.is_admin):
        refuse(f"{email} is no manager of programme {programme.slug}")
    return user.id


def _take(programme_slug: str | None, step: Callable[[Programme], Any]) -> Any:
    """One step in a transaction of its own, or the reason why not."""
    with inside(service.Refused):
        found = transaction(lambda: step(the_programme(programme_slug)))
        deliver()
    return found


def _step(
    programme_slug: str | None,
    number: int,
    by: str,
    step: Callable[[PayoutRun, int, datetime], Any],
) -> Any:
    """A manager's step on a run."""

    def work(programme: Programme) -> Any:
        return step(_the_run(programme, number), _manager(programme, by), clock.now())

    return _take(programme_slug, work)


@payout.command()
@programme_option
@json_option
def collect(programme_slug: str | None, as_json: bool) -> None:
    """Collect the period that is over now, and not when the schedule comes round."""

    def work(programme: Programme) -> int | None:
        run = collecting.collect(programme, clock.now())
        return run.number if run else None

    number = _take(programme_slug, work)
    if as_json:
        print_json({"run": number})
    else:
        out.print(f"payout {number} is collected" if number else "nothing is to be collected")


@payout.command()
@_run
@_by
@programme_option
def approve(number: int, by: str, programme_slug: str | None) -> None:
    """A manager's yes to a run; above the programme's limit it needs two managers."""
    cleared = _step(programme_slug, number, by, service.approve)
    said = "is cleared to be paid" if cleared else "needs another manager's yes as well"
    out.print(f"payout {number} {said}")


@payout.command("export")
@_run
@click.option("--out", "path", type=click.Path(dir_okay=False, path_type=Path), required=True)
@programme_option
def export_(number: int, path: Path, programme_slug: str | None) -> None:
    """Write what is left to be paid of a cleared run as a CSV."""
    with inside(service.Refused):
        programme = the_programme(programme_slug)
        text = export.to_csv(_the_run(programme, number), programme.slug)
    path.write_text(text, "utf-8", newline="")
    out.print(f"{path} is written", markup=False)


@payout.command()
@_run
@_by
@click.option("--reference", required=True, help="The bank's number; partners read it.")
@click.option("--partner", help="This partner's payments alone (external id).")
@programme_option
def paid(
    number: int, by: str, reference: str, partner: str | None, programme_slug: str | None
) -> None:
    """Mark the payments of a run as made."""

    def work(run: PayoutRun, manager: int, now: datetime) -> int:
        programme = the_programme(programme_slug)
        one = the_partner(programme, partner).id if partner else None
        day = clock.local_day(now, programme.timezone)
        return service.pay(run, manager, reference, now, day, partner_id=one)

    made = _step(programme_slug, number, by, work)
    out.print(f"payout {number}: {counted(made, 'payment')} marked paid")


@payout.command()
@_run
@click.argument("payment", type=Whole(1, 2**62))
@_by
@click.option("--note", default="", help="What was looked at.")
@programme_option
def release(number: int, payment: int, by: str, note: str, programme_slug: str | None) -> None:
    """Let a held payment be made after all."""

    def work(run: PayoutRun, manager: int, now: datetime) -> None:
        service.release(run, payment, manager, note, now)

    _step(programme_slug, number, by, work)
    out.print(f"payment {payment} is released")


@payout.command("put-back")
@_run
@click.argument("payment", type=Whole(1, 2**62))
@_by
@click.option("--why", required=True, help="The partner reads it.")
@programme_option
def put_back(number: int, payment: int, by: str, why: str, programme_slug: str | None) -> None:
    """Take a payment out, also one that the bank returned: it comes with the next run."""

    def work(run: PayoutRun, manager: int, now: datetime) -> None:
        day = clock.local_day(now, the_programme(programme_slug).timezone)
        service.put_back(run, payment, manager, why, now, day)

    _step(programme_slug, number, by, work)
    out.print(f"payment {payment} is put back")
