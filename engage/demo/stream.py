"""The demo's days: lively while one looks at first, and then as busy as the year before."""

import logging
import random
from datetime import datetime, timedelta
from typing import NamedTuple

from sqlalchemy import func, select

from engage import clock, create_app, flow
from engage.activity.models import Fact
from engage.activity.rules import Report
from engage.config import Settings
from engage.db import db, transaction
from engage.demo import programme, seed, world
from engage.money import SCALE
from engage.outbox import delivery
from engage.partners.models import Partner
from engage.programmes import service as programmes
from engage.services import logs
from engage.services.stopping import Stop

log = logging.getLogger(__name__)

#: Seconds between the first facts, at least and at most. They come slower and slower, half as fast
#: after each third of what the programme has on a day, down to the pace of the year before: a day of
#: the stream is a busy day, and not a hundred of them.
PACE = (1.0, 4.0)
HALVES = 3
FEWEST = 20
DAY = 24 * 60 * 60
SOURCE = "demo-live"
#: How often it is the demo's partner: whoever watches sees their own numbers move, and still has a
#: mission to finish tomorrow.
LEADS_SHARE = 0.02
#: How often somebody begins a streak, and how long one is.
STREAKS = 0.02
STREAK = (4, 9)
LATELY = timedelta(days=90)


class Seller(NamedTuple):
    """A partner in the stream: ``weight`` says how often it is their turn."""

    external_id: str
    weight: float
    basket: int


class Stream:
    """Who sells next, and what; ``daily`` is how much happens on a day. ``rng`` decides everything."""

    def __init__(
        self, sellers: list[Seller], lead: str, rng: random.Random, daily: float = 100
    ) -> None:
        self.sellers, self.daily, self.told = sellers, daily, 0
        self.weights = [seller.weight for seller in sellers]
        self.lead = next(seller for seller in sellers if seller.external_id == lead)
        self.rng = rng
        self.streak: list[Seller] = []

    def pause(self) -> float:
        """Seconds until the next fact."""
        slower = 2 ** (self.told / max(FEWEST, self.daily / HALVES))
        self.told += 1
        return min(self.rng.uniform(*PACE) * slower, DAY / max(1, self.daily))

    def _who(self) -> Seller:
        if self.streak and self.rng.random() < 0.6:
            return self.streak.pop()
        if self.rng.random() < LEADS_SHARE:
            return self.lead
        if self.rng.random() < STREAKS:
            self.streak = [self.rng.choice(self.sellers)] * self.rng.randint(*STREAK)
        return self.rng.choices(self.sellers, self.weights)[0]

    def next(self, now: datetime, timezone: str) -> Report:
        """What happens at ``now``; mostly a sale."""
        seller, kind = self._who(), "sale"
        if seller is not self.lead:
            kind = self.rng.choices(("sale", "deal_registered", "training_completed"), (88, 7, 5))[
                0
            ]
        report = Report(
            external_id=f"{now:%Y%m%dT%H%M%S.%f}",
            partner=seller.external_id,
            kind=kind,
            occurred_at=now,
            day=clock.local_day(now, timezone),
            quantity=SCALE,
        )
        if kind == "training_completed":
            return report._replace(product=self.rng.choice(world.COURSES))
        product, pieces, amount = world.a_purchase(self.rng, seller.basket)
        return report._replace(
            amount=amount,
            currency="USD",
            quantity=pieces * SCALE,
            product=product.name,
            category=product.category,
            customer=world.a_customer(self.rng),
        )


def sellers(programme_id: int, now: datetime) -> list[Seller]:
    """Everybody by what they sold in the last months: who sells much is on often."""
    recent = (
        select(Fact.partner_id, func.count().label("sales"))
        .where(
            Fact.programme_id == programme_id,
            Fact.kind == "sale",
            Fact.superseded_at.is_(None),
            Fact.day >= (now - LATELY).date(),
        )
        .group_by(Fact.partner_id)
        .subquery()
    )
    rows = db.session.execute(
        select(Partner.external_id, func.coalesce(recent.c.sales, 0))
        .outerjoin(recent, recent.c.partner_id == Partner.id)
        .where(Partner.programme_id == programme_id)
        .order_by(Partner.id)
    )
    # Sleepers wake now and then, which is why nobody has the weight zero.
    return [Seller(who, 0.5 + sales**1.6, 4 if sales > 30 else 3) for who, sales in rows]


def daily(programme_id: int, now: datetime) -> float:
    """How many facts a day of the seeded programme had lately."""
    here = (Fact.programme_id == programme_id, Fact.source != SOURCE)
    since = Fact.occurred_at >= now - LATELY
    return (db.session.scalar(select(func.count()).where(*here, since)) or 0) / LATELY.days


def stream() -> None:
    """Run under the supervisor until told to stop."""
    settings = Settings()
    logs.configure(settings)
    with create_app(settings).app_context():
        ours = programmes.by_slug(programme.SLUG)
        timezone = ours.timezone
        now, rng = clock.now(), random.Random()  # noqa: S311
        facts = Stream(sellers(ours.id, now), seed.LEAD, rng, daily(ours.id, now))
        stop = Stop()
        stop.listen()  # until here there is nothing to end well
        while not stop.wait(facts.pause()):
            now = clock.now()
            happen(facts.next(now, timezone), now)


def happen(report: Report, now: datetime) -> None:
    """Take one live fact in and tell open pages."""
    outcome = transaction(
        lambda: flow.record(programmes.by_slug(programme.SLUG), [report], source=SOURCE, now=now)
    )
    if outcome.problems:
        log.warning("a live fact was refused: %s", outcome.problems[0].problem)
    delivery.deliver()
