"""What the demo shows beside its numbers: rewards, questions, reports that wait, and payments."""

from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import select

from engage import clock, flow
from engage.accounts.models import Seat, User
from engage.activity.rules import Report
from engage.db import db
from engage.demo.logins import Login
from engage.disputes import service as disputes
from engage.ledger import service as ledger
from engage.ledger.models import Transfer
from engage.money import POINTS, scaled
from engage.partners.models import Partner
from engage.payouts import service as payouts
from engage.programmes.models import Programme
from engage.rewards import service as rewards
from engage.rewards.rules import Offer

REWARDS = (
    Offer("Fernlight work jacket", "Wind- and waterproof, in your size. Two weeks.", 2_500, 40, 2),
    Offer("Coffee for the crew", "A $25 voucher for the café around the corner.", 900),
    Offer(
        "Thermal camera for a week", "See where a house loses heat. Sent and fetched.", 3_500, 3, 1
    ),
    Offer("A day with a roof surveyor", "Bring your hardest project.", 6_000, 12, 1),
    Offer("Ember thermostat", "For your own home, or as a gift to a customer.", 1_800, 0),
    Offer("Weekend at the lake", "Two nights for two, with the solar boat.", 25_000, 2, 1),
)
#: An earlier line is asked about, and was answered; a later one waits.
ANSWERED = (
    "There were two batteries on this order, I only see points for one.",
    "You are right: the second one was booked on another invoice. Here are its points.",
    500,
)
#: Nobody has looked at this one in time.
OVERDUE = "Two of us sold this together. Should half of it not be my colleague's?"
ASKED = ("Should this sale not count at the higher rate? It was my tenth this quarter.", "1.5%")
#: What the demo's managers need from a closed period to the bank.
BANKED = timedelta(days=4)


def play(ours: Programme, partner: Partner, people: list[Login], now: datetime) -> None:
    """Set all of it up in a programme that has none of it."""
    if rewards.catalogue(ours.id) or rewards.catalogue(ours.id, retired=True):
        return
    rows = select(User.email, User.id).where(User.email.in_([login.email for login in people]))
    ids = dict(db.session.execute(rows).tuples().all())
    asker, manager = (
        next(ids[login.email] for login in people if login.role == role)
        for role in ("partner", "manager")
    )
    flow.accept(ours, _doubtful(now, ours.timezone), source="import", came_by="API: crm", now=now)
    _questions(ours, partner, asker, manager, now)
    _spend(ours, partner, asker, manager, now)


def _doubtful(now: datetime, timezone: str) -> list[Report]:
    """Reports as a CRM sends them on a bad day."""

    def sale(name: str, partner: str, amount: str, hours: int, **more: Any) -> Report:
        at = now - timedelta(hours=hours)
        day = clock.local_day(at, timezone)
        made = Report(name, partner, "sale", at, day, scaled(amount), "USD", scaled("1"))
        return made._replace(product="Hearth 5 home battery", category="Batteries", **more)

    return [
        sale("CRM-90412", "P-4711", "4780", 5, customer="Okafor bakery"),
        sale("CRM-90418", "P-4711", "2390", 3, customer="Lindqvist farm"),
        sale("CRM-90431", "P-0007", "2150", 4, customer="Maison Arnaud", currency="EUR"),
        sale("CRM-90440", "P-0012", "3950", -24 * 9, customer="Whitlock school"),
        sale("CRM-90446", "P-0003", "2390", 2, customer="Adeyemi clinic", quantity=-scaled("1")),
    ]


def _questions(ours: Programme, partner: Partner, asker: int, manager: int, now: datetime) -> None:
    sales = [
        line.transfer
        for line in ledger.lines(partner.id, limit=60)
        if line.fact and line.fact.kind == "sale" and line.transfer.kind == "award"
    ]
    before, lately = now - timedelta(days=6), now - timedelta(days=2)
    in_points = [line for line in sales if line.unit == POINTS and line.posted_at < before]
    in_money = [line for line in sales if line.unit != POINTS and line.posted_at < lately]
    if not in_points or not in_money:
        return
    question, answer, points = ANSWERED
    first = _ask(ours, in_points[0], question, None, asker, before)
    answered_at = now - timedelta(days=4)
    disputes.answer(ours, first, answer, points, by=manager, now=answered_at)
    long_ago = now - timedelta(days=12)
    if old := [line for line in in_points[1:] if line.posted_at < long_ago]:
        _ask(ours, old[0], OVERDUE, None, asker, long_ago)
    question, expected = ASKED
    _ask(ours, in_money[0], question, expected, asker, lately)


def _ask(
    ours: Programme, line: Transfer, question: str, expected: str | None, by: int, at: datetime
) -> int:
    return disputes.ask(ours, line, question, expected, by=by, now=at).id


def _spend(ours: Programme, partner: Partner, asker: int, manager: int, now: datetime) -> None:
    """The catalogue; the partner had a jacket, and waits for a coffee."""
    jacket, coffee, *_ = [rewards.add(ours.id, offer, now).id for offer in REWARDS]
    balance = ledger.balances(partner.id).get(POINTS, 0)
    if balance < REWARDS[0].price + REWARDS[1].price:
        return
    had = now - timedelta(days=12)
    first = rewards.redeem(ours, partner.id, jacket, key="demo-1", by=asker, now=had).id
    rewards.fulfil(ours.id, first, "Sent in size L", by=manager, now=had + timedelta(days=3))
    rewards.redeem(ours, partner.id, coffee, key="demo-2", by=asker, now=now - timedelta(hours=5))


def settle(ours: Programme) -> None:
    """Every run of payouts but the newest was approved and paid in time; again changes nothing.

    Of the last of them what was held is still looked at, and late by now.
    """
    seated = select(Seat.user_id).where(Seat.programme_id == ours.id, Seat.role == "manager")
    managers = db.session.scalars(seated.order_by(Seat.id)).all()
    runs = [run for run in payouts.runs(ours.id)[1:] if not run.cleared_at]
    for run in reversed(runs):
        if not managers or not payouts.payments(run):
            continue
        manager, then = managers[0], run.collected_at + BANKED
        held = [payout for payout in payouts.payments(run) if payout.held]
        if run is not runs[0] or len(held) == len(payouts.payments(run)):
            for payout in held:
                payouts.release(run, payout.id, manager, "", then)
        for yes in managers[: 1 + run.needs_second]:
            payouts.approve(run, yes, then)
        day = clock.local_day(then, ours.timezone)
        payouts.pay(run, manager, f"FERN-{run.period}", then, day)
